"""Ways to read a page: along an index that has the order, or from ids that another index has found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, true, union_all
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import FollowUp, FollowUpLabel, Incident
from storage.narrowing import Unindexed, written_out
from storage.ordering import Ordering, Place, Segment, beyond, directed
from storage.rows import FollowUpRow
from storage.selection import follow_ups_of

# So few are sorted sooner than the order is walked; so many are not sorted at all.
FEW, MANY = 500, 50_000
# For each item of a page, how many are looked at in the order before an index is asked.
LOOKED_AT = 40
# Values merged in one statement: at least as many as most pages have items.
MERGED = 26

Condition = ColumnElement[bool]
Rows = list[FollowUpRow]


@dataclass(frozen=True, slots=True)
class Walk:
    """`where` are all conditions, `others` those without what an index is asked for instead."""

    session: AsyncSession
    ordering: Ordering
    where: tuple[Condition, ...]
    others: tuple[Condition, ...]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Ids of all that one filter lets through, and maybe more. `is_cheap` to count the first few of."""

    ids: Any
    counted: Any
    is_cheap: bool = True


async def along(walk: Walk, segment: Segment, limit: int) -> Rows:
    """The first of them, in order."""
    return await _read(walk, segment, limit, _ids(walk, segment, walk.where, limit))


async def by_source(walk: Walk, segment: Segment, limit: int, source: Source) -> Rows:
    """Whichever is less work, as far as can be told: a filter may let through ten or a million."""
    if source.is_cheap and await _are_at_most(walk, source, FEW):
        return await _among(walk, segment, limit, source)
    first = await _of_the_next(walk, segment, limit)
    if len(first) == limit:
        return first
    if await _are_at_most(walk, source, MANY):
        return await _among(walk, segment, limit, source)
    return await along(walk, segment, limit)


async def _are_at_most(walk: Walk, source: Source, count: int) -> bool:
    some = source.counted.limit(count + 1).subquery()
    return (await walk.session.exec(select(func.count()).select_from(some))).one() <= count


async def _among(walk: Walk, segment: Segment, limit: int, source: Source) -> Rows:
    found = source.ids.cte("candidate").prefix_with("MATERIALIZED")
    ids = select(found.c.id)
    if walk.ordering.sort is None:
        here = [] if walk.place is None else [beyond(found.c.id, walk.place.id, walk.ordering)]
        nearest = ids.where(*here).order_by(directed(found.c.id, walk.ordering)).limit(limit * LOOKED_AT)
        first = await _read(walk, segment, limit, _ids_among(walk, segment, nearest, limit))
        if len(first) == limit:
            return first
    return await _read(walk, segment, limit, _ids_among(walk, segment, ids, limit))


def _ids_among(walk: Walk, segment: Segment, candidates: Any, limit: int) -> Any:
    """Sorted: in SQLite's own opinion the index that has the order had better be read whole."""
    within = (col(FollowUp.id).in_(candidates), *walk.where)
    unindexed = tuple(map(Unindexed, segment.columns)) if walk.ordering.sort else segment.columns
    return _ids(walk, replace(segment, columns=unindexed), within, limit)


async def _of_the_next(walk: Walk, segment: Segment, limit: int) -> Rows:
    columns = [column.label(f"by_{at}") for at, column in enumerate(segment.columns)]
    # Not as a condition: PostgreSQL would put that before the limit, and look for all that it holds of.
    holds = and_(true(), *walk.where).label("holds")
    near = _ids(walk, segment, walk.others, limit * LOOKED_AT).add_columns(holds, *columns).subquery("near")
    order = (directed(near.c[column.name], walk.ordering) for column in columns)
    ids = select(near.c.id).where(near.c.holds).order_by(*order).limit(limit)
    return await _read(walk, segment, limit, ids)


def _ids(walk: Walk, segment: Segment, where: Sequence[Condition], limit: int) -> Any:
    return (
        select(col(FollowUp.id).label("id"))
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(segment.within, *where)
        .order_by(*(directed(column, walk.ordering) for column in segment.columns))
        .limit(limit)
        .correlate(None)
    )


async def _read(walk: Walk, segment: Segment, limit: int, ids: Any) -> Rows:
    # SQLite would begin with an index that has this order, and look for the ids in all there are.
    order = (directed(Unindexed(column), walk.ordering) for column in segment.columns)
    rows = await walk.session.exec(follow_ups_of(ids).order_by(*order).limit(limit))
    return list(map(FollowUpRow._make, rows))


async def with_label(walk: Walk, segment: Segment, limit: int, label_id: str, place: Place | None) -> Rows:
    """By id, along the label's index."""
    id_ = col(FollowUpLabel.follow_up_id)
    here = [] if place is None else [beyond(id_, place.id, walk.ordering)]
    ids: Any = (
        select(id_.label("id"))
        .join(FollowUp, col(FollowUp.id) == id_)
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(
            col(FollowUpLabel.label_id) == written_out(FollowUpLabel.label_id, label_id), *here, *walk.where
        )
        .order_by(directed(id_, walk.ordering))
        .limit(limit)
    )
    return await _read(walk, segment, limit, ids)


async def merged(walk: Walk, segment: Segment, limit: int, branches: Sequence[Condition]) -> Rows:
    """By id, from several walks that have nothing in common."""
    parts = [_ids(walk, segment, (*walk.where, branch), limit).subquery() for branch in branches]
    return await _read(walk, segment, limit, union_all(*(select(part.c.id) for part in parts)))


@dataclass(frozen=True, slots=True)
class Values:
    """Of `column`, from and to, where `also` holds: few, of each of which an index has the ids in order."""

    column: Any
    span: tuple[Any, Any]
    also: tuple[Condition, ...] = ()

    def since(self, value: Any = None) -> tuple[Condition, ...]:
        """Two lower bounds would be one too many for SQLite, which looks up one of them."""
        lowest, highest = self.span
        if value is not None:
            bounds = [self.column > value]
        else:
            bounds = [self.column.is_not(None)] if lowest is None else [self.column >= lowest]
        return (*self.also, *bounds, *([] if highest is None else [self.column <= highest]))


async def by_value(walk: Walk, place: Place | None, limit: int, values: Values) -> Rows:
    """By id. The first of a page are among the values whose first is first."""
    found: Rows = []
    id_ = col(FollowUp.id)
    while len(found) < limit:
        here = [] if place is None else [beyond(id_, place.id, walk.ordering)]
        heads = await _heads(replace(walk, where=(*walk.where, *here)), values)
        if not heads:
            break
        first, next_head = (heads[:-1], heads[-1][1]) if len(heads) == MERGED else (heads, None)
        back = replace(walk.ordering, is_descending=not walk.ordering.is_descending)
        until = [] if next_head is None else [beyond(id_, next_head, back)]
        segment = Segment(and_(true(), *values.also, *here, *until), (id_,))
        branches = [values.column == literal(value, values.column.type) for value, _ in first]
        found += await merged(walk, segment, limit - len(found), branches)
        if next_head is None:
            break
        place = Place(found[-1].id if found else first[-1][1])
    return found


async def _heads(walk: Walk, values: Values) -> list[tuple[Any, str]]:
    """Values, each with the first id that has it, those first that come first."""
    column = values.column
    first = select(func.min(column)).where(*values.since()).scalar_subquery()
    found = select(first.label("value")).cte("found_value", recursive=True)
    larger = select(func.min(column)).where(*values.since(found.c.value)).correlate(found).scalar_subquery()
    found = found.union_all(select(larger).where(found.c.value.is_not(None)))
    head = (
        select(FollowUp.id)
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(column == found.c.value, *values.also, *walk.where)
        .order_by(directed(col(FollowUp.id), walk.ordering))
        .limit(1)
        .correlate(found)
        .scalar_subquery()
    )
    headed = select(found.c.value, head.label("head")).subquery()
    query = (
        select(headed.c.value, headed.c.head)
        .where(headed.c.head.is_not(None))
        .order_by(directed(headed.c.head, walk.ordering))
        .limit(MERGED)
    )
    return [(value, head) for value, head in await walk.session.exec(query)]
