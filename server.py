"""Listening, and leaving in order: the program finishes what it holds before the server hangs up."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import uvicorn
from starlette.types import ASGIApp

LAST_WORDS = 2

Step = Callable[[], Awaitable[None]]


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, leave: Step) -> None:
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
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=LAST_WORDS,
    )
    server = _Server(config, leave)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.005)
        await start()
        await serving
    finally:
        server.should_exit = True
        await serving
