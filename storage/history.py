"""What happened to a follow-up: append-only, one entry a change.

The version orders a follow-up's entries. Ids don't: clocks of several machines differ.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access
from storage.errors import NotFoundError
from storage.models import FollowUp, HistoryEntry, Incident, Person
from storage.records import (
    Change,
    ColumnChange,
    CreatorKind,
    CreatorRecord,
    EntryRecord,
    HistoryRecord,
    IncidentRecord,
)
from storage.selection import INCIDENT_COLUMNS, INCIDENTS, incident_record

CREATED = "created"
CHANGED = "changed"
COMPLETED = "completed"
NOT_DOING = "not_doing"
REOPENED = "reopened"
DELETED = "deleted"
MOVED = "moved"

STATUS_EVENTS = {
    "completed": COMPLETED,
    "not_doing": NOT_DOING,
    "outstanding": REOPENED,
    "deleted": DELETED,
}

ENTRIES: Any = (
    select(HistoryEntry, FollowUp.title, FollowUp.incident_id, Person.name)
    .add_columns(col(Person.slack_user_id))
    .join(FollowUp, col(FollowUp.id) == col(HistoryEntry.follow_up_id))
    .outerjoin(
        Person,
        and_(col(HistoryEntry.actor_kind) == CreatorKind.USER, col(Person.id) == col(HistoryEntry.actor_id)),
    )
)


def entry(
    follow_up: FollowUp,
    actor: CreatorRecord,
    event: str,
    changes: Mapping[str, Mapping[str, Any]],
    *,
    announce: bool,
    now: datetime,
) -> HistoryEntry:
    """`changes` maps a column to its before and after, as stored and in words.

    The shape of each is `{"before", "after", "before_words", "after_words"}`.
    """
    return HistoryEntry(
        follow_up_id=follow_up.id,
        incident_id=follow_up.incident_id,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        event=event,
        version=follow_up.version,
        changes={field: dict(change) for field, change in changes.items()},
        at=now,
        announced_at=None if announce else now,
    )


def _record(row: tuple[HistoryEntry, str, str, str | None, str | None]) -> HistoryRecord:
    kept, title, incident_id, name, slack_user_id = row
    return HistoryRecord(
        id=kept.id,
        follow_up_id=kept.follow_up_id,
        title=title,
        actor_name=name or kept.actor_name,
        actor_slack_user_id=slack_user_id,
        event=kept.event,
        at=kept.at,
        version=kept.version,
        changes=tuple(
            Change(field.removesuffix("_id"), change["before_words"], change["after_words"])
            for field, change in kept.changes.items()
        ),
        is_taken=_is_taken(kept),
        is_elsewhere=incident_id != kept.incident_id,
    )


def _is_taken(kept: HistoryEntry) -> bool:
    assignee = kept.changes.get("assignee_id")
    return assignee is not None and assignee["after"] == kept.actor_id


def _entry_record(row: tuple[HistoryEntry, str, str, str | None, str | None]) -> EntryRecord:
    kept, _, _, name, slack_user_id = row
    return EntryRecord(
        id=kept.id,
        event=kept.event,
        at=kept.at,
        version=kept.version,
        actor=CreatorRecord(kept.actor_kind, kept.actor_id, name or kept.actor_name, slack_user_id),
        changes=tuple(ColumnChange(column, **change) for column, change in kept.changes.items()),
    )


async def page(
    session: AsyncSession, actor: CreatorRecord, follow_up_id: str, *, after_version: int, limit: int
) -> tuple[IncidentRecord, tuple[EntryRecord, ...]]:
    """The follow-up's incident, and what happened after that version, oldest first.

    What is deleted keeps its history. Raises NotFoundError for what isn't the actor's to see.
    """
    seen = (
        select(*INCIDENT_COLUMNS)
        .select_from(INCIDENTS)
        .join(FollowUp, col(FollowUp.incident_id) == col(Incident.id))
        .where(col(FollowUp.id) == follow_up_id, access.visible(actor))
    )
    incident = (await session.exec(seen)).first()
    if incident is None:
        raise NotFoundError(f"no follow-up {follow_up_id}")
    rows = await session.exec(_since(follow_up_id, after_version).limit(limit))
    return incident_record(incident), tuple(map(_entry_record, rows))


def _since(follow_up_id: str, version: int) -> Any:
    return ENTRIES.where(
        col(HistoryEntry.follow_up_id) == follow_up_id, col(HistoryEntry.version) > version
    ).order_by(col(HistoryEntry.version))


async def of_follow_up(
    session: AsyncSession, follow_up_id: str, *, after_version: int = 0
) -> tuple[HistoryRecord, ...]:
    """What happened after that version, oldest first."""
    return tuple(_record(row) for row in await session.exec(_since(follow_up_id, after_version)))


async def last_change(session: AsyncSession, follow_up_id: str, column: str) -> HistoryRecord | None:
    """Who gave the column the value it has; None when it has had it from the start."""
    query = ENTRIES.where(col(HistoryEntry.follow_up_id) == follow_up_id).order_by(
        col(HistoryEntry.version).desc()
    )
    return next((_record(row) for row in await session.exec(query) if column in row[0].changes), None)


async def last_status_change(session: AsyncSession, follow_up_id: str) -> HistoryRecord | None:
    """Who put the follow-up into the status it has."""
    query = (
        ENTRIES.where(col(HistoryEntry.follow_up_id) == follow_up_id)
        .where(col(HistoryEntry.event).in_(STATUS_EVENTS.values()))
        .order_by(col(HistoryEntry.version).desc())
        .limit(1)
    )
    row = (await session.exec(query)).first()
    return _record(row) if row else None


async def values_at(session: AsyncSession, follow_up_id: str, version: int) -> dict[str, Any]:
    """The columns changed since that version, with the values they had then."""
    query = (
        select(HistoryEntry.changes)
        .where(col(HistoryEntry.follow_up_id) == follow_up_id, col(HistoryEntry.version) > version)
        .order_by(col(HistoryEntry.version).desc())
    )
    values: dict[str, Any] = {}
    for changes in await session.exec(query):
        values |= {field: change["before"] for field, change in changes.items()}
    return values


async def unannounced(session: AsyncSession, incident_id: str) -> tuple[HistoryRecord, ...]:
    """What the incident's channel has still to be told, oldest first."""
    query = ENTRIES.where(
        col(HistoryEntry.incident_id) == incident_id, col(HistoryEntry.announced_at).is_(None)
    ).order_by(col(HistoryEntry.id))
    return tuple(_record(row) for row in await session.exec(query))


async def by_ids(session: AsyncSession, ids: list[str]) -> tuple[HistoryRecord, ...]:
    query = ENTRIES.where(col(HistoryEntry.id).in_(ids)).order_by(col(HistoryEntry.id))
    return tuple(_record(row) for row in await session.exec(query))
