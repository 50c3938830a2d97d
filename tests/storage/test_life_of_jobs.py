"""Whatever is done with jobs, in whatever order, by workers alive or dead: the table is what a model says."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import delete, select

from storage import jobs, leases
from storage.database import Database
from storage.jobs import Job, State
from storage.leases import ClaimedJob, LeaseLostError
from storage.models import Pace
from tests.storage.queue import LEASE, NOW, at, claim, end, enqueue

Wait = Callable[[Coroutine[Any, Any, Any]], Any]

GROUPS = ("C1", "C2")
# A coalesce_key stands for work in one channel.
COALESCED = {"card:1": "C1", "card:2": "C1", "updates:2": "C2", "alone": None}
UNFINISHED = {State.READY, State.LEASED}


@dataclass
class Expected:
    """What a row should be by now."""

    id: str
    kind: str
    group: str | None
    dedupe: str | None
    coalesce: str | None
    run_at: datetime
    priority: int
    state: State = State.READY
    attempts: int = 0
    lease: str | None = None
    lease_until: datetime | None = None
    done_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        if self.state is State.LEASED:
            return self.lease_until is not None and self.lease_until < now
        return self.state is State.READY and self.run_at <= now


@dataclass
class Model:
    jobs: dict[str, Expected] = field(default_factory=dict)
    pauses: dict[str | None, datetime] = field(default_factory=dict)

    def ready(self, coalesce: str | None) -> Expected | None:
        found = [job for job in self.jobs.values() if job.coalesce == coalesce and job.state is State.READY]
        return found[0] if coalesce is not None and found else None

    def held_up(self, job: Expected, now: datetime) -> bool:
        """One at a time in a group, and what is older goes first unless it is for later."""
        return any(
            other.lease_until is not None and other.lease_until >= now
            if other.state is State.LEASED and other.id > job.id
            else other.id < job.id
            and (other.state is State.LEASED or other.attempts > 0 or other.run_at <= now)
            for other in self.jobs.values()
            if job.group is not None and other.group == job.group and other.state in UNFINISHED
        )

    def next(self, now: datetime, limit: int) -> list[Expected]:
        due = [
            job
            for job in self.jobs.values()
            if job.is_due(now) and self.pauses.get(job.group, now) <= now and not self.held_up(job, now)
        ]
        return sorted(due, key=lambda job: (job.priority, job.run_at, job.id))[:limit]


class Queue(RuleBasedStateMachine):
    held = Bundle("held")

    def __init__(self, database: Database, wait: Wait) -> None:
        super().__init__()
        self.database = database
        self.wait = wait
        self.model = Model()
        self.now = NOW
        self.added = 0
        wait(forget_all(database))

    def rows(self) -> dict[str, Job]:
        return {row.id: row for row in self.wait(all_jobs(self.database))}

    def enqueued(self, seconds: int, priority: int, **keys: Any) -> tuple[bool, Expected | None]:
        """Whether it says that it added a job, and the job that is new in the table."""
        self.added += 1
        run_at = at((self.now - NOW).total_seconds() + seconds)
        kind = f"job {self.added}"
        said = self.wait(enqueue(self.database, kind, now=self.now, run_at=run_at, priority=priority, **keys))
        new = [row for row in self.rows().values() if row.kind == kind]
        if not new:
            return said, None
        (row,) = new
        job = Expected(row.id, kind, row.group_key, row.dedupe_key, row.coalesce_key, run_at, priority)
        self.model.jobs[row.id] = job
        return said, job

    later = st.sampled_from([0, 0, 3, 60])
    priorities = st.sampled_from([0, 0, 1])

    @rule(group=st.sampled_from([None, *GROUPS]), seconds=later, priority=priorities)
    def adds(self, group: str | None, seconds: int, priority: int) -> None:
        said, job = self.enqueued(seconds, priority, group_key=group)
        assert said
        assert job is not None

    @rule(key=st.sampled_from(["once", "twice"]), seconds=later)
    def adds_once_ever(self, key: str, seconds: int) -> None:
        is_known = any(job.dedupe == key for job in self.model.jobs.values())
        said, job = self.enqueued(seconds, 0, dedupe_key=key)
        assert said == (job is not None) == (not is_known)

    @rule(key=st.sampled_from(sorted(COALESCED)), seconds=later)
    def adds_to_what_waits(self, key: str, seconds: int) -> None:
        waiting = self.model.ready(key)
        said, job = self.enqueued(seconds, 0, coalesce_key=key, group_key=COALESCED[key])
        assert said == (job is not None) == (waiting is None)
        if waiting is not None:
            asked = at((self.now - NOW).total_seconds() + seconds)
            waiting.run_at = min(waiting.run_at, asked)

    @rule(seconds=st.sampled_from([1, 5, 31, 100]))
    def time_passes(self, seconds: int) -> None:
        self.now = at((self.now - NOW).total_seconds() + seconds)

    @rule(target=held, limit=st.sampled_from([1, 2, 10]))
    def claims(self, limit: int) -> Any:
        expected = self.model.next(self.now, limit)
        claimed: list[ClaimedJob] = self.wait(claim(self.database, now=self.now, limit=limit))
        assert [job.id for job in claimed] == [job.id for job in expected]
        groups = [job.group_key for job in claimed if job.group_key is not None]
        assert len(groups) == len(set(groups))
        for job, leased in zip(expected, claimed, strict=True):
            job.state, job.lease, job.lease_until = State.LEASED, leased.lease, self.now + LEASE
            job.attempts += 1
            assert leased.attempts == job.attempts
        return multiple(*claimed)

    @rule(job=consumes(held))
    def crashes(self, job: ClaimedJob) -> None:
        """Its worker says nothing more about it."""

    @rule(job=held)
    def keeps(self, job: ClaimedJob) -> None:
        until = self.now + LEASE
        kept: set[str] = self.wait(extend(self.database, job, until))
        expected = self.model.jobs.get(job.id)
        is_held = expected is not None and expected.lease == job.lease
        assert kept == ({job.id} if is_held else set())
        if is_held and expected is not None:
            expected.lease_until = until

    @rule(job=held)
    def finishes(self, job: ClaimedJob) -> None:
        if expected := self.ends(leases.finish, job, now=self.now):
            expected.state, expected.done_at = State.DONE, self.now

    @rule(job=held)
    def parks(self, job: ClaimedJob) -> None:
        if expected := self.ends(leases.park, job, "channel_not_found", now=self.now):
            expected.state, expected.done_at = State.DEAD, self.now

    @rule(job=held, seconds=st.sampled_from([1, 60]))
    def fails(self, job: ClaimedJob, seconds: int) -> None:
        run_at = at((self.now - NOW).total_seconds() + seconds)
        newer = self.model.ready(job.coalesce_key)
        if expected := self.ends(leases.retry_later, job, "busy", run_at=run_at):
            self.is_put_back(expected, newer, run_at)

    @rule(job=held)
    def hands_back(self, job: ClaimedJob) -> None:
        newer = self.model.ready(job.coalesce_key)
        if expected := self.ends(leases.hand_back, job, now=self.now):
            self.is_put_back(expected, newer, self.now)

    @rule(job=held, seconds=st.sampled_from([1, 60]))
    def postpones(self, job: ClaimedJob, seconds: int) -> None:
        until = at((self.now - NOW).total_seconds() + seconds)
        newer = self.model.ready(job.coalesce_key)
        if expected := self.ends(leases.postpone, job, until=until):
            expected.attempts -= 1
            self.is_put_back(expected, newer, until)
            if job.group_key is not None:
                paused = self.model.pauses.get(job.group_key, until)
                self.model.pauses[job.group_key] = max(paused, until)

    def is_put_back(self, job: Expected, newer: Expected | None, run_at: datetime) -> None:
        """It keeps its place; a newer one of its coalesce_key has nothing left to do."""
        job.state, job.run_at = State.READY, run_at
        if newer is not None:
            newer.state, newer.done_at = State.DONE, run_at

    def ends(
        self, how: Callable[..., Awaitable[None]], job: ClaimedJob, *args: Any, **more: Any
    ) -> Expected | None:
        """The row, if the worker may still speak of it; a replaced one is told that it is."""
        expected = self.model.jobs.get(job.id)
        if expected is None or expected.lease != job.lease:
            with pytest.raises(LeaseLostError):
                self.wait(end(self.database, how, job, *args, **more))
            return None
        self.wait(end(self.database, how, job, *args, **more))
        expected.lease = expected.lease_until = None
        return expected

    @rule(group=st.sampled_from([None, *GROUPS]))
    def revives(self, group: str | None) -> None:
        dead = [job for job in self.model.jobs.values() if job.state is State.DEAD]
        expected = 0
        for job in sorted(dead, key=lambda one: one.id, reverse=True):
            if group not in {None, job.group}:
                continue
            if (successor := self.model.ready(job.coalesce)) is not None:
                job.state = State.DONE
                successor.run_at = min(successor.run_at, self.now)
                successor.attempts = max(successor.attempts, 1)
            else:
                job.state, job.run_at, job.attempts, job.done_at = State.READY, self.now, 1, None
                expected += 1
        assert self.wait(write(self.database, jobs.revive, now=self.now, group_key=group)) == expected

    @rule(seconds=st.sampled_from([0, 50]))
    def sweeps(self, seconds: int) -> None:
        before = at((self.now - NOW).total_seconds() - seconds)
        old = [
            job
            for job in self.model.jobs.values()
            if job.state is State.DONE and job.done_at is not None and job.done_at < before
        ]
        assert self.wait(write(self.database, jobs.sweep, before=before)) == len(old)
        for job in old:
            del self.model.jobs[job.id]

    @rule(surely=st.integers(0, 3))
    def channel_gets_another_id(self, surely: int) -> None:
        if surely:
            return
        self.wait(write(self.database, jobs.move_group, "C1", "C3"))
        for job in self.model.jobs.values():
            if job.group == "C1" and job.state is not State.DONE:
                job.group = "C3"

    @invariant()
    def is_what_the_model_says(self) -> None:
        rows = self.rows()
        assert rows.keys() == self.model.jobs.keys()  # none lost, none made up
        for job in self.model.jobs.values():
            row = rows[job.id]
            assert (row.state, row.run_at, row.attempts) == (job.state, job.run_at, job.attempts), row.kind
            assert (row.lease, row.lease_until, row.done_at) == (job.lease, job.lease_until, job.done_at)
            assert (row.group_key, row.kind) == (job.group, job.kind)

    @invariant()
    def at_most_one_of_a_coalesce_key_waits(self) -> None:
        waiting = [row.coalesce_key for row in self.rows().values() if row.state is State.READY]
        for key in COALESCED:
            assert waiting.count(key) <= 1

    @invariant()
    def at_most_one_of_a_group_is_worked_on(self) -> None:
        at_work = [
            row.group_key
            for row in self.rows().values()
            if row.state is State.LEASED and row.lease_until is not None and row.lease_until >= self.now
        ]
        for group in (*GROUPS, "C3"):
            assert at_work.count(group) <= 1

    @invariant()
    def knows_when_to_look_again(self) -> None:
        found: datetime | None = self.wait(next_at(self.database, self.now))
        if self.model.next(self.now, 1):
            assert found == self.now
        waits = any(job.state in UNFINISHED for job in self.model.jobs.values())
        assert waits == (found is not None)

    def teardown(self) -> None:
        """Workers that live bring everything that is not dead to its end, in order within each group."""
        for _ in range(200):
            if not any(row.state in UNFINISHED for row in self.rows().values()):
                return
            for job in self.wait(claim(self.database, now=self.now)):
                self.wait(end(self.database, leases.finish, job, now=self.now))
            self.now = at((self.now - NOW).total_seconds() + 31)
        raise AssertionError(f"never done: {[row.kind for row in self.rows().values()]}")


async def all_jobs(database: Database) -> list[Job]:
    async with database.read() as session:
        return list(await session.exec(select(Job)))


async def forget_all(database: Database) -> None:
    async with database.write() as session:
        await session.exec(delete(Job))
        await session.exec(delete(Pace))


async def write(database: Database, function: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> Any:
    async with database.write() as session:
        return await function(session, *args, **more)


async def extend(database: Database, job: ClaimedJob, until: datetime) -> set[str]:
    async with database.write() as session:
        return await leases.extend(session, [job], until=until)


async def next_at(database: Database, now: datetime) -> datetime | None:
    async with database.read() as session:
        kinds = (await session.exec(select(Job.kind).distinct())).all()
        return await leases.next_at(session, kinds=kinds, now=now)


EXAMPLES = {"sqlite": 40, "postgresql": 10}


def test_the_life_of_jobs(database_url: str, backend: str) -> None:
    """Its own event loop: hypothesis calls rules one after the other, not as coroutines."""
    with asyncio.Runner() as runner:
        database = Database(database_url)
        try:
            run_state_machine_as_test(
                lambda: Queue(database, runner.run),  # type: ignore[arg-type]
                settings=settings(max_examples=EXAMPLES[backend], stateful_step_count=40, deadline=None),
            )
        finally:
            runner.run(database.close())
