"""What an app says without the Web API: in the answer to a command, or through a response URL."""

from __future__ import annotations

from playground.blocks import message_errors
from playground.modals import completed_blocks
from playground.records import Json, Message
from playground.registration import APP_ID, BOT_ID
from playground.seed import BOT
from playground.tickets import ReplyUrl, Tickets
from playground.workspace import Workspace


class Replies:
    def __init__(self, workspace: Workspace, tickets: Tickets) -> None:
        self._workspace = workspace
        self._tickets = tickets

    def through_url(self, token: str, body: Json) -> tuple[int, str]:
        """The status and text a response URL answers with."""
        reply = self._tickets.reply(token)
        if isinstance(reply, str):
            return 404, reply
        error = self.say(reply, body)
        return (400, error) if error else (200, "ok")

    def say(self, reply: ReplyUrl, body: Json) -> str:
        """Posts, replaces or deletes; the name of an error when it can't."""
        original = self._workspace.message(reply.channel, reply.ts) if reply.ts else None
        if body.get("delete_original"):
            return self._delete(original)
        if not any(body.get(name) for name in ("text", "blocks", "attachments")):
            return "no_text"
        if message_errors(body):
            return "invalid_blocks"
        if body.get("replace_original") and original is not None:
            self._replace(original, body)
            return ""
        self._post(reply, body)
        return ""

    def _delete(self, original: Message | None) -> str:
        if original is None:
            return "message_not_found"
        self._workspace.delete(original)
        return ""

    def _replace(self, original: Message, body: Json) -> None:
        blocks = completed_blocks(body["blocks"]) if body.get("blocks") else None
        self._workspace.edit(original, BOT, {"text": body.get("text") or "", "blocks": blocks})

    def _post(self, reply: ReplyUrl, body: Json) -> None:
        public = body.get("response_type") == "in_channel"
        message = Message(
            ts=self._workspace.clock.stamp(),
            channel=reply.channel,
            user=BOT,
            text=body.get("text") or "",
            blocks=completed_blocks(body["blocks"]) if body.get("blocks") else None,
            bot_id=BOT_ID,
            app_id=APP_ID,
            thread_ts=body.get("thread_ts"),
            ephemeral_for=None if public else reply.user,
        )
        self._workspace.post(message)
        # A later replace_original or delete_original through the same URL means this message.
        reply.ts = reply.ts or message.ts
