"""What imported records point at: people and teams by Slack's ids, priorities and the like by id or name."""

import re
from datetime import UTC, datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import people
from storage.columns import is_id, new_id
from storage.imports import Import, Kind, Outcome
from storage.inserting import InsertNew
from storage.models import Category, Person, Priority, Severity, Team
from storage.records import (
    CategoryRecord,
    CreatorKind,
    CreatorRecord,
    PersonRecord,
    PriorityRecord,
    SeverityRecord,
    TeamRecord,
)
from storage.text import is_blank, one_line

SLACK_USER = re.compile(r"[UW][A-Z0-9]{1,20}")
SLACK_USERGROUP = re.compile(r"S[A-Z0-9]{1,20}")
# So that Slack is asked about them before they may see or do anything.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Ranked = PriorityRecord | CategoryRecord | SeverityRecord
TABLES: dict[type[Ranked], type[Priority | Category | Severity]] = {
    PriorityRecord: Priority,
    CategoryRecord: Category,
    SeverityRecord: Severity,
}


async def person(session: AsyncSession, run: Import, source: PersonRecord) -> str | None:
    """Their id here, made if need be; None where Slack's id is not known: nobody is found by a name."""
    slack_id = source.slack_user_id
    if not SLACK_USER.fullmatch(slack_id):
        return None
    if slack_id not in run.people:
        found = await people.find(session, run.slack_team_id, slack_id)
        made = found or await _new_person(session, run, source)
        run.people[slack_id] = made.id
    return run.people[slack_id]


async def _new_person(session: AsyncSession, run: Import, source: PersonRecord) -> Person:
    name = one_line(source.name)
    while True:
        new = Person(
            id=source.id if is_id(source.id) else new_id(),
            slack_team_id=run.slack_team_id,
            slack_user_id=source.slack_user_id,
            name=source.slack_user_id if is_blank(name) else name,
            refreshed_at=NEVER,
        )
        if run.dry_run:
            return new
        await session.exec(InsertNew(Person).values(new.model_dump()))
        found = await people.find(session, run.slack_team_id, source.slack_user_id)
        if found is not None:
            return found
        source = PersonRecord("", source.slack_user_id, source.name)  # somebody else has that id


async def bring_person(session: AsyncSession, run: Import, source: PersonRecord) -> None:
    """From a list of people: counted."""
    if source.slack_user_id in run.people:
        run.count(Kind.PERSON, Outcome.UNCHANGED)
        return
    before = await people.find(session, run.slack_team_id, source.slack_user_id)
    if await person(session, run, source) is None:
        run.skip(Kind.PERSON, source.id, source.name, "No Slack id is known of this person.")
    else:
        run.count(Kind.PERSON, Outcome.UNCHANGED if before else Outcome.MADE)


async def creator(session: AsyncSession, run: Import, source: CreatorRecord) -> CreatorRecord | None:
    """As it is kept here: somebody without a Slack id by the name alone. None for an id that is none."""
    if source.kind is CreatorKind.USER:
        described = PersonRecord(source.id, source.slack_user_id or "", source.name)
        if (known := await person(session, run, described)) is not None:
            return CreatorRecord(CreatorKind.USER, known, one_line(source.name), source.slack_user_id)
    if not is_id(source.id):
        return None
    return CreatorRecord(source.kind, source.id, one_line(source.name))


async def team(session: AsyncSession, run: Import, source: TeamRecord) -> str | None:
    """The id here of a Slack user group; None for a team that is none."""
    if source.id in run.teams:
        return run.teams[source.id]
    slack_id = source.slack_usergroup_id
    if not SLACK_USERGROUP.fullmatch(slack_id):
        return None
    query = select(Team).where(
        col(Team.slack_team_id) == run.slack_team_id, col(Team.slack_usergroup_id) == slack_id
    )
    found = (await session.exec(query)).one_or_none()
    for id_ in (source.id, new_id()):
        if found is not None:
            break
        new = Team(
            id=id_ if is_id(id_) else new_id(),
            slack_team_id=run.slack_team_id,
            slack_usergroup_id=slack_id,
            name=one_line(source.name),
            handle="",
        )
        if run.dry_run:
            found = new
        else:
            await session.exec(InsertNew(Team).values(new.model_dump()))
            found = (await session.exec(query)).one_or_none()
    if found is None:
        raise LookupError(f"no team {slack_id} in {run.slack_team_id}")
    run.teams[source.id] = found.id
    return found.id


async def bring_team(session: AsyncSession, run: Import, source: TeamRecord) -> None:
    """From a list of teams: counted."""
    query = select(Team.id).where(col(Team.slack_usergroup_id) == source.slack_usergroup_id)
    before = (await session.exec(query)).first()
    if await team(session, run, source) is None:
        run.skip(Kind.TEAM, source.id, source.name, "This team is no Slack user group that is known of.")
    else:
        run.count(Kind.TEAM, Outcome.UNCHANGED if before else Outcome.MADE)


async def ranked(session: AsyncSession, run: Import, source: Ranked) -> tuple[str, bool]:
    """The id here of a priority, category or severity, and whether it is new: by id, else by name."""
    table = TABLES[type(source)]
    key = (table.__name__, source.id)
    if key in run.ranked:
        return run.ranked[key], False
    name = one_line(source.name)
    names: dict[str, str] = dict((await session.exec(select(table.id, table.name))).all())
    same = [id_ for id_, known in names.items() if known.casefold() == name.casefold()]
    if source.id in names or same:
        run.ranked[key] = source.id if source.id in names else same[0]
        return run.ranked[key], False
    new = table(
        id=source.id if is_id(source.id) else new_id(),
        name=name,
        description=source.description or None,
        rank=source.rank,
    )
    run.ranked[key] = new.id
    if not run.dry_run:
        await session.exec(InsertNew(table).values(new.model_dump()))
        # Somebody may have made one of that name at this moment.
        run.ranked[key] = (await session.exec(select(table.id).where(col(table.name) == name))).one()
    return run.ranked[key], True
