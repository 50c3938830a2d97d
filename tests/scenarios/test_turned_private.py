"""Slack says nothing when a public channel turns private: it is asked before others see what is inside."""

import asyncio

import pytest

from playground import Person, seed
from storage import follow_ups, incidents, people
from storage.follow_ups import Draft
from storage.records import CreatorKind, CreatorRecord
from tests.scenarios.conftest import Scenario, adds, list_of

SECRET = "Mask tokens in build logs"
GONE = "This follow-up no longer exists, or you can’t see it."


@pytest.mark.parametrize("how", ["schedule", "next use"])
async def test_a_public_channel_turned_private_is_hidden_from_others(scenario: Scenario, how: str) -> None:
    maya, priya = scenario.maya, scenario.priya
    await adds(maya, SECRET, Assignee="priya")
    listed = await list_of(priya)
    await listed.shows(SECRET)
    await scenario.is_quiet()
    scenario.slack.acts.make_private(maya.id, seed.CHECKOUT)
    scenario.slack.faults.add("member_left_channel", "dropped")
    scenario.slack.acts.leave(priya.id, seed.CHECKOUT)

    if how == "schedule":
        scenario.clock.passes(minutes=11)
        scenario.app.database.jobs_ready.set()
        await until_called(scenario, "conversations.members")
        await scenario.is_quiet()
    else:
        scenario.clock.passes(seconds=61)
    await listed.selects("All")
    await listed.shows(GONE)
    await (await list_of(maya)).shows(SECRET)


async def turned_private_without_priya(scenario: Scenario) -> Person:
    """A minute later than anybody looked; of all this the bot hears nothing."""
    maya, priya = scenario.maya, scenario.priya
    priya.in_channel(priya.direct.id)
    await adds(maya, SECRET, Assignee="priya")
    await maya.channel.shows(SECRET)
    await scenario.is_quiet()
    scenario.slack.acts.make_private(maya.id, seed.CHECKOUT)
    scenario.slack.faults.add("member_left_channel", "dropped")
    scenario.slack.acts.leave(priya.id, seed.CHECKOUT)
    scenario.clock.passes(seconds=61)
    return priya


@pytest.mark.parametrize("where", ["home", "mine"])
async def test_a_public_channel_turned_private_is_in_nobodys_own_list(scenario: Scenario, where: str) -> None:
    priya = await turned_private_without_priya(scenario)
    if where == "home":
        await priya.opens_home()
        shown = (await priya.home()).text
    else:
        shown = (await list_of(priya)).text
    assert "0 outstanding" in shown
    assert SECRET not in shown


async def test_own_lists_ask_slack_about_twenty_channels_a_minute_together(scenario: Scenario) -> None:
    slack, maya = scenario.slack, scenario.maya
    await maya.opens_home()
    await maya.home()
    for number in range(25):
        channel = slack.workspace.create_channel(f"outage-{number}", maya.id)
        channel.members.append(seed.BOT)
        await has_work_for(scenario, maya, channel.id, channel.name)

    for _ in range(2):
        scenario.clock.passes(seconds=61)
        await maya.opens_home()
        mine = await maya.home()
        await mine.shows("Older")
        await mine.clicks("Older")
        await mine.shows("Newer")
        await scenario.is_quiet()
        # Calls alone don't tell: the schedule that looks at channels makes some too.
        assert len(scenario.context.rechecks) == 20
        assert len(slack.calls_of("conversations.info")) >= 20


async def has_work_for(scenario: Scenario, person: Person, channel_id: str, name: str) -> None:
    described = incidents.Channel(seed.TEAM_ID, channel_id, name, is_private=False)
    now = scenario.clock()
    async with scenario.app.database.write() as session:
        known = await people.find(session, seed.TEAM_ID, person.id)
        assert known is not None
        actor = CreatorRecord(CreatorKind.USER, known.id, known.name, person.id)
        incident = await incidents.track(session, described, prefixes=(), now=now, name=name)
        await follow_ups.create(session, actor, incident.id, Draft(SECRET, assignee_id=known.id), now=now)


@pytest.mark.parametrize("fault", ["rate_limited", "server_error", "slow"])
async def test_a_public_incident_stays_readable_while_slack_gives_no_answer(
    scenario: Scenario, fault: str
) -> None:
    maya = scenario.maya
    await adds(maya, SECRET)
    listed = await list_of(maya)
    await scenario.is_quiet()
    scenario.clock.passes(seconds=61)
    scenario.slack.faults.add("conversations.info", fault, delay=3)
    await listed.selects("All")
    await listed.shows(SECRET, within=4)


async def test_a_command_waits_for_nothing_of_slack(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs")
    await scenario.is_quiet()
    for command, title in (("follow-ups", "Follow-ups"), ("follow-up More", "New follow-up")):
        scenario.clock.passes(seconds=61)
        scenario.slack.faults.add("conversations.info", "slow", delay=1)
        await maya.types(f"/incident {command}")
        await (await maya.modal(title, within=0.8)).closes()
        await scenario.is_quiet()


async def until_called(scenario: Scenario, method: str) -> None:
    async with asyncio.timeout(20):
        while not scenario.slack.calls_of(method):  # noqa: ASYNC110  calls change nothing to wait for
            await asyncio.sleep(0.02)
