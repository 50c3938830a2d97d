"""Commands as Slack sends them, and how long each took."""

import asyncio
import hashlib
import hmac
import itertools
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast
from urllib.parse import urlencode

import httptools

from bench.seed import Seeded
from bench.slack import TEAM, Slack

SECRET = "bench-signing-secret"
IN_FLIGHT = 16
WARMING = 300
PAUSE = 0.008  # longer than the fake Slack's latency: the bot has finished one command before the next

_trigger_ids = (f"{number}.0.bench" for number in itertools.count())


class Door(Protocol):
    async def send(self, command: dict[str, str]) -> float:
        """Send the command; return when its acknowledgement came."""

    def close(self) -> None: ...


class HttpDoor:
    """Signed requests over connections that stay open."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._idle: deque[_Connection] = deque()

    async def send(self, command: dict[str, str]) -> float:
        body = urlencode(command).encode()
        timestamp = str(int(time.time()))
        base = b"v0:" + timestamp.encode() + b":" + body
        signature = hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
        head = (
            "POST /slack/events HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{self.port}\r\n"
            "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
            "Accept: application/json,*/*\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"X-Slack-Request-Timestamp: {timestamp}\r\n"
            f"X-Slack-Signature: v0={signature}\r\n\r\n"
        )
        connection = await self._connection()
        async with asyncio.timeout(10):
            answered = await connection.ask(head.encode() + body)
        self._idle.append(connection)
        return answered

    async def _connection(self) -> "_Connection":
        while self._idle:
            idle = self._idle.pop()
            if not idle.is_closed:  # by the bot, after a few seconds without a request
                return idle
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, "127.0.0.1", self.port)
        return connection

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 connection: one question, one answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpResponseParser(self)
        self._answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def ask(self, request: bytes) -> asyncio.Future[float]:
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        now, status = time.perf_counter(), self._parser.get_status_code()
        if status == 200:
            self._answered.set_result(now)
        else:
            self._answered.set_exception(RuntimeError(f"the bot answered {status}"))

    def connection_lost(self, error: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(error or ConnectionError("the bot hung up"))

    @property
    def is_closed(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self._transport.close()


class SocketDoor:
    def __init__(self, slack: Slack, app_token: str) -> None:
        self._slack = slack
        self._app_token = app_token

    async def send(self, command: dict[str, str]) -> float:
        return await self._slack.deliver(self._app_token, command)

    def close(self) -> None:
        return


@dataclass(slots=True)
class Timings:
    """Milliseconds from sending a command: to its acknowledgement, and to its modal's `views.open`."""

    acknowledged: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


class Load:
    """Commands of many people in all the seeded channels."""

    def __init__(self, slack: Slack, door: Door, seeded: Seeded) -> None:
        self.timings = Timings()
        self._channel_count = len(seeded.channels)
        self._slack = slack
        self._door = door
        self._users = seeded.users
        self._channels = self._in_turn(seeded.channels)

    @staticmethod
    def _in_turn(channels: Sequence[str]) -> "itertools.cycle[str]":
        return itertools.cycle(random.Random(7).sample(channels, len(channels)))  # noqa: S311

    async def one_by_one(self, count: int) -> None:
        for _ in range(count):
            acknowledged, opened = await self._one()
            self.timings.acknowledged.append(acknowledged)
            self.timings.opened.append(opened)
            await asyncio.sleep(PAUSE)

    async def many(self, count: int) -> float:
        """Commands a second, the next sent when one of those in flight has its modal."""
        left = iter(range(count))

        async def keep_sending() -> None:
            for _ in left:
                await self._one()

        started = time.perf_counter()
        await asyncio.gather(*(keep_sending() for _ in range(IN_FLIGHT)))
        rate = count / (time.perf_counter() - started)
        self.timings.rates.append(rate)
        return rate

    async def warm_up(self) -> None:
        """At least one command in each channel, not counted."""
        await self.many(max(self._channel_count, WARMING))
        self.timings = Timings()

    async def _one(self) -> tuple[float, float]:
        trigger_id, channel = next(_trigger_ids), next(self._channels)
        command = {
            "token": "gone",
            "team_id": TEAM,
            "team_domain": "bench",
            "channel_id": channel,
            "channel_name": f"inc-{channel[1:]}",
            "user_id": self._users[hash(trigger_id) % len(self._users)],
            "user_name": "someone",
            "command": "/incident",
            "text": "follow-ups",
            "api_app_id": "A0BENCH",
            "is_enterprise_install": "false",
            "response_url": f"{self._slack.api_url}response_url",
            "trigger_id": trigger_id,
        }
        opened = self._slack.opened(trigger_id)
        sent = time.perf_counter()
        acknowledged = await self._door.send(command)
        async with asyncio.timeout(10):
            seen = await opened
        return (acknowledged - sent) * 1000, (seen - sent) * 1000
