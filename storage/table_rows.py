"""A row of a table written as a follow-up: made, or changed. Nobody hears of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, catalogue, fields, quiet_changes
from storage.columns import new_id
from storage.errors import InvalidFieldError
from storage.imports import Import, Outcome
from storage.models import Category, FollowUp, Incident, Person, Priority, Team
from storage.quiet_changes import Kept, Made
from storage.records import CreatorKind, CreatorRecord, Status
from storage.text import one_line

CHECKED = frozenset({"title", "description", "labels", "due_on", "assignee_id", "assignee_team_id"})


@dataclass(frozen=True, slots=True)
class TableRow:
    """What the row gives, by name; what it does not name stays. People and teams are Slack's ids.

    Of `creator`, a user's id may be Slack's too.
    """

    given: Mapping[str, Any]
    id: str | None = None
    incident_id: str | None = None
    reference: str | None = None
    version: int | None = None
    creator: CreatorRecord | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass
class _Refusals:
    found: list[InvalidFieldError] = field(default_factory=list)

    def add(self, name: str, words: str) -> None:
        self.found.append(InvalidFieldError(name, words))

    def end(self) -> None:
        if self.found:
            raise InvalidFieldError.of_all(self.found)


async def write(session: AsyncSession, run: Import, row: TableRow) -> Outcome:
    """With `run.dry_run` it is only looked at. Raises InvalidFieldError, by the names that rows have."""
    refusals = _Refusals()
    ids = [row.id] if row.id else []
    local = (await quiet_changes.kept(session, ids, lock=not run.dry_run)).get(row.id or "")
    incident = await _incident(session, run, row, local, refusals)
    values = await _resolved(session, run, row, refusals)
    refusals.end()
    values |= _due(values, local)
    if local is not None:
        return await _change(session, run, row, local, incident=incident, values=values)
    return await _make(session, run, row, incident, values)


async def _incident(
    session: AsyncSession, run: Import, row: TableRow, local: Kept | None, refusals: _Refusals
) -> Incident:
    """The one named. A follow-up that is there already stays in its own."""
    query = select(Incident).where(col(Incident.slack_team_id) == run.slack_team_id)
    if row.incident_id:
        query = query.where(col(Incident.id) == row.incident_id)
    if row.reference:
        query = query.where(col(Incident.reference) == one_line(row.reference).upper())
    if local is not None and not row.incident_id and not row.reference:
        query = query.where(col(Incident.id) == local.row.incident_id)
    elif not row.incident_id and not row.reference:
        raise InvalidFieldError("incident", "Say which incident it is of: by its reference, INC-1.")
    found = (await session.exec(query)).one_or_none()
    if found is None:
        named = " with the id ".join(filter(None, (row.reference, row.incident_id)))
        raise InvalidFieldError("incident", f"There is no incident {named} here.")
    if local is not None and local.row.incident_id != found.id:
        refusals.add("incident", "This follow-up is another incident’s: a file can’t move it.")
    return found


async def _resolved(session: AsyncSession, run: Import, row: TableRow, refusals: _Refusals) -> dict[str, Any]:
    """What is given, with ids for names."""
    values = {name: value for name, value in row.given.items() if name not in RESOLVED}
    for name in row.given.keys() & RESOLVED.keys():
        column, resolve = RESOLVED[name]
        wanted = row.given[name]
        values[column] = await resolve(session, run, wanted) if wanted else None
        if wanted and values[column] is None:
            refusals.add(name, UNKNOWN[name].format(wanted))
    return values


def _due(values: dict[str, Any], local: Kept | None) -> dict[str, Any]:
    """A day and its zone go together: one that is not given is the one there is."""
    if not values.keys() & {"due_on", "due_zone"}:
        return {}
    due_on = values.get("due_on", local and local.row.due_on)
    zone = values.get("due_zone") or (local and local.row.due_zone) or "UTC"
    return {name: value for name, value in fields.due(due_on, zone).items() if name != "due_at"}


async def _priority(session: AsyncSession, _run: Import, name: str) -> str | None:
    named = {one.name.casefold(): one.id for one in await session.exec(select(Priority))}
    return named.get(one_line(name).casefold())


async def _category(session: AsyncSession, _run: Import, name: str) -> str | None:
    named = {one.name.casefold(): one.id for one in await session.exec(select(Category))}
    return named.get(one_line(name).casefold())


async def _person(session: AsyncSession, run: Import, slack_user_id: str) -> str | None:
    query = select(Person.id).where(
        col(Person.slack_team_id) == run.slack_team_id, col(Person.slack_user_id) == slack_user_id
    )
    return (await session.exec(query)).one_or_none()


async def _team(session: AsyncSession, run: Import, slack_usergroup_id: str) -> str | None:
    query = select(Team.id).where(
        col(Team.slack_team_id) == run.slack_team_id, col(Team.slack_usergroup_id) == slack_usergroup_id
    )
    return (await session.exec(query)).one_or_none()


# The column of the row, the one in the database, and how to get from one to the other.
RESOLVED: dict[str, tuple[str, Any]] = {
    "priority": ("priority_id", _priority),
    "category": ("category_id", _category),
    "assignee": ("assignee_id", _person),
    "team": ("assignee_team_id", _team),
}
NAMES = {column: name for name, (column, _) in RESOLVED.items()}
UNKNOWN = {
    "priority": "There is no priority “{}” here.",
    "category": "There is no category “{}” here.",
    "assignee": "Nobody with the Slack id {} is known here: people are once they have used the bot.",
    "team": "No user group with the Slack id {} is known here.",
}


async def _valid(session: AsyncSession, incident: Incident, values: dict[str, Any]) -> dict[str, Any]:
    """Raises InvalidFieldError by the names that rows have."""
    try:
        checked = {name: value for name, value in values.items() if name in CHECKED}
        cleaned = values | await fields.valid(session, checked, incident.slack_team_id)
        if cleaned.get("assignee_id") is not None:
            await access.require_assignable(session, incident, cleaned["assignee_id"])
    except InvalidFieldError as error:
        named = [InvalidFieldError(NAMES.get(name, name), words) for name, words in error.errors.items()]
        raise InvalidFieldError.of_all(named) from None
    return cleaned


async def _change(
    session: AsyncSession,
    run: Import,
    row: TableRow,
    local: Kept,
    *,
    incident: Incident,
    values: dict[str, Any],
) -> Outcome:
    if local.row.status is Status.DELETED:
        raise InvalidFieldError("id", "This follow-up was deleted here.")
    here, there = local.values, local.values | values
    before, after = quiet_changes.comparable(here), quiet_changes.comparable(there)
    changed = {name: values[name] for name in values if before[name] != after[name]}
    changed = await _valid(session, incident, changed)
    if "labels" in changed:
        changed["labels"] = await catalogue.as_known(
            session, run.actor, incident.slack_team_id, changed["labels"]
        )
    changed = {name: value for name, value in changed.items() if value != here[name]}
    if not changed:
        return Outcome.UNCHANGED
    if row.version is not None and row.version != local.row.version:
        raise InvalidFieldError(
            "version",
            f"It was changed here since: this row is of version {row.version}, it is at {local.row.version}. "
            "Export it again.",
        )
    if "status" in changed:
        changed["completed_at"] = _completed_at(run, row, changed["status"])
    if not run.dry_run:
        await quiet_changes.change(
            session, run.actor, incident, local, changed, now=run.now, updated_at=run.now
        )
    return Outcome.UPDATED


def _completed_at(run: Import, row: TableRow, status: Status) -> datetime | None:
    return (row.completed_at or run.now) if status is Status.COMPLETED else None


async def _make(
    session: AsyncSession, run: Import, row: TableRow, incident: Incident, values: dict[str, Any]
) -> Outcome:
    cleaned = await _valid(session, incident, {"title": "", "labels": ()} | values)
    labels, issue = cleaned.pop("labels"), cleaned.pop("external_issue", None)
    status = cleaned.pop("status", Status.OUTSTANDING)
    due = fields.due(cleaned.pop("due_on", None), cleaned.pop("due_zone", None) or "UTC")
    creator = await _creator(session, run, row)
    if run.dry_run:
        return Outcome.MADE
    created_at = row.created_at or run.now
    follow_up = FollowUp(
        **cleaned,
        **due,
        id=row.id or new_id(),
        incident_id=incident.id,
        status=status,
        completed_at=_completed_at(run, row, status),
        creator_kind=creator.kind,
        creator_id=creator.id,
        creator_name=creator.name,
        search_text="",
        version=max(1, row.version or 1),
        created_at=created_at,
        updated_at=max(row.updated_at or created_at, created_at),
    )
    await quiet_changes.make(session, run.actor, incident, Made(follow_up, labels, issue), now=run.now)
    return Outcome.MADE


async def _creator(session: AsyncSession, run: Import, row: TableRow) -> CreatorRecord:
    named = row.creator
    if named is None:
        return run.actor
    if named.kind is CreatorKind.USER and named.slack_user_id is not None:
        found = await _person(session, run, named.slack_user_id)
        if found is None:
            raise InvalidFieldError("creator_id", UNKNOWN["assignee"].format(named.slack_user_id))
        return CreatorRecord(CreatorKind.USER, found, named.name, named.slack_user_id)
    return named
