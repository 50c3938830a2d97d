"""conversations.* and users.conversations."""

from __future__ import annotations

import re
from typing import Final

from playground.records import DIRECT, PRIVATE, PUBLIC, Channel, Json
from playground.seed import BOT
from playground.web_call import ApiError, Call, Method, page

READ: Final = {PUBLIC: "channels:read", PRIVATE: "groups:read", DIRECT: "im:read"}
HISTORY: Final = {PUBLIC: "channels:history", PRIVATE: "groups:history", DIRECT: "im:history"}
MANAGE: Final = {PUBLIC: "channels:manage", PRIVATE: "groups:write", DIRECT: "im:write"}
TYPES: Final = frozenset({PUBLIC, PRIVATE, DIRECT, "mpim"})

ANY_READ: Final = (*READ.values(), "mpim:read")
ANY_HISTORY: Final = (*HISTORY.values(), "mpim:history")


def conversation(call: Call, channel: Channel, viewer: str = BOT) -> Json:
    if channel.is_im:
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_org_shared": False,
            "is_archived": channel.is_archived,
            "context_team_id": call.workspace.team.id,
            "user": channel.other_than(viewer),
            "is_user_deleted": call.workspace.users[channel.other_than(viewer)].deleted,
            "is_open": True,
            "priority": 0,
        }
    text = {"creator": channel.creator, "last_set": channel.created}
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": channel.is_general,
        "is_frozen": False,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "shared_team_ids": [call.workspace.team.id],
        "context_team_id": call.workspace.team.id,
        "parent_conversation": None,
        "is_member": viewer in channel.members,
        "created": channel.created,
        "updated": channel.created * 1000,
        "creator": channel.creator,
        "unlinked": 0,
        "topic": {"value": channel.topic, **text},
        "purpose": {"value": channel.purpose, **text},
        "previous_names": channel.previous_names,
    }


def info(call: Call) -> Json:
    channel = call.channel()
    call.need_scope(READ[channel.kind])
    shown = conversation(call, channel)
    if call.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


def _asked_types(call: Call) -> list[str]:
    types = [kind.strip() for kind in call.text("types", PUBLIC).split(",")]
    if not TYPES.issuperset(types):
        raise ApiError("invalid_types")
    for kind in types:
        call.need_scope(READ.get(kind, "mpim:read"))
    return types


def _listed(call: Call, member: str | None) -> list[Channel]:
    types = _asked_types(call)
    return [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in types
        and call.workspace.may_see(BOT, channel)
        and (member is None or member in channel.members)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]


def list_all(call: Call) -> Json:
    shown = [
        conversation(call, channel) | {"num_members": len(channel.members)}
        for channel in _listed(call, member=None)
    ]
    return page(call, shown, "channels")


def of_user(call: Call) -> Json:
    member = call.text("user") or BOT
    if member not in call.workspace.users:
        raise ApiError("user_not_found")
    return page(call, [conversation(call, channel) for channel in _listed(call, member)], "channels")


def members(call: Call) -> Json:
    channel = call.channel()
    call.need_scope(READ[channel.kind])
    return page(call, channel.members, "members")


def _readable(call: Call) -> Channel:
    channel = call.channel()
    call.need_scope(HISTORY[channel.kind])
    if BOT not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _between(call: Call, messages: list[Json]) -> list[Json]:
    oldest, latest = call.text("oldest", "0"), call.text("latest") or "99999999999"
    inclusive = call.flag("inclusive")
    return [
        message
        for message in messages
        if float(oldest) < float(message["ts"]) < float(latest)
        or (inclusive and message["ts"] in {oldest, latest})
    ]


def history(call: Call) -> Json:
    channel = _readable(call)
    messages = [
        call.payloads.message(message)
        for message in reversed(call.workspace.messages_in(channel.id))
        if message.thread_ts in {None, message.ts} or message.broadcast
    ]
    if not call.flag("include_all_metadata"):
        messages = [{k: v for k, v in message.items() if k != "metadata"} for message in messages]
    found = page(call, _between(call, messages), "messages")
    return found | {
        "has_more": bool(found["response_metadata"]["next_cursor"]),
        "pin_count": len(channel.pins),
    }


def replies(call: Call) -> Json:
    channel = _readable(call)
    ts = call.text("ts")
    thread = [m for m in call.workspace.messages_in(channel.id) if ts in {m.ts, m.thread_ts}]
    if not thread:
        raise ApiError("thread_not_found")
    found = page(call, _between(call, [call.payloads.message(message) for message in thread]), "messages")
    return found | {"has_more": bool(found["response_metadata"]["next_cursor"])}


def open_direct(call: Call) -> Json:
    call.need_scope("im:write")
    if call.text("channel"):
        channel = call.channel()
    else:
        ids = [part.strip() for part in call.text("users").split(",") if part.strip()]
        if not ids:
            raise ApiError("users_list_not_supplied")
        if len(ids) > 1:
            raise missing_group(call)
        user = call.workspace.users.get(ids[0])
        if user is None:
            raise ApiError("user_not_found")
        if user.deleted:
            raise ApiError("user_disabled")
        channel = call.workspace.direct(BOT, user.id)
    shown = conversation(call, channel) if call.flag("return_im") else {"id": channel.id}
    return {"channel": shown, "no_op": False, "already_open": False}


def missing_group(call: Call) -> ApiError:
    """Group conversations are not part of this workspace."""
    call.need_scope("mpim:write")
    return ApiError("method_not_supported_for_channel_type")


def join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != PUBLIC:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    already = BOT in channel.members
    call.workspace.join(channel, BOT)
    note = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    return {"channel": conversation(call, channel)} | (note if already else {})


def invite(call: Call) -> Json:
    channel = call.channel()
    call.need_scope(MANAGE[channel.kind], "channels:write.invites", "groups:write.invites")
    if BOT not in channel.members:
        raise ApiError("not_in_channel")
    if channel.is_archived:
        raise ApiError("is_archived")
    for user_id in [part.strip() for part in call.text("users").split(",")]:
        if user_id == BOT:
            raise ApiError("cant_invite_self")
        if user_id not in call.workspace.users:
            raise ApiError("user_not_found")
        if user_id in channel.members:
            raise ApiError("already_in_channel")
        call.workspace.join(channel, user_id, BOT)
    return {"channel": conversation(call, channel)}


def create(call: Call) -> Json:
    is_private = call.flag("is_private")
    call.need_scope(MANAGE[PRIVATE if is_private else PUBLIC])
    name = call.text("name")
    if len(name) > 80:
        raise ApiError("invalid_name_maxlength")
    if not re.fullmatch(r"[\w-]+", name) or name != name.lower():
        raise ApiError("invalid_name_specials")
    if call.workspace.channel_named(name):
        raise ApiError("name_taken")
    return {"channel": conversation(call, call.workspace.create_channel(name, BOT, is_private=is_private))}


METHODS: Final = {
    "conversations.info": Method(info, ("channel",), ANY_READ),
    "conversations.list": Method(list_all, (), ANY_READ),
    "conversations.members": Method(members, ("channel",), ANY_READ),
    "conversations.history": Method(history, ("channel",), ANY_HISTORY),
    "conversations.replies": Method(replies, ("channel", "ts"), ANY_HISTORY),
    "conversations.open": Method(open_direct, (), ("im:write", "mpim:write")),
    "conversations.join": Method(join, ("channel",), ("channels:join",)),
    "conversations.invite": Method(invite, ("channel", "users")),
    "conversations.create": Method(create, ("name",)),
    "users.conversations": Method(of_user, (), ANY_READ),
}
