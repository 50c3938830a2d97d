"""People, user groups, channels and who is in them: asked of Slack, kept by storage, fresh by events."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot import failures
from bot.context import Context
from bot.described import channel_of, slack_user
from bot.interactions import Reader
from bot.slack_errors import error_name
from storage import access, incidents, people
from storage.incidents import Channel
from storage.models import Incident, Person
from storage.people import SlackUsergroup
from storage.records import CreatorKind, CreatorRecord, TeamRecord, Visibility

PERSON_FRESH = timedelta(hours=24)
READER_FRESH = timedelta(seconds=60)
READERS_KEPT = 10_000
TEAMS_FRESH = timedelta(seconds=60)
MEMBERS_FRESH = timedelta(seconds=60)
CHANNEL_FRESH = timedelta(seconds=60)
CHANNEL_PATIENCE = 2.0
# conversations.info allows 50 a minute.
CHANNELS_AT_ONCE = 20
PAGE = 200

# Slack's words for a channel that is not there for the bot: gone, or private without it.
UNSEEN = {"channel_not_found", "not_in_channel"}


class StrangerError(Exception):
    """Someone of another workspace, a bot or a deactivated account used the bot."""


async def person(context: Context, slack_user_id: str) -> Person | None:
    """The person, from Slack when we don't know them well enough. None when Slack doesn't either."""
    async with context.database.read() as session:
        known = await people.find(session, context.identity.slack_team_id, slack_user_id)
    if known is not None and context.clock() - known.refreshed_at < PERSON_FRESH:
        return known
    return await _ask_who(context, slack_user_id)


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
    known = Reader(actor, found.slack_user_id, found.timezone)
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
        if error_name(error) in UNSEEN:
            return None
        raise
    described = answer["channel"]
    if described.get("is_im") or described.get("is_mpim"):
        return None
    return channel_of(described, context.identity.slack_team_id)


async def refresh_channel(context: Context, channel_id: str) -> None:
    """Follow the channel's name, privacy, archive and, where it is private, its members."""
    found = await channel(context, channel_id)
    now = context.clock()
    async with context.database.write() as session:
        incident = await incidents.by_channel(session, channel_id)
        if incident is None:
            return
        if found is None:
            await incidents.lose_channel(session, incident, now)
        else:
            await incidents.follow_channel(session, found, prefixes=context.prefixes, now=now)
    await refresh_members(context, channel_id)


def refresh_channel_soon(context: Context, channel_id: str) -> None:
    """For who stands in the channel: after they have their answer, and not more often than once a minute."""
    if _is_due(context, channel_id):
        context.tasks.start(_refresh(context, channel_id))


def _is_due(context: Context, channel_id: str) -> bool:
    """Whether Slack has not been asked for a minute. Then it is about to be."""
    asked = context.channels_checked.get(channel_id)
    if asked is not None and context.clock() - asked <= CHANNEL_FRESH:
        return False
    context.channels_checked[channel_id] = context.clock()
    return True


async def _refresh(context: Context, channel_id: str) -> None:
    """What was last known stays when Slack has no answer; a channel that it can't find is lost."""
    try:
        await refresh_channel(context, channel_id)
    except (SlackApiError, ClientError, TimeoutError) as error:
        failures.report(error)


async def _recheck_privacy(context: Context, incident: Incident) -> None:
    """Slack sends no event when a channel turns private."""
    is_stale = context.clock() - incident.channel_checked_at > CHANNEL_FRESH
    if is_stale and not incident.is_archived and _is_due(context, incident.slack_channel_id):
        refreshing = context.tasks.start(_refresh(context, incident.slack_channel_id))
        done, _ = await asyncio.wait({refreshing}, timeout=CHANNEL_PATIENCE)
        for ended in done:
            ended.result()


async def refresh_members(context: Context, channel_id: str) -> None:
    """Match a private incident's members with Slack. A bot that can't see the channel lets nobody in."""
    async with context.database.read() as session:
        incident = await incidents.by_channel(session, channel_id)
    if incident is None or incident.visibility is not Visibility.PRIVATE:
        return
    try:
        members = [member async for member in channel_members(context, channel_id)]
    except SlackApiError as error:
        if error_name(error) not in UNSEEN:
            raise
        members = []
    async with context.database.write() as session:
        await access.replace_members(session, incident, members, context.clock())


async def channel_members(context: Context, channel_id: str) -> AsyncIterator[str]:
    cursor: str | None = None
    while True:
        answer = await context.client.conversations_members(channel=channel_id, limit=PAGE, cursor=cursor)
        for member in answer["members"]:
            yield member
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return


async def check_membership(context: Context, incident: Incident | None) -> None:
    """Before an incident is shown or changed: who may see it is no older than a minute."""
    if incident is None:
        return
    if incident.visibility is not Visibility.PRIVATE:
        await _recheck_privacy(context, incident)
        return
    checked = incident.members_checked_at
    if checked is None or context.clock() - checked > MEMBERS_FRESH:
        await refresh_members(context, incident.slack_channel_id)


async def check_access_to_follow_up(context: Context, follow_up_id: str) -> None:
    async with context.database.read() as session:
        incident = await incidents.of_follow_up(session, follow_up_id)
    await check_membership(context, incident)


async def check_access_of_person(context: Context, reader: Reader) -> None:
    """Before a list across incidents: those with follow-ups of theirs; of the public ones the stalest few."""
    stale = context.clock() - MEMBERS_FRESH
    async with context.database.read() as session:
        found = await incidents.stale_of_person(session, reader.actor.id, checked_before=stale)
    public = [incident for incident in found if incident.visibility is Visibility.PUBLIC]
    await asyncio.gather(*(_recheck_privacy(context, incident) for incident in public[:CHANNELS_AT_ONCE]))
    for incident in found:
        if incident.visibility is Visibility.PRIVATE:
            await refresh_members(context, incident.slack_channel_id)


async def check_access_to_incident(context: Context, incident_id: str) -> None:
    async with context.database.read() as session:
        incident = await incidents.by_id(session, incident_id)
    await check_membership(context, incident)
