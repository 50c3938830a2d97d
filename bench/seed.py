"""Seeded databases: filled once for each schema and size, kept in build/bench/, and copied for each run."""

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Column, Dialect, Table, inspect, make_url, text
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import SQLModel, select

from bench import company
from bench.company import PER_INCIDENT, Batch, Company
from storage.database import HEAD, Database
from storage.models import Priority

KEPT = Path(__file__).parent.parent / "build" / "bench"
# The indexes of a large table do not fit into what SQLite caches by itself, in kilobytes.
SEEDING_PRAGMAS = ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-400000")

COPIED_AT_ONCE = 2**24

# A table, its columns, and rows of them.
Chunk = tuple[str, list[str], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Seeded:
    """A copy to work on. `seconds` is what filling the original took, whenever that was."""

    url: str
    follow_ups: int
    channels: Sequence[str]
    users: Sequence[str]
    seconds: float


class Backend(Protocol):
    """Where databases are made. Names are of letters, digits and underscores."""

    async def exists(self, name: str) -> bool: ...

    async def drop(self, name: str) -> None: ...

    async def create(self, name: str) -> None: ...

    async def fill(self, name: str, chunks: Iterator[Chunk]) -> None: ...

    async def copy(self, name: str, copied: str) -> None: ...

    def url(self, name: str) -> str: ...


class SqliteFiles:
    def _path(self, name: str, suffix: str = "") -> Path:
        return KEPT / f"{name}.db{suffix}"

    async def exists(self, name: str) -> bool:
        return self._path(name).exists()

    async def drop(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm", "-journal"):
            self._path(name, suffix).unlink(missing_ok=True)

    async def create(self, name: str) -> None:
        KEPT.mkdir(parents=True, exist_ok=True)

    async def fill(self, name: str, chunks: Iterator[Chunk]) -> None:
        with closing(sqlite3.connect(self._path(name))) as connection:
            for pragma in SEEDING_PRAGMAS:
                connection.execute(pragma)
            for table, columns, records in chunks:
                marks = ", ".join("?" * len(columns))
                connection.executemany(
                    f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({marks})',  # noqa: S608
                    records,
                )
            connection.commit()

    async def copy(self, name: str, copied: str) -> None:
        with self._path(name).open("rb") as original, self._path(copied).open("wb") as copy:
            shutil.copyfileobj(original, copy, COPIED_AT_ONCE)
            os.fsync(copy.fileno())  # or the first commits would wait for all of it to reach the disk

    def url(self, name: str) -> str:
        return f"sqlite+aiosqlite:///{self._path(name)}"


@asynccontextmanager
async def seeded(backend: Backend, follow_ups: int) -> AsyncIterator[Seeded]:
    """A copy of the database with that many follow-ups, for as long as the block lasts."""
    name = f"follow_ups_bench_{_version()}_{follow_ups}"
    incidents = follow_ups // PER_INCIDENT
    seconds = await _seconds(backend, name) or await _fill(backend, name, incidents)
    copied = f"{name}_run"
    await backend.drop(copied)
    await backend.copy(name, copied)
    try:
        channels = [company.channel(number) for number in range(1, incidents + 1)]
        yield Seeded(backend.url(copied), follow_ups, channels, company.users(incidents), seconds)
    finally:
        await backend.drop(copied)


def _version() -> str:
    """Of the schema, and of the rows that are put into it."""
    rows = hashlib.sha256(Path(company.__file__).read_bytes()).hexdigest()[:8]
    return f"{HEAD}_{rows}"


async def _seconds(backend: Backend, name: str) -> float | None:
    """What filling took; None where it never ended."""
    if not await backend.exists(name):
        return None
    async with _opened(backend, name) as database, database.read() as session:
        connection = await session.connection()
        if not await connection.run_sync(lambda sync: inspect(sync).has_table("seeded")):
            return None
        return float((await connection.execute(text("SELECT seconds FROM seeded"))).scalar_one())


async def _fill(backend: Backend, name: str, incidents: int) -> float:
    print(f"Seeding {incidents * PER_INCIDENT:,} follow-ups: {name} …", flush=True)
    started = time.perf_counter()
    await backend.drop(name)
    await backend.create(name)
    async with _opened(backend, name) as database:
        await database.migrate()
        async with database.read() as session:
            shipped = {"priority": list(await session.exec(select(Priority.id)))}
    batches = Company(incidents, datetime.now(UTC), shipped).batches()
    await backend.fill(name, _chunks(batches, make_url(backend.url(name)).get_dialect()()))
    seconds = time.perf_counter() - started
    async with _opened(backend, name) as database, database.write() as session:
        connection = await session.connection()
        await connection.execute(text("CREATE TABLE seeded (seconds FLOAT)"))
        await connection.execute(text("INSERT INTO seeded VALUES (:seconds)"), {"seconds": seconds})
    return seconds


@asynccontextmanager
async def _opened(backend: Backend, name: str) -> AsyncIterator[Database]:
    database = Database(backend.url(name))
    try:
        yield database
    finally:
        await database.close()


def _chunks(batches: Iterable[Batch], dialect: Dialect) -> Iterator[Chunk]:
    """Rows as the driver takes them, referred to before they refer."""
    for batch in batches:
        for table in SQLModel.metadata.sorted_tables:
            if rows := batch.get(table.name):
                yield table.name, table.columns.keys(), list(_records(table, rows, dialect))


def _records(table: Table, rows: list[dict[str, Any]], dialect: Dialect) -> Iterator[tuple[Any, ...]]:
    columns = [
        (column.name, _default(column), column.type.dialect_impl(dialect).bind_processor(dialect))
        for column in table.columns
    ]
    for row in rows:
        given = ((row.get(name, default), process) for name, default, process in columns)
        yield tuple(process(value) if process else value for value, process in given)


def _default(column: Column[Any]) -> Any:
    return column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
