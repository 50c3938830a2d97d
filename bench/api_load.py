"""GET requests of the API over connections that stay open: how many a second, how long each took."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import httptools

CONNECTIONS = 32
PATIENCE = 10.0


@dataclass(slots=True)
class Answers:
    """`milliseconds` of each that was answered with 200; `errors` says what else came."""

    milliseconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.milliseconds)


class Asker:
    """Requests of one kind to one server. Each connection sends the next when it has its answer."""

    def __init__(self, port: int, paths: Sequence[str], keys: Sequence[str]) -> None:
        self.answers = Answers()
        self._port = port
        chosen = itertools.cycle(keys)
        self._requests = itertools.cycle([_request(path, next(chosen)) for path in paths])

    async def ask(self, seconds: float, connections: int = CONNECTIONS) -> None:
        loop = asyncio.get_running_loop()
        before = self.answers.count
        began = time.perf_counter()
        opened = [
            await loop.create_connection(
                lambda: Connection(self._requests, self.answers, began + seconds), "127.0.0.1", self._port
            )
            for _ in range(connections)
        ]
        try:
            async with asyncio.timeout(seconds + PATIENCE):
                await asyncio.gather(*(connection.done for _, connection in opened))
        except TimeoutError:
            self.answers.errors.append("no answer")
        finally:
            for transport, _ in opened:
                transport.abort()
        self.answers.rates.append((self.answers.count - before) / (time.perf_counter() - began))

    async def warm_up(self, seconds: float) -> None:
        """Not counted, unless something goes wrong."""
        await self.ask(seconds)
        self.answers = Answers(errors=self.answers.errors)


def _request(path: str, key: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {key}\r\n\r\n"
    ).encode()


class Connection(asyncio.Protocol):
    """`done` once the time is over, or with the first error, which ends it."""

    def __init__(self, requests: Iterator[bytes], answers: Answers, until: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests, self._answers, self._until = requests, answers, until
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        now, status = time.perf_counter(), self._parser.get_status_code()
        if status != 200:
            self._fail(f"status {status}")
            return
        self._answers.milliseconds.append((now - self._sent) * 1000)
        if now < self._until:
            self._ask()
        elif not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self._fail(f"hung up: {error}")

    def _fail(self, error: str) -> None:
        self._answers.errors.append(error)
        if not self.done.done():
            self.done.set_result(None)
