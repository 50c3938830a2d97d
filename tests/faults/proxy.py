"""A wire between the program and PostgreSQL that can be cut, can fall silent, and can be healed."""

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Self

from sqlalchemy import URL, make_url

HOST = "127.0.0.1"
POSTGRESQL_PORT = 5432
CHUNK = 65_536


class Proxy:
    """`url` leads to the same database through this wire."""

    def __init__(self, url: str) -> None:
        self._to = make_url(url)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._ends: set[StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        through = self._to.difference_update_query(["host", "port"]).set(host=HOST, port=self._port)
        return through.render_as_string(hide_password=False)

    async def __aenter__(self) -> Self:
        await self.heal()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._flowing.set()
        await self.cut()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def heal(self) -> None:
        """What was said meanwhile arrives, as on a network that lost packets."""
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, HOST, self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Connections are reset, new ones refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()

    def reset(self) -> None:
        """Connections are reset; new ones are taken."""
        for end in self._ends:
            end.transport.abort()

    def fall_silent(self) -> None:
        """Connections stay and new ones are taken, but nothing arrives."""
        self._flowing.clear()

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._ends.add(writer)
        try:
            there_reader, there_writer = await _connect(self._to)
        except OSError:
            writer.transport.abort()
            return
        self._ends.add(there_writer)
        self._pump(reader, there_writer)
        self._pump(there_reader, writer)

    def _pump(self, reader: StreamReader, writer: StreamWriter) -> None:
        pump = asyncio.create_task(self._forward(reader, writer))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)

    async def _forward(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
        self._ends.discard(writer)


async def _connect(url: URL) -> tuple[StreamReader, StreamWriter]:
    host, port = str(url.query.get("host") or url.host), url.port or POSTGRESQL_PORT
    if host.startswith("/"):
        return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
    return await asyncio.open_connection(host, port)
