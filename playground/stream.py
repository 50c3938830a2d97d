"""What the page is told as it happens."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final

from playground.modals import Modals
from playground.payloads import Payloads
from playground.records import Happening, Json, Message
from playground.workspace import Workspace

KEEP_ALIVE: Final = 15.0


def shown_message(message: Message) -> Json:
    """A message as the page gets it."""
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "text": message.text,
        "blocks": message.blocks,
        "edited": message.edited is not None,
        "ephemeral": message.ephemeral_for is not None,
        "thread_ts": message.thread_ts,
        "bot": bool(message.bot_id),
        "reactions": message.reactions,
        "metadata": message.metadata,
        "subtype": message.subtype or None,
        "attachments": message.attachments,
    }


class Stream:
    """One queue for each open page."""

    def __init__(self, workspace: Workspace, modals: Modals, payloads: Payloads) -> None:
        self._workspace = workspace
        self._modals = modals
        self._payloads = payloads
        self._queues: dict[str, set[asyncio.Queue[Json | None]]] = defaultdict(set)
        self._kinds: dict[str, Callable[[Happening], None]] = {
            "message_posted": self._message,
            "message_changed": self._message,
            "reaction_added": self._message,
            "reaction_removed": self._message,
            "message_deleted": self._deleted,
            "views_changed": self._views,
            "home_changed": self._home,
        }
        workspace.watchers.append(self.happened)

    def happened(self, happening: Happening) -> None:
        teller = self._kinds.get(happening.kind)
        if teller is not None:
            teller(happening)
        elif happening.channel is not None or happening.kind == "user_changed":
            self._send(self._workspace.users, {"type": "channels"})

    def stack(self, user_id: str) -> list[Json]:
        return [self._payloads.view(view) for view in self._modals.stack(user_id)]

    def home(self, user_id: str) -> Json | None:
        view = self._modals.home(user_id)
        return self._payloads.view(view) if view else None

    async def follow(self, user_id: str) -> AsyncIterator[str]:
        """The lines of one page's event stream, until the page or the server goes."""
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self._queues[user_id].add(queue)
        try:
            yield ": connected\n\n"
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), KEEP_ALIVE)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if event is None:
                    return
                yield f"data: {json.dumps(event)}\n\n"
        finally:
            self._queues[user_id].discard(queue)

    def close(self) -> None:
        for queues in self._queues.values():
            for queue in queues:
                queue.put_nowait(None)

    def _send(self, users: Iterable[str], event: Json) -> None:
        for user_id in users:
            for queue in self._queues.get(user_id, ()):
                queue.put_nowait(event)

    def _readers(self, happening: Happening) -> list[str]:
        message, channel = happening.message, happening.channel
        if message is not None and message.ephemeral_for is not None:
            return [message.ephemeral_for]
        return self._workspace.audience(channel) if channel is not None else []

    def _message(self, happening: Happening) -> None:
        if happening.message is None:
            return
        new_ephemeral = happening.message.ephemeral_for and happening.kind == "message_posted"
        kind = "ephemeral" if new_ephemeral else "message"
        self._send(self._readers(happening), {"type": kind, "message": shown_message(happening.message)})

    def _deleted(self, happening: Happening) -> None:
        message = happening.message
        if message is not None:
            event = {"type": "message_deleted", "channel": message.channel, "ts": message.ts}
            self._send(self._readers(happening), event)

    def _views(self, happening: Happening) -> None:
        self._send([happening.user], {"type": "views", "stack": self.stack(happening.user)})

    def _home(self, happening: Happening) -> None:
        self._send([happening.user], {"type": "home", "view": self.home(happening.user)})
