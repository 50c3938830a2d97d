"""People, user groups, channels and who is in them: asked of Slack, kept by storage, fresh by events."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot import failures, membership
from bot.context import Context
from bot.described import channel_of, slack_user
from bot.interactions import Reader
from bot.slack_errors import error_name
from storage import access, incidents, people
from storage.incidents import Channel
from storage.models import Incident, Person
from storage.people import SlackUsergroup
from storage.records import CreatorKind, CreatorRecord, TeamRecord, Visibility
from storage.trouble import DatabaseTroubleError

PERSON_FRESH = timedelta(hours=1)
PERSON_KEPT = timedelta(hours=24)
READER_FRESH = timedelta(seconds=60)
READERS_KEPT = 10_000
TEAMS_FRESH = timedelta(seconds=60)
CHANNEL_FRESH = timedelta(seconds=60)
CHANNEL_PATIENCE = 2.0


class StrangerError(Exception):
    """Someone of another workspace, a bot or a deactivated account used the bot."""


async def person(context: Context, slack_user_id: str) -> Person | None:
    """The person, from Slack when we don't know them well enough. None when Slack doesn't either."""
    async with context.database.read() as session:
        known = await people.find(session, context.identity.slack_team_id, slack_user_id)
    age = context.clock() - known.refreshed_at if known is not None else PERSON_KEPT
    if age >= PERSON_KEPT:
        return await _ask_who(context, slack_user_id)
    if age >= PERSON_FRESH:
        context.tasks.background(_ask_who(context, slack_user_id))
    return known


async def refresh_person(context: Context, slack_user_id: str) -> None:
    """Read somebody again. People who never met the bot are none of its business."""
    async with context.database.read() as session:
        known = await people.find(session, context.identity.slack_team_id, slack_user_id)
    if known is not None:
        await _ask_who(context, slack_user_id)


async def _ask_who(context: Context, slack_user_id: str) -> Person | None:
    try:
        answer = await context.client.users_info(user=slack_user_id)
    except SlackApiError as error:
        if error_name(error) in {"user_not_found", "user_not_visible", "users_not_found"}:
            return None
        raise
    return await remember_person(context, answer["user"])


async def remember_person(context: Context, user: Mapping[str, Any]) -> Person:
    described = slack_user(user, context.identity.slack_team_id)
    context.readers.pop(described.slack_user_id, None)
    async with context.database.write() as session:
        return await people.remember(session, described, context.clock())


async def reader(context: Context, slack_user_id: str) -> Reader:
    """Raises StrangerError for whoever may not use the bot at all."""
    cached = context.readers.get(slack_user_id)
    if cached is not None and context.clock() - cached[0] < READER_FRESH:
        return cached[1]
    found = await person(context, slack_user_id)
    if found is None or found.is_stranger or found.is_bot or found.is_deleted:
        raise StrangerError(slack_user_id)
    actor = CreatorRecord(CreatorKind.USER, found.id, found.name, found.slack_user_id)
    known = Reader(actor, found.slack_user_id, found.timezone, found.is_guest)
    if len(context.readers) >= READERS_KEPT:
        context.readers.clear()
    context.readers[slack_user_id] = (context.clock(), known)
    return known


async def teams(context: Context) -> list[TeamRecord]:
    """Each letter typed asks for them; Slack lists them twenty times a minute."""
    asked = context.teams_asked.get(context.identity.slack_team_id)
    if asked is not None and context.clock() - asked < TEAMS_FRESH:
        async with context.database.read() as session:
            return await people.teams(session, context.identity.slack_team_id)
    answer = await context.client.usergroups_list()
    context.teams_asked[context.identity.slack_team_id] = context.clock()
    groups = [
        SlackUsergroup(group["id"], group["name"], group["handle"])
        for group in answer["usergroups"]
        if not group.get("date_delete")
    ]
    async with context.database.write() as session:
        return await people.remember_teams(session, context.identity.slack_team_id, groups)


async def channel(context: Context, channel_id: str) -> Channel | None:
    """The channel, if it is one and the bot can see it: not a direct message, not private without the bot."""
    try:
        answer = await context.client.conversations_info(channel=channel_id)
    except SlackApiError as error:
        if error_name(error) in membership.UNSEEN:
            return None
        raise
    described = answer["channel"]
    if described.get("is_im") or described.get("is_mpim"):
        return None
    return channel_of(described, context.identity.slack_team_id)


async def refresh_channel(context: Context, channel_id: str) -> None:
    """Follow the channel's name, privacy, archive and, where it is private, its members."""
    asked_at = context.clock()
    found = await channel(context, channel_id)
    async with context.database.write() as session:
        incident = await incidents.by_channel(session, channel_id)
        if incident is None or incident.slack_team_id != context.identity.slack_team_id:
            return
        if found is None:
            await incidents.lose_channel(session, incident, asked_at)
        else:
            await incidents.follow_channel(
                session, found, prefixes=context.prefixes, asked_at=asked_at, now=context.clock()
            )
    await membership.refresh_members(context, channel_id)


def refresh_channel_soon(context: Context, channel_id: str) -> None:
    """For who stands in the channel: after they have their answer, and not more often than once a minute."""
    if is_due(context, channel_id):
        context.channels_checked[channel_id] = context.clock()
        context.tasks.start(_refresh_in_turn(context, channel_id))


async def _refresh_in_turn(context: Context, channel_id: str) -> None:
    """Nobody waits for these, so they wait for each other rather than for a turn to write."""
    async with context.looking:
        await _refresh(context, channel_id)


async def _refresh(context: Context, channel_id: str) -> None:
    """What was last known stays when Slack has no answer; a channel that it can't find is lost."""
    try:
        await refresh_channel(context, channel_id)
    except (SlackApiError, ClientError, TimeoutError, DatabaseTroubleError) as error:
        failures.report(error)


async def _recheck_privacy(context: Context, incident: Incident) -> None:
    """Slack sends no event when a channel turns private."""
    is_stale = context.clock() - incident.channel_checked_at > CHANNEL_FRESH
    if is_stale and not incident.is_archived:
        await recheck_channels(context, [incident.channel_id])


def is_due(context: Context, channel_id: str) -> bool:
    """Whether Slack has not been asked about the channel for a minute."""
    asked = context.channels_checked.get(channel_id)
    return asked is None or context.clock() - asked > CHANNEL_FRESH


def is_being_asked_about(context: Context, channel_id: str) -> bool:
    return context.tasks.runs(_question(channel_id))


async def recheck_channels(context: Context, channel_ids: Iterable[str]) -> None:
    """Those that are due, all at once. What Slack has no answer to within two seconds stays as it was."""
    answers = {task for channel_id in channel_ids if (task := _recheck(context, channel_id)) is not None}
    if answers:
        done, _ = await asyncio.wait(answers, timeout=CHANNEL_PATIENCE)
        for ended in done:
            ended.result()


def _recheck(context: Context, channel_id: str) -> asyncio.Task[None] | None:
    """The question that is under way, else a new one if it is due."""
    if not is_being_asked_about(context, channel_id):
        if not is_due(context, channel_id):
            return None
        context.channels_checked[channel_id] = context.clock()
    return context.tasks.once(_question(channel_id), partial(_refresh, context, channel_id))


def _question(channel_id: str) -> str:
    return f"conversations.info {channel_id}"


async def check_membership(context: Context, incident: Incident | None, reader: Reader | None) -> None:
    """Before an incident is shown or changed: see to it that what is known of who may see it is recent.

    Without a reader it is a key of the API that asks: who is in the channel decides who can be given work.
    """
    if incident is None or incident.slack_channel_id is None:
        return
    if incident.slack_team_id != context.identity.slack_team_id:
        return
    is_private = incident.visibility is Visibility.PRIVATE
    if reader is not None and (reader.is_guest or is_private):
        await membership.confirm(context, incident, reader)
    elif is_private:
        await membership.confirm_members(context, incident)
    else:
        await _recheck_privacy(context, incident)


async def check_access_to_follow_up(context: Context, follow_up_id: str, reader: Reader | None) -> None:
    async with context.database.read() as session:
        incident = await incidents.of_follow_up(session, follow_up_id)
    await check_membership(context, incident, reader)


async def check_access_to_incident(context: Context, incident_id: str, reader: Reader | None) -> None:
    async with context.database.read() as session:
        incident = await incidents.by_id(session, incident_id)
    await check_membership(context, incident, reader)


async def check_access_of_person(context: Context, reader: Reader) -> None:
    """Before what comes from several incidents: of the private ones."""
    async with context.database.read() as session:
        has_private = await access.has_private(session, reader.actor)
    if reader.is_guest or has_private:
        await membership.confirm_channels_of(context, reader.slack_user_id)
