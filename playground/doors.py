"""How the workspace reaches the app: signed HTTP here, Socket Mode next door, and the choice between them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol
from urllib.parse import urlencode

import aiohttp

from playground.clock import Clock
from playground.faults import Faults
from playground.records import Json

Transport = Literal["http", "socket"]
Kind = Literal["slash_commands", "interactive", "events_api"]

DISPATCH_FAILED: Final = "dispatch_failed"
TIMED_OUT: Final = "operation_timeout"


@dataclass(frozen=True)
class Retry:
    number: int
    reason: str


@dataclass(frozen=True)
class Answer:
    """What the app said. `error` is empty when it said yes in time."""

    error: str = ""
    status: int = 200
    body: Json = field(default_factory=dict)
    reason: str = ""
    stop_retrying: bool = False

    @property
    def ok(self) -> bool:
        return not self.error


@dataclass(frozen=True)
class Delivery:
    """What is sent. Sent again it is the same, to the last letter."""

    kind: Kind
    payload: Json
    retry: Retry | None = None
    envelope_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Door(Protocol):
    async def deliver(self, delivery: Delivery) -> Answer: ...


def signature(secret: str, timestamp: str, body: bytes) -> str:
    signed = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def encode(kind: Kind, payload: Json) -> tuple[str, bytes]:
    """The content type and body Slack would send."""
    if kind == "events_api":
        return "application/json", json.dumps(payload).encode()
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    texts = {name: _form_text(value) for name, value in fields.items() if value is not None}
    return "application/x-www-form-urlencoded", urlencode(texts).encode()


def _form_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_body(text: str) -> Json:
    """An answer's body: JSON, or plain text which stands for a message."""
    if not text.strip():
        return {}
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text}
    return body if isinstance(body, dict) else {"text": text}


class HttpDoor:
    """Signed requests to the app's request URL."""

    def __init__(
        self, request_url: str | None, signing_secret: str, clock: Clock, ack_seconds: float
    ) -> None:
        self.request_url = request_url
        self._secret = signing_secret
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=ack_seconds)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def headers(self, content_type: str, body: bytes, retry: Retry | None) -> dict[str, str]:
        timestamp = str(int(self._clock.time()))
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
        }
        if retry is not None:
            headers["X-Slack-Retry-Num"] = str(retry.number)
            headers["X-Slack-Retry-Reason"] = retry.reason
        return headers

    async def deliver(self, delivery: Delivery) -> Answer:
        if self._session is None or self.request_url is None:
            return Answer(DISPATCH_FAILED, reason="connection_failed")
        content_type, body = encode(delivery.kind, delivery.payload)
        headers = self.headers(content_type, body, delivery.retry)
        try:
            async with self._session.post(
                self.request_url, data=body, headers=headers, timeout=self._timeout
            ) as response:
                text = await response.text()
                if 200 <= response.status < 300:
                    return Answer(status=response.status, body=read_body(text))
                stop = response.headers.get("x-slack-no-retry") == "1"
                return Answer(DISPATCH_FAILED, response.status, reason="http_error", stop_retrying=stop)
        except TimeoutError:
            return Answer(TIMED_OUT, reason="http_timeout")
        except aiohttp.TooManyRedirects:
            return Answer(DISPATCH_FAILED, reason="too_many_redirects")
        except aiohttp.ClientError:
            return Answer(DISPATCH_FAILED, reason="connection_failed")


class Doors:
    """The door in use. `last` has the last delivery of each kind."""

    def __init__(self, transport: Transport, http: HttpDoor, socket: Door, faults: Faults) -> None:
        self.transport = transport
        self._http = http
        self._socket = socket
        self._faults = faults
        self.last: dict[Kind, Delivery] = {}

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Answer:
        self.last[kind] = delivery = Delivery(kind, payload, retry)
        if self._faults.take(kind, "duplicate"):
            answer, _ = await asyncio.gather(self._send(delivery), self._send(delivery))
            return answer
        return await self._send(delivery)

    async def again(self, delivery: Delivery) -> Answer:
        """Once more what was sent before; over Socket Mode by the next connection."""
        return await self._send(delivery)

    async def _send(self, delivery: Delivery) -> Answer:
        door: Door = self._socket if self.transport == "socket" else self._http
        return await door.deliver(delivery)
