"""A commit at one replica wakes the worker of another at once. Here nobody looks by themselves."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from storage import worker
from storage.database import Database
from tests.storage.queue import done, enqueue, nothing, until, working

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

HANDLERS = dict.fromkeys(("greet", "greet again"), nothing)
LISTENERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
)
HANG_UP = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND query LIKE 'LISTEN %' AND pid <> pg_backend_pid()"
)


@pytest.fixture(autouse=True)
def no_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL", 3600.0)
    monkeypatch.setattr(worker, "LISTEN_AGAIN", 0.05)


@pytest.fixture
async def elsewhere(database_url: str) -> AsyncIterator[Database]:
    """The database as another replica has it."""
    replica = Database(database_url)
    yield replica
    await replica.close()


async def is_listened_to(database: Database) -> None:
    async with asyncio.timeout(10), database.read() as session:
        while not await (await session.connection()).scalar(LISTENERS):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def are_heard(elsewhere: Database) -> None:
    for kind in ("greet", "greet again"):
        await enqueue(elsewhere, kind)
        await until(elsewhere, kind, done)


async def test_a_commit_at_one_replica_wakes_the_worker_of_another(
    database: Database, elsewhere: Database
) -> None:
    async with working(database, HANDLERS):
        await is_listened_to(elsewhere)
        await are_heard(elsewhere)


async def test_it_is_heard_again_after_the_connection_was_cut(
    database: Database, elsewhere: Database
) -> None:
    async with working(database, HANDLERS):
        await is_listened_to(elsewhere)
        async with elsewhere.write() as session:
            await (await session.connection()).execute(HANG_UP)
        await is_listened_to(elsewhere)
        await are_heard(elsewhere)


async def test_what_was_said_while_nobody_listened_is_found(
    database: Database, elsewhere: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with working(database, HANDLERS):
        await is_listened_to(elsewhere)
        monkeypatch.setattr(worker, "LISTEN_AGAIN", 0.5)
        async with elsewhere.write() as session:
            await (await session.connection()).execute(HANG_UP)
        await enqueue(elsewhere, "greet")
        await until(elsewhere, "greet", done)
