"""The ways a bot is reached: signed HTTP, Socket Mode, and several replicas in turn."""

import asyncio
import hashlib
import hmac
import itertools
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol, cast
from urllib.parse import urlencode

import httptools

from bench.slack import Arrival, Slack

SECRET = "bench-signing-secret"


class Door(Protocol):
    async def send(self, fields: dict[str, str]) -> Arrival:
        """Send what Slack sends as a form; return the bot's answer."""

    def close(self) -> None: ...


class HttpDoor:
    """Signed requests over connections that stay open."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._idle: deque[_Connection] = deque()

    async def send(self, fields: dict[str, str]) -> Arrival:
        body = urlencode(fields).encode()
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
        self._answered: asyncio.Future[Arrival] = asyncio.get_running_loop().create_future()

    def ask(self, request: bytes) -> asyncio.Future[Arrival]:
        self._answered = asyncio.get_running_loop().create_future()
        self._body = b""
        self._transport.write(request)
        return self._answered

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        now, status = time.perf_counter(), self._parser.get_status_code()
        if status == 200:
            self._answered.set_result(Arrival(now, self._body))
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

    async def send(self, fields: dict[str, str]) -> Arrival:
        return await self._slack.deliver(self._app_token, fields)

    def close(self) -> None:
        return


class Turns:
    """Replicas behind a load balancer that gives each its turn."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self._turns = itertools.cycle(doors)

    async def send(self, fields: dict[str, str]) -> Arrival:
        return await next(self._turns).send(fields)

    def close(self) -> None:
        return
