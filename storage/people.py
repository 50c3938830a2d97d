"""People and teams as Slack describes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.errors import InvalidFieldError, NotFoundError
from storage.inserting import InsertNew
from storage.models import Incident, Person, Team
from storage.records import TeamRecord
from storage.text import one_line

OURS = and_(col(Person.is_bot).is_(False), col(Person.is_stranger).is_(False))


@dataclass(frozen=True, slots=True)
class SlackUser:
    """The part of Slack's user object that matters here."""

    slack_team_id: str
    slack_user_id: str
    name: str
    timezone: str = "UTC"
    is_bot: bool = False
    is_deleted: bool = False
    is_guest: bool = False
    is_stranger: bool = False


@dataclass(frozen=True, slots=True)
class SlackUsergroup:
    slack_usergroup_id: str
    name: str
    handle: str


async def find(session: AsyncSession, slack_team_id: str, slack_user_id: str) -> Person | None:
    query = select(Person).where(
        col(Person.slack_team_id) == slack_team_id, col(Person.slack_user_id) == slack_user_id
    )
    return (await session.exec(query)).one_or_none()


async def _exactly(session: AsyncSession, slack_team_id: str, slack_user_id: str) -> Person:
    person = await find(session, slack_team_id, slack_user_id)
    if person is None:
        raise LookupError(f"no person {slack_user_id} in {slack_team_id}")
    return person


async def by_id(session: AsyncSession, person_id: str) -> Person:
    return (await session.exec(select(Person).where(col(Person.id) == person_id))).one()


async def remember(session: AsyncSession, user: SlackUser, now: datetime) -> Person:
    """Insert or refresh a person by Slack's id, never by name or address."""
    person = await find(session, user.slack_team_id, user.slack_user_id)
    if person is None:
        new = Person(
            slack_team_id=user.slack_team_id, slack_user_id=user.slack_user_id, name="", refreshed_at=now
        )
        # Someone's first click and Slack's event about them may arrive together.
        await session.exec(InsertNew(Person).values(new.model_dump()))
        person = await _exactly(session, user.slack_team_id, user.slack_user_id)
    person.name = one_line(user.name)
    person.timezone = user.timezone
    person.is_bot = user.is_bot
    person.is_deleted = user.is_deleted
    person.is_guest = user.is_guest
    person.is_stranger = user.is_stranger
    person.refreshed_at = now
    session.add(person)
    await session.flush()
    return person


async def remember_teams(
    session: AsyncSession, slack_team_id: str, usergroups: Iterable[SlackUsergroup]
) -> list[TeamRecord]:
    """Make the teams match Slack's user groups: new ones added, vanished ones marked deleted."""
    known = await _known_teams(session, slack_team_id)
    seen = {group.slack_usergroup_id: group for group in usergroups}
    if missing := sorted(seen.keys() - known.keys()):
        rows = [
            Team(slack_team_id=slack_team_id, slack_usergroup_id=slack_id, name="", handle="").model_dump()
            for slack_id in missing
        ]
        await session.exec(InsertNew(Team).values(rows))
        known = await _known_teams(session, slack_team_id)
    for slack_id, group in seen.items():
        team = known[slack_id]
        team.name, team.handle, team.is_deleted = one_line(group.name), group.handle, False
    for slack_id in known.keys() - seen.keys():
        known[slack_id].is_deleted = True
    await session.flush()
    return await teams(session, slack_team_id)


async def _known_teams(session: AsyncSession, slack_team_id: str) -> dict[str, Team]:
    query = select(Team).where(col(Team.slack_team_id) == slack_team_id)
    return {team.slack_usergroup_id: team for team in await session.exec(query)}


async def teams(session: AsyncSession, slack_team_id: str) -> list[TeamRecord]:
    query = (
        select(Team)
        .where(col(Team.slack_team_id) == slack_team_id, col(Team.is_deleted).is_(False))
        .order_by(col(Team.name))
    )
    return [TeamRecord(team.id, team.slack_usergroup_id, team.name) for team in await session.exec(query)]


async def listed(
    session: AsyncSession,
    *,
    limit: int,
    after: str | None = None,
    slack_user_id: str | None = None,
    include_deleted: bool = False,
) -> list[Person]:
    """People of this workspace who have met the bot, by id. Bots and people of other workspaces are none.

    Raises InvalidFieldError for an unknown `after`.
    """
    query = select(Person).where(OURS).order_by(col(Person.id)).limit(limit)
    if after is not None:
        if (await session.exec(select(Person.id).where(col(Person.id) == after, OURS))).first() is None:
            raise InvalidFieldError("after", "There is no such user; begin again without it.")
        query = query.where(col(Person.id) > after)
    if slack_user_id is not None:
        query = query.where(col(Person.slack_user_id) == slack_user_id)
    if not include_deleted:
        query = query.where(col(Person.is_deleted).is_(False))
    return list(await session.exec(query))


async def one_of_ours(session: AsyncSession, person_id: str) -> Person:
    """Raises NotFoundError."""
    person = (await session.exec(select(Person).where(col(Person.id) == person_id, OURS))).one_or_none()
    if person is None:
        raise NotFoundError(f"no person {person_id}")
    return person


async def workspaces(session: AsyncSession) -> list[str]:
    """The Slack workspaces that there are incidents of."""
    return list(await session.exec(select(Incident.slack_team_id).distinct()))
