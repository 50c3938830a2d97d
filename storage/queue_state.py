"""The job table at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select, union_all
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.jobs import DEAD, LEASED, READY, Job, State


@dataclass(frozen=True, slots=True)
class QueueState:
    """`counts` has a state, a kind and how many; jobs that are done are not counted."""

    counts: Sequence[tuple[str, str, int]]
    oldest_due: timedelta


# One partial index each: among the rows are all the jobs done in the last day.
_COUNTS = union_all(
    *(
        select(literal(state.value), col(Job.kind), func.count()).where(condition).group_by(col(Job.kind))
        for state, condition in ((State.READY, READY), (State.LEASED, LEASED), (State.DEAD, DEAD))
    )
)


async def queue_state(session: AsyncSession, *, now: datetime) -> QueueState:
    connection = await session.connection()
    counts = [(row[0], row[1], row[2]) for row in await connection.execute(_COUNTS)]
    waiting_since = await connection.scalar(
        select(func.min(col(Job.run_at))).where(READY, col(Job.run_at) <= now)
    )
    return QueueState(counts, timedelta() if waiting_since is None else now - waiting_since)
