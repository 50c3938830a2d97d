"""The schema's history. `python -m storage.migrations revision --autogenerate -m "…"` adds to it.

Migrations get an engine of their own. The application's SQLite connections enforce foreign keys, and changing
a table in SQLite means dropping and rebuilding it: ON DELETE CASCADE would empty its children.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, event, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from storage.database import DatabaseUnusableError
from storage.revisions import serves_older

_LOCK = 0x666F6C6C6F77  # any number, the same in every version


async def upgrade(url: URL, revision: str) -> None:
    """Does nothing when a newer version was quicker and left a schema that serves this one too.

    Raises DatabaseUnusableError when the database is at any other revision that isn't in `versions`.
    """
    async with _locked(url) as connection:
        try:
            await connection.run_sync(lambda sync: command.upgrade(config(sync), revision))
        except CommandError as error:
            found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            if serves_older(str(found), revision):
                return
            raise DatabaseUnusableError(
                f"The database is at revision {found}, unknown to this version of the program: a newer one "
                f"has migrated it. Run that version, or restore the backup from before. ({error})"
            ) from error


async def create(url: URL, revision: str, fill: Callable[[AsyncConnection], Awaitable[None]]) -> None:
    """The tables and what `fill` puts into them. Raises DatabaseUnusableError where there are tables."""
    async with _locked(url) as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        if tables:
            shown = url.render_as_string(hide_password=True)
            raise DatabaseUnusableError(
                f"The database {shown} is not empty: it has the tables {', '.join(sorted(tables)[:3])} … "
                "Name another, or drop it yourself."
            )
        await connection.run_sync(lambda sync: command.upgrade(config(sync), revision))
        await fill(connection)


async def downgrade(url: URL, revision: str) -> None:
    async with _locked(url) as connection:
        await connection.run_sync(lambda sync: command.downgrade(config(sync), revision))


async def run(url: URL, do: Callable[[Config], Any]) -> Any:
    """Any Alembic command, with the database locked and one transaction around it."""
    async with _locked(url) as connection:
        return await connection.run_sync(lambda sync: do(config(sync)))


def config(connection: Connection | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


@asynccontextmanager
async def _locked(url: URL) -> AsyncIterator[AsyncConnection]:
    """One transaction that only one process at a time is in; what a migration breaks is undone."""
    engine = create_async_engine(url, poolclass=NullPool)
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite:
        event.listen(engine.sync_engine, "connect", _take_over_transactions)
        event.listen(engine.sync_engine, "begin", _begin_exclusive)
    try:
        async with engine.begin() as connection:
            if not is_sqlite:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
            if is_sqlite:
                broken = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
                if broken:
                    raise RuntimeError(f"The migration left rows that point nowhere: {broken[:5]}")
    finally:
        await engine.dispose()


def _take_over_transactions(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA busy_timeout=60000")
    cursor.close()


def _begin_exclusive(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN EXCLUSIVE")
