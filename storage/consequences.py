"""What follows from a change: jobs written in the same transaction as the change itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import channel_messages, jobs, webhook_deliveries
from storage.models import FollowUp, HistoryEntry, Incident

CARD = "card"
CARD_LEFT = "card_left"
STATUS_UPDATES = "status_updates"

# Long enough for a burst of clicks to become one message, short enough to feel immediate.
SETTLE = timedelta(milliseconds=400)


def edits_of(slack_channel_id: str) -> str:
    """The group of the jobs that edit the channel's cards. What posts there is in the channel's own.

    So an edit that has to wait, of which Slack allows fewer, holds up no post.
    """
    return f"{slack_channel_id}:edits"


async def follow(
    session: AsyncSession,
    incident: Incident,
    entry: HistoryEntry,
    now: datetime,
    settle: timedelta = SETTLE,
) -> None:
    """Tell webhooks, bring the follow-up's card up to date and, where it is announced, tell the channel.

    `settle` is how long the channel waits for more to be told at once.
    """
    await webhook_deliveries.announce(session, incident, entry, now)
    channel_id = incident.slack_channel_id
    if channel_id is None:
        return
    told = {"actor_kind": entry.actor_kind.value, "actor_id": entry.actor_id}
    card = await channel_messages.card_of(session, entry.follow_up_id)
    is_posted = card is not None and card.ts
    group = edits_of(channel_id) if is_posted else channel_id
    await sync_card(session, {"follow_up_id": entry.follow_up_id, **told}, group, now)
    if entry.announced_at is None:
        await jobs.enqueue(
            session,
            STATUS_UPDATES,
            {"incident_id": incident.id, **told},
            group_key=channel_id,
            coalesce_key=f"{STATUS_UPDATES}:{incident.id}",
            run_at=now + settle,
            now=now,
        )


async def moved(session: AsyncSession, old: Incident, entry: HistoryEntry, now: datetime) -> None:
    """Beside what follows from any change: the card in the old channel has to say so.

    It is a job of the group that posts there, so it comes after a card that is being posted at this moment.
    """
    if old.slack_channel_id is None:
        return
    told = {"actor_kind": entry.actor_kind.value, "actor_id": entry.actor_id}
    where = {"follow_up_id": entry.follow_up_id, "incident_id": old.id, "version": entry.version}
    payload = {**where, **told}
    await leave_card(session, payload, old.slack_channel_id, now)


async def leave_card(session: AsyncSession, payload: dict[str, Any], group_key: str, now: datetime) -> None:
    """`payload`: the follow-up's id, that of the incident it was in, its version since, and who moved it."""
    key = f"{CARD_LEFT}:{payload['follow_up_id']}:{payload['incident_id']}"
    await jobs.enqueue(session, CARD_LEFT, payload, group_key=group_key, coalesce_key=key, now=now)


async def sync_card(session: AsyncSession, payload: dict[str, str], group_key: str, now: datetime) -> None:
    """`payload`: the follow-up's id, and whose change it was."""
    await jobs.enqueue(
        session,
        CARD,
        payload,
        group_key=group_key,
        coalesce_key=f"{CARD}:{payload['follow_up_id']}",
        now=now,
    )


async def card_is_posted(session: AsyncSession, follow_up_id: str, slack_channel_id: str) -> None:
    """A change that came while it was being posted need not wait for the channel's next turn to post."""
    await jobs.regroup(session, f"{CARD}:{follow_up_id}", edits_of(slack_channel_id))


async def move(session: AsyncSession, old_channel_id: str, new_channel_id: str) -> None:
    """The channel has another id now: what is still to be done there goes on under it."""
    await jobs.move_group(session, old_channel_id, new_channel_id)
    await jobs.move_group(session, edits_of(old_channel_id), edits_of(new_channel_id))


async def resume(session: AsyncSession, slack_channel_id: str, now: datetime) -> None:
    """What could not be done in the channel for good can be done again."""
    for group_key in (slack_channel_id, edits_of(slack_channel_id)):
        await jobs.revive(session, group_key=group_key, now=now)


async def channel_found(
    session: AsyncSession, incident: Incident, follow_ups: Iterable[FollowUp], now: datetime
) -> None:
    """An incident has a channel at last: the cards of these follow-ups belong there."""
    if incident.slack_channel_id is not None:
        for follow_up in follow_ups:
            told = {"actor_kind": follow_up.creator_kind.value, "actor_id": follow_up.creator_id}
            await sync_card(session, {"follow_up_id": follow_up.id, **told}, incident.slack_channel_id, now)
