"""The worker: errors, crashes and leases that are lost."""

import asyncio
import re
from datetime import timedelta

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from structlog.testing import capture_logs

from storage import jobs, worker
from storage.database import Database
from storage.jobs import State
from storage.leases import ClaimedJob
from storage.models import Category
from storage.worker import Completion, JobError
from tests.storage.queue import (
    LEASE,
    NOW,
    at,
    claim,
    claim_one,
    dead,
    done,
    enqueue,
    failed,
    leased,
    nothing,
    raises,
    stored,
    until,
    working,
)


async def test_a_job_whose_completion_fails_is_not_done(database: Database) -> None:
    async def post(_job: ClaimedJob) -> Completion:
        async def remember(session: AsyncSession) -> None:
            session.add(Category(name="posted", rank=1))
            await session.flush()
            raise RuntimeError("no room")

        return remember

    await enqueue(database, "post")
    async with working(database, {"post": post}):
        job = await until(database, "post", failed)

    async with database.read() as session:
        assert (await session.exec(select(Category.name))).all() == []
    assert re.fullmatch(r"RuntimeError at test_worker_failures\.py:\d+", job.last_error or "")


async def test_a_failed_job_is_retried_after_a_growing_random_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "backoff", lambda attempts: 100.0 * attempts)
    await enqueue(database, "greet")
    async with working(database, {"greet": raises(OSError("connection reset"))}):
        job = await until(database, "greet", failed)

    assert (job.run_at, job.attempts) == (at(100), 1)
    assert re.fullmatch(r"OSError at queue\.py:\d+", job.last_error or "")


def test_the_wait_doubles_up_to_a_limit_with_full_jitter() -> None:
    assert all(0 <= worker.backoff(1) <= 2 for _ in range(100))
    assert 100 < max(worker.backoff(9) for _ in range(200)) <= 512
    assert 600 < max(worker.backoff(60) for _ in range(200)) <= worker.LONGEST_WAIT


async def test_a_rate_limit_says_when_to_try_again(database: Database) -> None:
    await enqueue(database, "greet")
    async with working(database, {"greet": raises(JobError("ratelimited", retry_after=30))}):
        job = await until(database, "greet", failed)

    assert (job.run_at, job.last_error) == (at(30), "ratelimited")


async def test_a_permanent_error_parks_the_job_at_once(database: Database) -> None:
    await enqueue(database, "greet")
    async with working(database, {"greet": raises(JobError("channel_not_found", permanent=True))}):
        job = await until(database, "greet", dead)

    assert (job.attempts, job.last_error) == (1, "channel_not_found")


async def test_a_job_is_parked_after_its_last_attempt(database: Database) -> None:
    await enqueue(database, "greet", max_attempts=3)
    async with working(database, {"greet": raises(JobError("busy", retry_after=0))}):
        job = await until(database, "greet", dead)

    assert (job.attempts, job.last_error) == (3, "busy")


@pytest.mark.parametrize(
    ("error", "state", "attempts"),
    [(KeyError("title"), State.DEAD, 5), (OSError("no route"), State.DONE, 7)],
    ids=["a bug", "the network"],
)
async def test_a_bug_holds_up_its_group_for_a_few_attempts_only(
    database: Database, monkeypatch: pytest.MonkeyPatch, error: Exception, state: State, attempts: int
) -> None:
    async def show_card(job: ClaimedJob) -> None:
        if job.attempts < 7:
            raise error

    monkeypatch.setattr(worker, "backoff", lambda _: 0.0)
    await enqueue(database, "card", group_key="C1")
    await enqueue(database, "next card", group_key="C1")
    async with working(database, {"card": show_card, "next card": nothing}):
        await until(database, "next card", done)

    job = await stored(database, "card")
    assert (job.state, job.attempts) == (state, attempts)


async def test_a_handler_that_hangs_is_tried_again(database: Database) -> None:
    async def hang(_job: ClaimedJob) -> None:
        await asyncio.sleep(60)

    await enqueue(database, "greet")
    async with working(database, {"greet": hang}, time_limit=timedelta(seconds=0.05)):
        job = await until(database, "greet", failed)

    assert job.last_error is not None
    assert job.last_error.startswith("TimeoutError")


async def test_a_handler_that_cancels_itself_counts_as_failed(database: Database) -> None:
    await enqueue(database, "greet")
    async with working(database, {"greet": raises(asyncio.CancelledError())}):
        job = await until(database, "greet", failed)

    assert job.attempts == 1


async def test_a_job_that_kills_every_worker_is_parked(database: Database) -> None:
    await enqueue(database, "crash", max_attempts=1)
    await claim(database)
    async with working(database, {"crash": nothing}, clock=lambda: at(31)):
        job = await until(database, "crash", dead)

    assert job.last_error == "The worker died on each of 1 attempts"


async def test_a_job_of_a_worker_that_died_is_taken_over(database: Database) -> None:
    await enqueue(database, "greet")
    await claim(database)
    async with working(database, {"greet": nothing}, clock=lambda: at(31)):
        job = await until(database, "greet", done)

    assert job.attempts == 2


async def test_a_long_job_keeps_its_lease(database: Database) -> None:
    go_on = asyncio.Event()
    now = NOW

    async def wait(_job: ClaimedJob) -> None:
        await go_on.wait()

    await enqueue(database, "wait")
    async with working(database, {"wait": wait}, clock=lambda: now, lease=timedelta(seconds=0.15)):
        await until(database, "wait", leased)
        now = at(60)
        await until(database, "wait", lambda job: job.lease_until == at(60.15))
        go_on.set()
        await until(database, "wait", done)


async def test_a_worker_that_lost_its_lease_stops_the_handler_and_stores_nothing(database: Database) -> None:
    stopped = asyncio.Event()

    async def wait(_job: ClaimedJob) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    await enqueue(database, "wait")
    async with working(database, {"wait": wait}, lease=timedelta(seconds=0.15)):
        await until(database, "wait", leased)
        thief = await claim_one(database, now=at(31))
        await asyncio.wait_for(stopped.wait(), timeout=5)

    job = await stored(database, "wait")
    assert (job.lease, job.state, job.lease_until) == (thief.lease, State.LEASED, at(31) + LEASE)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (JobError("channel_not_found", permanent=True), "channel_not_found"),
        (RuntimeError("bad token xoxb-secret"), "RuntimeError"),
    ],
)
async def test_the_log_says_why_a_job_was_parked(database: Database, error: Exception, reason: str) -> None:
    await enqueue(database, "greet", max_attempts=1)
    with capture_logs() as entries:
        async with working(database, {"greet": raises(error)}):
            await until(database, "greet", dead)

    assert [entry["reason"] for entry in entries if entry["event"] == "job_parked"] == [reason]


async def test_logs_hold_no_payload_and_no_message(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with database.write() as session:
        await jobs.enqueue(session, "greet", {"token": "xoxb-secret"}, now=NOW)
    async with working(database, {"greet": raises(RuntimeError("bad token xoxb-secret"))}):
        await until(database, "greet", failed)

    output = capsys.readouterr()
    assert "job_raised" in output.out + output.err
    assert "secret" not in output.out + output.err
