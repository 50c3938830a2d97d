"""Figures about follow-ups: how many of each status, how late, how long until they are completed.

Everything that matches is read: the cost grows with it. Deleted follow-ups are in no figure.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, literal, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, catalogue
from storage.columns import Id
from storage.models import FollowUp, Incident, Team
from storage.page_queries import MODES
from storage.records import CreatorRecord, Mode, PriorityRecord, Status, TeamRecord

Span = tuple[datetime | None, datetime | None]
ANY_TIME: Span = (None, None)

# What medians are of, and the column that says so.
GROUPS = {"all": None, "priority": "priority_id", "team": "assignee_team_id"}


@dataclass(frozen=True, slots=True)
class StatsQuery:
    """Which follow-ups count. `created` is from and to, both included."""

    incident_id: str | None = None
    mode: Mode | None = None
    assignee_team_id: str | None = None
    created: Span = ANY_TIME


@dataclass(frozen=True, slots=True)
class Figures:
    """`median_seconds` is from created to completed, of those completed; None where none is."""

    outstanding: int = 0
    completed: int = 0
    not_doing: int = 0
    overdue: int = 0
    median_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """`by_priority` and `by_team` have those that some follow-up has; None stands for none.

    `created_in_period` and `completed_in_period` count what happened in the period that was asked for.
    """

    total: Figures
    by_priority: tuple[tuple[PriorityRecord | None, Figures], ...]
    by_team: tuple[tuple[TeamRecord | None, Figures], ...]
    created_in_period: int
    completed_in_period: int


class microseconds_between(GenericFunction[int]):  # noqa: N801  SQLAlchemy renders the class's name
    """From the first time to the second, exactly: SQLite's own arithmetic on times has milliseconds."""

    type = BigInteger()
    inherit_cache = True


@compiles(microseconds_between, "sqlite")
def _in_sqlite(between: Any, compiler: SQLCompiler, **options: Any) -> str:
    # As SQLAlchemy keeps them: 2026-11-24 09:30:00.123456.
    begun, ended = (
        f"(CAST(strftime('%s', {time}) AS INTEGER) * 1000000 + CAST(substr({time}, 21, 6) AS INTEGER))"
        for time in (compiler.process(clause, **options) for clause in between.clauses)
    )
    return f"({ended} - {begun})"


@compiles(microseconds_between, "postgresql")
def _in_postgresql(between: Any, compiler: SQLCompiler, **options: Any) -> str:
    begun, ended = (compiler.process(clause, **options) for clause in between.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({ended} - {begun})) * 1000000 AS BIGINT)"


def _within(time: Any, span: Span) -> ColumnElement[bool]:
    since, until = span
    return and_(
        time.is_not(None),
        *([time >= since] if since is not None else []),
        *([time <= until] if until is not None else []),
    )


def _matching(actor: CreatorRecord, query: StatsQuery) -> list[ColumnElement[bool]]:
    equal = ((FollowUp.incident_id, query.incident_id), (FollowUp.assignee_team_id, query.assignee_team_id))
    return [
        access.visible(actor),
        col(FollowUp.status) != Status.DELETED,
        col(Incident.mode).in_((query.mode,) if query.mode else MODES),
        *(col(column) == value for column, value in equal if value is not None),
        *([_within(col(FollowUp.created_at), query.created)] if query.created != ANY_TIME else []),
    ]


@dataclass(slots=True)
class _Tally:
    """Sums of a group, while the rows of the counting statement come in."""

    by_status: Counter[Status] = field(default_factory=Counter)
    overdue: int = 0

    def add(self, status: Status, count: int, overdue: int) -> None:
        self.by_status[status] += count
        self.overdue += overdue

    def figures(self, median: float | None) -> Figures:
        return Figures(
            outstanding=self.by_status[Status.OUTSTANDING],
            completed=self.by_status[Status.COMPLETED],
            not_doing=self.by_status[Status.NOT_DOING],
            overdue=self.overdue,
            median_seconds=median,
        )


async def stats(
    session: AsyncSession,
    actor: CreatorRecord,
    query: StatsQuery,
    *,
    now: datetime,
    period: Span = ANY_TIME,
) -> Stats:
    """Of the follow-ups that the actor may see. Two statements read them all."""
    matching = _matching(actor, query)
    total, by_priority, by_team = _Tally(), defaultdict[Any, _Tally](_Tally), defaultdict[Any, _Tally](_Tally)
    created = completed = 0
    for priority_id, team_id, status, count, overdue, made, done in await _counted(
        session, matching, now, period
    ):
        for tally in (total, by_priority[priority_id], by_team[team_id]):
            tally.add(status, count, overdue)
        created, completed = created + made, completed + done
    medians = await _medians(session, matching)
    return Stats(
        total.figures(medians.get(("all", None))),
        _named("priority", by_priority, medians, await catalogue.priorities(session), lambda one: one.rank),
        _named("team", by_team, medians, await _teams(session, by_team), lambda one: one.name.casefold()),
        created,
        completed,
    )


async def _counted(session: AsyncSession, matching: list[Any], now: datetime, period: Span) -> Any:
    def counting(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    is_overdue = and_(col(FollowUp.status) == Status.OUTSTANDING, col(FollowUp.due_at) <= now)
    grouped: tuple[Any, ...] = (
        col(FollowUp.priority_id),
        col(FollowUp.assignee_team_id),
        col(FollowUp.status),
    )
    counts: tuple[Any, ...] = (
        func.count(),
        counting(is_overdue),
        counting(_within(col(FollowUp.created_at), period)),
        counting(_within(col(FollowUp.completed_at), period)),
    )
    statement: Any = (
        select(*grouped, *counts)
        .select_from(FollowUp)
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(*matching)
        .group_by(*grouped)
    )
    return await session.exec(statement)


async def _medians(session: AsyncSession, matching: list[Any]) -> dict[tuple[str, Any], float]:
    """Of all, of each priority and of each team, by the names in GROUPS and what they hold.

    Read are the one or two in the middle of each group: so both databases give the very same number.
    """
    took = func.microseconds_between(col(FollowUp.created_at), col(FollowUp.completed_at))
    completed: Any = (
        select(col(FollowUp.priority_id), col(FollowUp.assignee_team_id), took.label("took"))
        .select_from(FollowUp)
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(*matching, col(FollowUp.status) == Status.COMPLETED)
        .cte("completed")
    )
    found: dict[tuple[str, Any], list[int]] = defaultdict(list)
    middles = union_all(*(_middle(completed, name, column) for name, column in GROUPS.items()))
    connection = await session.connection()
    for name, value, microseconds in await connection.execute(middles):
        found[name, value].append(int(microseconds))
    return {group: sum(several) / len(several) / 1_000_000 for group, several in found.items()}


def _middle(completed: Any, name: str, column: str | None) -> Any:
    by = literal(None, Id()) if column is None else completed.c[column]
    # Sorted once for both: the count is that of the whole group.
    window: dict[str, Any] = {"order_by": completed.c.took, "partition_by": column and by}
    ordered: Any = select(
        by.label("grouped_by"),
        completed.c.took,
        func.row_number().over(**window).label("place"),
        func.count().over(**window, rows=(None, None)).label("count"),
    ).subquery(f"of_{name}")
    place, count = ordered.c.place * 2, ordered.c.count
    return select(literal(name), ordered.c.grouped_by, ordered.c.took).where(
        place >= count, place <= count + 2
    )


async def _teams(session: AsyncSession, ids: Iterable[str | None]) -> list[TeamRecord]:
    known = select(Team).where(col(Team.id).in_([one for one in ids if one is not None]))
    return [TeamRecord(team.id, team.slack_usergroup_id, team.name) for team in await session.exec(known)]


def _named(
    name: str,
    tallies: dict[Any, _Tally],
    medians: dict[tuple[str, Any], float],
    known: list[Any],
    order: Callable[[Any], Any],
) -> tuple[tuple[Any, Figures], ...]:
    """In their order; those without one last."""
    groups = [(one, one.id) for one in sorted(known, key=order) if one.id in tallies]
    groups += [(None, None)] if None in tallies else []
    return tuple((one, tallies[id_].figures(medians.get((name, id_)))) for one, id_ in groups)
