"""Workers that are killed: every job is done, and what it stores is stored once."""

import asyncio
import sys
from pathlib import Path

from sqlmodel import col, func, select

from storage import jobs
from storage.database import Database
from storage.models import Category
from tests.storage.queue import NOW, unfinished

WORKER = """
import asyncio, sys
from datetime import timedelta
from storage.database import Database
from storage.models import Category
from storage.worker import Worker

async def count(job):
    await asyncio.sleep(0.02)
    async def store(session):
        session.add(Category(name=str(job.payload["number"]), rank=job.attempts))
    return store

async def main():
    database = Database(sys.argv[1])
    await Worker(database, {"count": count}, concurrency=4, lease=timedelta(seconds=0.5)).start()
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_jobs_survive_workers_that_are_killed(database: Database, database_url: str) -> None:
    async with database.write() as session:
        for number in range(120):
            await jobs.enqueue(session, "count", {"number": number}, now=NOW, group_key=str(number % 40))

    for killed_at in (10, 40, 70, 120):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, database_url, cwd=Path(__file__).parents[2]
        )
        try:
            async with asyncio.timeout(20):
                while await stored(database) < killed_at:  # noqa: ASYNC110  another process stores them
                    await asyncio.sleep(0.005)
        finally:
            process.kill()
            await process.wait()

    async with database.read() as session:
        attempts = (await session.exec(select(func.max(Category.rank)))).one()
        names = (await session.exec(select(Category.name).order_by(col(Category.name)))).all()
    assert names == sorted(str(number) for number in range(120))
    assert attempts > 1
    assert await unfinished(database) == 0


async def stored(database: Database) -> int:
    async with database.read() as session:
        return (await session.exec(select(func.count()).select_from(Category))).one()
