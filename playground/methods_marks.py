"""reactions.*, pins.* and bookmarks.*: what is put on messages and channels."""

from __future__ import annotations

import re
from typing import Final

from playground.clock import new_id
from playground.records import Channel, Json, Message
from playground.seed import BOT
from playground.web_call import ApiError, Call, Method

BOOKMARK_TITLE: Final = 256
BOOKMARK_LINK: Final = 2048


def _marked(call: Call) -> tuple[Channel, Message]:
    channel = call.channel()
    if not call.text("timestamp"):
        raise ApiError("no_item_specified")
    if not re.fullmatch(r"\d+\.\d{6}", call.text("timestamp")):
        raise ApiError("bad_timestamp")
    return channel, call.message(channel, "timestamp")


def add_reaction(call: Call) -> Json:
    channel, message = _marked(call)
    if channel.is_archived:
        raise ApiError("is_archived")
    if BOT not in channel.members:
        raise ApiError("not_in_channel")
    name = call.text("name").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise ApiError("invalid_name")
    if not call.workspace.react(message, BOT, name):
        raise ApiError("already_reacted")
    return {}


def remove_reaction(call: Call) -> Json:
    _channel, message = _marked(call)
    if not call.workspace.unreact(message, BOT, call.text("name").strip(":")):
        raise ApiError("no_reaction")
    return {}


def get_reactions(call: Call) -> Json:
    channel, message = _marked(call)
    shown = call.payloads.message(message)
    shown["permalink"] = call.workspace.permalink(channel.id, message.ts)
    return {"type": "message", "channel": channel.id, "message": shown}


def add_pin(call: Call) -> Json:
    channel, message = _marked(call)
    if BOT not in channel.members:
        raise ApiError("not_in_channel")
    if message.ts in channel.pins:
        raise ApiError("already_pinned")
    channel.pins.append(message.ts)
    call.workspace.changes.announce()
    return {}


def remove_pin(call: Call) -> Json:
    channel, message = _marked(call)
    if message.ts not in channel.pins:
        raise ApiError("no_pin")
    channel.pins.remove(message.ts)
    call.workspace.changes.announce()
    return {}


def _bookmark(call: Call, channel: Channel) -> Json:
    found = next((one for one in channel.bookmarks if one["id"] == call.text("bookmark_id")), None)
    if found is None:
        raise ApiError("not_found")
    return found


def _change_bookmark(call: Call, bookmark: Json) -> Json:
    title, link = call.text("title", bookmark["title"]), call.text("link", bookmark["link"])
    if not re.match(r"https?://", link) or len(link) > BOOKMARK_LINK:
        raise ApiError("invalid_link")
    if not title or len(title) > BOOKMARK_TITLE:
        raise ApiError("invalid_arguments")
    bookmark |= {"title": title, "link": link, "emoji": call.text("emoji", bookmark["emoji"])}
    call.workspace.changes.announce()
    return {"bookmark": bookmark}


def add_bookmark(call: Call) -> Json:
    channel = call.channel("channel_id")
    if call.text("type") != "link":
        raise ApiError("invalid_bookmark_type")
    bookmark: Json = {
        "id": new_id("Bk"),
        "channel_id": channel.id,
        "title": "",
        "link": "",
        "emoji": "",
        "type": "link",
        "entity_id": None,
        "date_created": int(call.workspace.clock.time()),
        "date_updated": 0,
        "rank": "g",
        "last_updated_by_user_id": BOT,
        "last_updated_by_team_id": call.workspace.team.id,
        "shortcut_id": None,
        "app_id": None,
    }
    added = _change_bookmark(call, bookmark)
    channel.bookmarks.append(bookmark)
    return added


def edit_bookmark(call: Call) -> Json:
    bookmark = _bookmark(call, call.channel("channel_id"))
    bookmark["date_updated"] = int(call.workspace.clock.time())
    return _change_bookmark(call, bookmark)


def remove_bookmark(call: Call) -> Json:
    channel = call.channel("channel_id")
    channel.bookmarks.remove(_bookmark(call, channel))
    call.workspace.changes.announce()
    return {}


def list_bookmarks(call: Call) -> Json:
    return {"bookmarks": call.channel("channel_id").bookmarks}


METHODS: Final = {
    "reactions.add": Method(add_reaction, ("channel", "name", "timestamp"), ("reactions:write",)),
    "reactions.remove": Method(remove_reaction, ("name",), ("reactions:write",)),
    "reactions.get": Method(get_reactions, (), ("reactions:read",)),
    "pins.add": Method(add_pin, ("channel",), ("pins:write",)),
    "pins.remove": Method(remove_pin, ("channel",), ("pins:write",)),
    "bookmarks.add": Method(add_bookmark, ("channel_id", "title", "type"), ("bookmarks:write",)),
    "bookmarks.edit": Method(edit_bookmark, ("channel_id", "bookmark_id"), ("bookmarks:write",)),
    "bookmarks.remove": Method(remove_bookmark, ("channel_id", "bookmark_id"), ("bookmarks:write",)),
    "bookmarks.list": Method(list_bookmarks, ("channel_id",), ("bookmarks:read",)),
}
