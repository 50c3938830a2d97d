"""Who is in which channel: kept by storage, changed by Slack's events, and asked of Slack before it counts.

Events come late, out of order or not at all. So what counts is an answer of Slack's no older than FRESH;
where Slack gives none, the last one for as long as KEPT.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.context import Context
from bot.interactions import Reader
from bot.slack_errors import as_job_error, error_name
from storage import access, incidents
from storage.models import Incident
from storage.records import Visibility

log = structlog.get_logger("bot")

FRESH = timedelta(seconds=5)
# Someone who is not known to be a member may have joined just now.
FRESH_FOR_OTHERS = timedelta(seconds=1)
KEPT = timedelta(seconds=60)
PATIENCE = 2.0
PEOPLE_KEPT = 10_000

# The most of each that Slack hands out at once.
MEMBERS_PAGE = 200
CHANNELS_PAGE = 999

# Slack's words for a channel that is not there for the bot: gone, or private without it.
UNSEEN = {"channel_not_found", "not_in_channel"}


async def confirm(context: Context, incident: Incident, reader: Reader) -> None:
    """Before a private incident is shown or changed, and any incident where a guest does it.

    Raises what Slack answered, or TimeoutError, when nothing recent enough is known.
    """
    async with context.database.read() as session:
        is_member = await access.is_member(session, incident.channel_id, reader.slack_user_id)
    fresh = FRESH if is_member else FRESH_FOR_OTHERS
    if reader.is_guest:
        await confirm_channels_of(context, reader.slack_user_id, fresh)
    else:
        await confirm_members(context, incident, fresh)


async def confirm_members(context: Context, incident: Incident, fresh: timedelta = FRESH) -> None:
    """All members of one private incident's channel. Raises like `confirm`."""
    channel_id, checked = incident.channel_id, incident.members_checked_at
    if checked is None or context.clock() - checked > fresh:
        question = partial(refresh_members, context, channel_id)
        await _ask(context, "conversations.members", channel_id, question, checked)


async def confirm_channels_of(context: Context, slack_user_id: str, fresh: timedelta = FRESH) -> None:
    """All channels of one person at once. Raises like `confirm`."""
    checked = context.channels_confirmed.get(slack_user_id)
    if checked is None or context.clock() - checked > fresh:
        question = partial(_refresh_channels_of, context, slack_user_id)
        await _ask(context, "users.conversations", slack_user_id, question, checked)


async def ask_again(context: Context, channel_id: str, reader: Reader) -> None:
    """Now, whenever Slack was last asked: Slack itself says that the reader stands in this channel."""
    context.channels_confirmed.pop(reader.slack_user_id, None)
    await refresh_members(context, channel_id)


async def _ask(
    context: Context,
    method: str,
    about: str,
    question: Callable[[], Coroutine[Any, Any, None]],
    checked: datetime | None,
) -> None:
    """Once for all who wait for the same answer."""
    try:
        if (until := context.rate_limited.get(method)) is not None and context.clock() < until:
            raise TimeoutError(f"{method} is rate limited")
        async with asyncio.timeout(PATIENCE):
            await asyncio.shield(context.tasks.once(f"{method} {about}", question))
    except (SlackApiError, ClientError, TimeoutError) as error:
        reason = type(error).__name__
        if isinstance(error, SlackApiError):
            reason = error_name(error)
            _wait_as_told(context, method, error)
        if checked is None or context.clock() - checked > KEPT:
            raise
        log.warning("membership_not_confirmed", method=method, reason=reason)


def _wait_as_told(context: Context, method: str, error: SlackApiError) -> None:
    seconds = as_job_error(error).retry_after
    if seconds is not None:
        context.rate_limited[method] = context.clock() + timedelta(seconds=seconds)


async def refresh_members(context: Context, channel_id: str) -> None:
    """Match a private incident's members with Slack. A bot that can't see the channel lets nobody in."""
    async with context.database.read() as session:
        if await _private_incident(context, session, channel_id) is None:
            return
    asked_at = context.clock()
    try:
        members = [member async for member in channel_members(context, channel_id)]
    except SlackApiError as error:
        if error_name(error) not in UNSEEN:
            raise
        members = []
    async with context.database.write() as session:
        incident = await _private_incident(context, session, channel_id)
        if incident is not None:
            await access.replace_members(session, incident, members, asked_at)


async def _private_incident(context: Context, session: AsyncSession, channel_id: str) -> Incident | None:
    incident = await incidents.by_channel(session, channel_id)
    if incident is None or incident.slack_team_id != context.identity.slack_team_id:
        return None
    return incident if incident.visibility is Visibility.PRIVATE else None


async def channel_members(context: Context, channel_id: str) -> AsyncIterator[str]:
    cursor: str | None = None
    while True:
        answer = await context.client.conversations_members(
            channel=channel_id, limit=MEMBERS_PAGE, cursor=cursor
        )
        for member in answer["members"]:
            yield member
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return


async def _refresh_channels_of(context: Context, slack_user_id: str) -> None:
    asked_at = context.clock()
    channels: list[str] = []
    cursor: str | None = None
    while True:
        answer = await context.client.users_conversations(
            user=slack_user_id, types="public_channel,private_channel", limit=CHANNELS_PAGE, cursor=cursor
        )
        channels += [channel["id"] for channel in answer["channels"]]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    async with context.database.write() as session:
        await access.replace_channels(session, context.identity.slack_team_id, slack_user_id, channels)
    if len(context.channels_confirmed) >= PEOPLE_KEPT:
        context.channels_confirmed.clear()
    context.channels_confirmed[slack_user_id] = asked_at
