"""Ids of what is somebody else's, and of what nothing is: each answered like what does not exist."""

import json
from typing import Any

import pytest
from sqlmodel import select

from playground import seed
from playground.records import Json
from storage import access, incidents, people
from storage.columns import new_id
from storage.incidents import Channel
from storage.models import Category, ChannelMember, FollowUp, Incident, Team
from storage.people import SlackUser, SlackUsergroup
from tests.scenarios import forging
from tests.scenarios.conftest import Scenario, adds, list_of

GONE = "This follow-up no longer exists, or you can’t see it."
SECRET = "Mask tokens in build logs"
PRIVATE = "inc-137-leaked-token"
THEIRS = "T0THEIRS"


async def rows(scenario: Scenario, *tables: Any) -> list[Any]:
    async with scenario.app.database.read() as session:
        return [row.model_dump() for table in tables for row in await session.exec(select(table))]


async def of_theirs(scenario: Scenario) -> list[Any]:
    found = await rows(scenario, Incident, ChannelMember)
    return [row for row in found if THEIRS in row.values() or "C0THEIRS" in row.values()]


async def another_workspace(scenario: Scenario) -> tuple[Incident, Team]:
    """In the same database: an incident that even has Tom's Slack id among its members, and a team."""
    async with scenario.app.database.write() as session:
        channel = Channel(THEIRS, "C0THEIRS", "inc-7-theirs", is_private=True)
        incident = await incidents.track(session, channel, prefixes=("inc-",), now=scenario.clock())
        await access.replace_members(session, incident, [seed.TOM], scenario.clock())
        await people.remember(session, SlackUser(THEIRS, "U0OLGA", "Olga"), scenario.clock())
        await people.remember_teams(session, THEIRS, [SlackUsergroup("S0THEIRS", "Their team", "theirs")])
        team = (await session.exec(select(Team).where(Team.slack_team_id == THEIRS))).one()
    return incident, team


async def test_an_incident_of_another_workspace_does_not_exist(scenario: Scenario) -> None:
    theirs, _ = await another_workspace(scenario)
    tom = scenario.tom
    await adds(tom, "Toms own")
    before = await of_theirs(scenario)
    scenario.clock.passes(seconds=10)

    listed = await list_of(tom)
    place = json.dumps({"incident": theirs.id, "query": ["all", "", None, None]})
    await forging.click(scenario, tom, "list_clear_search", listed, metadata=place)
    await listed.shows(GONE)
    await tom.types("/incident follow-up Forged")
    form = await tom.modal("New follow-up")
    answer = await forging.submission(scenario, tom, form, metadata=json.dumps({"incident": theirs.id}))
    assert list(answer["errors"].values()) == [GONE]
    await scenario.is_quiet()

    assert await of_theirs(scenario) == before
    assert len(await rows(scenario, FollowUp)) == 1
    asked = scenario.slack.calls_of("conversations.members") + scenario.slack.calls_of("conversations.info")
    assert "C0THEIRS" not in {call.args["channel"] for call in asked}


async def test_what_a_form_chooses_is_of_the_workspace(scenario: Scenario) -> None:
    _, team = await another_workspace(scenario)
    async with scenario.app.database.write() as session:
        session.add(Category(name="Detection", rank=1))
    tom = scenario.tom
    await tom.types("/incident follow-up Mine")
    form = await tom.modal("New follow-up")
    option = {"text": {"type": "plain_text", "text": "x"}}
    forged: list[tuple[Json, str]] = [
        ({"team": {"selected_option": option | {"value": team.id}}}, "This team is gone from Slack."),
        ({"team": {"selected_option": option | {"value": new_id()}}}, "This team is gone from Slack."),
        ({"priority": {"selected_option": option | {"value": team.id}}}, "no longer exists"),
        ({"category": {"selected_option": option | {"value": team.id}}}, "no longer exists"),
        ({"assignee": {"selected_user": "U0OLGA"}}, "Slack doesn’t know this person"),
        ({"assignee": {"selected_user": "W0NOBODY"}}, "Slack doesn’t know this person"),
        ({"assignee": {"selected_user": seed.STRANGER}}, "belongs to another workspace"),
        ({"assignee": {"selected_user": seed.DEPLOY_BOT}}, "is a bot"),
    ]
    for values, refusal in forged:
        answer = await forging.submission(scenario, tom, form, **values)
        assert refusal in str(answer["errors"]), values
        assert "Their team" not in str(answer)
        assert "Olga" not in str(answer)
    assert await rows(scenario, FollowUp) == []


EDGES = ["", "0", "7" * 26, "z" * 500, "'; DROP TABLE follow_up; --", "%", "[]"]


@pytest.mark.parametrize("edge", EDGES)
async def test_a_cursor_leads_nowhere_else(scenario: Scenario, edge: str) -> None:
    maya, tom = scenario.maya.in_channel(PRIVATE), scenario.tom
    await adds(maya, SECRET)
    await adds(tom, "Toms own")
    listed = await list_of(tom)
    incident = json.loads(listed.view.content["private_metadata"])["incident"]
    for action in ("list_older", "list_newer"):
        place = {"incident": incident, "query": ["all", "", None, None], "first": edge, "last": edge}
        await forging.click(scenario, tom, action, listed, metadata=json.dumps(place))
        await scenario.is_quiet()
        await listed.shows("Toms own")
        assert SECRET not in listed


async def test_a_follow_up_in_a_private_incident_is_not_reached_through_a_public_ones_list(
    scenario: Scenario,
) -> None:
    maya, tom = scenario.maya.in_channel(PRIVATE), scenario.tom
    await adds(maya, SECRET)
    await adds(tom, "Toms own")
    await scenario.is_quiet()
    private, public = sorted(await rows(scenario, FollowUp), key=lambda row: row["title"] != SECRET)
    for choice in ("edit", "assign_to_me", "take", "not_doing", "delete"):
        listed = await list_of(tom)
        option = f"{choice}:{private['id']}"
        await forging.click(scenario, tom, f"menu:{public['id']}", listed, option=option)
        await scenario.is_quiet()
        assert GONE in tom.modals[-1]
        assert all(SECRET not in modal for modal in tom.modals)
    assert sorted(await rows(scenario, FollowUp), key=lambda row: row["title"] != SECRET) == [private, public]


@pytest.mark.parametrize(
    ("action", "option"),
    [
        ("menu:{id}", "nonsense:{id}"),
        ("menu:{id}", "{id}"),
        ("menu:{id}", None),
        ("list_filter", "nonsense"),
        ("home_filter", "nonsense"),
        ("nonsense:{id}", None),
        ("complete:", None),
        ("complete:{id}:{id}", None),
    ],
)
async def test_an_action_there_is_not_changes_nothing(
    scenario: Scenario, action: str, option: str | None
) -> None:
    tom = scenario.tom
    await adds(tom, "Toms own")
    await scenario.is_quiet()
    (before,) = await rows(scenario, FollowUp)
    listed = await list_of(tom)

    named = option.format(id=before["id"]) if option else None
    await forging.click(scenario, tom, action.format(id=before["id"]), listed, option=named)
    await scenario.is_quiet()

    assert await rows(scenario, FollowUp) == [before]
    await (await list_of(tom)).shows("1 outstanding")


async def test_an_endless_search_is_a_search(scenario: Scenario) -> None:
    tom = scenario.tom
    await adds(tom, "Toms own")
    listed = await list_of(tom)
    await listed.clicks("Search")
    search = await tom.modal("Search")
    values: dict[str, Any] = {"search_for": {"value": "endless " * 1000}}
    assert await forging.submission(scenario, tom, search, **values) == {}
    await listed.shows("No outstanding follow-ups match")
