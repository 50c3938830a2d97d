"""What is enqueued, kept, revived and swept."""

import asyncio

import pytest
from sqlmodel import col, select

from storage import jobs, leases
from storage.database import Database
from storage.jobs import Job, State
from tests.storage.queue import NOW, at, claim, claim_one, claimed_kinds, end, enqueue, stored


async def test_a_claimed_job_is_what_was_enqueued(database: Database) -> None:
    async with database.write() as session:
        await jobs.enqueue(session, "greet", {"to": ["Ada", None]}, now=NOW, group_key="C1")

    job = await claim_one(database)

    assert (job.kind, job.payload, job.group_key, job.attempts) == ("greet", {"to": ["Ada", None]}, "C1", 1)


async def test_a_job_of_a_transaction_that_failed_was_never_there(database: Database) -> None:
    async def enqueue_and_fail() -> None:
        async with database.write() as session:
            await jobs.enqueue(session, "greet", {}, now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await enqueue_and_fail()

    assert await claimed_kinds(database) == []


async def test_a_job_waits_for_its_time(database: Database) -> None:
    await enqueue(database, "greet", run_at=at(60))

    assert await claimed_kinds(database, now=at(59)) == []
    assert await claimed_kinds(database, now=at(60)) == ["greet"]


async def test_a_dedupe_key_is_used_once_ever(database: Database) -> None:
    assert await enqueue(database, "digest", dedupe_key="digest:T1:2026-W48")
    await end(database, leases.finish, await claim_one(database), now=NOW)

    assert not await enqueue(database, "digest", dedupe_key="digest:T1:2026-W48")
    assert await claimed_kinds(database) == []


async def test_jobs_of_a_coalesce_key_are_one_while_it_waits(database: Database) -> None:
    assert await enqueue(database, "update card", coalesce_key="card:1")
    assert not await enqueue(database, "update card", coalesce_key="card:1")

    assert await claimed_kinds(database) == ["update card"]


async def test_a_job_being_worked_on_does_not_swallow_the_next_change(database: Database) -> None:
    await enqueue(database, "update card", coalesce_key="card:1")
    await claim(database)

    assert await enqueue(database, "update card", coalesce_key="card:1")
    assert await claimed_kinds(database) == ["update card"]


async def test_coalescing_brings_the_time_forward_and_never_back(database: Database) -> None:
    await enqueue(database, "update card", coalesce_key="card:1", run_at=at(60))
    await enqueue(database, "update card", coalesce_key="card:1", run_at=at(5))
    await enqueue(database, "update card", coalesce_key="card:1", run_at=at(90))

    assert (await stored(database, "update card")).run_at == at(5)


async def test_a_job_cannot_be_claimed_before_the_change_that_coalesced_into_it_is_committed(
    database: Database,
) -> None:
    await enqueue(database, "update card", coalesce_key="card:1")
    async with database.write() as session:
        await jobs.enqueue(session, "update card", {}, now=NOW, coalesce_key="card:1")
        claiming = asyncio.create_task(claimed_kinds(database))
        await asyncio.sleep(0.1)
        too_early = claiming.done() and claiming.result()

    later = await claiming or await claimed_kinds(database)
    assert (too_early or [], later) == ([], ["update card"])


async def test_a_job_has_one_kind_of_key(database: Database) -> None:
    with pytest.raises(ValueError, match="not both"):
        await enqueue(database, "greet", dedupe_key="a", coalesce_key="b")


async def test_a_dead_job_is_kept_with_its_error_until_revived(database: Database) -> None:
    await enqueue(database, "greet")
    await end(database, leases.park, await claim_one(database), "channel_not_found", now=NOW)
    dead = await stored(database, "greet")
    assert (dead.state, dead.last_error) == (State.DEAD, "channel_not_found")
    assert await claimed_kinds(database, now=at(86400)) == []

    async with database.write() as session:
        assert await jobs.revive(session, now=at(60), job_id=dead.id) == 1

    assert (await claim_one(database, now=at(60))).attempts == 2


async def test_a_group_is_revived_without_the_others(database: Database) -> None:
    await enqueue(database, "here", group_key="C1")
    await enqueue(database, "there", group_key="C2")
    for job in await claim(database):
        await end(database, leases.park, job, "gone", now=NOW)

    async with database.write() as session:
        assert await jobs.revive(session, now=NOW, group_key="C1") == 1

    assert await claimed_kinds(database) == ["here"]


async def test_reviving_leaves_one_job_of_a_coalesce_key(database: Database) -> None:
    for kind in ("oldest", "newest"):
        await enqueue(database, kind, coalesce_key="card:1")
        await end(database, leases.park, await claim_one(database), "gone", now=NOW)

    async with database.write() as session:
        assert await jobs.revive(session, now=NOW) == 1

    assert await claimed_kinds(database) == ["newest"]


async def test_a_revived_job_and_one_behind_it_are_not_worked_on_together(database: Database) -> None:
    await enqueue(database, "first", group_key="C1")
    await enqueue(database, "second", group_key="C1")
    await end(database, leases.park, await claim_one(database), "gone", now=NOW)
    await claim(database)
    async with database.write() as session:
        await jobs.revive(session, now=NOW)

    assert await claimed_kinds(database, now=at(30)) == []
    assert await claimed_kinds(database, now=at(31)) == ["first"]


async def test_what_is_left_of_a_group_goes_on_under_its_new_name(database: Database) -> None:
    for kind in ("done", "dead", "first", "second"):
        await enqueue(database, kind, group_key="C-OLD")
    await enqueue(database, "elsewhere", group_key="C2", run_at=at(60))
    await end(database, leases.finish, await claim_one(database), now=NOW)
    await end(database, leases.park, await claim_one(database), "gone", now=NOW)
    first = await claim_one(database)

    async with database.write() as session:
        await jobs.move_group(session, "C-OLD", "C-NEW")

    kinds = ("done", "dead", "first", "second", "elsewhere")
    groups = [(await stored(database, kind)).group_key for kind in kinds]
    assert groups == ["C-OLD", "C-NEW", "C-NEW", "C-NEW", "C2"]
    await enqueue(database, "third", group_key="C-NEW")
    assert await claimed_kinds(database) == []
    await end(database, leases.finish, first, now=NOW)
    assert await claimed_kinds(database) == ["second"]


async def test_sweeping_forgets_what_is_done_but_the_kinds_to_keep(database: Database) -> None:
    await enqueue(database, "old")
    await enqueue(database, "once", dedupe_key="once")
    await enqueue(database, "dead")
    for job in await claim(database):
        settle = leases.park if job.kind == "dead" else leases.finish
        await end(database, settle, job, *(["gone"] if job.kind == "dead" else []), now=NOW)
    await enqueue(database, "waiting")

    async with database.write() as session:
        assert await jobs.sweep(session, before=at(1), keeping=("once",)) == 1
    assert await kinds_left(database) == ["once", "dead", "waiting"]

    async with database.write() as session:
        assert await jobs.sweep(session, before=at(1)) == 1
    assert await kinds_left(database) == ["dead", "waiting"]


async def test_sweeping_takes_no_more_at_once_than_one_statement_can(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SWEPT_AT_ONCE", 2)
    for kind in ("first", "second", "third"):
        await enqueue(database, kind)
    for job in await claim(database):
        await end(database, leases.finish, job, now=NOW)

    async def sweep() -> int:
        async with database.write() as session:
            return await jobs.sweep(session, before=at(1))

    assert [await sweep(), await sweep(), await sweep()] == [2, 1, 0]


async def kinds_left(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.exec(select(Job.kind).order_by(col(Job.id))))
