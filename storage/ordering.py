"""Orders of lists, and cursors: the place after an item, wherever that item is by now."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, true, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import Id, is_id
from storage.errors import InvalidFieldError
from storage.models import FollowUp, Priority
from storage.rows import FollowUpRow

VERSION = 1
CURSOR_LIMIT = 200
ELSEWHERE = "This cursor is not of this list and order; begin again without it."
NO_FOLLOW_UP = "There is no such follow-up; begin again without it."


class Sort(StrEnum):
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    DUE_ON = "due_on"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Ordering:
    """Without a `sort` by id. What has no value comes last, both ways."""

    sort: Sort | None = None
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """After the item that had this value when it was shown; a priority's is its rank and id."""

    id: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an order that an index has in that order."""

    within: ColumnElement[bool]
    columns: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Value:
    """What is sorted by, and as JSON. `read` raises ValueError."""

    of: Callable[[FollowUpRow], Any]
    written: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo != UTC:
        raise ValueError(f"{value} is not in UTC")
    return moment


def _rank(value: Any) -> tuple[int, str]:
    rank, priority_id = value
    if type(rank) is not int or abs(rank) >= 2**31 or not is_id(priority_id):
        raise ValueError(f"{value} is no priority")
    return rank, priority_id


def _priority_of(found: FollowUpRow) -> tuple[int, str] | None:
    return None if found.priority_id is None else (found.priority_rank, found.priority_id)


VALUES: Mapping[Sort, _Value] = MappingProxyType(
    {
        Sort.CREATED_AT: _Value(lambda found: found.created_at, datetime.isoformat, _moment),
        Sort.UPDATED_AT: _Value(lambda found: found.updated_at, datetime.isoformat, _moment),
        Sort.DUE_ON: _Value(lambda found: found.due_on, date.isoformat, date.fromisoformat),
        Sort.PRIORITY: _Value(_priority_of, list, _rank),
    }
)
MAY_BE_EMPTY = frozenset({Sort.DUE_ON, Sort.PRIORITY})


def cursor(ordering: Ordering, last: FollowUpRow) -> str:
    """The page after begins here. In the order by id it is an id, as published."""
    if ordering.sort is None:
        return last.id
    value = VALUES[ordering.sort].of(last)
    written = None if value is None else VALUES[ordering.sort].written(value)
    parts = [VERSION, ordering.sort, ordering.is_descending, written, last.id]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def place_of(ordering: Ordering, after: str) -> Place:
    """Raises InvalidFieldError."""
    if ordering.sort is None:
        if not is_id(after):
            raise InvalidFieldError("after", NO_FOLLOW_UP)
        return Place(after)
    try:
        return _read(ordering, ordering.sort, after)
    except (ValueError, TypeError, OverflowError):
        raise InvalidFieldError("after", ELSEWHERE) from None


def _read(ordering: Ordering, sort: Sort, after: str) -> Place:
    if len(after) > CURSOR_LIMIT:
        raise ValueError("too long")
    padded = after.encode() + b"=" * (-len(after) % 4)
    version, named, is_descending, written, id_ = json.loads(base64.b64decode(padded, b"-_", validate=True))
    if (version, named, is_descending) != (VERSION, sort, ordering.is_descending) or not is_id(id_):
        raise ValueError("another order")
    if written is None and sort in MAY_BE_EMPTY:
        return Place(id_)
    return Place(id_, VALUES[sort].read(written))


def directed(column: Any, ordering: Ordering) -> Any:
    return column.desc() if ordering.is_descending else column.asc()


def beyond(column: Any, value: Any, ordering: Ordering) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column < value if ordering.is_descending else column > value
    return condition


async def segments(session: AsyncSession, ordering: Ordering, place: Place | None) -> list[Segment]:
    """The order from that place on, in its parts, first to last."""
    id_ = col(FollowUp.id)
    later = true() if place is None else beyond(id_, place.id, ordering)
    if ordering.sort is None:
        return [Segment(later, (id_,))]
    if ordering.sort is Sort.PRIORITY:
        return await _by_priority(session, ordering, place, later)
    column = {
        Sort.CREATED_AT: col(FollowUp.created_at),
        Sort.UPDATED_AT: col(FollowUp.updated_at),
        Sort.DUE_ON: col(FollowUp.due_on),
    }[ordering.sort]
    parts = []
    if place is None or place.value is not None:
        dated = true() if place is None else _past(column, place, ordering)
        parts.append(Segment(and_(column.is_not(None), dated), (column, id_)))
    if ordering.sort in MAY_BE_EMPTY:
        is_there = place is not None and place.value is None
        parts.append(Segment(and_(column.is_(None), later if is_there else true()), (column, id_)))
    return parts


def _past(column: Any, place: Place, ordering: Ordering) -> ColumnElement[bool]:
    here = tuple_(literal(place.value, column.type), literal(place.id, Id()))
    return beyond(tuple_(column, col(FollowUp.id)), here, ordering)


async def _by_priority(
    session: AsyncSession, ordering: Ordering, place: Place | None, later: ColumnElement[bool]
) -> list[Segment]:
    """A part for each priority: there are few, and an index has each of them by id."""
    known = select(Priority.rank, Priority.id)
    ranked = [(rank, id_) for rank, id_ in await session.exec(known)]
    ranked.sort(reverse=ordering.is_descending)
    column, id_ = col(FollowUp.priority_id), col(FollowUp.id)
    parts = []
    for key in ranked if place is None or place.value is not None else ():
        is_before = place is not None and (key > place.value if ordering.is_descending else key < place.value)
        if not is_before:
            is_there = place is not None and key == place.value
            parts.append(
                Segment(
                    and_(
                        column == literal(key[1], Id(), literal_execute=True), later if is_there else true()
                    ),
                    (id_,),
                )
            )
    without = later if place is not None and place.value is None else true()
    return [*parts, Segment(and_(column.is_(None), without), (column, id_))]
