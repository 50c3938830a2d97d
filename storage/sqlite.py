"""SQLite connections that make one trip to their thread for each statement.

aiosqlite runs SQLite in a thread and goes there four times for a SELECT: make a cursor, execute, fetch,
close. A trip costs more than a small query does, so this connection does all four in one.
"""

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite

_PRAGMAS = (
    "PRAGMA busy_timeout=5000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA cache_size=-512",  # kilobytes for each connection; the system caches the file once for all
    "PRAGMA synchronous=FULL",  # NORMAL may lose the last commits when the power goes
    "PRAGMA foreign_keys=ON",
)


class Cursor:
    """What SQLAlchemy asks of an aiosqlite cursor, with the rows already fetched."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._rows: list[Any] = []

    async def __aenter__(self) -> "Cursor":
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        await self._connection.in_thread(self._run, "execute", sql, parameters)

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> None:
        await self._connection.in_thread(self._run, "executemany", sql, parameters)

    def _run(self, method: str, sql: str, parameters: Iterable[Any], connection: sqlite3.Connection) -> None:
        cursor = connection.cursor()
        try:
            getattr(cursor, method)(sql, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount = cursor.rowcount
            self.lastrowid = cursor.lastrowid
        finally:
            cursor.close()

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        return None


class Connection(aiosqlite.Connection):
    async def _connect(self) -> aiosqlite.Connection:
        try:
            return await super()._connect()
        except sqlite3.Error:
            self._thread.join()  # it reports that it ends: to a loop that may soon be closed
            raise

    async def in_thread(self, function: Any, *args: Any) -> Any:
        return await self._execute(function, *args, self._conn)  # type: ignore[no-untyped-call]

    def cursor(self) -> Cursor:  # type: ignore[override]
        return Cursor(self)

    async def rollback(self) -> None:
        # Reads run without a transaction, so most of the pool's rollbacks have nothing to do.
        if self.in_transaction:
            await super().rollback()


class Statements:
    """A connection for single statements, opened when first needed: each is one trip, and commits by itself.

    Nobody holds it: its thread has a queue.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._read_only = read_only
        self._turn = asyncio.Lock()
        self._connection: Connection | None = None

    async def fetched(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        connection = self._connection or await self._opened()
        rows: list[Any] = await connection.in_thread(_fetched, sql, parameters)
        return rows

    async def _opened(self) -> Connection:
        async with self._turn:
            if self._connection is None:
                connection = connect(self._path, read_only=self._read_only)
                await connection
                self._connection = connection
        return self._connection

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def _fetched(sql: str, parameters: Sequence[Any], connection: sqlite3.Connection) -> list[Any]:
    return connection.execute(sql, parameters).fetchall()


def connect(path: Path, *, read_only: bool) -> Connection:
    """A connection to await. It commits each statement by itself until someone says BEGIN."""
    connection = Connection(partial(_open, path, read_only), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001  as SQLAlchemy does: a forgotten one must not hold up exit
    return connection


def _open(path: Path, read_only: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except BaseException:
        connection.close()
        raise
    return connection
