"""One call of the Web API: its arguments, and what a method may reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from playground.modals import Modals
from playground.payloads import Payloads
from playground.records import Channel, Json, Message
from playground.registration import Registration
from playground.seed import BOT
from playground.socket_mode import Sockets
from playground.tickets import Tickets, Trigger
from playground.workspace import Workspace


class ApiError(Exception):
    """An error as Slack spells it, with what it adds to the answer."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details


def invalid_arguments(*messages: str) -> ApiError:
    return ApiError("invalid_arguments", response_metadata={"messages": list(messages)})


def missing_scope(needed: str, granted: frozenset[str]) -> ApiError:
    return ApiError("missing_scope", needed=needed, provided=",".join(sorted(granted)))


@dataclass
class Call:
    """The arguments of a call with everything a method works on."""

    args: Json
    workspace: Workspace
    registration: Registration
    modals: Modals
    tickets: Tickets
    sockets: Sockets
    payloads: Payloads

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        return default if value is None else str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.args.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        value = self.args.get(name)
        try:
            return default if value in {None, ""} else int(str(value))
        except ValueError as error:
            raise ApiError(f"invalid_{name}") from error

    def structure(self, name: str, error: str) -> Any:
        """A nested argument: given as JSON or as a string of JSON."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError as cause:
            raise ApiError(error) from cause

    def need_scope(self, *any_of: str) -> None:
        if self.registration.scopes.isdisjoint(any_of):
            raise missing_scope(",".join(any_of), self.registration.scopes)

    def channel(self, name: str = "channel") -> Channel:
        """The channel meant, if the bot may know of it."""
        channel = self.workspace.channels.get(self.text(name))
        if channel is None or not self.workspace.may_see(BOT, channel):
            raise ApiError("channel_not_found")
        return channel

    def message(self, channel: Channel, name: str = "ts") -> Message:
        message = self.workspace.message(channel.id, self.text(name))
        if message is None or message.ephemeral_for is not None:
            raise ApiError("message_not_found")
        return message

    def trigger(self) -> Trigger:
        trigger = self.tickets.exchange(self.text("trigger_id"))
        if isinstance(trigger, str):
            raise ApiError(trigger)
        return trigger


Handler = Callable[[Call], Json]


@dataclass(frozen=True)
class Method:
    """`scopes`: any one is enough. A handler checks what depends on the arguments itself."""

    handler: Handler
    required: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceivedCall:
    """An entry of the log that tests read."""

    method: str
    args: Json
    at: float
    answer: Json = field(default_factory=dict)


def parse_arguments(query: str, content_type: str, body: bytes) -> Json:
    """Query, then form or JSON body, merged. Raises ApiError for what can't be read."""
    args: Json = dict(parse_qsl(query, keep_blank_values=True))
    if not body.strip():
        return args
    if content_type.startswith("application/json"):
        try:
            given = json.loads(body)
        except ValueError as error:
            raise ApiError("invalid_json") from error
        if not isinstance(given, dict):
            raise ApiError("json_not_object")
        return args | {name: value for name, value in given.items() if value is not None}
    if content_type.startswith("application/x-www-form-urlencoded"):
        return args | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    raise ApiError("invalid_post_type" if content_type else "missing_post_type")


def page(call: Call, items: list[Any], name: str, default: int = 100) -> Json:
    """A slice of a list, with Slack's cursor to the next one."""
    limit = min(call.number("limit", default) or default, 1000)
    try:
        start = int(call.text("cursor", "0") or 0)
    except ValueError as error:
        raise ApiError("invalid_cursor") from error
    upcoming = str(start + limit) if start + limit < len(items) else ""
    return {name: items[start : start + limit], "response_metadata": {"next_cursor": upcoming}}
