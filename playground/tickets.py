"""What an app is handed to act with for a short while: trigger ids and response URLs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from playground.clock import Clock

TRIGGER_SECONDS: Final = 3.0
REPLY_SECONDS: Final = 30 * 60
REPLY_USES: Final = 5
REMEMBERED: Final = 10_000


@dataclass
class Trigger:
    user: str
    issued: float
    view_id: str | None = None
    used: bool = False


@dataclass
class ReplyUrl:
    """Where an answer through a response URL goes; `ts` is the message whose button was pressed."""

    user: str
    channel: str
    issued: float
    ts: str | None = None
    uses: int = 0


class Tickets:
    def __init__(self, clock: Clock, base_url: str) -> None:
        self._clock = clock
        self._base_url = base_url
        self._triggers: dict[str, Trigger] = {}
        self._replies: dict[str, ReplyUrl] = {}

    def trigger(self, user: str, view_id: str | None = None) -> str:
        whole = int(self._clock.time() * 1000)
        trigger_id = f"{whole}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self._triggers[trigger_id] = Trigger(user, self._clock.monotonic(), view_id)
        _forget_oldest(self._triggers)
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger | str:
        """The trigger, once and in time, or the name of the error."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            return "invalid_trigger_id"
        if trigger.used:
            return "exchanged_trigger_id"
        if self._clock.monotonic() - trigger.issued > TRIGGER_SECONDS:
            return "expired_trigger_id"
        trigger.used = True
        return trigger

    def reply_url(self, user: str, channel: str, ts: str | None = None) -> str:
        token = secrets.token_urlsafe(18)
        self._replies[token] = ReplyUrl(user, channel, self._clock.monotonic(), ts)
        _forget_oldest(self._replies)
        return f"{self._base_url}/slack/response/{token}"

    def reply(self, token: str) -> ReplyUrl | str:
        """The place to answer to, counted as used, or the name of the error."""
        reply = self._replies.get(token)
        if reply is None or self._clock.monotonic() - reply.issued > REPLY_SECONDS:
            return "expired_url"
        if reply.uses >= REPLY_USES:
            return "used_url"
        reply.uses += 1
        return reply


def _forget_oldest(tickets: dict[str, Any]) -> None:
    while len(tickets) > REMEMBERED:
        del tickets[next(iter(tickets))]
