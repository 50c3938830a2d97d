"""Incidents made and changed through the API: with a channel, or without one until it is tied to one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, incidents
from storage.errors import InvalidFieldError
from storage.inserting import InsertNew
from storage.limits import SUMMARY_LIMIT
from storage.models import Incident, Severity
from storage.records import CreatorRecord, Mode, StatusCategory, Visibility
from storage.text import storable

PRIVATE_ONLY = "Only a key that may see private incidents can make one private."


@dataclass(frozen=True, slots=True)
class IncidentDraft:
    """An incident to be. Sent twice with the same `idempotency_key`, it is made once."""

    slack_team_id: str
    idempotency_key: str
    name: str | None = None
    visibility: Visibility = Visibility.PUBLIC
    mode: Mode = Mode.STANDARD
    status_category: StatusCategory = StatusCategory.LIVE
    severity_id: str | None = None
    summary: str | None = None
    number: int | None = None


async def create(
    session: AsyncSession,
    actor: CreatorRecord,
    draft: IncidentDraft,
    *,
    now: datetime,
    channel: incidents.Channel | None = None,
    prefixes: tuple[str, ...] = (),
) -> str:
    """The incident's id. Raises InvalidFieldError.

    A channel that became an incident only by its name is taken over: who made the channel may be about to
    say what it is. Any other incident's channel is refused.
    """
    values = await _valid(session, _named(draft))
    made_before = select(Incident.id).where(
        col(Incident.creator_id) == actor.id, col(Incident.idempotency_key) == draft.idempotency_key
    )
    if (known := (await session.exec(made_before)).first()) is not None:
        return known
    _check_visibility(actor, draft, channel)
    new = Incident(
        slack_team_id=draft.slack_team_id,
        number=0,
        reference="",
        name=values.get("name") or "",
        name_follows_channel=False,
        summary=values.get("summary"),
        visibility=draft.visibility,
        mode=draft.mode,
        status_category=draft.status_category,
        severity_id=draft.severity_id,
        creator_kind=actor.kind,
        creator_id=actor.id,
        creator_name=actor.name,
        idempotency_key=draft.idempotency_key,
        channel_checked_at=now,
        created_at=now,
        updated_at=now,
    )
    wanted = draft.number
    if channel is not None:
        if (taken := await _taken_over(session, actor, channel, new, now)) is not None:
            return taken
        wanted = wanted or incidents.number_from_channel(channel.name, prefixes)
        new.name = new.name or incidents.name_from_channel(channel.name, prefixes)
        new.name_follows_channel = draft.name is None
        _put_into(new, channel)
    elif not new.name:
        raise InvalidFieldError("name", "Give the incident a name, or the channel it is about.")
    return await _insert(session, new, draft.number, wanted)


def _named(draft: IncidentDraft) -> dict[str, Any]:
    values = {"name": draft.name, "summary": draft.summary, "severity_id": draft.severity_id}
    return {name: value for name, value in values.items() if value is not None}


def _check_visibility(actor: CreatorRecord, draft: IncidentDraft, channel: incidents.Channel | None) -> None:
    is_private = draft.visibility is Visibility.PRIVATE
    if is_private and not actor.sees_private:
        raise InvalidFieldError("visibility", PRIVATE_ONLY)
    if channel is not None and channel.is_private is not is_private:
        said = "private" if channel.is_private else "public"
        raise InvalidFieldError("visibility", f"The channel is {said}, so the incident has to be.")


def _put_into(incident: Incident, channel: incidents.Channel) -> None:
    incident.slack_channel_id = channel.slack_channel_id
    incident.slack_channel_name = channel.name
    incident.is_archived = channel.is_archived
    incident.bot_is_member = channel.bot_is_member


async def _taken_over(
    session: AsyncSession, actor: CreatorRecord, channel: incidents.Channel, new: Incident, now: datetime
) -> str | None:
    known = (
        await session.exec(
            select(Incident)
            .where(col(Incident.slack_channel_id) == channel.slack_channel_id, access.visible(actor))
            .with_for_update()
        )
    ).one_or_none()
    if known is None:
        return None
    if known.creator_id is not None or not known.name_follows_channel:
        raise InvalidFieldError("slack_channel_id", f"This channel is {known.reference} already.")
    given = ("summary", "mode", "status_category", "severity_id", "idempotency_key")
    for column in (*given, "creator_kind", "creator_id", "creator_name"):
        setattr(known, column, getattr(new, column))
    if new.name:
        known.name, known.name_follows_channel = new.name, False
    known.updated_at = now
    session.add(known)
    await session.flush()
    return known.id


async def _insert(session: AsyncSession, new: Incident, required: int | None, wanted: int | None) -> str:
    """Others may take the same number at the same moment: then look again."""
    while True:
        new.number = await incidents.free_number(session, new.slack_team_id, wanted)
        if required is not None and new.number != required:
            raise InvalidFieldError("external_id", f"There is an INC-{required} already.")
        new.reference = f"INC-{new.number}"
        await session.exec(InsertNew(Incident).values(new.model_dump()))
        ours = select(Incident.id).where(
            col(Incident.creator_id) == new.creator_id,
            col(Incident.idempotency_key) == new.idempotency_key,
        )
        if (made := (await session.exec(ours)).first()) is not None:
            return made
        if new.slack_channel_id and await incidents.by_channel(session, new.slack_channel_id):
            raise InvalidFieldError("slack_channel_id", "This channel has just become an incident.")


async def edit(
    session: AsyncSession,
    actor: CreatorRecord,
    incident_id: str,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    channel: incidents.Channel | None = None,
) -> None:
    """Set name, summary, severity_id or status_category. Raises NotFoundError, InvalidFieldError."""
    await access.require_incident(session, actor, incident_id)
    locked = select(Incident).where(col(Incident.id) == incident_id).with_for_update()
    incident = (await session.exec(locked.execution_options(populate_existing=True))).one()
    values = await _valid(session, changes)
    changed = {name: value for name, value in values.items() if getattr(incident, name) != value}
    for name, value in changed.items():
        setattr(incident, name, value)
    if "name" in changed:
        incident.name_follows_channel = False
    if changed:
        incident.updated_at = now
        session.add(incident)
    if channel is not None and channel.slack_channel_id != incident.slack_channel_id:
        await _tie(session, incident, channel, now)
    await session.flush()


async def _tie(session: AsyncSession, incident: Incident, channel: incidents.Channel, now: datetime) -> None:
    if incident.slack_channel_id is not None:
        raise InvalidFieldError(
            "slack_channel_id", f"{incident.reference} has #{incident.slack_channel_name} already."
        )
    known = await incidents.by_channel(session, channel.slack_channel_id)
    if known is not None:
        raise InvalidFieldError("slack_channel_id", "This channel is another incident’s already.")
    await incidents.tie(session, incident, channel, now)


def _summary(value: str) -> str | None:
    summary = storable(value, kept="\n\t").strip()
    if len(summary) > SUMMARY_LIMIT:
        raise InvalidFieldError(
            "summary", f"A summary has at most {SUMMARY_LIMIT:,} characters; this one has {len(summary):,}."
        )
    return summary or None


def _name(value: str) -> str:
    try:
        return incidents.valid_name(value)
    except InvalidFieldError as error:
        raise InvalidFieldError("name", error.errors["incident_name"]) from None


CLEAN: dict[str, Callable[[str], Any]] = {"name": _name, "summary": _summary}


async def _valid(session: AsyncSession, values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = dict(values)
    refused: list[InvalidFieldError] = []
    for name, value in values.items():
        try:
            cleaned[name] = CLEAN[name](value) if name in CLEAN else value
            if name == "severity_id" and value is not None:
                await _require_severity(session, value)
        except InvalidFieldError as error:
            refused.append(error)
    if refused:
        raise InvalidFieldError.of_all(refused)
    return cleaned


async def _require_severity(session: AsyncSession, severity_id: str) -> None:
    if (await session.exec(select(Severity.id).where(col(Severity.id) == severity_id))).first() is None:
        raise InvalidFieldError("severity_id", "There is no such severity.")
