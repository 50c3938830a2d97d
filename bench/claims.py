"""How long a job waits for a worker once the transaction that left it has been committed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage import jobs
from storage.database import Database
from storage.leases import ClaimedJob
from storage.worker import Worker, utc_now

KIND = "bench"
PAUSE = 0.02
LIMIT = 10


async def commit_to_claim(url: str, count: int, *, by_a_replica: bool) -> list[float]:
    """Milliseconds. Jobs are left one at a time, by the worker's own process or as another replica would."""
    claimed: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def note(_job: ClaimedJob) -> None:
        claimed.set_result(time.perf_counter())

    waits = []
    async with (
        _database(url) as database,
        _database(url) as replica,
        _working(Worker(database, {KIND: note})),
    ):
        for _ in range(count):
            claimed = asyncio.get_running_loop().create_future()
            async with (replica if by_a_replica else database).write() as session:
                await jobs.enqueue(session, KIND, {}, now=utc_now())
            committed = time.perf_counter()
            async with asyncio.timeout(LIMIT):
                waits.append((await claimed - committed) * 1000)
            await asyncio.sleep(PAUSE)
    return waits


@asynccontextmanager
async def _database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[None]:
    await worker.start()
    try:
        yield
    finally:
        await worker.stop()
