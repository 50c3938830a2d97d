"""What was answered under an Idempotency-Key, kept for a day in the transaction of what it answers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access
from storage.columns import new_id
from storage.errors import NotFoundError
from storage.inserting import InsertNew
from storage.jobs import SWEPT_AT_ONCE
from storage.models import FollowUp, Incident, KeptAnswer
from storage.records import CreatorRecord, IncidentRecord
from storage.secrets import Keyring, place
from storage.selection import INCIDENT_COLUMNS, INCIDENTS, incident_record

KEPT = timedelta(hours=24)
WHOLE = 0


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request that may come again. `fingerprint` tells it from another one under the same key."""

    api_key_id: str
    key: str
    fingerprint: str
    sees_private: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """`sees_private`: whether the key could see private incidents when it was given."""

    status: int
    body: bytes
    etag: str | None = None
    sees_private: bool = False


class KeyReusedError(Exception):
    """Another request has been answered under this key."""


async def find(
    session: AsyncSession, keyring: Keyring, request: Repeatable, part: int, now: datetime
) -> Answer | None:
    """Raises KeyReusedError, UnreadableSecretError."""
    kept = await _kept(session, request, part)
    if kept is None or kept.created_at <= now - KEPT:
        return None
    if kept.fingerprint != request.fingerprint:
        raise KeyReusedError(request.key)
    body = kept.body if kept.sealed is None else keyring.open(kept.sealed, _place(kept.id))
    return Answer(kept.status or 0, (body or "").encode(), kept.etag, kept.sees_private)


async def claim(session: AsyncSession, request: Repeatable, part: int, now: datetime) -> str | None:
    """What `keep` knows the claim by; None where there is an answer. It waits for whoever is at it."""
    values = {
        "id": new_id(),
        "api_key_id": request.api_key_id,
        "key": request.key,
        "part": part,
        "fingerprint": request.fingerprint,
        "sees_private": request.sees_private,
        "created_at": now,
    }
    claiming = InsertNew(KeptAnswer).values(values)
    if (await session.exec(claiming)).rowcount:
        return str(values["id"])
    kept = await _kept(session, request, part)
    if kept is None or kept.created_at > now - KEPT:
        return None
    await session.exec(delete(KeptAnswer).where(col(KeptAnswer.id) == kept.id))
    return str(values["id"]) if (await session.exec(claiming)).rowcount else None


async def keep(session: AsyncSession, keyring: Keyring, claimed: str, answer: Answer) -> None:
    """Encrypted where there is a key to encrypt with: an answer may hold a secret that is shown once."""
    body = answer.body.decode()
    kept = {"sealed": keyring.seal(body, _place(claimed))} if keyring else {"body": body}
    this = update(KeptAnswer).where(col(KeptAnswer.id) == claimed)
    await session.exec(this.values(status=answer.status, etag=answer.etag, **kept))


async def incidents_of(
    session: AsyncSession, actor: CreatorRecord, incident_ids: Collection[str], follow_up_ids: Collection[str]
) -> tuple[IncidentRecord, ...]:
    """These, and those that the follow-ups are in by now. Raises NotFoundError unless all may be seen."""
    of_follow_ups = (
        select(FollowUp.incident_id)
        .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
        .where(col(FollowUp.id).in_(follow_up_ids), access.visible(actor))
    )
    found = (await session.exec(of_follow_ups)).all()
    every = {*incident_ids, *found}
    connection = await session.connection()
    seen = select(*INCIDENT_COLUMNS).select_from(INCIDENTS).where(col(Incident.id).in_(every))
    incidents = [incident_record(row) for row in await connection.execute(seen.where(access.visible(actor)))]
    if len(found) < len(follow_up_ids) or len(incidents) < len(every):
        raise NotFoundError("the answer is about something that the actor may not see")
    return tuple(incidents)


async def sweep(session: AsyncSession, *, before: datetime) -> int:
    """Returns how many are forgotten: at most SWEPT_AT_ONCE."""
    old = select(col(KeptAnswer.id)).where(col(KeptAnswer.created_at) < before).limit(SWEPT_AT_ONCE)
    connection = await session.connection()
    return (await connection.execute(delete(KeptAnswer).where(col(KeptAnswer.id).in_(old)))).rowcount


async def _kept(session: AsyncSession, request: Repeatable, part: int) -> KeptAnswer | None:
    query = select(KeptAnswer).where(
        col(KeptAnswer.api_key_id) == request.api_key_id,
        col(KeptAnswer.key) == request.key,
        col(KeptAnswer.part) == part,
    )
    return (await session.exec(query)).one_or_none()


def _place(row_id: str) -> str:
    return place("kept_answer", row_id, "sealed")
