"""An application on a free port of this machine, in the running event loop. For tests."""

from __future__ import annotations

import asyncio
import socket
from typing import Self

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """Says when it has begun to listen."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class LocalServer:
    """The address is known before there is anything to serve: `LocalServer().url`."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, application: ASGIApp) -> Self:
        config = uvicorn.Config(
            application, log_level="critical", lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve([self._socket]))
        await asyncio.wait_for(self._server.listening.wait(), 5)
        return self

    async def stop(self) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
        self._socket.close()
