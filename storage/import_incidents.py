"""Incidents from elsewhere. Nobody hears of them: no card, no line in a channel, no webhook."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, import_catalogue, imports, incidents
from storage.columns import is_id
from storage.imports import Import, ImportedIncident, Kind, Outcome, Place
from storage.inserting import InsertNew
from storage.limits import INCIDENT_NAME_LIMIT, SUMMARY_LIMIT
from storage.models import Imported, Incident
from storage.records import Visibility
from storage.text import is_blank, one_line, storable

REFERENCE = re.compile(r"[A-Z][A-Z0-9]{0,9}-(?P<number>[1-9][0-9]{0,8})")
COLUMNS = ("name", "summary", "mode", "status_category", "severity_id", "permalink")
# What the source says of a channel is older than Slack's word may be before an incident is shown.
STALE = timedelta(minutes=2)

UNCONFIRMED = (
    "It is private, and Slack did not confirm that its channel is: it has none here until it does. "
    "Invite the bot there and import again."
)
KEPT = "It changed there and here: what is here was left as it is."


@dataclass(frozen=True, slots=True)
class _Given:
    """An incident with its values as they are kept here."""

    source: ImportedIncident
    values: dict[str, Any]

    @property
    def digest(self) -> str:
        return imports.digest(self.values)


async def bring(session: AsyncSession, run: Import, found: Sequence[ImportedIncident]) -> None:
    """Make them, or bring them up to date, under their own ids; `run.places` knows where each is then."""
    known = await imports.known(session, Kind.INCIDENT, [source.id for source in found])
    for source in found:
        if not is_id(source.id):
            run.skip(Kind.INCIDENT, source.id, source.reference, "Its id is no ULID.")
            continue
        given = _Given(source, await _values(session, run, source))
        outcome, local_id = await _bring(session, run, given, known.get(source.id))
        run.count(Kind.INCIDENT, outcome)
        run.places[source.id] = Place(local_id, source.slack_team_id == run.slack_team_id)
        if outcome is not Outcome.KEPT:
            ids, before = (source.id, local_id), known.get(source.id)
            await imports.remember(session, run, Kind.INCIDENT, ids, digest=given.digest, before=before)


async def _bring(
    session: AsyncSession, run: Import, given: _Given, before: Imported | None
) -> tuple[Outcome, str]:
    source = given.source
    local = await _locked(session, before.local_id if before is not None else source.id)
    if local is None:
        if (tracked := await _tracked(session, run, source)) is not None:
            return Outcome.UNCHANGED, tracked
        return Outcome.MADE, await _make(session, run, given)
    tied = before is not None and await _keep_private(session, run, source, local)
    if before is not None and before.digest == given.digest:
        return Outcome.UPDATED if tied else Outcome.UNCHANGED, local.id
    here = imports.digest({column: getattr(local, column) for column in COLUMNS})
    if here == given.digest:
        return Outcome.UPDATED if tied else Outcome.UNCHANGED, local.id
    if before is None or here != before.digest:
        run.remark(Kind.INCIDENT, source.id, source.reference, KEPT)
        return Outcome.KEPT, local.id
    if not run.dry_run:
        for column, value in given.values.items():
            setattr(local, column, value)
        local.updated_at = source.updated_at
        session.add(local)
        await session.flush()
    return Outcome.UPDATED, local.id


async def _locked(session: AsyncSession, incident_id: str) -> Incident | None:
    query = select(Incident).where(col(Incident.id) == incident_id).with_for_update()
    return (await session.exec(query)).one_or_none()


async def _values(session: AsyncSession, run: Import, source: ImportedIncident) -> dict[str, Any]:
    severity_id = None
    if source.severity is not None:
        severity_id, _ = await import_catalogue.ranked(session, run, source.severity)
    name = one_line(source.name)
    summary = storable(source.summary or "", kept="\n\t").strip()
    return {
        "name": source.reference
        if is_blank(name)
        else _cut(run, source, name, INCIDENT_NAME_LIMIT, "The name"),
        "summary": _cut(run, source, summary, SUMMARY_LIMIT, "The summary") or None,
        "mode": source.mode,
        "status_category": source.status_category,
        "severity_id": severity_id,
        "permalink": source.permalink or None,
    }


def _cut(run: Import, source: ImportedIncident, text: str, limit: int, what: str) -> str:
    if len(text) <= limit:
        return text
    reason = f"{what} has {len(text):,} characters and was cut at {limit:,}."
    run.remark(Kind.INCIDENT, source.id, source.reference, reason, text)
    return text[: limit - 1] + "…"


async def _tracked(session: AsyncSession, run: Import, source: ImportedIncident) -> str | None:
    """The incident that its channel is here already, unless others would see there what is private."""
    if not source.slack_channel_id or source.slack_team_id != run.slack_team_id:
        return None
    tracked = await incidents.by_channel(session, source.slack_channel_id)
    if tracked is None or (
        source.visibility is Visibility.PRIVATE and tracked.visibility is not Visibility.PRIVATE
    ):
        return None
    if (await session.exec(select(Imported).where(col(Imported.local_id) == tracked.id))).first() is not None:
        return None
    run.remark(
        Kind.INCIDENT,
        source.id,
        source.reference,
        f"Its channel is {tracked.reference} here already: its follow-ups go there.",
    )
    return tracked.id


async def _make(session: AsyncSession, run: Import, given: _Given) -> str:
    source = given.source
    creator = source.creator and await _creator(session, run, source)
    new = Incident(
        **given.values,
        id=source.id,
        slack_team_id=run.slack_team_id,
        number=0,
        reference="",
        name_follows_channel=False,
        visibility=source.visibility,
        creator_kind=creator.kind if creator else None,
        creator_id=creator.id if creator else None,
        creator_name=creator.name if creator else None,
        channel_checked_at=run.now - STALE,
        created_at=source.created_at,
        updated_at=source.updated_at,
    )
    await _tie(session, run, source, new)
    await _number(session, run, source, new)
    if run.dry_run:
        return new.id
    while True:
        await session.exec(InsertNew(Incident).values(new.model_dump()))
        if await incidents.by_id(session, new.id) is not None:
            break
        # Somebody took the number or the channel at this moment: then look again.
        _untie(new)
        await _tie(session, run, source, new)
        await _number(session, run, source, new)
    if new.slack_channel_id is not None and new.visibility is Visibility.PRIVATE:
        await access.forget_members(session, await _exactly(session, new.id))
    return new.id


async def _exactly(session: AsyncSession, incident_id: str) -> Incident:
    return (await session.exec(select(Incident).where(col(Incident.id) == incident_id))).one()


async def _creator(session: AsyncSession, run: Import, source: ImportedIncident) -> Any:
    creator = source.creator
    if creator is not None and source.slack_team_id != run.slack_team_id:
        creator = replace(creator, slack_user_id=None)
    return creator and await import_catalogue.creator(session, run, creator)


async def _number(session: AsyncSession, run: Import, source: ImportedIncident, new: Incident) -> None:
    """Its own reference where it is free."""
    written = REFERENCE.fullmatch(source.reference)
    wanted = int(written["number"]) if written else None
    new.number = await incidents.free_number(session, run.slack_team_id, wanted)
    new.reference = f"INC-{new.number}"
    if written is not None and new.number == wanted and await _is_free(session, run, source.reference):
        new.reference = source.reference
        return
    if await _is_free(session, run, new.reference):
        named = "its number is taken" if run.dry_run else f"it is {new.reference}"
        run.remark(Kind.INCIDENT, source.id, source.reference, f"Its reference can’t be kept here: {named}.")


async def _is_free(session: AsyncSession, run: Import, reference: str) -> bool:
    query = select(Incident.id).where(
        col(Incident.slack_team_id) == run.slack_team_id, col(Incident.reference) == reference
    )
    return (await session.exec(query)).first() is None


async def _tie(session: AsyncSession, run: Import, source: ImportedIncident, local: Incident) -> bool:
    """Put it into its channel, unless that is another workspace's or another incident's, or may be public."""
    channel_id = source.slack_channel_id
    if not channel_id:
        return False
    if source.slack_team_id != run.slack_team_id:
        reason = f"Its channel is in the workspace {source.slack_team_id or '(unknown)'}: it has none here."
    elif await incidents.by_channel(session, channel_id) is not None:
        reason = "Its channel is another incident’s here: it has none."
    elif local.visibility is Visibility.PRIVATE and channel_id not in run.private_channels:
        reason = UNCONFIRMED
    else:
        local.slack_channel_id = channel_id
        local.slack_channel_name = source.slack_channel_name
        if (confirmed := run.private_channels.get(channel_id)) is not None:
            local.visibility = Visibility.PRIVATE
            local.slack_channel_name = confirmed.name
            local.is_archived = confirmed.is_archived
            local.bot_is_member = confirmed.bot_is_member
        return True
    run.remark(Kind.INCIDENT, source.id, source.reference, reason)
    return False


def _untie(incident: Incident) -> None:
    incident.slack_channel_id, incident.slack_channel_name = None, ""


async def _keep_private(
    session: AsyncSession, run: Import, source: ImportedIncident, local: Incident
) -> bool:
    """An earlier run's, while it has no channel: as private as it is there, and tied once that can be done.

    In a channel, Slack says how private it is.
    """
    if local.slack_channel_id is not None:
        return False
    if run.dry_run:
        return await _tie(session, run, source, Incident(**local.model_dump()))
    if source.visibility is Visibility.PRIVATE:
        local.visibility = Visibility.PRIVATE
    tied = await _tie(session, run, source, local)
    if tied:
        local.channel_checked_at = run.now - STALE
    session.add(local)
    await session.flush()
    if tied and local.visibility is Visibility.PRIVATE:
        await access.forget_members(session, local)
    return tied
