"""One database copied into another: every row of every table, or nothing at all."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text
from sqlmodel import SQLModel

from storage import copying
from storage.database import Database, DatabaseUnusableError
from storage.searching import OWN
from tests.conftest import new_database
from tests.storage.anything import ROWS, everything, fill, sizes
from tests.storage.test_migrations import with_connection


@pytest.fixture
async def source(database: Database) -> Database:
    await fill(database)
    return database


@pytest.fixture
async def target(backend: str, postgresql: str, tmp_path: Path) -> AsyncIterator[Database]:
    """Empty, and of the other kind than the source."""
    async with AsyncExitStack() as stack:
        if backend == "postgresql":
            url = f"sqlite+aiosqlite:///{tmp_path / 'new' / 'copy.db'}"
        else:
            url = await stack.enter_async_context(new_database(postgresql, "template1"))
        database = Database(url)
        stack.push_async_callback(database.close)
        yield database


def untold(_table: str, _rows: int) -> None:
    """Nobody is told."""


def names(connection: Connection) -> set[str]:
    """Without those of the search, which the database fills by itself."""
    return {name for name in inspect(connection).get_table_names() if not name.startswith(OWN)}


async def tables_of(database: Database) -> set[str]:
    found: set[str] = await with_connection(database._url.render_as_string(hide_password=False), names)
    return found


async def test_every_row_of_every_table_arrives_as_it_was(source: Database, target: Database) -> None:
    told: dict[str, int] = {}
    await copying.copy(source, target, told.__setitem__)

    assert told.keys() | {"alembic_version"} == await tables_of(source) == await tables_of(target)
    assert set(told.values()) == await sizes(target) == {ROWS}
    assert await everything(target) == await everything(source)
    await target.require_tables()
    await target.migrate()


async def test_more_than_one_batch_arrives(
    source: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)
    await copying.copy(source, target, untold)

    assert await everything(target) == await everything(source)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_there_and_back_not_a_byte_differs(source: Database, target: Database, tmp_path: Path) -> None:
    back = Database(f"sqlite+aiosqlite:///{tmp_path / 'back.db'}")
    await copying.copy(source, target, untold)
    await copying.copy(target, back, untold)

    assert raw(back) == raw(source)
    await back.close()


def raw(database: Database) -> dict[str, set[Any]]:
    with sqlite3.connect(str(database._url.database)) as connection:
        tables = SQLModel.metadata.sorted_tables
        return {
            table.name: set(
                connection.execute(f"SELECT {', '.join(table.columns.keys())} FROM {table.name}")  # noqa: S608
            )
            for table in tables
        }


async def test_a_copy_that_fails_half_way_leaves_nothing(
    source: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> int:
        raise DatabaseUnusableError("Of 3 rows of person 2 arrived. Nothing was kept.")

    with monkeypatch.context() as broken:
        broken.setattr(copying, "_agreed", refuse)
        with pytest.raises(DatabaseUnusableError, match="2 arrived"):
            await copying.copy(source, target, untold)
    assert await tables_of(target) == set()

    await copying.copy(source, target, untold)
    assert await sizes(target) == {ROWS}


async def test_rows_that_go_missing_are_noticed(
    source: Database, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = copying._batches

    async def but_the_last(*asked: Any) -> AsyncIterator[list[dict[str, Any]]]:
        async for batch in batches(*asked):
            yield batch[:-1]

    monkeypatch.setattr(copying, "_batches", but_the_last)
    with pytest.raises(DatabaseUnusableError, match=r"Of 3 rows of \w+ 2 arrived"):
        await copying.copy(source, target, untold)


async def test_a_database_with_anything_in_it_is_left_alone(source: Database, target: Database) -> None:
    await target.migrate()
    with pytest.raises(DatabaseUnusableError, match="is not empty: it has the tables "):
        await copying.copy(source, target, untold)


async def test_a_source_of_another_version_is_refused(source: Database, target: Database) -> None:
    async with source.write() as session:
        await (await session.connection()).execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(DatabaseUnusableError, match="at revision 0000, not "):
        await copying.copy(source, target, untold)


async def test_a_source_that_is_not_there_is_not_made(target: Database, tmp_path: Path) -> None:
    missing = Database(f"sqlite+aiosqlite:///{tmp_path}/mistyped.db")
    with pytest.raises(DatabaseUnusableError, match=r"mistyped\.db has no records"):
        await copying.copy(missing, target, untold)
    assert list(tmp_path.glob("mistyped.db*")) == []  # noqa: ASYNC240
