"""The worker's side of the queue: claim a job, keep it, and say how it ended.

Whoever claims a job gets a lease, and every later word about the job must show it. So a worker that was taken
for dead and replaced can change nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import TextClause, bindparam, func, select, text, tuple_, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import pacing
from storage.columns import UTCDateTime, new_id
from storage.database import WAKES_WORKER
from storage.jobs import GROUPED, LEASED, READY, Job, State
from storage.models import Pace

_CLAIM_LOCK = 0x6A6F6273  # any number, the same in every version
_LONGEST_ERROR = 500

# Literal states, not parameters: SQLite uses a partial index only when it can see that its condition holds.
# A group's jobs wait for an older one that has come due or failed, but not for one scheduled for later, and
# for any that is being worked on. An expired lease holds up only the jobs behind it. A paused group waits.
_CLAIMABLE = text("""
(job.state = 'ready' AND job.run_at <= :now OR job.state = 'leased' AND job.lease_until < :now)
AND NOT EXISTS (
  SELECT 1 FROM job AS other
  WHERE other.group_key = job.group_key AND other.state IN ('ready', 'leased')
  AND (other.id < job.id AND (other.state = 'leased' OR other.attempts > 0 OR other.run_at <= :now)
       OR other.id > job.id AND other.state = 'leased' AND other.lease_until >= :now)
)
AND NOT EXISTS (SELECT 1 FROM pace WHERE pace.key = job.group_key AND pace.until > :now)
""").bindparams(bindparam("now", type_=UTCDateTime))


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that is this worker's for as long as `lease` holds. `attempts` counts this one."""

    id: str
    kind: str
    payload: dict[str, Any]
    lease: str
    attempts: int
    max_attempts: int
    group_key: str | None
    coalesce_key: str | None
    created_at: datetime


class LeaseLostError(Exception):
    """Another worker has taken the job over. Undo this transaction: what it was about to say is stale."""


async def next_at(session: AsyncSession, *, kinds: Collection[str], now: datetime) -> datetime | None:
    """When a job can next be claimed: `now` if one can already. It only reads: idle workers take no lock."""
    # Ordered, where EXISTS would do: planning for any `now`, PostgreSQL takes a third of all jobs for due and
    # would read those scheduled for later one after another until it meets one.
    claimable = select(col(Job.run_at)).where(_claimable(now), col(Job.kind).in_(kinds))
    first = claimable.order_by(col(Job.run_at)).limit(1).scalar_subquery()
    due = select(func.min(col(Job.run_at))).where(READY, col(Job.run_at) > now).scalar_subquery()
    expired = select(func.min(col(Job.lease_until))).where(LEASED).scalar_subquery()
    waiting = select(1).select_from(Job).where(GROUPED, col(Job.group_key) == col(Pace.key)).exists()
    paused = select(func.min(col(Pace.until))).where(col(Pace.until) > now, waiting).scalar_subquery()
    connection = await session.connection()
    row = (await connection.execute(select(first, due, expired, paused))).one()
    return now if row[0] is not None else min((at for at in row[1:] if at is not None), default=None)


async def claim(
    session: AsyncSession, *, kinds: Collection[str], limit: int, now: datetime, lease_for: timedelta
) -> list[ClaimedJob]:
    """Take the jobs of these kinds that are due, at most one of each group.

    One of another kind is a newer version's. It waits for a replica of that, and holds up its group.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        # One claim at a time, lest two workers hold two jobs of a group. SQLite's writers take turns anyway.
        await connection.execute(select(func.pg_advisory_xact_lock(_CLAIM_LOCK)))
    order = (col(Job.priority), col(Job.run_at), col(Job.id))
    # A CTE, because PostgreSQL may run a plain subquery again and then take more than the limit.
    first = select(col(Job.id)).where(_claimable(now), col(Job.kind).in_(kinds)).order_by(*order).limit(limit)
    due = first.with_for_update(skip_locked=True).cte("due")
    claimed = await connection.execute(
        update(Job)
        .where(col(Job.id).in_(select(due.c.id)))
        .values(state=State.LEASED, lease=new_id(), lease_until=now + lease_for, attempts=Job.attempts + 1)
        .returning(*(col(getattr(Job, name)) for name in ClaimedJob.__slots__), *order)
    )
    rows = sorted(claimed.all(), key=lambda row: (row.priority, row.run_at, row.id))
    return [ClaimedJob(**{name: getattr(row, name) for name in ClaimedJob.__slots__}) for row in rows]


async def extend(session: AsyncSession, held: Collection[ClaimedJob], *, until: datetime) -> set[str]:
    """Keep the jobs for longer. Returns the ids that are still held; the others are someone else's now."""
    mine = tuple_(col(Job.id), col(Job.lease)).in_([(job.id, job.lease) for job in held])
    connection = await session.connection()
    kept = update(Job).where(mine, LEASED).values(lease_until=until).returning(col(Job.id))
    return set((await connection.scalars(kept)).all())


async def finish(session: AsyncSession, job: ClaimedJob, *, now: datetime) -> None:
    """The job is done, if this transaction commits. Raises LeaseLostError."""
    await _settle(session, job, state=State.DONE, done_at=now)


async def park(session: AsyncSession, job: ClaimedJob, error: str, *, now: datetime) -> None:
    """Trying again is no use: keep the job for a person to look at. Raises LeaseLostError."""
    await _settle(session, job, state=State.DEAD, done_at=now, last_error=error[:_LONGEST_ERROR])


async def retry_later(session: AsyncSession, job: ClaimedJob, error: str, *, run_at: datetime) -> None:
    """Try again then. Raises LeaseLostError."""
    await _put_back(session, job, run_at=run_at, attempts=job.attempts, last_error=error[:_LONGEST_ERROR])


async def postpone(session: AsyncSession, job: ClaimedJob, *, until: datetime) -> None:
    """Nothing was tried, so no attempt is counted; the job's group waits with it. Raises LeaseLostError."""
    # Since it was claimed, its channel may have got another id.
    group_key = await _put_back(session, job, run_at=until, attempts=job.attempts - 1)
    if group_key is not None:
        await pacing.pause(session, group_key, until)


async def hand_back(
    session: AsyncSession, job: ClaimedJob, *, now: datetime, after: timedelta = timedelta()
) -> None:
    """Another worker may have the job so much later. The attempt counts: the world may have heard of it.

    Raises LeaseLostError.
    """
    await _put_back(session, job, run_at=now + after, attempts=job.attempts)
    session.info[WAKES_WORKER] = True


async def _put_back(
    session: AsyncSession, job: ClaimedJob, *, run_at: datetime, attempts: int, **noted: Any
) -> str | None:
    """A newer job of its coalesce_key that waits is taken in: this one keeps its place in its group.

    Returns that group's key.
    """
    if job.coalesce_key is not None:
        newer = update(Job).where(col(Job.coalesce_key) == job.coalesce_key, READY)
        connection = await session.connection()
        await connection.execute(newer.values(state=State.DONE, done_at=run_at))
    return await _settle(session, job, state=State.READY, run_at=run_at, attempts=attempts, **noted)


async def _settle(session: AsyncSession, job: ClaimedJob, **values: Any) -> str | None:
    """Returns the key of the group that the job is in now."""
    mine = update(Job).where(col(Job.id) == job.id, col(Job.lease) == job.lease, LEASED)
    connection = await session.connection()
    ended = mine.values(lease=None, lease_until=None, **values).returning(col(Job.group_key))
    settled = (await connection.execute(ended)).one_or_none()
    if settled is None:
        raise LeaseLostError(f"Job {job.id} is no longer this worker's")
    group_key: str | None = settled.group_key
    return group_key


def _claimable(now: datetime) -> TextClause:
    return _CLAIMABLE.bindparams(now=now)
