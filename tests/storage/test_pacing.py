"""How often something may be done, by however many replicas."""

import asyncio
from datetime import datetime, timedelta

from sqlmodel import select

from storage import jobs, leases, pacing
from storage.database import Database
from storage.jobs import State
from storage.models import Pace
from storage.pacing import Budget
from storage.worker import NotYetError
from tests.storage.queue import (
    NOW,
    at,
    claim_one,
    claimed_kinds,
    done,
    end,
    enqueue,
    nothing,
    raises,
    until,
    working,
)

EDITS = Budget("edits", every=timedelta(seconds=2), burst=3)


async def take(database: Database, budget: Budget, now: datetime) -> datetime | None:
    async with database.write() as session:
        return await pacing.take(session, budget, now)


async def test_a_burst_is_followed_by_one_at_a_time(database: Database) -> None:
    assert [await take(database, EDITS, NOW) for _ in range(4)] == [None, None, None, at(2)]
    assert await take(database, EDITS, at(1.9)) == at(2)
    assert await take(database, EDITS, at(2)) is None
    assert await take(database, EDITS, at(2)) == at(4)


async def test_a_pause_makes_room_for_a_burst_again(database: Database) -> None:
    for _ in range(3):
        await take(database, EDITS, NOW)
    assert [await take(database, EDITS, at(60)) for _ in range(4)] == [None, None, None, at(62)]


async def test_what_was_taken_for_nothing_can_be_given_back(database: Database) -> None:
    once = Budget("C1", every=timedelta(seconds=1))
    assert await take(database, once, NOW) is None
    async with database.write() as session:
        await pacing.give_back(session, once, NOW)
    assert await take(database, once, NOW) is None
    assert await take(database, once, NOW) == at(1)


async def test_in_any_minute_no_more_is_taken_than_allowed(database: Database) -> None:
    budget = Budget("edits", every=timedelta(seconds=1.5), burst=10)
    taken = [second for second in range(150) if await take(database, budget, at(second)) is None]
    assert 40 <= max(sum(begin <= one <= begin + 60 for one in taken) for begin in range(90)) <= 50


async def test_replicas_share_what_there_is(database: Database, database_url: str) -> None:
    replica = Database(database_url)
    every = [take(to, EDITS, NOW) for to in (database, replica) * 4]
    taken = [room for room in await asyncio.gather(*every) if room is None]
    await replica.close()
    assert len(taken) == EDITS.burst


async def test_what_others_say_is_too_much_leaves_no_room_before_they_say(database: Database) -> None:
    async with database.write() as session:
        await pacing.exhaust(session, EDITS, at(30))
    assert await take(database, EDITS, at(29)) == at(30)
    assert await take(database, EDITS, at(30)) is None
    async with database.write() as session:
        await pacing.exhaust(session, EDITS, at(10))
    assert await take(database, EDITS, at(30)) == at(32)


async def test_nothing_is_claimed_of_a_group_that_is_paused(database: Database) -> None:
    await enqueue(database, "post", group_key="C1")
    await enqueue(database, "elsewhere", group_key="C2")
    assert await take(database, Budget("C1", every=timedelta(seconds=1)), NOW) is None

    assert await claimed_kinds(database) == ["elsewhere"]
    assert await claimed_kinds(database, now=at(1)) == ["post"]


async def test_the_worker_knows_when_a_pause_ends(database: Database) -> None:
    await take(database, Budget("C1", every=timedelta(seconds=5)), NOW)
    await take(database, Budget("C2", every=timedelta(seconds=3)), NOW)
    await enqueue(database, "post", group_key="C1")
    async with database.read() as session:
        assert await leases.next_at(session, kinds=["post"], now=NOW) == at(5)


async def test_a_postponed_job_goes_first_when_its_group_goes_on(database: Database) -> None:
    await enqueue(database, "first", group_key="C1")
    await enqueue(database, "second", group_key="C1")
    await end(database, leases.postpone, await claim_one(database), until=at(30))

    assert await claimed_kinds(database, now=at(29)) == []
    first = await claim_one(database, now=at(30))
    assert (first.kind, first.attempts) == ("first", 1)


async def test_a_postponed_job_pauses_the_group_that_it_is_in_by_then(database: Database) -> None:
    await enqueue(database, "first", group_key="C-OLD")
    first = await claim_one(database)
    async with database.write() as session:
        await jobs.move_group(session, "C-OLD", "C-NEW")
    await enqueue(database, "second", group_key="C-NEW")
    await enqueue(database, "elsewhere", group_key="C-OLD")
    await end(database, leases.postpone, first, until=at(30))

    assert await claimed_kinds(database, now=at(29)) == ["elsewhere"]
    assert await claimed_kinds(database, now=at(30)) == ["first"]


async def test_a_handler_without_room_has_its_job_postponed(database: Database) -> None:
    now = NOW
    await enqueue(database, "edit", group_key="C1", max_attempts=1)
    async with working(database, {"edit": raises(NotYetError(at(30)))}, clock=lambda: now):
        job = await until(database, "edit", lambda job: job.run_at == at(30))
    assert (job.state, job.attempts) == (State.READY, 0)

    now = at(30)
    async with working(database, {"edit": nothing}, clock=lambda: now):
        await until(database, "edit", done)


async def test_what_has_long_been_unspent_is_forgotten(database: Database) -> None:
    await take(database, Budget("C1", every=timedelta(seconds=1)), NOW)
    await take(database, Budget("C2", every=timedelta(seconds=1)), at(100))
    async with database.write() as session:
        await pacing.sweep(session, before=at(50))
    async with database.read() as session:
        assert (await session.exec(select(Pace.key))).all() == ["C2"]
