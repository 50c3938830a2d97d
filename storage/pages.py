"""Follow-ups across incidents, page by page: each page begins after an item, so that none is seen twice."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, literal, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access
from storage.columns import Id
from storage.database import Database
from storage.errors import InvalidFieldError, NotFoundError
from storage.models import FollowUp, Incident
from storage.narrowing import label_ids
from storage.ordering import NO_FOLLOW_UP, Place, place_of, segments
from storage.page_queries import MODES, Asked, PageQuery, read
from storage.prepared import Prepared
from storage.records import CreatorKind, CreatorRecord, Status
from storage.rows import FollowUpRow
from storage.selection import FOLLOW_UP_ROWS


def _seen_by_key(sees_private: bool) -> Any:
    key = CreatorRecord(CreatorKind.API_KEY, "", "", sees_private=sees_private)
    return FOLLOW_UP_ROWS.where(access.visible(key), col(FollowUp.status) != Status.DELETED)


def _one(sees_private: bool) -> Prepared:
    return Prepared(
        _seen_by_key(sees_private).where(col(FollowUp.id) == bindparam("id", None, Id())), as_json=True
    )


@lru_cache(maxsize=32)
def plain(sees_private: bool, limit: int) -> Prepared:
    """A page of everything. How long it is stands in the SQL: for a length that it does not know beforehand
    PostgreSQL plans as if a tenth of the table were wanted, and reads all of it.
    """
    seen = _seen_by_key(sees_private).where(or_(*(col(Incident.mode) == mode for mode in MODES)))
    after = seen.where(col(FollowUp.id) >= bindparam("after", None, Id())).order_by(col(FollowUp.id))
    return Prepared(after.limit(literal(limit, Integer(), literal_execute=True)), as_json=True)


# By whether the key sees private incidents. Scripts ask for one, and for such a page, most often.
ONES = {sees_private: _one(sees_private) for sees_private in (False, True)}


async def one(database: Database, actor: CreatorRecord, follow_up_id: str) -> FollowUpRow:
    """For what isn't a person. Raises NotFoundError, as follow_ups.get does."""
    if actor.kind is CreatorKind.USER:
        raise ValueError(f"{actor.id} is a person: ask follow_ups.get")
    rows = await database.rows(ONES[actor.sees_private], id=follow_up_id)
    if not rows:
        raise NotFoundError(f"no follow-up {follow_up_id}")
    return FollowUpRow._make(rows[0])


async def page(database: Database, actor: CreatorRecord, query: PageQuery) -> tuple[FollowUpRow, ...]:
    """Those the actor may see, the oldest first. Raises InvalidFieldError for an `after` unknown to them."""
    place = None if query.after is None else place_of(query.order, query.after)
    if query.is_plain and actor.kind is not CreatorKind.USER:
        return await _plain_page(database, actor, query.after, query.limit)
    async with database.read() as session:
        return await filtered_page(session, actor, query, place)


async def _plain_page(
    database: Database, actor: CreatorRecord, after: str | None, limit: int
) -> tuple[FollowUpRow, ...]:
    """In one trip where the page begins after one that is still there: it comes along, and proves itself."""
    rows = await database.rows(plain(actor.sees_private, limit + 1), after=after or "")
    if after is not None:
        if rows and rows[0][0] == after:
            rows = rows[1:]
        else:
            async with database.read() as session:
                await _require_seen(session, actor, after)
    return tuple(map(FollowUpRow._make, rows[:limit]))


async def filtered_page(
    session: AsyncSession, actor: CreatorRecord, query: PageQuery, place: Place | None = None
) -> tuple[FollowUpRow, ...]:
    if place is not None and query.order.sort is None:
        await _require_seen(session, actor, place.id)
    labels = await label_ids(session, query.narrowed.labels)
    if not all(labels):
        return ()
    asked = Asked(session, actor, query, place, labels)
    found: list[FollowUpRow] = []
    for segment in await segments(session, query.order, place):
        if len(found) < query.limit:
            found += await read(asked, segment, query.limit - len(found))
    return tuple(found)


async def _require_seen(session: AsyncSession, actor: CreatorRecord, follow_up_id: str) -> None:
    """Deleted since is no matter: the place where it stood is still known."""
    known = (
        select(FollowUp.id)
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(col(FollowUp.id) == follow_up_id, access.visible(actor))
    )
    if (await session.exec(known)).first() is None:
        raise InvalidFieldError("after", NO_FOLLOW_UP)
