"""A length of wire between an app and its Slack, which can be cut, or go dead without either end noticing."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self
from urllib.parse import urlsplit


class Wire:
    """Carries bytes from a port of this machine to `target`, an http or ws URL's host and port."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._carrying = asyncio.Event()
        self._carrying.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    @property
    def port(self) -> int:
        assert self._server is not None  # noqa: S101  start() comes first
        return int(self._server.sockets[0].getsockname()[1])

    def goes_dead(self) -> None:
        """Connections stay open, and new ones are taken, but nothing comes through."""
        self._carrying.clear()

    def works(self) -> None:
        self._carrying.set()

    def is_cut(self) -> None:
        """Every connection is reset."""
        for writer in self._writers:
            writer.transport.abort()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.is_cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        for source, target in ((reader, there_writer), (there_reader, writer)):
            self._writers.add(target)
            task = asyncio.create_task(self._carry(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                await self._carrying.wait()
                target.write(data)
                await target.drain()
        self._writers.discard(target)
        target.close()
