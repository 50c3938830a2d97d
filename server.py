"""Listening, and leaving in order: the program finishes what it holds before the server hangs up."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LAST_WORDS = 1
# Slack sends a request at once, and its heads are short.
ARRIVAL = 10.0
LARGEST_HEAD = 65_536

Step = Callable[[], Awaitable[None]]


class _Connection(HttpToolsProtocol):
    """uvicorn keeps a head of any length, and waits for a request for ever."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._head = 0
        self._in_head = True
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > LARGEST_HEAD:
            self._hang_up()

    def on_message_begin(self) -> None:
        self._arm()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._disarm()
        self._in_head, self._head = True, 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._disarm()
        super().handle_websocket_upgrade()

    def _arm(self) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(ARRIVAL, self._hang_up)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self.transport.abort()


class Server(uvicorn.Server):
    def __init__(self, application: ASGIApp, leave: Step) -> None:
        config = uvicorn.Config(
            application,
            http=_Connection,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=LAST_WORDS,
        )
        super().__init__(config)
        self._leave = leave

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._leave()
        await super().shutdown(sockets)


def bound(host: str, port: int) -> socket.socket:
    """Raises OSError."""
    return socket.create_server((host, port), backlog=2048)


async def run(application: ASGIApp, listening: socket.socket, *, start: Step, leave: Step) -> None:
    """Serve until a signal. `start` runs once requests are taken, `leave` while they still are."""
    server = Server(application, leave)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.005)
        await start()
        await serving
    finally:
        server.should_exit = True
        await serving
