"""Lists of follow-ups: filters, search, counts and pages, newest first."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, func, literal, not_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access
from storage.columns import Id, UTCDateTime, enum_column
from storage.errors import NotFoundError
from storage.limits import PAGE_SIZE
from storage.models import FollowUp, Incident
from storage.prepared import Prepared
from storage.records import (
    Counts,
    CreatorKind,
    CreatorRecord,
    Filter,
    FollowUpRecord,
    IncidentRecord,
    Listing,
    ListQuery,
    Status,
    Visibility,
)
from storage.searching import containing
from storage.selection import (
    FOLLOW_UPS,
    INCIDENT_COLUMNS,
    INCIDENTS,
    follow_up_record,
    incident_record,
    opening,
)

Condition = ColumnElement[bool]


def _is(status: Status) -> Condition:
    # Written out in the SQL. A partial index is taken only for a status known beforehand; for one that is a
    # parameter SQLite plans the whole statement anew at each execution.
    return col(FollowUp.status) == literal(status, enum_column(Status), literal_execute=True)


def _is_outstanding() -> Condition:
    return _is(Status.OUTSTANDING)


def _is_overdue(now: Any) -> Condition:
    return and_(_is_outstanding(), col(FollowUp.due_at) <= now)


def _is_done() -> Condition:
    return or_(_is(Status.COMPLETED), _is(Status.NOT_DOING))


# From a person's id and the time: values, or the parameters of a prepared statement.
FILTERS: dict[Filter, Callable[[Any, Any], Condition]] = {
    Filter.OUTSTANDING: lambda _person_id, _now: _is_outstanding(),
    Filter.MINE: lambda person_id, _now: and_(_is_outstanding(), col(FollowUp.assignee_id) == person_id),
    Filter.OVERDUE: lambda _person_id, now: _is_overdue(now),
    Filter.DONE: lambda _person_id, _now: _is_done(),
    Filter.ALL: lambda _person_id, _now: not_(_is(Status.DELETED)),
}


async def incident_in_channel(
    session: AsyncSession, slack_channel_id: str, now: datetime
) -> tuple[IncidentRecord, Counts] | None:
    """The channel's incident with its counts, for a person known to stand in that channel."""
    columns = (*INCIDENT_COLUMNS, *_counts(col(FollowUp.incident_id) == col(Incident.id), now))
    query = select(*columns).select_from(INCIDENTS).where(col(Incident.slack_channel_id) == slack_channel_id)
    row = (await session.exec(query)).first()
    if row is None:
        return None
    return incident_record(row[:-3]), Counts(*row[-3:])


async def incident(session: AsyncSession, actor: CreatorRecord, incident_id: str) -> IncidentRecord:
    """Raises NotFoundError."""
    query = (
        select(*INCIDENT_COLUMNS)
        .select_from(INCIDENTS)
        .where(col(Incident.id) == incident_id, access.visible(actor))
    )
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFoundError(f"no incident {incident_id}")
    return incident_record(row)


async def of_incident(
    session: AsyncSession, actor: CreatorRecord, incident_id: str, query: ListQuery, *, now: datetime
) -> Listing:
    """A page of an incident's follow-ups. Raises NotFoundError."""
    found = await incident(session, actor, incident_id)
    scope = col(FollowUp.incident_id) == incident_id
    counts = await counted(session, scope, now)
    return await _page(session, _in(scope, actor, query, now), query, counts, found)


async def of_channel(
    session: AsyncSession, actor: CreatorRecord, slack_channel_id: str, query: ListQuery, *, now: datetime
) -> Listing | None:
    """The first page of a channel's incident, for a person Slack says is in the channel.

    None where no incident is tracked. Of the query only the filter counts: nobody has searched or turned a
    page yet. People wait for this list most often, so it is one prepared statement.
    """
    rows = await OPENINGS[query.filter].rows(session, channel=slack_channel_id, person=actor.id, now=now)
    if not rows:
        return None
    counts, tracked = Counts(*rows[0][-3:]), incident_record(rows[0][-14:-3])
    if tracked.visibility is Visibility.PRIVATE and actor.kind is not CreatorKind.USER:
        return None  # only a person can be in a channel
    items = tuple(follow_up_record(row, tracked) for row in rows[:PAGE_SIZE] if row[0])
    return Listing(ListQuery(query.filter), counts, items, len(rows) > PAGE_SIZE, False, tracked)


async def of_person(
    session: AsyncSession, actor: CreatorRecord, query: ListQuery, *, now: datetime
) -> Listing:
    """A page of the follow-ups assigned to a person, across the incidents they may see."""
    # Asked of each incident with work of theirs. As a list, it would be made of all incidents there are.
    its_incident = col(Incident.id) == col(FollowUp.incident_id)
    seen = select(Incident.id).where(its_incident, access.visible(actor)).correlate(FollowUp).exists()
    scope = and_(col(FollowUp.assignee_id) == actor.id, seen)
    counts = await counted(session, scope, now)
    return await _page(session, _in(scope, actor, query, now), query, counts)


def _counts(scope: Condition, now: Any) -> tuple[Any, ...]:
    conditions = {"outstanding": _is_outstanding(), "overdue": _is_overdue(now), "done": _is_done()}
    return tuple(
        select(func.count()).select_from(FollowUp).where(scope, condition).scalar_subquery().label(name)
        for name, condition in conditions.items()
    )


async def counted(session: AsyncSession, scope: Condition, now: datetime) -> Counts:
    found = await session.exec(select(*_counts(scope, now)))
    return Counts(*found.one())


async def outstanding_in(session: AsyncSession, incident_id: str) -> int:
    query = (
        select(func.count())
        .select_from(FollowUp)
        .where(col(FollowUp.incident_id) == incident_id, _is_outstanding())
    )
    return (await session.exec(query)).one()


def _opening(shown: Filter) -> Prepared:
    now = bindparam("now", None, UTCDateTime())
    matching = FILTERS[shown](bindparam("person", None, Id()), now)
    counts = _counts(col(FollowUp.incident_id) == col(Incident.id), now)
    return Prepared(opening(bindparam("channel", None, String()), matching, counts, limit=PAGE_SIZE + 1))


OPENINGS = {shown: _opening(shown) for shown in Filter}


def _in(scope: Condition, actor: CreatorRecord, query: ListQuery, now: datetime) -> Any:
    return FOLLOW_UPS.where(scope, FILTERS[query.filter](actor.id, now), containing(query.text))


async def _page(
    session: AsyncSession,
    matching: Any,
    query: ListQuery,
    counts: Counts,
    tracked: IncidentRecord | None = None,
) -> Listing:
    if query.newer_than:
        newer = await _read(
            session, matching.where(col(FollowUp.id) > query.newer_than).order_by(col(FollowUp.id))
        )
        if len(newer) >= PAGE_SIZE:
            items = tuple(reversed(newer[:PAGE_SIZE]))
            return Listing(query, counts, items, True, len(newer) > PAGE_SIZE, tracked)
    elif query.older_than:
        older = await _read(
            session, matching.where(col(FollowUp.id) < query.older_than).order_by(col(FollowUp.id).desc())
        )
        if older:
            return Listing(query, counts, older[:PAGE_SIZE], len(older) > PAGE_SIZE, True, tracked)
    first = await _read(session, matching.order_by(col(FollowUp.id).desc()))
    start = ListQuery(query.filter, query.text)
    return Listing(start, counts, first[:PAGE_SIZE], len(first) > PAGE_SIZE, False, tracked)


async def _read(session: AsyncSession, query: Any) -> tuple[FollowUpRecord, ...]:
    rows = await session.exec(query.limit(PAGE_SIZE + 1))
    return tuple(follow_up_record(row) for row in rows)
