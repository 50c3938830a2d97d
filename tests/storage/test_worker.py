"""The worker: what it does with a handler's answer, what wakes it, how it stops."""

import asyncio
from typing import Any

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import jobs, worker
from storage.database import Database
from storage.jobs import State
from storage.leases import ClaimedJob
from storage.models import Category
from storage.worker import Completion
from tests.storage.queue import (
    NOW,
    all_done,
    at,
    done,
    enqueue,
    leased,
    nothing,
    stored,
    until,
    working,
)


async def test_a_handler_gets_the_job_and_the_job_is_done(database: Database) -> None:
    seen: list[dict[str, Any]] = []

    async def greet(job: ClaimedJob) -> None:
        seen.append(job.payload)

    async with working(database, {"greet": greet}):
        async with database.write() as session:
            await jobs.enqueue(session, "greet", {"to": "Ada"}, now=NOW)
        await until(database, "greet", done)

    assert seen == [{"to": "Ada"}]


async def test_what_a_handler_stores_is_committed_with_the_end_of_its_job(database: Database) -> None:
    async def post(_job: ClaimedJob) -> Completion:
        async def remember(session: AsyncSession) -> None:
            session.add(Category(name="posted", rank=1))

        return remember

    await enqueue(database, "post")
    async with working(database, {"post": post}):
        await until(database, "post", done)

    async with database.read() as session:
        assert (await session.exec(select(Category.name))).all() == ["posted"]


async def test_a_completion_can_enqueue_the_next_job(database: Database) -> None:
    async def digest(_job: ClaimedJob) -> Completion:
        async def schedule_the_next(session: AsyncSession) -> None:
            await jobs.enqueue(session, "next digest", {}, now=NOW, dedupe_key="digest:T1:2026-W49")

        return schedule_the_next

    await enqueue(database, "digest")
    async with working(database, {"digest": digest, "next digest": nothing}):
        await until(database, "digest", done)
        await until(database, "next digest", done)


async def test_a_commit_wakes_the_worker_without_polling(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL", 60.0)
    async with working(database, {"greet": nothing}):
        await asyncio.sleep(0.05)
        await enqueue(database, "greet")

        await until(database, "greet", done)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_commit_wakes_a_worker_elsewhere(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL", 60.0)
    replica = Database(database_url)
    async with working(replica, {"greet": nothing}):
        await asyncio.sleep(0.2)
        await enqueue(database, "greet")

        await until(database, "greet", done)
    await replica.close()


async def test_a_job_runs_when_its_time_comes(database: Database) -> None:
    now = NOW
    async with working(database, {"remind": nothing}, clock=lambda: now):
        await enqueue(database, "remind", run_at=at(3600))
        await asyncio.sleep(0.05)
        assert (await stored(database, "remind")).state is State.READY

        now = at(3600)
        database.jobs_ready.set()
        await until(database, "remind", done)


async def test_stopping_lets_a_running_job_finish(database: Database) -> None:
    async def take_a_moment(_job: ClaimedJob) -> None:
        await asyncio.sleep(0.1)

    await enqueue(database, "greet")
    async with working(database, {"greet": take_a_moment}):
        await until(database, "greet", leased)

    assert (await stored(database, "greet")).state is State.DONE


async def test_stopping_hands_back_what_does_not_finish(database: Database) -> None:
    async def hang(_job: ClaimedJob) -> None:
        await asyncio.sleep(60)

    await enqueue(database, "greet")
    async with working(database, {"greet": hang}) as running:
        await until(database, "greet", leased)
        assert running.is_running
        await running.stop(timeout=0.05)
        assert not running.is_running

    job = await stored(database, "greet")
    assert (job.state, job.attempts, job.lease) == (State.READY, 1, None)


async def test_no_more_jobs_run_at_once_than_allowed(database: Database) -> None:
    running = most = 0

    async def count(_job: ClaimedJob) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    for number in range(12):
        await enqueue(database, "count", dedupe_key=str(number))
    async with working(database, {"count": count}, concurrency=3):
        await all_done(database)

    assert most == 3


async def test_a_group_is_done_in_order_however_many_can_run(database: Database) -> None:
    noted: list[int] = []

    async def note(job: ClaimedJob) -> None:
        await asyncio.sleep(0.01 if job.payload["number"] % 2 else 0)
        noted.append(job.payload["number"])

    async with working(database, {"note": note}):
        async with database.write() as session:
            for number in range(10):
                await jobs.enqueue(session, "note", {"number": number}, now=NOW, group_key="C1")
        await all_done(database)

    assert noted == list(range(10))


async def test_two_workers_do_each_job_once(database: Database, database_url: str) -> None:
    noted: list[int] = []

    async def note(job: ClaimedJob) -> None:
        noted.append(job.payload["number"])

    replica = Database(database_url)
    async with database.write() as session:
        for number in range(100):
            await jobs.enqueue(session, "note", {"number": number}, now=NOW)
    async with working(database, {"note": note}), working(replica, {"note": note}):
        await all_done(database)
    await replica.close()

    assert sorted(noted) == list(range(100))


async def test_a_slow_kind_with_its_own_share_does_not_hold_up_the_others(database: Database) -> None:
    greeted, full = asyncio.Event(), asyncio.Event()
    slow: list[str] = []

    async def hang(job: ClaimedJob) -> None:
        slow.append(job.id)
        if len(slow) == 2:
            full.set()
        await greeted.wait()

    async def greet(_job: ClaimedJob) -> None:
        greeted.set()

    for number in range(6):
        await enqueue(database, "slow", group_key=str(number))
    async with working(database, {"slow": hang, "greet": greet}, concurrency=1, shares={"slow": 2}):
        async with asyncio.timeout(20):
            await full.wait()
            await enqueue(database, "greet")
            await greeted.wait()
        assert len(slow) == 2
        await all_done(database)
    assert len(slow) == 6


async def test_others_do_not_take_the_room_of_a_kind_with_its_own_share(database: Database) -> None:
    called = asyncio.Event()

    async def hang(_job: ClaimedJob) -> None:
        await called.wait()

    async def call(_job: ClaimedJob) -> None:
        called.set()

    for _ in range(3):
        await enqueue(database, "hang")
    async with working(database, {"hang": hang, "call": call}, concurrency=1, shares={"call": 1}):
        await enqueue(database, "call")
        await all_done(database)
