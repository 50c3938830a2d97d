"""Which jobs can be claimed, and who may say how they ended."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import select

from storage import jobs, leases
from storage.database import Database
from storage.jobs import Job, State
from storage.leases import LeaseLostError
from tests.storage.queue import NOW, at, claim, claim_one, claimed_kinds, end, enqueue, stored


async def test_a_low_priority_goes_first_and_then_the_older(database: Database) -> None:
    await enqueue(database, "bulk", priority=5)
    await enqueue(database, "first", run_at=at(1))
    await enqueue(database, "second", run_at=at(2))

    assert await claimed_kinds(database, now=at(3), limit=2) == ["first", "second"]


async def test_a_claimed_job_is_not_claimed_again(database: Database) -> None:
    await enqueue(database, "greet")

    assert await claimed_kinds(database) == ["greet"]
    assert await claimed_kinds(database) == []


async def test_two_replicas_never_claim_the_same_job(database: Database, database_url: str) -> None:
    replica = Database(database_url)
    async with database.write() as session:
        for number in range(200):
            await jobs.enqueue(session, f"job {number}", {}, now=NOW)
    claimed: list[str] = []

    async def claim_until_empty(to: Database) -> None:
        while kinds := await claimed_kinds(to, limit=7):
            claimed.extend(kinds)

    await asyncio.gather(*(claim_until_empty(to) for to in (database, replica) * 3))
    await replica.close()

    assert sorted(claimed) == sorted(f"job {number}" for number in range(200))


async def test_a_group_is_worked_on_one_at_a_time_in_order(database: Database) -> None:
    for kind in ("first", "second", "third"):
        await enqueue(database, kind, group_key="C1")
    await enqueue(database, "elsewhere", group_key="C2")

    first, elsewhere = await claim(database)
    assert (first.kind, elsewhere.kind) == ("first", "elsewhere")
    assert await claimed_kinds(database) == []
    await end(database, leases.finish, first, now=NOW)
    assert await claimed_kinds(database) == ["second"]


async def test_a_failing_job_holds_up_its_group_until_it_is_parked(database: Database) -> None:
    await enqueue(database, "first", group_key="C1")
    await enqueue(database, "second", group_key="C1")

    await end(database, leases.retry_later, await claim_one(database), "busy", run_at=at(60))
    assert await claimed_kinds(database, now=at(59)) == []
    first = await claim_one(database, now=at(60))
    await end(database, leases.park, first, "gone", now=at(60))

    assert (first.kind, first.attempts) == ("first", 2)
    assert await claimed_kinds(database, now=at(60)) == ["second"]


async def test_a_job_scheduled_for_later_does_not_hold_up_its_group(database: Database) -> None:
    await enqueue(database, "remind", group_key="C1", run_at=at(3600))
    await enqueue(database, "announce", group_key="C1")

    assert await claimed_kinds(database) == ["announce"]
    assert await claimed_kinds(database, now=at(10)) == []


async def test_a_scheduled_job_that_comes_due_waits_for_the_one_at_work(database: Database) -> None:
    await enqueue(database, "remind", group_key="C1", run_at=at(5))
    await enqueue(database, "announce", group_key="C1")
    announce = await claim_one(database)

    assert await claimed_kinds(database, now=at(6)) == []
    await end(database, leases.finish, announce, now=at(7))
    assert await claimed_kinds(database, now=at(7)) == ["remind"]


async def test_a_job_whose_worker_died_is_taken_over_when_the_lease_ends(database: Database) -> None:
    await enqueue(database, "greet", group_key="C1")
    await enqueue(database, "part", group_key="C1")
    await claim(database)

    assert await claimed_kinds(database, now=at(30)) == []
    takeover = await claim_one(database, now=at(31))
    assert (takeover.kind, takeover.attempts) == ("greet", 2)


async def test_a_worker_that_was_replaced_can_say_nothing_more(database: Database) -> None:
    await enqueue(database, "greet")
    replaced = await claim_one(database)
    current = await claim_one(database, now=at(31))

    with pytest.raises(LeaseLostError):
        await end(database, leases.finish, replaced, now=at(32))
    with pytest.raises(LeaseLostError):
        await end(database, leases.park, replaced, "gone", now=at(32))
    with pytest.raises(LeaseLostError):
        await end(database, leases.retry_later, replaced, "busy", run_at=at(32))
    with pytest.raises(LeaseLostError):
        await end(database, leases.hand_back, replaced, now=at(32))
    await end(database, leases.finish, current, now=at(33))

    assert (await stored(database, "greet")).state is State.DONE


async def test_what_a_replaced_worker_stores_is_undone(database: Database) -> None:
    await enqueue(database, "greet")
    replaced = await claim_one(database)
    await claim(database, now=at(31))

    async def store_and_finish() -> None:
        async with database.write() as session:
            await jobs.enqueue(session, "consequence", {}, now=NOW)
            await leases.finish(session, replaced, now=at(32))

    with pytest.raises(LeaseLostError):
        await store_and_finish()

    async with database.read() as session:
        assert (await session.exec(select(Job.kind))).all() == ["greet"]


async def test_a_lease_can_be_extended_only_by_its_holder(database: Database) -> None:
    await enqueue(database, "kept")
    await enqueue(database, "lost", run_at=at(1))
    kept = await claim_one(database)
    lost = await claim_one(database, now=at(1))
    async with database.write() as session:
        await leases.extend(session, [kept], until=at(120))
    await claim(database, now=at(40))

    async with database.write() as session:
        held = await leases.extend(session, [kept, lost], until=at(150))

    assert held == {kept.id}


async def test_a_job_handed_back_is_ready_at_once_and_the_attempt_counted(database: Database) -> None:
    await enqueue(database, "greet")
    await end(database, leases.hand_back, await claim_one(database), now=NOW)

    assert (await claim_one(database)).attempts == 2


PUT_BACK: dict[str, Any] = {
    "failed": lambda session, job: leases.retry_later(session, job, "busy", run_at=at(30)),
    "postponed": lambda session, job: leases.postpone(session, job, until=at(30)),
    "handed back": lambda session, job: leases.hand_back(session, job, now=at(30)),
}


@pytest.mark.parametrize("how", PUT_BACK)
async def test_a_job_put_back_takes_in_a_newer_one_of_its_coalesce_key_and_keeps_its_place(
    database: Database, how: str
) -> None:
    await enqueue(database, "card", coalesce_key="card:1", group_key="C1")
    card = await claim_one(database)
    await enqueue(database, "next card", coalesce_key="card:2", group_key="C1")
    await enqueue(database, "newer", coalesce_key="card:1", group_key="C1")
    await end(database, PUT_BACK[how], card)

    assert (await stored(database, "newer")).state is State.DONE
    assert await claimed_kinds(database, now=at(30)) == ["card"]


async def test_it_is_known_when_the_next_job_can_be_claimed(database: Database) -> None:
    async def next_at(now: datetime) -> datetime | None:
        async with database.read() as session:
            return await leases.next_at(session, kinds=["first", "second"], now=now)

    assert await next_at(NOW) is None
    await enqueue(database, "first", group_key="C1", run_at=at(10))
    assert await next_at(NOW) == at(10)
    await enqueue(database, "second", group_key="C1", run_at=at(12))
    await claim(database, now=at(10))
    assert await next_at(at(11)) == at(12)
    assert await next_at(at(13)) == at(40)
    assert await next_at(at(41)) == at(41)
