"""Follow-ups for a file: all there are, by id, a page at a time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlmodel import col, or_, select

from storage.database import Database
from storage.errors import InvalidFieldError
from storage.models import FollowUp, Incident
from storage.records import FollowUpRecord, Status, Visibility
from storage.selection import FOLLOW_UPS, follow_up_record
from storage.text import one_line

PAGE = 250


@dataclass(frozen=True, slots=True)
class Exported:
    """Those of an incident, by id or reference; of some statuses. Deleted ones are never among them."""

    incident: str | None = None
    statuses: tuple[Status, ...] = ()
    include_private: bool = False


async def every(database: Database, wanted: Exported) -> AsyncIterator[tuple[FollowUpRecord, ...]]:
    """Raises InvalidFieldError for an incident there is not, or that is private and was not asked for."""
    conditions = [col(FollowUp.status) != Status.DELETED]
    if wanted.statuses:
        conditions.append(col(FollowUp.status).in_(wanted.statuses))
    if not wanted.include_private:
        conditions.append(col(Incident.visibility) == Visibility.PUBLIC)
    if wanted.incident is not None:
        conditions.append(col(Incident.id) == await _incident_id(database, wanted))
    last = ""
    while True:
        query = FOLLOW_UPS.where(*conditions, col(FollowUp.id) > last).order_by(col(FollowUp.id)).limit(PAGE)
        async with database.read() as session:
            found = tuple(follow_up_record(row) for row in await session.exec(query))
        if found:
            yield found
        if len(found) < PAGE:
            return
        last = found[-1].id


async def _incident_id(database: Database, wanted: Exported) -> str:
    named = one_line(wanted.incident or "").upper()
    query = select(Incident).where(or_(col(Incident.id) == named, col(Incident.reference) == named))
    async with database.read() as session:
        incident = (await session.exec(query)).first()
    if incident is None:
        raise InvalidFieldError("incident", f"There is no incident {wanted.incident}.")
    if incident.visibility is not Visibility.PUBLIC and not wanted.include_private:
        raise InvalidFieldError("incident", f"{incident.reference} is private: say --include-private too.")
    return incident.id
