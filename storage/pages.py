"""Follow-ups across incidents, page by page: each page begins after an id, so that none is seen twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access
from storage.columns import Id
from storage.errors import InvalidFieldError, NotFoundError
from storage.models import FollowUp, Incident
from storage.prepared import Prepared
from storage.records import CreatorKind, CreatorRecord, FollowUpRecord, Mode, Status
from storage.selection import FOLLOW_UPS, follow_up_record

# Unless one is asked for, as the published API has it.
MODES = (Mode.STANDARD, Mode.RETROSPECTIVE)


@dataclass(frozen=True, slots=True)
class PageQuery:
    """`created` and `updated` are from and to, both included. Without a `limit` there is one page."""

    limit: int | None = None
    after: str | None = None
    incident_id: str | None = None
    mode: Mode | None = None
    assignee_team_id: str | None = None
    created: tuple[datetime | None, datetime | None] = (None, None)
    updated: tuple[datetime | None, datetime | None] = (None, None)

    @property
    def is_plain(self) -> bool:
        """A page of everything."""
        return self.limit is not None and self == PageQuery(self.limit, self.after)


def _seen_by_key(sees_private: bool) -> Any:
    key = CreatorRecord(CreatorKind.API_KEY, "", "", sees_private=sees_private)
    return FOLLOW_UPS.where(access.visible(key), col(FollowUp.status) != Status.DELETED)


def _one(sees_private: bool) -> Prepared:
    return Prepared(_seen_by_key(sees_private).where(col(FollowUp.id) == bindparam("id", None, Id())))


def _plain(sees_private: bool) -> Prepared:
    seen = _seen_by_key(sees_private).where(or_(*(col(Incident.mode) == mode for mode in MODES)))
    after = seen.where(col(FollowUp.id) > bindparam("after", None, Id())).order_by(col(FollowUp.id))
    return Prepared(after.limit(bindparam("limit", None, Integer())))


# By whether the key sees private incidents. Scripts ask for these two most often.
ONES = {sees_private: _one(sees_private) for sees_private in (False, True)}
PLAIN_PAGES = {sees_private: _plain(sees_private) for sees_private in (False, True)}


async def one(session: AsyncSession, actor: CreatorRecord, follow_up_id: str) -> FollowUpRecord:
    """For what isn't a person. Raises NotFoundError, as follow_ups.get does."""
    if actor.kind is CreatorKind.USER:
        raise ValueError(f"{actor.id} is a person: ask follow_ups.get")
    rows = await ONES[actor.sees_private].rows(session, id=follow_up_id)
    if not rows:
        raise NotFoundError(f"no follow-up {follow_up_id}")
    return follow_up_record(rows[0])


async def page(session: AsyncSession, actor: CreatorRecord, query: PageQuery) -> tuple[FollowUpRecord, ...]:
    """Those the actor may see, the oldest first. Raises InvalidFieldError for an `after` unknown to them."""
    if query.after is not None:
        await _require_seen(session, actor, query.after)
    if query.is_plain and actor.kind is not CreatorKind.USER:
        prepared = PLAIN_PAGES[actor.sees_private]
        rows = await prepared.rows(session, after=query.after or "", limit=query.limit)
        return tuple(map(follow_up_record, rows))
    selected = FOLLOW_UPS.where(access.visible(actor), *_conditions(query)).order_by(col(FollowUp.id))
    if query.after is not None:
        selected = selected.where(col(FollowUp.id) > query.after)
    if query.limit is not None:
        selected = selected.limit(query.limit)
    return tuple(follow_up_record(row) for row in await session.exec(selected))


async def _require_seen(session: AsyncSession, actor: CreatorRecord, follow_up_id: str) -> None:
    """Deleted since is no matter: the place where it stood is still known."""
    known = (
        select(FollowUp.id)
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(col(FollowUp.id) == follow_up_id, access.visible(actor))
    )
    if (await session.exec(known)).first() is None:
        raise InvalidFieldError("after", "There is no such follow-up; begin again without it.")


def _conditions(query: PageQuery) -> list[Any]:
    conditions: list[Any] = [
        col(FollowUp.status) != Status.DELETED,
        col(Incident.mode).in_((query.mode,) if query.mode else MODES),
    ]
    equal: Sequence[tuple[Any, str | None]] = (
        (FollowUp.incident_id, query.incident_id),
        (FollowUp.assignee_team_id, query.assignee_team_id),
    )
    conditions += [col(column) == value for column, value in equal if value is not None]
    for column, (since, until) in (
        (FollowUp.created_at, query.created),
        (FollowUp.updated_at, query.updated),
    ):
        if since is not None:
            conditions.append(col(column) >= since)
        if until is not None:
            conditions.append(col(column) <= until)
    return conditions
