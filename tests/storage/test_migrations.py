"""The schema: from nothing, from any number of replicas, and never away from what is stored."""

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel, select, text

from storage import api_keys, jobs, migrations, models
from storage.database import HEAD, Database, DatabaseUnusableError
from storage.searching import OWN
from tests.storage.queue import NOW, enqueue
from tests.storage.schemas import migrate_further

TABLES = (api_keys, jobs, models)


async def with_connection(url: str, do: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        result = await connection.run_sync(do)
    await engine.dispose()
    return result


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return [found for found in compare_metadata(context, SQLModel.metadata) if not is_known(found)]


def is_known(difference: Any) -> bool:
    return is_retired(difference) or is_of_search(difference)


def is_of_search(difference: Any) -> bool:
    """An index of an expression on PostgreSQL, FTS5's tables on SQLite: no model can have them."""
    kind, *rest = difference if isinstance(difference, tuple) else ("", None)
    return kind in {"remove_table", "remove_index"} and str(rest[0].name).startswith(OWN)


def is_retired(difference: Any) -> bool:
    """A column out of the models, that a later release drops; rows can be written without it."""
    if difference[0] != "remove_column":
        return False
    column = difference[3]
    return bool(column.nullable or column.server_default is not None)


def test_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(migrations.config()).get_heads() == [HEAD]


async def test_the_migrations_make_the_tables_of_the_models(database_url: str) -> None:
    assert await with_connection(database_url, differences) == []


@pytest.mark.parametrize(
    ("column", "known"),
    [("nullable=True", True), ("nullable=False, server_default='1'", True), ("nullable=False", False)],
)
async def test_only_a_column_nobody_needs_may_be_in_a_table_and_not_in_the_models(
    empty_database_url: str, tmp_path: Path, column: str, known: bool
) -> None:
    await migrations.upgrade(make_url(empty_database_url), "head")
    add = (
        "with op.batch_alter_table('history_entry', recreate='always') as batch:\n"
        f"    batch.add_column(sa.Column('colour', sa.Integer(), {column}))\n"
    )
    await migrate_further(empty_database_url, tmp_path / "newer", "9001", add)

    assert (await with_connection(empty_database_url, differences) == []) is known


async def test_the_priorities_are_shipped(database: Database) -> None:
    async with database.read() as session:
        priorities = (await session.exec(select(models.Priority).order_by(text("rank")))).all()

    assert [priority.name for priority in priorities] == ["Urgent", "High", "Medium", "Low"]
    assert [priority.name for priority in priorities if priority.is_default] == ["Medium"]


async def test_the_schema_can_go_down_and_up_again(empty_database_url: str) -> None:
    url = make_url(empty_database_url)
    await migrations.upgrade(url, "head")
    await migrations.downgrade(url, "base")
    left = await with_connection(empty_database_url, lambda connection: inspect(connection).get_table_names())
    await migrations.upgrade(url, "head")

    assert left == ["alembic_version"]
    assert await with_connection(empty_database_url, differences) == []


async def test_migrating_again_keeps_what_is_stored(database: Database) -> None:
    await enqueue(database, "greet")
    await database.migrate()
    await migrations.upgrade(database._url, "head")

    async with database.read() as session:
        assert (await session.exec(select(jobs.Job.kind))).all() == ["greet"]


async def test_replicas_can_start_at_the_same_time(empty_database_url: str) -> None:
    starts = [await start(empty_database_url) for _ in range(3)]
    outputs = [await process.communicate() for process in starts]

    assert [error.decode() for _, error in outputs] == ["", "", ""]
    assert await with_connection(empty_database_url, differences) == []


async def start(url: str) -> asyncio.subprocess.Process:
    program = (
        "import asyncio\n"
        "from storage.database import Database\n"
        "async def main():\n"
        f"    database = Database({url!r})\n"
        "    await database.migrate()\n"
        "    await database.ping()\n"
        "    await database.close()\n"
        "asyncio.run(main())\n"
    )
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=Path(__file__).parents[2], stderr=asyncio.subprocess.PIPE
    )


async def test_an_up_to_date_database_opens_without_alembic(database_url: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from storage.database import Database\n"
        f"asyncio.run(Database({database_url!r}).migrate())\n"
        "assert 'alembic' not in sys.modules\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=Path(__file__).parents[2]
    )

    assert await process.wait() == 0


async def test_a_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999_needs_9999'"))

    with pytest.raises(
        DatabaseUnusableError, match=r"at revision 9999_needs_9999.*Run that version"
    ) as error:
        await database.migrate()

    assert "\n" not in str(error.value)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_migration_that_breaks_a_reference_is_undone(database_url: str) -> None:
    path = str(make_url(database_url).database)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO follow_up_label VALUES ('nothing', 'nowhere', 1)")

    with pytest.raises(RuntimeError, match="point nowhere"):
        await migrations.downgrade(make_url(database_url), HEAD)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_rebuilding_a_table_keeps_the_rows_that_point_at_it(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """Batch mode drops the old table; with foreign keys enforced that would delete or refuse."""
    async with database.write() as session:
        ada = models.Person(slack_team_id="T1", slack_user_id="U1", name="Ada", refreshed_at=NOW)
        label = models.Label(slack_team_id="T1", name="tls", name_key="tls")
        session.add_all([ada, label])
    rebuild = (
        "with op.batch_alter_table('person', recreate='always') as batch:\n"
        "    batch.add_column(sa.Column('pronouns', sa.String()))\n"
    )

    await migrate_further(database_url, tmp_path / "migrations", "rebuilt", rebuild)

    async with database.read() as session:
        assert (await session.exec(select(models.Person.name))).all() == ["Ada"]


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "incidents.db"
    path.write_text("Dear diary, " * 100)
    database = Database(f"sqlite+aiosqlite:///{path}")

    with pytest.raises(DatabaseUnusableError, match=rf"{path} can't be used: file is not a database\."):
        await database.migrate()

    await database.close()


async def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a directory should be")
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/data/incidents.db")

    with pytest.raises(
        DatabaseUnusableError, match=rf"{tmp_path}/data/incidents\.db can't be used: .*exists"
    ):
        await database.migrate()


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    database = Database("postgresql+asyncpg://me:secret@127.0.0.1:1/incidents")

    with pytest.raises(DatabaseUnusableError, match=r"127\.0\.0\.1:1/incidents can't be used") as error:
        await database.migrate()

    assert "secret" not in str(error.value)


async def test_the_directory_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/there/incidents.db")
    await database.migrate()
    await database.ping()
    await database.close()
