"""Slack's events. Each is kept as a job in the request that brings it, so that none is lost or done twice."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot import directory, home, membership, tracking
from bot.context import Context
from bot.directory import StrangerError
from storage import access, consequences, deliveries, incidents, jobs
from storage.leases import ClaimedJob

SLACK_EVENT = "slack_event"

READ_BY_HANDLERS = ("type", "user", "channel", "tab", "old_channel_id", "new_channel_id")

Handle = Callable[[Context, Mapping[str, Any]], Awaitable[None]]


async def keep(context: Context, body: Mapping[str, Any]) -> None:
    """Slack repeats an event under its `event_id`, and now and then under another for the same `event_ts`."""
    event, now = body["event"], context.clock()
    if event["type"] not in EVENTS:
        return
    async with context.database.write() as session:
        if "event_ts" in event and not await deliveries.record(session, happening(event), now):
            return
        await jobs.enqueue(
            session,
            SLACK_EVENT,
            {"event": needed(event)},
            dedupe_key=f"{SLACK_EVENT}:{body['event_id']}",
            now=now,
        )


def happening(event: Mapping[str, Any]) -> str:
    """The same for each telling of one event: when, what, and the ids of who and what it is about."""
    essence = json.dumps({key: _essence(value) for key, value in event.items()}, sort_keys=True)
    return f"{SLACK_EVENT}:{hashlib.sha256(essence.encode()).hexdigest()}"


def _essence(value: Any) -> Any:
    """Slack may describe the same person or view a little differently each time; its id is the same."""
    match value:
        case {"id": str(known)}:
            return known
        case Mapping():
            return {str(key): _essence(inner) for key, inner in value.items()}
        case list():
            return [_essence(inner) for inner in value]
        case _:
            return value


def needed(event: Mapping[str, Any]) -> dict[str, str]:
    """What handlers read. Jobs stay for a day; Slack puts whole profiles and views in its events."""
    return {key: _id(event[key]) for key in READ_BY_HANDLERS if event.get(key) is not None}


def _id(described: str | Mapping[str, Any]) -> str:
    """Slack names people and channels by id, or describes them whole."""
    return described if isinstance(described, str) else str(described["id"])


async def handle(context: Context, job: ClaimedJob) -> None:
    event = job.payload["event"]
    try:
        await EVENTS[event["type"]](context, event)
    except StrangerError:
        return


async def channel_changed(context: Context, event: Mapping[str, Any]) -> None:
    """Renamed, unarchived, joined: ask Slack how the channel is now, since events may come out of order."""
    found = await directory.channel(context, event["channel"])
    if found is not None and not found.is_archived:
        await tracking.incident_of(context, found)
    await directory.refresh_channel(context, event["channel"])
    if found is not None and not found.is_archived:
        await _resume(context, event["channel"])


async def member_joined(context: Context, event: Mapping[str, Any]) -> None:
    if event["user"] == context.identity.slack_user_id:
        await channel_changed(context, event)
        return
    # Not taken at its word: they may have left again, and the event come late.
    await membership.refresh_members(context, event["channel"])


async def refresh(context: Context, event: Mapping[str, Any]) -> None:
    """Archived, or left by the bot: nothing begins with that."""
    await directory.refresh_channel(context, event["channel"])


async def member_left(context: Context, event: Mapping[str, Any]) -> None:
    async with context.database.write() as session:
        await access.remove_member(session, event["channel"], event["user"])


async def channel_id_changed(context: Context, event: Mapping[str, Any]) -> None:
    async with context.database.write() as session:
        await incidents.move_channel(
            session, event["old_channel_id"], event["new_channel_id"], context.clock()
        )


async def user_changed(context: Context, event: Mapping[str, Any]) -> None:
    await directory.refresh_person(context, event["user"])


async def _resume(context: Context, slack_channel_id: str) -> None:
    """What could not be posted while the bot was away is posted now."""
    async with context.database.write() as session:
        await consequences.resume(session, slack_channel_id, context.clock())


EVENTS: dict[str, Handle] = {
    "app_home_opened": home.opened,
    "channel_archive": refresh,
    "channel_id_changed": channel_id_changed,
    "channel_left": refresh,
    "channel_rename": channel_changed,
    "channel_unarchive": channel_changed,
    "group_archive": refresh,
    "group_left": refresh,
    "group_rename": channel_changed,
    "group_unarchive": channel_changed,
    "member_joined_channel": member_joined,
    "member_left_channel": member_left,
    "user_change": user_changed,
}

HANDLERS = {SLACK_EVENT: handle}
