"""Follow-ups from elsewhere, under their own ids. Nobody hears of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import fields, import_catalogue, imports, quiet_changes
from storage.catalogue import clean_labels
from storage.columns import is_id
from storage.imports import Import, ImportedFollowUp, Kind, Outcome, Place
from storage.limits import DESCRIPTION_LIMIT, LABEL_LIMIT, LABELS_PER_FOLLOW_UP, TITLE_LIMIT
from storage.models import FollowUp, Imported, Incident
from storage.quiet_changes import Kept, Made
from storage.records import CreatorRecord, Status
from storage.text import is_blank, one_line, storable

KEPT = "It changed there and here: what is here was left as it is."
FOREIGN = "There is a follow-up of this id here that no import made: it was left as it is."


@dataclass(frozen=True, slots=True)
class _Given:
    """A follow-up with its values as they are kept here, and what there is of it already."""

    source: ImportedFollowUp
    values: dict[str, Any]
    incident: Incident | None
    before: Imported | None
    local: Kept | None

    @property
    def digest(self) -> str:
        return imports.digest(quiet_changes.comparable(self.values))


async def bring(session: AsyncSession, run: Import, found: Sequence[ImportedFollowUp]) -> None:
    """Make them, or bring them up to date where nobody has changed them here since."""
    takeable = [source for source in found if _is_takeable(run, source)]
    ids = [source.id for source in takeable]
    known = await imports.known(session, Kind.FOLLOW_UP, ids)
    kept = await quiet_changes.kept(session, ids, lock=not run.dry_run)
    places = {run.places[source.incident_id].id for source in takeable}
    incidents = {
        incident.id: incident
        for incident in await session.exec(select(Incident).where(col(Incident.id).in_(places)))
    }
    for source in takeable:
        place = run.places[source.incident_id]
        values = await _values(session, run, source, place)
        given = _Given(source, values, incidents.get(place.id), known.get(source.id), kept.get(source.id))
        outcome = await _bring(session, run, given)
        run.count(Kind.FOLLOW_UP, outcome)
        if outcome not in {Outcome.KEPT, Outcome.SKIPPED}:
            here = (source.id, source.id)
            await imports.remember(
                session, run, Kind.FOLLOW_UP, here, digest=given.digest, before=given.before
            )


def _is_takeable(run: Import, source: ImportedFollowUp) -> bool:
    reasons = (
        (not is_id(source.id), "Its id is no ULID."),
        (source.incident_id not in run.places, f"Its incident {source.incident_id} was not imported."),
        (is_blank(one_line(source.title)), "It has no title."),
    )
    for refused, reason in reasons:
        if refused:
            run.skip(Kind.FOLLOW_UP, source.id, source.title, reason)
            return False
    return True


async def _bring(session: AsyncSession, run: Import, given: _Given) -> Outcome:
    source, before, local = given.source, given.before, given.local
    if local is None:
        return await _make(session, run, given)
    here = imports.digest(quiet_changes.comparable(local.values))
    if given.digest in {here, before and before.digest}:
        return Outcome.UNCHANGED
    if before is None or here != before.digest:
        run.remark(Kind.FOLLOW_UP, source.id, source.title, FOREIGN if before is None else KEPT)
        return Outcome.KEPT
    if not run.dry_run and given.incident is not None:
        await quiet_changes.change(
            session,
            run.actor,
            given.incident,
            local,
            given.values,
            now=run.now,
            updated_at=source.updated_at,
            version=source.version or 0,
        )
    return Outcome.UPDATED


async def _make(session: AsyncSession, run: Import, given: _Given) -> Outcome:
    source, values, incident = given.source, given.values, given.incident
    if source.status is Status.DELETED:
        run.remark(Kind.FOLLOW_UP, source.id, source.title, "It is deleted there.")
        return Outcome.SKIPPED
    creator = await _creator(session, run, source)
    if run.dry_run or incident is None:
        return Outcome.MADE
    columns = {name: values[name] for name in quiet_changes.COLUMNS}
    follow_up = FollowUp(
        **columns | fields.due(values["due_on"], values["due_zone"] or "UTC"),
        id=source.id,
        incident_id=incident.id,
        creator_kind=creator.kind,
        creator_id=creator.id,
        creator_name=creator.name,
        search_text="",
        version=max(1, source.version or 1),
        created_at=source.created_at,
        updated_at=source.updated_at,
    )
    made = Made(follow_up, values["labels"], values["external_issue"])
    await quiet_changes.make(session, run.actor, incident, made, now=run.now)
    return Outcome.MADE


async def _creator(session: AsyncSession, run: Import, source: ImportedFollowUp) -> CreatorRecord:
    creator = source.creator
    if creator is not None:
        if not run.places[source.incident_id].is_of_our_workspace:
            creator = replace(creator, slack_user_id=None)
        if (known := await import_catalogue.creator(session, run, creator)) is not None:
            return known
    reason = f"Who made it is not known here: it stands as “{run.actor.name}”."
    run.remark(Kind.FOLLOW_UP, source.id, source.title, reason, creator.name if creator else "")
    return run.actor


async def _values(
    session: AsyncSession, run: Import, source: ImportedFollowUp, place: Place
) -> dict[str, Any]:
    """As they are kept here. What does not fit is cut, and remarked with all its words."""
    return {
        "title": _cut(run, source, one_line(source.title), TITLE_LIMIT, "The title"),
        "description": _cut(
            run,
            source,
            storable(source.description or "", kept="\n\t").strip(),
            DESCRIPTION_LIMIT,
            "The description",
        )
        or None,
        "status": source.status,
        "labels": _labels(run, source),
        "priority_id": source.priority and (await import_catalogue.ranked(session, run, source.priority))[0],
        "category_id": source.category and (await import_catalogue.ranked(session, run, source.category))[0],
        "assignee_id": await _assignee(session, run, source, place),
        "assignee_team_id": await _team(session, run, source),
        "external_issue": source.external_issue,
        "completed_at": source.completed_at,
        "source_permalink": source.source_permalink or None,
        **_due(run, source),
    }


def _due(run: Import, source: ImportedFollowUp) -> dict[str, Any]:
    due_on = source.due_on
    if due_on is not None and not fields.SOONEST <= due_on <= fields.LATEST:
        reason = "The due date is out of range and was left out."
        run.remark(Kind.FOLLOW_UP, source.id, source.title, reason, str(due_on))
        due_on = None
    due = fields.due(due_on, source.due_zone or "UTC")
    return {"due_on": due["due_on"], "due_zone": due["due_zone"]}


def _cut(run: Import, source: ImportedFollowUp, text: str, limit: int, what: str) -> str:
    if len(text) <= limit:
        return text
    reason = f"{what} has {len(text):,} characters and was cut at {limit:,}."
    run.remark(Kind.FOLLOW_UP, source.id, source.title, reason, text)
    return text[: limit - 1] + "…"


def _labels(run: Import, source: ImportedFollowUp) -> tuple[str, ...]:
    labels: dict[str, str] = {}
    for whole in source.labels:
        for label in clean_labels((one_line(whole)[:LABEL_LIMIT],)):
            labels.setdefault(label.casefold(), label)
    if len(labels) > LABELS_PER_FOLLOW_UP or any(map(_is_long, source.labels)):
        reason = f"It can have {LABELS_PER_FOLLOW_UP} labels of {LABEL_LIMIT} characters: they were cut."
        run.remark(Kind.FOLLOW_UP, source.id, source.title, reason, ", ".join(source.labels))
    return tuple(labels.values())[:LABELS_PER_FOLLOW_UP]


def _is_long(label: str) -> bool:
    return len(one_line(label)) > LABEL_LIMIT


async def _assignee(session: AsyncSession, run: Import, source: ImportedFollowUp, place: Place) -> str | None:
    if source.assignee is None:
        return None
    found = (
        await import_catalogue.person(session, run, source.assignee) if place.is_of_our_workspace else None
    )
    if found is None:
        reason = "Its assignee could not be mapped, since no Slack id of this workspace is known of them."
        run.remark(Kind.FOLLOW_UP, source.id, source.title, reason, source.assignee.name)
    return found


async def _team(session: AsyncSession, run: Import, source: ImportedFollowUp) -> str | None:
    if source.assignee_team is None:
        return None
    found = await import_catalogue.team(session, run, source.assignee_team)
    if found is None:
        reason = "Its team could not be mapped, since it is no Slack user group that is known of."
        run.remark(Kind.FOLLOW_UP, source.id, source.title, reason, source.assignee_team.name)
    return found
