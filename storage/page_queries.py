"""What is asked of a page of follow-ups, and the way to read it that costs least."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, walking
from storage.models import FollowUp, FollowUpLabel, Incident
from storage.narrowing import (
    Condition,
    Narrowing,
    Unindexed,
    conditions,
    given,
    has_label,
    is_outstanding,
    overdue_at,
    within,
    written_out,
)
from storage.ordering import Ordering, Place, Segment, Sort
from storage.records import CreatorRecord, Mode, Status
from storage.rows import FollowUpRow
from storage.searching import found_by_index
from storage.walking import Source, Values, Walk

# Unless one is asked for, as the published API has it.
MODES = (Mode.STANDARD, Mode.RETROSPECTIVE)
# Word for word as in the index.
UNUSUAL = "incident.mode NOT IN ('standard', 'retrospective')"
NOWHEN = (None, None)
EVERYTHING, BY_ID = Narrowing(), Ordering()


@dataclass(frozen=True, slots=True)
class PageQuery:
    """`created` and `updated` are from and to, both included. `after` is a cursor of the same order."""

    limit: int
    after: str | None = None
    incident_id: str | None = None
    mode: Mode | None = None
    assignee_team_id: str | None = None
    created: tuple[datetime | None, datetime | None] = NOWHEN
    updated: tuple[datetime | None, datetime | None] = NOWHEN
    narrowed: Narrowing = EVERYTHING
    order: Ordering = BY_ID

    @property
    def is_plain(self) -> bool:
        """A page of everything."""
        return self == PageQuery(self.limit, self.after)

    @property
    def is_by_id(self) -> bool:
        return self.order.sort is None

    def but(self, **narrowed: Any) -> "PageQuery":
        return replace(self, narrowed=replace(self.narrowed, **narrowed))


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, by whom, from which place on. `labels` has the ids for each label's name."""

    session: AsyncSession
    actor: CreatorRecord
    query: PageQuery
    place: Place | None
    labels: Sequence[Sequence[str]]

    def walk(self, others: "Asked | None" = None) -> Walk:
        where = tuple(self.conditions())
        rest = where if others is None else tuple(others.conditions())
        return Walk(self.session, self.query.order, where, rest, self.place)

    def seen(self, column: Any) -> Any:
        """The index to look something up in is the one that has the order."""
        sort = self.query.order.sort
        return col(column) if sort is None or column.key == sort else Unindexed(col(column))

    def conditions(self) -> Iterator[Condition]:
        query = self.query
        yield access.visible(self.actor)
        if Status.DELETED not in query.narrowed.statuses:
            yield col(FollowUp.status) != Status.DELETED
        yield col(Incident.mode).in_((query.mode,) if query.mode else MODES)
        if query.incident_id is not None:
            yield col(FollowUp.incident_id) == query.incident_id
        if query.assignee_team_id is not None:
            yield self.seen(FollowUp.assignee_team_id) == query.assignee_team_id
        for column, span in ((FollowUp.created_at, query.created), (FollowUp.updated_at, query.updated)):
            if (condition := within(self.seen(column), span)) is not None:
                yield condition
        yield from conditions(query.narrowed, self.seen)
        if (
            query.order.sort is Sort.DUE_ON
            and query.narrowed.overdue is not None
            and query.narrowed.overdue[0]
        ):
            # No zone is so far ahead that a day would be over there before it has begun in UTC.
            yield col(FollowUp.due_on) <= query.narrowed.overdue[1].date()
        yield from map(has_label, self.labels)


async def read(asked: Asked, segment: Segment, limit: int) -> list[FollowUpRow]:
    """The first of that part of the order."""
    query = asked.query
    # Of one incident or person there are few enough to look at all.
    if query.is_by_id and (query.incident_id is not None or query.narrowed.assignee_id is not None):
        return await walking.along(asked.walk(), segment, limit)
    for source, others in _sources(asked):
        return await walking.by_source(asked.walk(others), segment, limit, source)
    if query.is_by_id:
        return await _read_by_id(asked, segment, limit)
    return await walking.along(asked.walk(), segment, limit)


async def _read_by_id(asked: Asked, segment: Segment, limit: int) -> list[FollowUpRow]:
    narrowed = asked.query.narrowed
    if asked.labels:
        return await walking.with_label(asked.walk(), segment, limit, asked.labels[0][0], asked.place)
    for values, others in _values(asked.query):
        walk = replace(asked, query=others).walk()
        return await walking.by_value(walk, asked.place, limit, values)
    if len(narrowed.statuses) > 1:
        walk = replace(asked, query=asked.query.but(statuses=())).walk()
        known = sorted(set(narrowed.statuses))
        branches = [col(FollowUp.status) == written_out(FollowUp.status, status) for status in known]
        return await walking.merged(walk, segment, limit, branches)
    return await walking.along(asked.walk(), segment, limit)


def _values(query: PageQuery) -> Iterator[tuple[Values, PageQuery]]:
    """For filters by days, of which there are few; the first is taken."""
    overdue, due = query.narrowed.overdue, query.narrowed.due
    if overdue is not None and overdue[0]:
        yield Values(col(FollowUp.due_at), (None, overdue[1]), (is_outstanding(),)), query.but(overdue=None)
    if due != NOWHEN:
        yield Values(col(FollowUp.due_on), due), query.but(due=NOWHEN)


def _ids(*where: Condition) -> Any:
    ids: Any = select(col(FollowUp.id).label("id")).where(*where)
    return ids


def _sources(asked: Asked) -> Iterator[tuple[Source, Asked]]:
    """For filters that no index has in the order asked for; the first is taken."""
    query, narrowed, sort = asked.query, asked.query.narrowed, asked.query.order.sort
    for column, value, others in (
        (FollowUp.incident_id, query.incident_id, replace(query, incident_id=None)),
        (FollowUp.assignee_id, narrowed.assignee_id, query.but(assignee_id=None)),
    ):
        if value is not None:
            ids: Any = _ids(col(column) == value)
            yield Source(ids, ids), replace(asked, query=others)
    is_sqlite = asked.session.get_bind().dialect.name == "sqlite"
    if (hits := found_by_index(narrowed.text, is_sqlite=is_sqlite)) is not None:
        yield Source(hits.ids, hits.counted, is_cheap=False), replace(asked, query=query.but(text=""))
    if asked.labels and (sort is not None or len(asked.labels[0]) > 1):
        of_label = col(FollowUpLabel.label_id).in_(asked.labels[0])
        ids = select(col(FollowUpLabel.follow_up_id).label("id")).where(of_label)
        yield Source(ids, ids), replace(asked, labels=())
    if sort is not Sort.UPDATED_AT and (span := within(col(FollowUp.updated_at), query.updated)) is not None:
        ids = _ids(span).order_by(col(FollowUp.updated_at))
        yield Source(ids, ids), replace(asked, query=replace(query, updated=NOWHEN))
    if sort is not Sort.CREATED_AT and (span := within(col(FollowUp.created_at), query.created)) is not None:
        ids = _ids(span).order_by(col(FollowUp.created_at))
        yield Source(ids, ids), replace(asked, query=replace(query, created=NOWHEN))
    if query.mode is not None and query.mode not in MODES:
        of_mode = _ids(col(Incident.mode) == query.mode).where(text(UNUSUAL))
        ids = of_mode.join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        yield Source(ids, ids), replace(asked, query=replace(query, mode=None))
    if sort is not None:
        for condition, others in _in_another_order(query, sort):
            ids = _ids(condition)
            yield Source(ids, ids), replace(asked, query=others)


def _in_another_order(query: PageQuery, sort: Sort) -> Iterator[tuple[Condition, PageQuery]]:
    """For filters that an index has by id only."""
    narrowed = query.narrowed
    if narrowed.overdue is not None and narrowed.overdue[0]:
        yield overdue_at(narrowed.overdue[1]), query.but(overdue=None)
    if sort is not Sort.DUE_ON and (due := within(col(FollowUp.due_on), narrowed.due)) is not None:
        yield due, query.but(due=NOWHEN)
    if narrowed.category_id is not None:
        yield (
            col(FollowUp.category_id) == written_out(FollowUp.category_id, narrowed.category_id),
            query.but(category_id=None),
        )
    if query.assignee_team_id is not None:
        of_team = col(FollowUp.assignee_team_id) == query.assignee_team_id
        yield of_team, replace(query, assignee_team_id=None)
    if narrowed.creator_kind is not None:
        yield (
            col(FollowUp.creator_kind) == written_out(FollowUp.creator_kind, narrowed.creator_kind),
            query.but(creator_kind=None),
        )
    if narrowed.statuses:
        yield col(FollowUp.status).in_(narrowed.statuses), query.but(statuses=())
    if narrowed.priority_id is not None and sort is not Sort.PRIORITY:
        yield (
            col(FollowUp.priority_id) == written_out(FollowUp.priority_id, narrowed.priority_id),
            query.but(priority_id=None),
        )
    for column, name in (
        (FollowUp.assignee_id, "is_assigned"),
        (FollowUp.external_issue_id, "has_external_issue"),
    ):
        is_given = getattr(narrowed, name)
        if is_given is not None:
            yield given(column, is_given), query.but(**{name: None})
