"""Many follow-ups changed in one transaction, each by itself: one that is refused doesn't undo the others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, catalogue, follow_ups
from storage.errors import ConflictError, InvalidFieldError, NotFoundError, UnavailableError
from storage.follow_ups import Held
from storage.models import FollowUp, Incident
from storage.records import CreatorRecord, FollowUpRecord, IncidentRecord
from storage.selection import FOLLOW_UPS, INCIDENT_COLUMNS, INCIDENTS, follow_up_record, incident_record

REFUSALS = (NotFoundError, UnavailableError, InvalidFieldError, ConflictError)


@dataclass(frozen=True, slots=True)
class Change:
    """With `version`, it holds only if nobody changed the follow-up since."""

    follow_up_id: str
    values: Mapping[str, Any]
    version: int | None = None


async def incidents_of(session: AsyncSession, follow_up_ids: Collection[str]) -> list[IncidentRecord]:
    """On nobody's behalf: to ask Slack about."""
    theirs = select(FollowUp.incident_id).where(col(FollowUp.id).in_(follow_up_ids))
    query = select(*INCIDENT_COLUMNS).select_from(INCIDENTS).where(col(Incident.id).in_(theirs))
    connection = await session.connection()
    return [incident_record(row) for row in await connection.execute(query)]


async def change(
    session: AsyncSession,
    actor: CreatorRecord,
    changes: Sequence[Change],
    *,
    now: datetime,
    settle: timedelta,
) -> list[FollowUpRecord | Exception]:
    """What became of each, in the order given: the follow-up, or one of REFUSALS, which has changed nothing.

    `settle` is how long their channels wait for more to be told at once.
    """
    by_id = {change.follow_up_id: change for change in changes}
    refused: dict[str, Exception] = dict.fromkeys(by_id, NotFoundError("no follow-up of this id"))
    for held in await _held(session, actor, by_id):
        this = by_id[held.follow_up.id]
        try:
            versions = None if this.version is None else (this.version,)
            await follow_ups.require_changeable(session, held.follow_up, versions)
            await follow_ups.require_issue(session, actor, this.values)
            await follow_ups.save(session, actor, held, this.values, now=now, settle=settle)
            del refused[this.follow_up_id]
        except REFUSALS as refusal:
            refused[this.follow_up_id] = refusal
    changed = by_id.keys() - refused.keys()
    found = await session.exec(FOLLOW_UPS.where(col(FollowUp.id).in_(changed)))
    records = {record.id: record for record in map(follow_up_record, found)}
    return [refused.get(id_) or records[id_] for id_ in by_id]


async def _held(session: AsyncSession, actor: CreatorRecord, ids: Collection[str]) -> list[Held]:
    """Locked all at once and in one order, to be changed incident by incident.

    So two of these, or one and somebody's click, can't wait for each other.
    """
    query = select(FollowUp).join(Incident, col(Incident.id) == col(FollowUp.incident_id))
    query = query.where(col(FollowUp.id).in_(ids), access.visible(actor)).order_by(col(FollowUp.id))
    found = (await session.exec(query.with_for_update(of=FollowUp))).all()
    incidents = await access.hold_incidents(session, actor, {one.incident_id for one in found})
    labels = await catalogue.labels_of(session, ids)
    return [
        Held(one, incidents[one.incident_id], labels.get(one.id, ()))
        for one in sorted(found, key=lambda one: (one.incident_id, one.id))
        if one.incident_id in incidents
    ]
