"""A follow-up goes to another incident, with its history."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, consequences, follow_ups, history
from storage.errors import InvalidFieldError, NotFoundError
from storage.models import Incident
from storage.records import CreatorRecord, FollowUpRecord, Visibility

# The history goes where the follow-up goes, to those who don't know that there is such an incident.
PRIVATE = "a private incident"


async def move(
    session: AsyncSession,
    actor: CreatorRecord,
    follow_up_id: str,
    incident_id: str,
    *,
    now: datetime,
    versions: Collection[int] | None = None,
) -> FollowUpRecord:
    """Raises like `follow_ups.hold`, and InvalidFieldError where it can't go there."""
    follow_up = await follow_ups.hold(session, actor, follow_up_id, versions)
    if follow_up.incident_id == incident_id:
        return await follow_ups.read(session, follow_up_id)
    held = await access.hold_incidents(session, actor, [follow_up.incident_id, incident_id])
    old, new = held.get(follow_up.incident_id), held.get(incident_id)
    if old is None:
        raise NotFoundError(f"no follow-up {follow_up_id}")
    if new is None or new.slack_team_id != old.slack_team_id:
        raise InvalidFieldError("incident_id", "There is no such incident, or this key may not see it.")
    if follow_up.assignee_id is not None:
        await _require_assignable(session, new, follow_up.assignee_id)
    follow_up.incident_id = new.id
    follow_up.version += 1
    follow_up.updated_at = now
    session.add(follow_up)
    change = {
        "before": _id(old),
        "after": _id(new),
        "before_words": _words(old),
        "after_words": _words(new),
    }
    entry = history.entry(follow_up, actor, history.MOVED, {"incident_id": change}, announce=False, now=now)
    session.add(entry)
    await session.flush()
    await consequences.moved(session, old, entry, now)
    await consequences.follow(session, new, entry, now)
    return await follow_ups.read(session, follow_up_id)


async def _require_assignable(session: AsyncSession, incident: Incident, person_id: str) -> None:
    try:
        await access.require_assignable(session, incident, person_id)
    except InvalidFieldError as error:
        (reason,) = error.errors.values()
        sentence = f"{reason} Or give the follow-up to someone else first."
        raise InvalidFieldError("incident_id", sentence) from None


def _id(incident: Incident) -> str | None:
    return None if incident.visibility is Visibility.PRIVATE else incident.id


def _words(incident: Incident) -> str:
    return PRIVATE if incident.visibility is Visibility.PRIVATE else incident.reference
