"""Jobs: the cards and the status updates in an incident's channel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.context import Context
from bot.slack_errors import error_name
from storage import channel_messages, consequences, follow_ups, history, incidents, jobs, listing, people
from storage.channel_messages import Kind
from storage.leases import ClaimedJob
from storage.models import ChannelMessage, Incident
from storage.records import HistoryRecord, Status
from storage.worker import Completion
from views.blocks import Block
from views.follow_up_card import follow_up_card
from views.messages import archived_text, invite_text
from views.status_updates import LINES_SHOWN, status_updates, update_line

INVITE_HINT = "invite_hint"
ARCHIVED_HINT = "archived_hint"

# What Slack answers where nothing can be shown, and what whoever made the change is told about it.
HINTS = {
    "not_in_channel": INVITE_HINT,
    "channel_not_found": INVITE_HINT,
    "is_archived": ARCHIVED_HINT,
    "is_inactive": ARCHIVED_HINT,
}

# An edit is silent. After an hour without a word a new line is one that people notice.
EDITABLE = timedelta(hours=1)
# Slack's clock and ours may differ a little.
CLOCKS_DIFFER = timedelta(seconds=10)
PAGE = 200
PAGES = 10


async def sync_card(context: Context, job: ClaimedJob) -> Completion | None:
    """Post the follow-up's card, or bring it in line with the follow-up as it is now."""
    async with context.database.read() as session:
        follow_up = await follow_ups.read(session, job.payload["follow_up_id"])
        card = await channel_messages.card_of(session, follow_up.id)
        outstanding = await listing.outstanding_in(session, follow_up.incident.id)
    if card is not None:
        edited = follow_up_card(follow_up, now=context.clock())
        await _edit(context, job, card.slack_channel_id, card.ts, edited)
        return None
    if follow_up.status is Status.DELETED:
        return None
    channel_id = follow_up.incident.slack_channel_id
    view = follow_up_card(follow_up, now=context.clock(), outstanding=outstanding)
    ts = await _post(
        context, job, channel_id, view, handle=f"card:{follow_up.id}", happened=follow_up.created_at
    )
    posted = ChannelMessage(
        kind=Kind.CARD,
        incident_id=follow_up.incident.id,
        follow_up_id=follow_up.id,
        slack_channel_id=channel_id,
        ts=ts,
        posted_at=context.clock(),
    )
    return lambda session: channel_messages.remember(session, posted)


async def tell_status_updates(context: Context, job: ClaimedJob) -> Completion | None:
    """Tell the channel what happened since it was last told: in the last message if nobody spoke since."""
    async with context.database.read() as session:
        incident = await incidents.by_id(session, job.payload["incident_id"])
        if incident is None:
            return None
        news = await history.unannounced(session, incident.id)
        last = await channel_messages.last_status_updates(session, incident.id)
        told = await history.by_ids(session, last.history_ids) if last else ()
        outstanding = await listing.outstanding_in(session, incident.id)
    ids = [entry.id for entry in news]
    lines = _lines(news)
    if not lines:
        return lambda session: channel_messages.mark_announced(session, ids, context.clock())
    if last is not None and await _is_open(context, job, last, len(lines)):
        view = status_updates([*_lines(told), *lines], outstanding)
        await _edit(context, job, last.slack_channel_id, last.ts, view)
        return lambda session: channel_messages.add_updates(session, last, ids, context.clock())
    view = status_updates(lines, outstanding)
    ts = await _post(
        context, job, incident.slack_channel_id, view, handle=f"status_updates:{ids[0]}", happened=news[0].at
    )
    return lambda session: _remember_updates(session, context, incident, ts, ids)


async def _remember_updates(
    session: AsyncSession, context: Context, incident: Incident, ts: str, ids: list[str]
) -> None:
    now = context.clock()
    posted = ChannelMessage(
        kind=Kind.STATUS_UPDATES,
        incident_id=incident.id,
        slack_channel_id=incident.slack_channel_id,
        ts=ts,
        history_ids=ids,
        posted_at=now,
    )
    await channel_messages.remember(session, posted)
    await channel_messages.mark_announced(session, ids, now)


def _lines(entries: tuple[HistoryRecord, ...]) -> list[str]:
    return [line for entry in entries if (line := update_line(entry)) is not None]


async def _is_open(context: Context, job: ClaimedJob, last: ChannelMessage, more: int) -> bool:
    """Whether the bot's last updates are still the last thing said in the channel, with room for more."""
    if len(last.history_ids) + more > LINES_SHOWN or context.clock() - last.posted_at > EDITABLE:
        return False
    async with context.database.read() as session:
        if await channel_messages.posted_since(session, last.slack_channel_id, last.posted_at):
            return False
    messages = (await _history(context, job, last.slack_channel_id, limit=1))["messages"]
    return bool(messages) and messages[0]["ts"] == last.ts


async def _post(
    context: Context, job: ClaimedJob, channel_id: str, view: Block, *, handle: str, happened: datetime
) -> str:
    """The message's `ts`. After an attempt of unknown outcome the bot first looks for its own message.

    That can't be older than what it tells of.
    """
    if job.attempts > 1 and (found := await _posted_already(context, job, channel_id, handle, happened)):
        await _edit(context, job, channel_id, found, view)  # more may have happened since that attempt
        return found
    metadata = {"event_type": "follow_ups_message", "event_payload": {"handle": handle}}
    async with _with_hint(context, job, channel_id):
        answer = await context.client.chat_postMessage(
            channel=channel_id,
            **view,
            metadata=metadata,
            unfurl_links=False,
            unfurl_media=False,
        )
    ts: str = answer["ts"]
    return ts


async def _posted_already(
    context: Context, job: ClaimedJob, channel_id: str, handle: str, happened: datetime
) -> str | None:
    oldest = f"{(happened - CLOCKS_DIFFER).timestamp():.6f}"
    options: dict[str, Any] = {"oldest": oldest, "limit": PAGE, "include_all_metadata": True}
    for _ in range(PAGES):
        answer = await _history(context, job, channel_id, **options)
        for message in answer["messages"]:
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("handle") == handle:
                ts: str = message["ts"]
                return ts
        options["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor")
        if not options["cursor"]:
            break
    return None


async def _history(context: Context, job: ClaimedJob, channel_id: str, **options: Any) -> AsyncSlackResponse:
    """A page of the channel's messages, newest first."""
    async with _with_hint(context, job, channel_id):
        return await context.client.conversations_history(channel=channel_id, **options)


async def _edit(context: Context, job: ClaimedJob, channel_id: str, ts: str, view: Block) -> None:
    async with _with_hint(context, job, channel_id):
        try:
            # `parse` is "client" unless said otherwise: it would turn plain words into mentions.
            await context.client.chat_update(channel=channel_id, ts=ts, parse="none", **view)
        except SlackApiError as error:
            if error_name(error) != "message_not_found":
                raise
            # Someone deleted it: that is their word.


@asynccontextmanager
async def _with_hint(context: Context, job: ClaimedJob, channel_id: str) -> AsyncIterator[None]:
    """Where the channel can't show it, whoever made the change hears why and what to do."""
    try:
        yield
    except SlackApiError as error:
        if hint := HINTS.get(error_name(error)):
            await _leave_hint(context, job, channel_id, hint)
        raise


async def _leave_hint(context: Context, job: ClaimedJob, channel_id: str, hint: str) -> None:
    """Once for each person and channel, while the job of it is kept."""
    if job.payload["actor_kind"] != "user":
        return
    async with context.database.write() as session:
        await jobs.enqueue(
            session,
            hint,
            {"person_id": job.payload["actor_id"], "channel_id": channel_id},
            dedupe_key=f"{hint}:{channel_id}:{job.payload['actor_id']}",
            now=context.clock(),
        )


async def say_how_to_invite(context: Context, job: ClaimedJob) -> None:
    await _tell_person(context, job, invite_text(context.identity.slack_user_id, job.payload["channel_id"]))


async def say_it_is_archived(context: Context, job: ClaimedJob) -> None:
    await _tell_person(context, job, archived_text(job.payload["channel_id"]))


async def _tell_person(context: Context, job: ClaimedJob, text: str) -> None:
    async with context.database.read() as session:
        person = await people.by_id(session, job.payload["person_id"])
    await context.client.chat_postMessage(channel=person.slack_user_id, text=text)


HANDLERS = {
    consequences.CARD: sync_card,
    consequences.STATUS_UPDATES: tell_status_updates,
    INVITE_HINT: say_how_to_invite,
    ARCHIVED_HINT: say_it_is_archived,
}
