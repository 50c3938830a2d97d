"""chat.*: what the app says, changes and takes back."""

from __future__ import annotations

import json
from typing import Any, Final

from playground.blocks import message_errors
from playground.modals import completed_blocks
from playground.records import Channel, Json, Message
from playground.registration import APP_ID, BOT_ID
from playground.seed import BOT
from playground.web_call import ApiError, Call, Method

POST_TEXT: Final = 40_000
UPDATE_TEXT: Final = 4_000
MARKDOWN_TEXT: Final = 12_000
BLOCKS_JSON: Final = 100_000
ATTACHMENTS: Final = 100


def post_message(call: Call) -> Json:
    channel = _destination(call)
    _may_post(call, channel)
    message = Message(call.workspace.clock.stamp(), channel.id, BOT, bot_id=BOT_ID, app_id=APP_ID)
    _fill(message, _content(call))
    message.text = message.text[:POST_TEXT]
    message.username = call.text("username")
    message.thread_ts = _thread(call, channel)
    message.broadcast = call.flag("reply_broadcast")
    call.workspace.post(message)
    return {"channel": channel.id, "ts": message.ts, "message": call.payloads.message(message)}


def post_ephemeral(call: Call) -> Json:
    channel = call.channel()
    _may_post(call, channel, joined=True)
    user_id = call.text("user")
    if user_id not in call.workspace.users or user_id not in channel.members:
        raise ApiError("user_not_in_channel")
    message = Message(call.workspace.clock.stamp(), channel.id, BOT, bot_id=BOT_ID, app_id=APP_ID)
    message.ephemeral_for = user_id
    _fill(message, _content(call))
    message.thread_ts = _thread(call, channel)
    call.workspace.post(message)
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel)
    if message.user != BOT:
        raise ApiError("cant_update_message")
    if channel.is_archived:
        raise ApiError("is_inactive")
    content = _content(call)
    if len(content.get("text") or "") > UPDATE_TEXT:
        raise ApiError("msg_too_long")
    changes = {"text": content.get("text") or ""}
    changes |= {name: content[name] for name in ("blocks", "attachments", "metadata") if name in content}
    call.workspace.edit(message, BOT, _kept(changes))
    shown = call.payloads.message(message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def delete(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel)
    if message.user != BOT:
        raise ApiError("cant_delete_message")
    call.workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel, "message_ts")
    return {"channel": channel.id, "permalink": call.workspace.permalink(channel.id, message.ts)}


def unfurl(call: Call) -> Json:
    unfurls = call.structure("unfurls", "invalid_unfurls_format")
    if not isinstance(unfurls, dict):
        raise ApiError("missing_unfurls")
    channel = call.channel()
    message = call.message(channel)
    attachments = [{"from_url": url, **content} for url, content in unfurls.items()]
    call.workspace.edit(message, BOT, {"attachments": attachments})
    return {}


# --- rules -----------------------------------------------------------------------------------------------


def _destination(call: Call) -> Channel:
    """A channel by id or name, or the direct conversation with a user."""
    named = call.workspace.channel_named(call.text("channel"))
    if named is not None:
        call.args["channel"] = named.id
    user = call.workspace.users.get(call.text("channel"))
    if user is None:
        return call.channel()
    if user.deleted or user.id == BOT:
        raise ApiError("channel_not_found")
    return call.workspace.direct(BOT, user.id)


def _may_post(call: Call, channel: Channel, *, joined: bool = False) -> None:
    if channel.is_archived:
        raise ApiError("is_archived")
    if BOT in channel.members:
        return
    public = channel.kind == "public_channel" and "chat:write.public" in call.registration.scopes
    if joined or not public:
        raise ApiError("not_in_channel")


def _thread(call: Call, channel: Channel) -> str | None:
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return None
    if call.workspace.message(channel.id, thread_ts) is None:
        raise ApiError("cannot_reply_to_message")
    return thread_ts


def _content(call: Call) -> Json:
    """Text, blocks, attachments and metadata, as far as they are given."""
    content: Json = {"text": call.text("text")} if call.args.get("text") is not None else {}
    if call.text("markdown_text"):
        content["text"] = _markdown(call, content)
    if call.args.get("blocks") is not None:
        content["blocks"] = _blocks(call)
    if call.args.get("attachments") is not None:
        content["attachments"] = _attachments(call)
    if call.args.get("metadata") is not None:
        content["metadata"] = _metadata(call)
    if not any(content.get(name) for name in ("text", "blocks", "attachments")):
        raise ApiError("no_text")
    return content


def _markdown(call: Call, content: Json) -> str:
    if content or call.args.get("blocks") is not None:
        raise ApiError("markdown_text_conflict")
    if len(call.text("markdown_text")) > MARKDOWN_TEXT:
        raise ApiError("msg_too_long")
    return call.text("markdown_text")


def _blocks(call: Call) -> list[Json]:
    blocks = call.structure("blocks", "invalid_blocks_format")
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    errors = message_errors({"blocks": blocks})
    if errors:
        raise ApiError("invalid_blocks", errors=errors, response_metadata={"messages": errors})
    if len(json.dumps(blocks)) > BLOCKS_JSON:
        raise ApiError("msg_blocks_too_long")
    return completed_blocks(blocks)


def _attachments(call: Call) -> list[Json]:
    attachments = call.structure("attachments", "invalid_attachments")
    if not isinstance(attachments, list):
        raise ApiError("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise ApiError("too_many_attachments")
    return attachments


def _metadata(call: Call) -> Json:
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata == {}:
        return {}
    well_formed = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )
    if not well_formed:
        raise ApiError("invalid_metadata_format")
    given: Json = metadata
    return given


def _kept(changes: Json) -> Json:
    """An empty list or object takes a part away."""
    empty: dict[str, Any] = {"blocks": None, "metadata": None}
    return {name: value or empty.get(name, value) for name, value in changes.items()}


def _fill(message: Message, content: Json) -> None:
    for name, value in _kept(content).items():
        setattr(message, name, value)


METHODS: Final = {
    "chat.postMessage": Method(post_message, ("channel",), ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("channel", "user"), ("chat:write",)),
    "chat.update": Method(update, ("channel", "ts"), ("chat:write",)),
    "chat.delete": Method(delete, ("channel", "ts"), ("chat:write",)),
    "chat.getPermalink": Method(get_permalink, ("channel", "message_ts")),
    "chat.unfurl": Method(unfurl, ("channel", "ts"), ("links:write",)),
}
