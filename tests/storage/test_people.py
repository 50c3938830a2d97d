"""People and teams are whom Slack's ids say, whatever they are called."""

import asyncio

from sqlmodel import select

from storage import people
from storage.database import Database
from storage.models import Person, Team
from storage.people import SlackUsergroup
from storage.records import TeamRecord
from tests.storage.builders import LATER, NOW, TEAM, a_slack_user, look, run


async def test_a_person_is_refreshed_by_slack_id_only(database: Database) -> None:
    first = await run(database, people.remember, a_slack_user("Ada", slack_user_id="U1"), NOW)
    namesake = await run(database, people.remember, a_slack_user("Ada", slack_user_id="U2"), NOW)
    elsewhere = await run(
        database, people.remember, a_slack_user("Ada", slack_user_id="U1", slack_team_id="T2"), NOW
    )
    assert len({first.id, namesake.id, elsewhere.id}) == 3

    described = a_slack_user("Ada L.", slack_user_id="U1", timezone="Europe/London", is_guest=True)
    again = await run(database, people.remember, described, LATER)

    assert again.id == first.id
    assert (again.slack_user_id, again.name, again.timezone) == ("U1", "Ada L.", "Europe/London")
    assert (again.is_guest, again.refreshed_at) == (True, LATER)
    assert (await look(database, people.by_id, namesake.id)).name == "Ada"


async def test_what_slack_takes_back_is_taken_back(database: Database) -> None:
    gone = a_slack_user("Ada", is_deleted=True, is_bot=True, is_stranger=True)
    await run(database, people.remember, gone, NOW)

    back = await run(database, people.remember, a_slack_user("Ada"), LATER)

    assert (back.is_deleted, back.is_bot, back.is_stranger) == (False, False, False)
    assert await look(database, people.find, TEAM, "UADA") == back


async def test_who_was_never_seen_is_not_found(database: Database) -> None:
    assert await look(database, people.find, TEAM, "UNOBODY") is None


async def test_a_person_met_twice_at_once_is_one(database: Database) -> None:
    met = await asyncio.gather(*(run(database, people.remember, a_slack_user("Ada"), NOW) for _ in range(6)))

    assert len({person.id for person in met}) == 1
    async with database.read() as session:
        assert len(list(await session.exec(select(Person)))) == 1


PLATFORM = SlackUsergroup("S1", "Platform", "platform")
DATABASES = SlackUsergroup("S2", "Databases", "dba")


async def test_teams_are_slacks_by_name(database: Database) -> None:
    made = await run(database, people.remember_teams, TEAM, [PLATFORM, DATABASES])

    assert [(team.slack_usergroup_id, team.name) for team in made] == [
        ("S2", "Databases"),
        ("S1", "Platform"),
    ]
    assert await look(database, people.teams, TEAM) == made
    assert await look(database, people.teams, "T2") == []


async def test_a_team_vanishes_and_returns_as_the_same(database: Database) -> None:
    dba, platform = await run(database, people.remember_teams, TEAM, [PLATFORM, DATABASES])

    assert await run(database, people.remember_teams, TEAM, [DATABASES]) == [dba]

    renamed = SlackUsergroup("S1", "Core platform", "core")
    assert await run(database, people.remember_teams, TEAM, [DATABASES, renamed]) == [
        TeamRecord(platform.id, "S1", "Core platform"),
        dba,
    ]


async def test_another_workspaces_teams_are_left_alone(database: Database) -> None:
    ours = await run(database, people.remember_teams, TEAM, [PLATFORM])
    await run(database, people.remember_teams, "T2", [PLATFORM, DATABASES])
    await run(database, people.remember_teams, "T2", [])

    assert await look(database, people.teams, TEAM) == ours


async def test_teams_asked_for_twice_at_once_are_one_each(database: Database) -> None:
    groups = [PLATFORM, DATABASES]
    made = await asyncio.gather(
        *(run(database, people.remember_teams, TEAM, groups[:: 1 if turn % 2 else -1]) for turn in range(6))
    )

    assert all(teams == made[0] for teams in made)
    async with database.read() as session:
        assert len(list(await session.exec(select(Team)))) == 2
