"""Jobs: what is still to be done because of a commit. The table is both the outbox and the queue."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Case, Index, bindparam, case, delete, select, text, update
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import Id, UTCDateTime, enum_column, new_id
from storage.database import WAKES_WORKER


class State(StrEnum):
    """`leased` belongs to a worker until `lease_until`; `dead` waits for a person to revive it."""

    READY = "ready"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


# A statement has five seconds.
SWEPT_AT_ONCE = 10_000

READY = text("state = 'ready'")
LEASED = text("state = 'leased'")
DEAD = text("state = 'dead'")
GROUPED = text("group_key IS NOT NULL AND state IN ('ready', 'leased')")


class Job(SQLModel, table=True):
    """`dedupe_key`: once ever. `coalesce_key`: at most one ready. `group_key`: one at a time, in order.

    A low `priority` goes first. `done_at` is when the job ended, done or dead.
    """

    __table_args__ = (
        Index("ix_job_due", "run_at", sqlite_where=READY, postgresql_where=READY),
        Index("ix_job_lease", "lease_until", sqlite_where=LEASED, postgresql_where=LEASED),
        Index("ix_job_dead", "id", sqlite_where=DEAD, postgresql_where=DEAD),
        Index("ix_job_group", "group_key", "id", sqlite_where=GROUPED, postgresql_where=GROUPED),
        Index("uq_job_coalesce", "coalesce_key", unique=True, sqlite_where=READY, postgresql_where=READY),
    )

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    kind: str
    payload: dict[str, Any] = Field(sa_type=JSON)
    dedupe_key: str | None = Field(default=None, unique=True)
    coalesce_key: str | None = None
    group_key: str | None = None
    state: State = Field(default=State.READY, sa_type=enum_column(State))
    run_at: datetime = Field(sa_type=UTCDateTime)
    priority: int = 0
    attempts: int = 0
    max_attempts: int
    lease: str | None = Field(default=None, sa_type=Id)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    last_error: str | None = None
    created_at: datetime = Field(sa_type=UTCDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


_INSERT = """
INSERT INTO job (id, kind, payload, dedupe_key, coalesce_key, group_key, state, run_at, priority, attempts,
                 max_attempts, created_at)
VALUES (:id, :kind, :payload, :dedupe_key, :coalesce_key, :group_key, 'ready', :run_at, :priority, 0,
        :max_attempts, :now)
"""
# The update locks the ready row until this transaction ends. Without it a worker could take that row, not see
# what is not committed yet, and finish: this change's consequence would never happen.
_OR_BRING_FORWARD = """
ON CONFLICT (coalesce_key) WHERE state = 'ready' DO UPDATE
SET run_at = CASE WHEN excluded.run_at < job.run_at THEN excluded.run_at ELSE job.run_at END
RETURNING id
"""
_OR_NOTHING = "ON CONFLICT DO NOTHING RETURNING id"
_TYPES = (
    bindparam("payload", type_=JSON),
    bindparam("run_at", type_=UTCDateTime),
    bindparam("now", type_=UTCDateTime),
)
_ENQUEUE = text(_INSERT + _OR_NOTHING).bindparams(*_TYPES)
_ENQUEUE_COALESCED = text(_INSERT + _OR_BRING_FORWARD).bindparams(*_TYPES)


async def enqueue(
    session: AsyncSession,
    kind: str,
    payload: dict[str, Any],
    *,
    now: datetime,
    run_at: datetime | None = None,
    group_key: str | None = None,
    dedupe_key: str | None = None,
    coalesce_key: str | None = None,
    priority: int = 0,
    max_attempts: int = 25,
) -> bool:
    """Add a job to this transaction. False when its key says that it is there already.

    `dedupe_key`: at most one job of that key is ever added. `coalesce_key`: while one of that key waits,
    another is not added, but the waiting one runs at the earlier of the two times. Its payload stays: let the
    handler read the present state. Transactions that coalesce several keys should do so in the same order.
    """
    if dedupe_key is not None and coalesce_key is not None:
        raise ValueError(f"{kind}: a job has a dedupe_key or a coalesce_key, not both")
    connection = await session.connection()
    job_id = new_id()
    added = await connection.scalar(
        _ENQUEUE if coalesce_key is None else _ENQUEUE_COALESCED,
        {
            "id": job_id,
            "kind": kind,
            "payload": payload,
            "dedupe_key": dedupe_key,
            "coalesce_key": coalesce_key,
            "group_key": group_key,
            "run_at": run_at or now,
            "priority": priority,
            "max_attempts": max_attempts,
            "now": now,
        },
    )
    session.info[WAKES_WORKER] = True
    return bool(added == job_id)


async def revive(
    session: AsyncSession, *, now: datetime, group_key: str | None = None, job_id: str | None = None
) -> int:
    """Make dead jobs ready: all of them, a group's, or one. Returns how many will run.

    One attempt stays on record, so that their handlers know that the world may have heard of them.
    """
    dead = (
        select(col(Job.id), col(Job.coalesce_key)).where(DEAD).order_by(col(Job.id).desc()).with_for_update()
    )
    if group_key is not None:
        dead = dead.where(col(Job.group_key) == group_key)
    if job_id is not None:
        dead = dead.where(col(Job.id) == job_id)
    connection = await session.connection()
    revived = 0
    for row in (await connection.execute(dead)).all():
        this = update(Job).where(col(Job.id) == row.id, DEAD)
        if row.coalesce_key is not None and await bring_forward(session, row.coalesce_key, now, attempts=1):
            await connection.execute(this.values(state=State.DONE))
        else:
            await connection.execute(this.values(state=State.READY, run_at=now, attempts=1, done_at=None))
            revived += 1
    session.info[WAKES_WORKER] = True
    return revived


async def move_group(session: AsyncSession, old: str, new: str) -> None:
    """What is unfinished or dead in the group goes on, in order, under the other name."""
    moving = update(Job).where(col(Job.group_key) == old, col(Job.state) != State.DONE)
    connection = await session.connection()
    await connection.execute(moving.values(group_key=new))


async def regroup(session: AsyncSession, coalesce_key: str, group_key: str) -> None:
    """The ready job of that key, if there is one, goes on in another group."""
    ready = update(Job).where(col(Job.coalesce_key) == coalesce_key, READY)
    connection = await session.connection()
    await connection.execute(ready.values(group_key=group_key))
    session.info[WAKES_WORKER] = True


async def bring_forward(session: AsyncSession, coalesce_key: str, run_at: datetime, *, attempts: int) -> bool:
    """Let the ready job of that key run by then, with the attempts of the one that it stands in for.

    It is held to this transaction's end. False: no such job.
    """
    ready = update(Job).where(col(Job.coalesce_key) == coalesce_key, READY)
    earlier = case((col(Job.run_at) < run_at, col(Job.run_at)), else_=run_at)
    connection = await session.connection()
    brought = await connection.execute(ready.values(run_at=earlier, attempts=at_least(attempts)))
    return brought.rowcount > 0


def at_least(attempts: int) -> Case[int]:
    """A job's own attempts, or that many."""
    return case((col(Job.attempts) > attempts, col(Job.attempts)), else_=attempts)


async def sweep(session: AsyncSession, *, before: datetime, keeping: Collection[str] = ()) -> int:
    """Forget jobs done before then, and with them their dedupe_key, except of the kinds named.

    Returns how many: at most SWEPT_AT_ONCE.
    """
    old = select(col(Job.id)).where(
        col(Job.state) == State.DONE, col(Job.done_at) < before, col(Job.kind).not_in(keeping)
    )
    connection = await session.connection()
    swept = delete(Job).where(col(Job.id).in_(old.limit(SWEPT_AT_ONCE)))
    return (await connection.execute(swept)).rowcount
