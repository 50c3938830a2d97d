"""A follow-up's life: made, changed, completed, reopened, deleted. Each change is one row of history."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, catalogue, consequences, fields, history
from storage.columns import is_id, new_id
from storage.errors import ConflictError, InvalidFieldError, NotFoundError, UnavailableError
from storage.inserting import InsertNew
from storage.models import ExternalIssue, FollowUp, Incident, Priority
from storage.records import CreatorRecord, ExternalIssueRecord, FollowUpRecord, Status
from storage.selection import FOLLOW_UPS, follow_up_record


@dataclass(frozen=True, slots=True)
class Draft:
    """A follow-up to be. Ids are ours; `due_zone` is the zone of whoever set the date.

    `id` is what the follow-up will have, if it is an id and free: sent twice, a draft makes one.
    """

    title: str
    description: str | None = None
    priority_id: str | None = None
    category_id: str | None = None
    assignee_id: str | None = None
    assignee_team_id: str | None = None
    labels: tuple[str, ...] = ()
    due_on: date | None = None
    due_zone: str = "UTC"
    source_permalink: str | None = None
    external_issue_id: str | None = None
    id: str = field(default_factory=new_id)


async def get(session: AsyncSession, actor: CreatorRecord, follow_up_id: str) -> FollowUpRecord:
    """Raises NotFoundError for what does not exist, is deleted, or is not the actor's to see."""
    query = FOLLOW_UPS.where(
        col(FollowUp.id) == follow_up_id, access.visible(actor), col(FollowUp.status) != Status.DELETED
    )
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFoundError(f"no follow-up {follow_up_id}")
    return follow_up_record(row)


async def read(session: AsyncSession, follow_up_id: str) -> FollowUpRecord:
    """For our own jobs: whatever its status, on nobody's behalf."""
    return follow_up_record((await session.exec(FOLLOW_UPS.where(col(FollowUp.id) == follow_up_id))).one())


async def create(
    session: AsyncSession, actor: CreatorRecord, incident_id: str, draft: Draft, *, now: datetime
) -> FollowUpRecord:
    """Raises NotFoundError for the incident, InvalidFieldError for a value."""
    incident = await access.require_incident(session, actor, incident_id, held=True)
    if not is_id(draft.id):
        draft = replace(draft, id=new_id())
    if draft.external_issue_id is not None:
        await access.require_issue(session, actor, draft.external_issue_id)
    values = await fields.valid(
        session, asdict(draft), incident.slack_team_id, not_before=fields.today(draft.due_zone, now)
    )
    if values["assignee_id"] is not None:
        await access.require_assignable(session, incident, values["assignee_id"])
    labels = values.pop("labels")
    due_zone = values.pop("due_zone")
    follow_up = FollowUp(
        **values | fields.due(values["due_on"], due_zone),
        incident_id=incident_id,
        creator_kind=actor.kind,
        creator_id=actor.id,
        creator_name=actor.name,
        search_text=fields.search_text(values["title"], values["description"], labels),
        created_at=now,
        updated_at=now,
    )
    if follow_up.priority_id is None:
        follow_up.priority_id = await _default_priority(session)
    inserted = await session.exec(InsertNew(FollowUp).values(follow_up.model_dump()))
    if inserted.rowcount == 0:
        made = await read(session, follow_up.id)
        if (made.creator.kind, made.creator.id, made.incident.id) == (actor.kind, actor.id, incident_id):
            return made
        # Forged: to refuse it would say that there is such a follow-up.
        return await create(session, actor, incident_id, replace(draft, id=new_id()), now=now)
    await catalogue.set_labels(session, actor, incident.slack_team_id, follow_up.id, labels)
    entry = history.entry(follow_up, actor, history.CREATED, {}, announce=False, now=now)
    session.add(entry)
    await session.flush()
    await consequences.follow(session, incident, entry, now)
    return await read(session, follow_up.id)


@dataclass(frozen=True, slots=True)
class Held:
    """A follow-up's row, locked for a change, with what a change of it needs to know."""

    follow_up: FollowUp
    incident: Incident
    labels: tuple[str, ...]


async def change(
    session: AsyncSession,
    actor: CreatorRecord,
    follow_up_id: str,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    version: int | None = None,
) -> FollowUpRecord:
    """Set the columns named in `changes` (`labels` and `due_zone` beside them).

    A value that is there already is left alone, even one that is refused by now: a form sends every field.
    With `version`, the change holds only if nobody changed the follow-up since.
    Raises NotFoundError, UnavailableError if it is deleted, InvalidFieldError, ConflictError.
    """
    await require_issue(session, actor, changes)
    return await _change(session, actor, follow_up_id, changes, now=now, version=version)


async def require_issue(session: AsyncSession, actor: CreatorRecord, changes: Mapping[str, Any]) -> None:
    """An issue that a change names has to be one the actor may see. Raises InvalidFieldError."""
    if (issue_id := changes.get("external_issue_id")) is not None:
        await access.require_issue(session, actor, issue_id)


async def hold(
    session: AsyncSession,
    actor: CreatorRecord,
    follow_up_id: str,
    versions: Collection[int] | None = None,
) -> FollowUp:
    """The follow-up's row, locked for a change; with `versions`, only if it has one of these.

    Raises NotFoundError, UnavailableError if it is deleted, ConflictError.
    """
    follow_up = await access.require_follow_up(session, actor, follow_up_id)
    await require_changeable(session, follow_up, versions)
    return follow_up


async def require_changeable(
    session: AsyncSession, follow_up: FollowUp, versions: Collection[int] | None
) -> None:
    """Raises UnavailableError if it is deleted, ConflictError if it has none of these versions."""
    if follow_up.status is Status.DELETED:
        raise await _unavailable(session, follow_up.id)
    if versions is not None and follow_up.version not in versions:
        known = [version for version in versions if version < follow_up.version]
        raise await _conflict(session, follow_up, max(known, default=follow_up.version))


async def _change(
    session: AsyncSession,
    actor: CreatorRecord,
    follow_up_id: str,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    version: int | None = None,
) -> FollowUpRecord:
    follow_up = await hold(session, actor, follow_up_id, None if version is None else (version,))
    incident = await access.require_incident(session, actor, follow_up.incident_id, held=True)
    held = Held(follow_up, incident, await _labels(session, follow_up_id))
    await save(session, actor, held, changes, now=now)
    return await read(session, follow_up_id)


async def save(
    session: AsyncSession,
    actor: CreatorRecord,
    held: Held,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    settle: timedelta = consequences.SETTLE,
) -> None:
    """Raises InvalidFieldError before anything is changed. `settle`: see `consequences.follow`."""
    follow_up, incident = held.follow_up, held.incident
    before = _values(follow_up, held.labels)
    named = dict(changes)
    zone = named.pop("due_zone", None) or follow_up.due_zone or "UTC"
    values = await fields.valid(session, _different(before, named), incident.slack_team_id)
    if values.get("assignee_id") is not None:
        await access.require_assignable(session, incident, values["assignee_id"])
    if "labels" in values:
        values["labels"] = await catalogue.as_known(session, actor, incident.slack_team_id, values["labels"])
    changed = _different(before, values)
    if not changed:
        return
    words_before = await fields.in_words(session, {name: before[name] for name in changed})
    words_after = await fields.in_words(session, changed)
    _apply(follow_up, changed, labels=changed.get("labels", held.labels), zone=zone, now=now)
    session.add(follow_up)
    if "labels" in changed:
        await catalogue.set_labels(session, actor, incident.slack_team_id, follow_up.id, changed["labels"])
    entry = history.entry(
        follow_up,
        actor,
        history.STATUS_EVENTS[changed["status"]] if "status" in changed else history.CHANGED,
        {
            name: {
                "before": fields.plain(before[name]),
                "after": fields.plain(value),
                "before_words": words_before[name],
                "after_words": words_after[name],
            }
            for name, value in changed.items()
        },
        announce=_is_announced(changed) and incident.slack_channel_id is not None,
        now=now,
    )
    session.add(entry)
    await session.flush()
    await consequences.follow(session, incident, entry, now, settle)


def _different(before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != before[name]}


def _apply(
    follow_up: FollowUp, changed: Mapping[str, Any], *, labels: tuple[str, ...], zone: str, now: datetime
) -> None:
    columns = {name: value for name, value in changed.items() if name != "labels"}
    if "due_on" in columns:
        columns |= fields.due(columns["due_on"], zone)
    if "status" in columns:
        columns["completed_at"] = now if columns["status"] is Status.COMPLETED else None
    for name, value in columns.items():
        setattr(follow_up, name, value)
    follow_up.search_text = fields.search_text(follow_up.title, follow_up.description, labels)
    follow_up.version += 1
    follow_up.updated_at = now


async def complete(
    session: AsyncSession, actor: CreatorRecord, follow_up_id: str, *, now: datetime
) -> FollowUpRecord:
    """Raises UnavailableError unless it is outstanding."""
    await _require_status(session, actor, follow_up_id, Status.OUTSTANDING)
    return await change(session, actor, follow_up_id, {"status": Status.COMPLETED}, now=now)


async def mark_not_doing(
    session: AsyncSession, actor: CreatorRecord, follow_up_id: str, *, now: datetime
) -> FollowUpRecord:
    """Raises UnavailableError unless it is outstanding."""
    await _require_status(session, actor, follow_up_id, Status.OUTSTANDING)
    return await change(session, actor, follow_up_id, {"status": Status.NOT_DOING}, now=now)


async def reopen(
    session: AsyncSession, actor: CreatorRecord, follow_up_id: str, *, now: datetime
) -> FollowUpRecord:
    """Raises UnavailableError unless it is completed or not doing."""
    await _require_status(session, actor, follow_up_id, Status.COMPLETED, Status.NOT_DOING)
    return await change(session, actor, follow_up_id, {"status": Status.OUTSTANDING}, now=now)


async def delete(
    session: AsyncSession, actor: CreatorRecord, follow_up_id: str, *, now: datetime
) -> FollowUpRecord:
    """A status like the others, and the last: nothing brings it back. Raises UnavailableError if deleted."""
    return await change(session, actor, follow_up_id, {"status": Status.DELETED}, now=now)


async def assign(
    session: AsyncSession, actor: CreatorRecord, follow_up_id: str, person_id: str, *, now: datetime
) -> FollowUpRecord:
    """Raises UnavailableError unless it is outstanding, InvalidFieldError for who cannot be assigned."""
    await _require_status(session, actor, follow_up_id, Status.OUTSTANDING)
    return await change(session, actor, follow_up_id, {"assignee_id": person_id}, now=now)


async def take(
    session: AsyncSession, actor: CreatorRecord, follow_up_id: str, *, now: datetime
) -> FollowUpRecord:
    """Assign an unassigned follow-up to the actor.

    Raises UnavailableError unless it is outstanding, or if someone else has it.
    """
    await _require_status(session, actor, follow_up_id, Status.OUTSTANDING)
    follow_up = await access.require_follow_up(session, actor, follow_up_id)
    if follow_up.assignee_id not in {None, actor.id}:
        assigned = await history.last_change(session, follow_up_id, "assignee_id")
        raise UnavailableError(await read(session, follow_up_id), assigned)
    return await assign(session, actor, follow_up_id, actor.id, now=now)


async def connect(
    session: AsyncSession,
    actor: CreatorRecord,
    follow_up_id: str,
    issue: ExternalIssueRecord,
    *,
    now: datetime,
) -> FollowUpRecord:
    """Tie the follow-up to an issue that is there already. Raises InvalidFieldError when it has one."""
    follow_up = await access.require_follow_up(session, actor, follow_up_id)
    if follow_up.external_issue_id is not None:
        has = (await read(session, follow_up_id)).external_issue
        raise InvalidFieldError("url", f"This follow-up is connected to {has and has.issue_name} already.")
    kept = ExternalIssue(
        provider=issue.provider, issue_name=issue.issue_name, issue_permalink=issue.issue_permalink
    )
    session.add(kept)
    await session.flush()
    return await _change(session, actor, follow_up_id, {"external_issue_id": kept.id}, now=now)


async def _require_status(
    session: AsyncSession, actor: CreatorRecord, follow_up_id: str, *allowed: Status
) -> None:
    follow_up = await access.require_follow_up(session, actor, follow_up_id)
    if follow_up.status not in allowed:
        raise await _unavailable(session, follow_up_id)


def _is_announced(changed: Mapping[str, Any]) -> bool:
    """Whether the channel gets a line. Of a new follow-up and of a deleted one the card is the news."""
    if changed.get("status") is Status.DELETED:
        return False
    return "status" in changed or "assignee_id" in changed


async def _unavailable(session: AsyncSession, follow_up_id: str) -> UnavailableError:
    current = await read(session, follow_up_id)
    return UnavailableError(current, await history.last_status_change(session, follow_up_id))


async def _conflict(session: AsyncSession, follow_up: FollowUp, version: int) -> ConflictError:
    now = _values(follow_up, await _labels(session, follow_up.id))
    then = await history.values_at(session, follow_up.id, version)
    base = {name: fields.plain(value) for name, value in now.items()} | then
    since = await history.of_follow_up(session, follow_up.id, after_version=version)
    return ConflictError(base, await read(session, follow_up.id), since)


def _values(follow_up: FollowUp, labels: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(follow_up, name) for name in fields.COLUMNS} | {"labels": labels}


async def _labels(session: AsyncSession, follow_up_id: str) -> tuple[str, ...]:
    return (await catalogue.labels_of(session, [follow_up_id])).get(follow_up_id, ())


async def _default_priority(session: AsyncSession) -> str | None:
    query = select(Priority.id).where(col(Priority.is_default).is_(True)).order_by(col(Priority.rank))
    return (await session.exec(query.with_for_update(read=True, key_share=True))).first()
