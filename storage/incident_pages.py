"""Incidents as the API shows them: one, or page by page by the time they were made."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access
from storage.columns import Id, UTCDateTime
from storage.errors import InvalidFieldError, NotFoundError
from storage.models import Incident, Person, Severity
from storage.records import (
    CreatorKind,
    CreatorRecord,
    IncidentDetails,
    Mode,
    SeverityRecord,
    StatusCategory,
)
from storage.selection import INCIDENT_COLUMNS, INCIDENTS, incident_record

MODES = (Mode.STANDARD, Mode.RETROSPECTIVE)
DETAIL_COLUMNS: tuple[Any, ...] = (
    *INCIDENT_COLUMNS,
    Incident.created_at,
    Incident.updated_at,
    Incident.summary,
    Incident.permalink,
    Incident.creator_kind,
    Incident.creator_id,
    Incident.creator_name,
    Person.name,
    Person.slack_user_id,
    Severity.id,
    Severity.name,
    Severity.rank,
    Severity.description,
)
IS_CREATOR = and_(col(Incident.creator_kind) == CreatorKind.USER, col(Person.id) == col(Incident.creator_id))
DETAILS: Any = select(*DETAIL_COLUMNS).select_from(INCIDENTS.outerjoin(Person, IS_CREATOR))


@dataclass(frozen=True, slots=True)
class Among:
    """A filter on ids, or on categories of status: one of these, none of those."""

    one_of: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """Both ends of a time are included; `least` and `most` are severities' ids, compared by rank.

    With `any_of` it is enough that one filter holds, whatever the mode asked for.
    """

    limit: int
    after: str | None = None
    oldest_first: bool = False
    any_of: bool = False
    modes: tuple[Mode, ...] = MODES
    statuses: tuple[Among, ...] = ()
    severity: Among = Among()
    least: str | None = None
    most: str | None = None
    created: tuple[datetime | None, datetime | None] = (None, None)
    updated: tuple[datetime | None, datetime | None] = (None, None)


async def details(session: AsyncSession, actor: CreatorRecord, incident_id: str) -> IncidentDetails:
    """By id, or by the number of its reference. Raises NotFoundError."""
    is_number = incident_id.isascii() and incident_id.isdecimal() and len(incident_id) < 10
    wanted = col(Incident.number) == int(incident_id) if is_number else col(Incident.id) == incident_id
    row = (await session.exec(DETAILS.where(wanted, access.visible(actor)))).first()
    if row is None:
        raise NotFoundError(f"no incident {incident_id}")
    return _details(row)


async def page(
    session: AsyncSession, actor: CreatorRecord, query: IncidentQuery
) -> tuple[tuple[IncidentDetails, ...], int]:
    """The page, and how many there are on all of them. Raises InvalidFieldError for an unknown `after`."""
    conditions = [access.visible(actor), col(Incident.mode).in_(query.modes), *await _filters(session, query)]
    counting = select(func.count()).select_from(Incident).where(*conditions)
    total = (await session.exec(counting)).one()
    position = tuple_(col(Incident.created_at), col(Incident.id))
    selected = DETAILS.where(*conditions)
    if query.after is not None:
        here = await _position(session, actor, query.after)
        selected = selected.where(position > here if query.oldest_first else position < here)
    columns = (col(Incident.created_at), col(Incident.id))
    ordered = selected.order_by(*(c if query.oldest_first else c.desc() for c in columns))
    rows = await session.exec(ordered.limit(query.limit))
    return tuple(_details(row) for row in rows), total


async def _position(session: AsyncSession, actor: CreatorRecord, incident_id: str) -> Any:
    query = select(Incident).where(col(Incident.id) == incident_id, access.visible(actor))
    known = (await session.exec(query)).one_or_none()
    if known is None:
        raise InvalidFieldError("after", "There is no such incident; begin again without it.")
    return tuple_(literal(known.created_at, UTCDateTime()), literal(known.id, Id()))


async def _filters(session: AsyncSession, query: IncidentQuery) -> list[ColumnElement[bool]]:
    category, severity = col(Incident.status_category), col(Incident.severity_id)
    filters: list[ColumnElement[bool]] = []
    for among in query.statuses:
        filters += _among(
            category, [[StatusCategory(name) for name in names] for names in (among.one_of, among.not_in)]
        )
    filters += _among(severity, [query.severity.one_of, query.severity.not_in])
    for severity_id, field, compare in (
        (query.least, "severity[gte]", operator.ge),
        (query.most, "severity[lte]", operator.le),
    ):
        if severity_id is not None:
            rank = await _rank(session, severity_id, field)
            filters.append(severity.in_(select(Severity.id).where(compare(col(Severity.rank), rank))))
    for column, span in ((Incident.created_at, query.created), (Incident.updated_at, query.updated)):
        filters += _within(col(column), span)
    return [or_(*filters)] if query.any_of and filters else filters


def _among(column: Any, names: Sequence[Sequence[str]]) -> list[ColumnElement[bool]]:
    """What is empty is none of those."""
    one_of, not_in = names
    filters = [column.in_(one_of)] if one_of else []
    return [*filters, or_(column.is_(None), column.not_in(not_in))] if not_in else filters


def _within(column: Any, span: tuple[datetime | None, datetime | None]) -> list[ColumnElement[bool]]:
    since, until = span
    bounds = [column >= since] if since is not None else []
    bounds += [column <= until] if until is not None else []
    return [and_(*bounds)] if bounds else []


async def _rank(session: AsyncSession, severity_id: str, field: str) -> int:
    rank = (await session.exec(select(Severity.rank).where(col(Severity.id) == severity_id))).first()
    if rank is None:
        raise InvalidFieldError(field, "There is no such severity.")
    return rank


def _details(row: Sequence[Any]) -> IncidentDetails:
    count = len(INCIDENT_COLUMNS)
    created_at, updated_at, summary, permalink, kind, creator_id, creator_name, *more = row[count:]
    person_name, slack_user_id, *severity = more
    return IncidentDetails(
        incident=incident_record(tuple(row[:count])),
        created_at=created_at,
        updated_at=updated_at,
        severity=SeverityRecord(*severity) if severity[0] else None,
        creator=CreatorRecord(kind, creator_id, person_name or creator_name, slack_user_id) if kind else None,
        summary=summary,
        permalink=permalink,
    )


async def severities(session: AsyncSession) -> list[SeverityRecord]:
    """The least severe first."""
    query = select(Severity).order_by(col(Severity.rank), col(Severity.name))
    return [SeverityRecord(row.id, row.name, row.rank, row.description) for row in await session.exec(query)]
