"""Follow-ups across incidents, page by page: each page begins after an id, so that none is seen twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access
from storage.errors import InvalidFieldError
from storage.models import FollowUp, Incident
from storage.records import CreatorRecord, FollowUpRecord, Mode, Status
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


async def page(session: AsyncSession, actor: CreatorRecord, query: PageQuery) -> tuple[FollowUpRecord, ...]:
    """Those the actor may see, the oldest first. Raises InvalidFieldError for an `after` unknown to them."""
    selected = FOLLOW_UPS.where(access.visible(actor), *_conditions(query)).order_by(col(FollowUp.id))
    if query.after is not None:
        await _require_seen(session, actor, query.after)
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
