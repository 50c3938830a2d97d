"""Incidents: a Slack channel that is tracked, and what Slack says of that channel."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, channel_messages, consequences
from storage.errors import InvalidFieldError
from storage.inserting import InsertNew
from storage.limits import INCIDENT_NAME_LIMIT
from storage.models import FollowUp, Incident
from storage.records import CreatorRecord, Status, Visibility
from storage.text import is_blank, one_line

# conversations.info allows 50 a minute.
CHECKED_AT_ONCE = 40
NUMBER = re.compile(r"(\d{1,6})(?:-|$)")
DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}(?:-|$)")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as Slack's `conversations.info` describes it to the bot."""

    slack_team_id: str
    slack_channel_id: str
    name: str
    is_private: bool = False
    is_archived: bool = False
    bot_is_member: bool = True


def matching_prefix(channel_name: str, prefixes: tuple[str, ...]) -> str | None:
    """The longest of the configured prefixes that the channel's name begins with."""
    matching = [prefix for prefix in prefixes if channel_name.startswith(prefix)]
    return max(matching, key=len, default=None)


def name_from_channel(channel_name: str, prefixes: tuple[str, ...]) -> str:
    """`inc-142-checkout-is-down` reads `Checkout is down`."""
    words = channel_name.removeprefix(matching_prefix(channel_name, prefixes) or "")
    if first := DATE.match(words) or NUMBER.match(words):
        words = words[first.end() :]
    words = words.replace("-", " ").replace("_", " ").strip() or channel_name
    return words[0].upper() + words[1:]


def number_from_channel(channel_name: str, prefixes: tuple[str, ...]) -> int | None:
    """The 142 of `inc-142-checkout-is-down`; a date is not a number."""
    rest = channel_name.removeprefix(matching_prefix(channel_name, prefixes) or "")
    found = None if rest == channel_name or DATE.match(rest) else NUMBER.match(rest)
    return int(found[1]) or None if found else None


async def by_channel(session: AsyncSession, slack_channel_id: str) -> Incident | None:
    query = select(Incident).where(col(Incident.slack_channel_id) == slack_channel_id)
    return (await session.exec(query)).one_or_none()


async def by_id(session: AsyncSession, incident_id: str) -> Incident | None:
    return (await session.exec(select(Incident).where(col(Incident.id) == incident_id))).one_or_none()


async def channels_checked_before(session: AsyncSession, moment: datetime) -> list[str]:
    """Slack ids of the channels not compared with Slack since, oldest first; archived ones rest."""
    query = (
        select(Incident)
        .where(col(Incident.slack_channel_id).is_not(None))
        .where(col(Incident.channel_checked_at) < moment, col(Incident.is_archived).is_(False))
        .order_by(col(Incident.channel_checked_at))
    )
    stale = await session.exec(query.limit(CHECKED_AT_ONCE))
    return [incident.channel_id for incident in stale]


async def of_follow_up(session: AsyncSession, follow_up_id: str) -> Incident | None:
    query = select(Incident).join(FollowUp, col(FollowUp.incident_id) == col(Incident.id))
    return (await session.exec(query.where(col(FollowUp.id) == follow_up_id))).one_or_none()


async def track(
    session: AsyncSession,
    channel: Channel,
    *,
    prefixes: tuple[str, ...],
    now: datetime,
    name: str | None = None,
    creator: CreatorRecord | None = None,
) -> Incident:
    """The channel's incident, made if need be. Raises InvalidFieldError for a blank or overlong name.

    `creator` is who said that it is one; nobody where its name did.

    Named by the reference of a public incident without a channel, it becomes the channel of that one.
    """
    # Others may track the same channel, or take the same number, at the same moment: then look again.
    while (known := await by_channel(session, channel.slack_channel_id)) is None:
        if name is not None and (waiting := await _waiting(session, channel.slack_team_id, name)):
            return await tie(session, waiting, channel, now)
        wanted = number_from_channel(channel.name, prefixes)
        number = await free_number(session, channel.slack_team_id, wanted)
        new = _new_incident(channel, number, prefixes=prefixes, now=now, name=name)
        if creator is not None:
            new.creator_kind, new.creator_id, new.creator_name = creator.kind, creator.id, creator.name
        await session.exec(InsertNew(Incident).values(new.model_dump()))
    return known


def _new_incident(
    channel: Channel, number: int, *, prefixes: tuple[str, ...], now: datetime, name: str | None
) -> Incident:
    return Incident(
        slack_team_id=channel.slack_team_id,
        number=number,
        reference=f"INC-{number}",
        name=valid_name(name) if name is not None else name_from_channel(channel.name, prefixes),
        name_follows_channel=name is None,
        slack_channel_id=channel.slack_channel_id,
        slack_channel_name=channel.name,
        visibility=Visibility.PRIVATE if channel.is_private else Visibility.PUBLIC,
        is_archived=channel.is_archived,
        bot_is_member=channel.bot_is_member,
        channel_checked_at=now,
        created_at=now,
        updated_at=now,
    )


async def _waiting(session: AsyncSession, slack_team_id: str, reference: str) -> Incident | None:
    """The public incident of that reference, while it has no channel."""
    query = select(Incident).where(
        col(Incident.slack_team_id) == slack_team_id,
        col(Incident.reference) == one_line(reference).upper(),
        col(Incident.slack_channel_id).is_(None),
        col(Incident.visibility) == Visibility.PUBLIC,
    )
    return (await session.exec(query.with_for_update())).one_or_none()


async def tie(session: AsyncSession, incident: Incident, channel: Channel, now: datetime) -> Incident:
    """Give an incident without a channel this one, which no incident has. It is as private as the channel is.

    Raises InvalidFieldError where everybody would see a private incident.
    """
    if incident.visibility is Visibility.PRIVATE and not channel.is_private:
        raise InvalidFieldError(
            "slack_channel_id",
            f"{incident.reference} is private and #{channel.name} is not: choose a private channel.",
        )
    incident.slack_channel_id = channel.slack_channel_id
    incident.slack_channel_name = channel.name
    incident.visibility = Visibility.PRIVATE if channel.is_private else Visibility.PUBLIC
    incident.is_archived = channel.is_archived
    incident.bot_is_member = channel.bot_is_member
    incident.channel_checked_at = incident.updated_at = now
    session.add(incident)
    await session.flush()
    outstanding = select(FollowUp).where(
        col(FollowUp.incident_id) == incident.id, col(FollowUp.status) == Status.OUTSTANDING
    )
    found = await session.exec(outstanding.order_by(col(FollowUp.id)))
    await consequences.channel_found(session, incident, found, now)
    return incident


async def follow_channel(
    session: AsyncSession,
    channel: Channel,
    *,
    prefixes: tuple[str, ...],
    asked_at: datetime,
    now: datetime,
) -> Incident | None:
    """Bring the incident in line with its channel's name, privacy and archive; None if untracked.

    Of an answer that a later question has overtaken only one thing counts: that the channel is private.
    """
    incident = await by_channel(session, channel.slack_channel_id)
    if incident is None:
        return None
    if asked_at < incident.channel_checked_at and not channel.is_private:
        return incident
    seen = (
        channel.name,
        Visibility.PRIVATE if channel.is_private else Visibility.PUBLIC,
        channel.is_archived,
        channel.bot_is_member,
    )
    before = (incident.slack_channel_name, incident.visibility, incident.is_archived, incident.bot_is_member)
    incident.channel_checked_at = max(asked_at, incident.channel_checked_at)
    if channel.is_private and incident.visibility is not Visibility.PRIVATE:
        await access.forget_members(session, incident)  # of an earlier time, if any
    if seen != before:
        incident.slack_channel_name, incident.visibility, incident.is_archived, incident.bot_is_member = seen
        incident.updated_at = now
        if incident.name_follows_channel:
            incident.name = name_from_channel(channel.name, prefixes)
    session.add(incident)
    return incident


async def lose_channel(session: AsyncSession, incident: Incident, asked_at: datetime) -> None:
    """Slack shows the bot no such channel any more: what was public may be private by now.

    Nobody is known to be in it, so nobody sees it until the bot is back.
    """
    incident.visibility = Visibility.PRIVATE
    incident.bot_is_member = False
    incident.channel_checked_at = max(asked_at, incident.channel_checked_at)
    await access.forget_members(session, incident)


async def move_channel(
    session: AsyncSession, old_channel_id: str, new_channel_id: str, now: datetime
) -> None:
    """Slack gave the channel another id (`channel_id_changed`). Its members, messages and jobs move along.

    Nothing moves onto a channel that is an incident already.
    """
    incident = await by_channel(session, old_channel_id)
    if incident is None or await by_channel(session, new_channel_id) is not None:
        return
    incident.slack_channel_id = new_channel_id
    incident.updated_at = now
    session.add(incident)
    await access.move_members(session, old_channel_id, new_channel_id)
    await channel_messages.move(session, incident.id, old_channel_id, new_channel_id)
    await consequences.move(session, old_channel_id, new_channel_id)


def valid_name(name: str) -> str:
    name = one_line(name)
    if is_blank(name):
        raise InvalidFieldError("incident_name", "Give the incident a name.")
    if len(name) > INCIDENT_NAME_LIMIT:
        raise InvalidFieldError(
            "incident_name", f"A name has at most {INCIDENT_NAME_LIMIT} characters; this one has {len(name)}."
        )
    return name


async def free_number(session: AsyncSession, slack_team_id: str, wanted: int | None) -> int:
    """The one wanted, or the next."""
    in_team = col(Incident.slack_team_id) == slack_team_id
    if wanted is not None:
        taken = (
            await session.exec(select(Incident.id).where(in_team, col(Incident.number) == wanted))
        ).first()
        if taken is None:
            return wanted
    highest = (await session.exec(select(func.max(Incident.number)).where(in_team))).one()
    return (highest or 0) + 1
