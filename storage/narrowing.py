"""What a list of follow-ups is narrowed to, as conditions and as ids looked up in an index."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import FollowUp, FollowUpLabel, Label
from storage.records import CreatorKind, Status
from storage.searching import containing

Condition = ColumnElement[bool]
Span = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """All of what is given has to hold. A label is in `labels` by its name, whatever its case.

    `overdue` is whether they are, and as of when; `due` the first and the last day.
    """

    statuses: tuple[Status, ...] = ()
    assignee_id: str | None = None
    is_assigned: bool | None = None
    priority_id: str | None = None
    category_id: str | None = None
    labels: tuple[str, ...] = ()
    creator_kind: CreatorKind | None = None
    due: tuple[date | None, date | None] = (None, None)
    overdue: tuple[bool, datetime] | None = None
    has_external_issue: bool | None = None
    text: str = ""


class Unindexed(FunctionElement[Any]):
    """A column that SQLite is to look at in each row, not to look up.

    Knowing nothing of the values, it would look up any that an index has, and sort all it finds.
    """

    inherit_cache = True

    def __init__(self, column: Any) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(Unindexed)
def _plain(element: Unindexed, compiler: Any, **more: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **more))


@compiles(Unindexed, "sqlite")
def _with_a_plus(element: Unindexed, compiler: Any, **more: Any) -> str:
    return f"+{_plain(element, compiler, **more)}"


def within(column: Any, span: Span) -> Condition | None:
    since, until = span
    bounds = [column >= since] if since is not None else []
    if until is not None:
        bounds.append(column <= until)
    return and_(*bounds) if bounds else None


def written_out(column: Any, value: Any) -> Any:
    """In the SQL, for a column of few values: a plan for any of them would suit the common ones only.

    SQLite, for its part, takes a partial index only for what it reads there.
    """
    known: Any = col(column)
    return literal(value, known.type, literal_execute=True)


def is_outstanding(seen: Callable[[Any], Any] = col) -> Condition:
    outstanding: Condition = seen(FollowUp.status) == written_out(FollowUp.status, Status.OUTSTANDING)
    return outstanding


def overdue_at(now: datetime, seen: Callable[[Any], Any] = col) -> Condition:
    return and_(is_outstanding(seen), seen(FollowUp.due_at) <= now)


def conditions(narrowed: Narrowing, seen: Callable[[Any], Any]) -> Iterator[Condition]:
    """All but the labels. `seen` is how a column is looked at: `col`, or Unindexed."""
    yield from _equal(narrowed, seen)
    for column, is_given in (
        (FollowUp.assignee_id, narrowed.is_assigned),
        (FollowUp.external_issue_id, narrowed.has_external_issue),
    ):
        if is_given is not None:
            yield given(column, is_given)
    if (due := within(seen(FollowUp.due_on), narrowed.due)) is not None:
        yield due
    if narrowed.overdue is not None:
        is_overdue, now = narrowed.overdue
        yield overdue_at(now, seen) if is_overdue else _not_overdue_at(now)
    if narrowed.text:
        yield containing(narrowed.text)


def _equal(narrowed: Narrowing, seen: Callable[[Any], Any]) -> Iterator[Condition]:
    if narrowed.assignee_id is not None:
        yield col(FollowUp.assignee_id) == narrowed.assignee_id
    if len(narrowed.statuses) == 1:
        yield seen(FollowUp.status) == written_out(FollowUp.status, narrowed.statuses[0])
    elif narrowed.statuses:
        yield seen(FollowUp.status).in_(narrowed.statuses)
    for column, value in (
        (FollowUp.priority_id, narrowed.priority_id),
        (FollowUp.category_id, narrowed.category_id),
        (FollowUp.creator_kind, narrowed.creator_kind),
    ):
        if value is not None:
            yield seen(column) == written_out(column, value)


def given(column: Any, is_given: bool) -> Condition:
    condition: Condition = col(column).is_not(None) if is_given else col(column).is_(None)
    return condition


def _not_overdue_at(now: datetime) -> Condition:
    due_at = col(FollowUp.due_at)
    return or_(due_at.is_(None), due_at > now, col(FollowUp.status) != Status.OUTSTANDING)


async def label_ids(session: AsyncSession, labels: Sequence[str]) -> list[list[str]]:
    """For each name the labels so called: one in each workspace that has it."""
    keys = [label.casefold() for label in labels]
    query = select(Label.name_key, Label.id).where(col(Label.name_key).in_(keys))
    found = list(await session.exec(query))
    return [[id_ for known, id_ in found if known == key] for key in keys]


def has_label(ids: Sequence[str]) -> Condition:
    has: Condition = (
        select(FollowUpLabel.label_id)
        .where(col(FollowUpLabel.follow_up_id) == col(FollowUp.id), col(FollowUpLabel.label_id).in_(ids))
        .correlate(FollowUp)
        .exists()
    )
    return has
