"""Short words for the queue: every call is its own transaction, at a time that is given."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import col, func, select

from storage import jobs, leases
from storage.database import Database
from storage.jobs import Job, State
from storage.leases import ClaimedJob
from storage.worker import Handler, Worker

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LEASE = timedelta(seconds=30)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def enqueue(database: Database, kind: str, *, now: datetime = NOW, **keys: Any) -> bool:
    async with database.write() as session:
        return await jobs.enqueue(session, kind, {}, now=now, **keys)


async def claim(database: Database, *, now: datetime = NOW, limit: int = 10) -> list[ClaimedJob]:
    """Of every kind there is."""
    async with database.write() as session:
        kinds = (await session.exec(select(Job.kind).distinct())).all()
        return await leases.claim(session, kinds=kinds, limit=limit, now=now, lease_for=LEASE)


async def claim_one(database: Database, *, now: datetime = NOW) -> ClaimedJob:
    (job,) = await claim(database, now=now)
    return job


async def claimed_kinds(database: Database, *, now: datetime = NOW, limit: int = 10) -> list[str]:
    return [job.kind for job in await claim(database, now=now, limit=limit)]


async def end(
    database: Database, how: Callable[..., Awaitable[None]], job: ClaimedJob, *args: Any, **more: Any
) -> None:
    async with database.write() as session:
        await how(session, job, *args, **more)


async def stored(database: Database, kind: str) -> Job:
    async with database.read() as session:
        return (await session.exec(select(Job).where(Job.kind == kind))).one()


@asynccontextmanager
async def working(
    database: Database, handlers: Mapping[str, Handler], **options: Any
) -> AsyncIterator[Worker]:
    clock: Callable[[], Any] = options.pop("clock", lambda: NOW)
    running = Worker(database, handlers, clock=clock, **options)
    await running.start()
    try:
        yield running
    finally:
        await running.stop(timeout=1)


async def until(database: Database, kind: str, settled: Callable[[Job], bool]) -> Job:
    """Wait for a worker to bring the job that far."""
    async with asyncio.timeout(5):
        while not settled(job := await stored(database, kind)):  # noqa: ASYNC110  the database rings no bell
            await asyncio.sleep(0.005)
    return job


def leased(job: Job) -> bool:
    return job.state is State.LEASED


def done(job: Job) -> bool:
    return job.state is State.DONE


def dead(job: Job) -> bool:
    return job.state is State.DEAD


def failed(job: Job) -> bool:
    return job.state is State.READY and job.last_error is not None


async def all_done(database: Database) -> None:
    async with asyncio.timeout(10):
        while await unfinished(database):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def unfinished(database: Database) -> int:
    async with database.read() as session:
        query = select(func.count()).select_from(Job).where(col(Job.state).in_([State.READY, State.LEASED]))
        return (await session.exec(query)).one()


def raises(error: BaseException) -> Handler:
    async def handle(_job: ClaimedJob) -> None:
        raise error

    return handle


async def nothing(_job: ClaimedJob) -> None:
    """A handler that has nothing to do."""
