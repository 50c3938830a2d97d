"""`python app.py copy-database`: one command from SQLite into PostgreSQL."""

from pathlib import Path

import pytest

from storage.database import Database
from tests.command_line.said import run
from tests.conftest import new_database
from tests.storage.anything import everything, fill

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


async def test_every_record_is_copied_and_counted(
    database: Database, database_url: str, postgresql: str, tmp_path: Path
) -> None:
    await fill(database)
    async with new_database(postgresql, "template1") as url:
        said = await run("copy-database", database_url, url, at=tmp_path)
        assert (said.code, said.err) == (0, "")
        assert "         3  follow_up\n" in said.out
        assert said.out.splitlines()[-1].startswith("Everything was copied. Set DATABASE_URL")
        copy = Database(url)
        assert await everything(copy) == await everything(database)
        await copy.close()

        again = await run("copy-database", database_url, url, at=tmp_path)
        assert again.code == 1
        assert "is not empty" in again.err


async def test_a_server_that_is_not_there_is_named_without_its_password(
    database_url: str, tmp_path: Path
) -> None:
    nowhere = "postgresql+asyncpg://me:s3cret@127.0.0.1:1/follow_ups"
    said = await run("copy-database", database_url, nowhere, at=tmp_path)
    assert said.code == 1
    assert "127.0.0.1:1/follow_ups can't be used" in said.err
    assert "s3cret" not in said.err


async def test_what_is_no_url_is_named_by_its_place(database_url: str, tmp_path: Path) -> None:
    said = await run("copy-database", database_url, "follow-ups.db", at=tmp_path)
    assert said.code == 1
    assert said.err.startswith("TO is no URL: use sqlite+aiosqlite:///")


async def test_a_database_is_not_copied_into_itself(database_url: str, tmp_path: Path) -> None:
    said = await run("copy-database", database_url, database_url, at=tmp_path)
    assert (said.code, said.err) == (1, "FROM and TO are the same database.\n")
