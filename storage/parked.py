"""Jobs that failed for good, for whoever runs the program."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import jobs
from storage.jobs import DEAD, Job, State


class NotParkedError(Exception):
    """An id that is no parked job's."""


async def parked(session: AsyncSession, *, limit: int) -> Sequence[Job]:
    """Oldest first."""
    return (await session.exec(select(Job).where(DEAD).order_by(col(Job.id)).limit(limit))).all()


async def count(session: AsyncSession) -> int:
    return (await session.exec(select(func.count()).select_from(Job).where(DEAD))).one()


async def retry(session: AsyncSession, ids: Collection[str], *, now: datetime) -> None:
    """Let these run again. Raises NotParkedError."""
    await _require(session, ids)
    for job_id in ids:
        await jobs.revive(session, now=now, job_id=job_id)


async def drop(session: AsyncSession, ids: Collection[str], *, now: datetime) -> None:
    """Never do these. What made them can't make them again. Raises NotParkedError."""
    await _require(session, ids)
    connection = await session.connection()
    await connection.execute(
        update(Job).where(col(Job.id).in_(ids), DEAD).values(state=State.DONE, done_at=now)
    )


async def _require(session: AsyncSession, ids: Collection[str]) -> None:
    query = select(Job.id).where(col(Job.id).in_(ids), DEAD).with_for_update()
    found = set((await session.exec(query)).all())
    if missing := sorted(set(ids) - found):
        raise NotParkedError(", ".join(missing))
