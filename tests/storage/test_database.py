"""Sessions: what survives, what is undone, and what is refused."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import jobs, postgresql
from storage.database import Database, DatabaseUnusableError
from storage.models import Category, FollowUp

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


async def ranks(database: Database) -> list[int]:
    async with database.read() as session:
        return list((await session.exec(select(Category.rank))).all())


async def test_a_block_that_ends_well_is_committed(database: Database) -> None:
    async with database.write() as session:
        session.add(Category(name="Monitoring", rank=1))

    assert await ranks(database) == [1]


async def test_a_block_that_raises_is_undone(database: Database) -> None:
    async def change_your_mind() -> None:
        async with database.write() as session:
            session.add(Category(name="Monitoring", rank=1))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_your_mind()

    assert await ranks(database) == []


async def test_a_cancelled_writer_leaves_nothing_behind(database: Database) -> None:
    written = asyncio.Event()

    async def write_and_wait() -> None:
        async with database.write() as session:
            session.add(Category(name="Monitoring", rank=1))
            await session.flush()
            written.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write_and_wait())
    await written.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with database.write() as session:
        session.add(Category(name="Runbooks", rank=2))

    assert await ranks(database) == [2]


async def test_records_can_be_read_after_the_session_has_closed(database: Database) -> None:
    async with database.write() as session:
        category = Category(name="Monitoring", rank=1)
        session.add(category)

    assert category.name == "Monitoring"


async def test_no_update_is_lost_when_many_write_at_once(database: Database) -> None:
    async with database.write() as session:
        session.add(Category(name="Monitoring", rank=0))

    async def add_one_forty_times() -> None:
        for _ in range(40):
            async with database.write() as session:
                category = (await session.exec(select(Category).with_for_update())).one()
                category.rank += 1

    await asyncio.gather(*(add_one_forty_times() for _ in range(8)))

    assert await ranks(database) == [320]


async def test_no_update_is_lost_between_two_replicas(database: Database, database_url: str) -> None:
    replica = Database(database_url)
    async with database.write() as session:
        session.add(Category(name="Monitoring", rank=0))

    async def add_one_twenty_times(to: Database) -> None:
        for _ in range(20):
            async with to.write() as session:
                category = (await session.exec(select(Category).with_for_update())).one()
                category.rank += 1

    await asyncio.gather(*(add_one_twenty_times(to) for to in (database, replica) * 2))
    await replica.close()

    assert await ranks(database) == [80]


async def test_a_reader_is_not_held_up_by_a_writer(database: Database) -> None:
    async with database.write() as session:
        session.add(Category(name="Monitoring", rank=1))
        await session.flush()

        assert await ranks(database) == []


async def test_connections_that_a_burst_opened_are_kept(database: Database) -> None:
    closed: list[object] = []
    event.listen(database._readers.sync_engine, "close", lambda connection, _: closed.append(connection))

    await asyncio.gather(*(ranks(database) for _ in range(40)))

    assert closed == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_writing_while_reading_is_refused(database: Database) -> None:
    async with database.read() as session:
        session.add(Category(name="Monitoring", rank=1))

        with pytest.raises(OperationalError, match="readonly"):
            await session.flush()


async def test_a_row_cannot_point_at_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            session.add(follow_up_of("01K0000000000000000000000X"))


def follow_up_of(incident_id: str) -> FollowUp:
    return FollowUp.model_validate(
        {
            "incident_id": incident_id,
            "title": "Rotate the certs",
            "search_text": "rotate the certs",
            "creator_kind": "user",
            "creator_id": incident_id,
            "creator_name": "Ada",
            "created_at": NOW,
            "updated_at": NOW,
        }
    )


async def test_an_error_does_not_show_what_people_wrote(database: Database) -> None:
    async with database.write() as session:
        session.add(Category(name="Layoffs", rank=1))

    with pytest.raises(IntegrityError) as error:
        async with database.write() as session:
            session.add(Category(name="Layoffs", rank=2, description="confidential"))

    assert "confidential" not in str(error.value)


async def test_a_commit_wakes_the_worker_only_when_it_enqueued(database: Database) -> None:
    async with database.write() as session:
        session.add(Category(name="Monitoring", rank=1))
    assert not database.jobs_ready.is_set()

    async with database.write() as session:
        await jobs.enqueue(session, "greet", {}, now=NOW)
        assert not database.jobs_ready.is_set()
    assert database.jobs_ready.is_set()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_commit_wakes_the_other_replicas(database: Database, database_url: str) -> None:
    replica = Database(database_url)
    listening = asyncio.create_task(replica.listen())
    await asyncio.wait_for(replica.jobs_ready.wait(), timeout=5)
    replica.jobs_ready.clear()

    async with database.write() as session:
        await jobs.enqueue(session, "greet", {}, now=NOW)
    await asyncio.wait_for(replica.jobs_ready.wait(), timeout=5)

    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await replica.close()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_listening_ends_when_postgresql_hangs_up(database: Database, database_url: str) -> None:
    replica = Database(database_url)
    listening = asyncio.create_task(replica.listen())
    await asyncio.sleep(0.1)

    async with database.write() as session:
        await hang_up_on_the_others(session)
    await asyncio.wait_for(listening, timeout=5)

    await replica.close()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_server_that_hung_up_in_the_meantime_is_not_noticed(
    database: Database, database_url: str
) -> None:
    assert await ranks(database) == []
    other = Database(database_url)
    async with other.write() as session:
        await hang_up_on_the_others(session)
    await other.close()
    await asyncio.sleep(0.05)

    assert await ranks(database) == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_connection_is_checked_after_a_pause(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "PAUSE", 0.0)
    assert await ranks(database) == []
    other = Database(database_url)
    async with other.write() as session:
        await hang_up_on_the_others(session)  # the event loop has no time to hear of it
        assert await ranks(database) == []
    await other.close()


async def hang_up_on_the_others(session: AsyncSession) -> None:
    connection = await session.connection()
    await connection.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )


async def test_a_database_that_answers_is_ready(database: Database) -> None:
    await database.ping()


async def test_times_come_back_as_they_went_in(database: Database) -> None:
    async with database.write() as session:
        await jobs.enqueue(session, "greet", {"to": "Ada"}, now=NOW)

    async with database.read() as session:
        job = (await session.exec(select(jobs.Job))).one()
    assert (job.created_at, job.run_at, job.payload) == (NOW, NOW, {"to": "Ada"})


@pytest.mark.parametrize(
    "url",
    [
        "mysql+aiomysql://root:secret@localhost/incidents",
        "postgresql://me:secret@localhost/incidents",
        "sqlite:///incidents.db",
    ],
)
def test_another_kind_of_database_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(DatabaseUnusableError, match=r"DATABASE_URL is .*://.*use sqlite\+aiosqlite") as error:
        Database(url)

    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["", "incidents.db", "sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
def test_what_names_no_database_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUnusableError, match="DATABASE_URL is"):
        Database(url)


def test_opening_a_database_touches_nothing(tmp_path: Path) -> None:
    Database(f"sqlite+aiosqlite:///{tmp_path}/there/incidents.db")

    assert list(tmp_path.iterdir()) == []
