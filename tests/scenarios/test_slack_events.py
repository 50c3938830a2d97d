"""What Slack tells of: renames, archives, other ids, people; each once, however often it is told."""

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from playground import seed
from playground.doors import Retry
from storage import incidents, people
from storage.models import ChannelMember, Incident
from tests.scenarios.conftest import OVER_BOTH_TRANSPORTS, Scenario, adds, list_of


async def incident_in(scenario: Scenario, channel_id: str) -> Incident | None:
    async with scenario.app.database.read() as session:
        return await incidents.by_channel(session, channel_id)


@OVER_BOTH_TRANSPORTS
async def test_an_incident_is_renamed_with_its_channel(scenario: Scenario) -> None:
    maya = scenario.maya
    await (await list_of(maya)).shows("*INC-142* · Checkout")
    scenario.slack.acts.rename(maya.id, seed.CHECKOUT, "inc-142-payments-down")
    await scenario.is_quiet()
    await (await list_of(maya)).shows("*INC-142* · Payments down")


async def test_a_name_that_somebody_gave_stays(scenario: Scenario) -> None:
    maya = scenario.maya.in_channel("general")
    assert await (await list_of(maya)).submits(**{"Incident name": "Cold coffee"}) == {}
    scenario.slack.acts.rename(maya.id, seed.GENERAL, "kitchen")
    await scenario.is_quiet()
    await (await list_of(maya)).shows("Cold coffee")


async def test_a_channel_becomes_an_incident_when_the_bot_joins_or_the_name_says_so(
    scenario: Scenario,
) -> None:
    maya = scenario.maya
    made = scenario.slack.workspace.create_channel("inc-200-new", maya.id)
    scenario.slack.acts.invite(maya.id, made.id, seed.BOT)
    await scenario.is_quiet()
    found = await incident_in(scenario, made.id)
    assert found is not None
    assert found.reference == "INC-200"
    scenario.slack.acts.rename(maya.id, seed.RANDOM, "incident-201-rumours")
    await scenario.is_quiet()
    assert (await incident_in(scenario, seed.RANDOM)) is not None


async def test_archiving_and_unarchiving_are_followed(scenario: Scenario) -> None:
    maya = scenario.maya
    await list_of(maya)
    for archived in (True, False):
        scenario.slack.acts.archive(maya.id, seed.CHECKOUT, archived=archived)
        await scenario.is_quiet()
        found = await incident_in(scenario, seed.CHECKOUT)
        assert found is not None
        assert found.is_archived is archived


async def test_archiving_a_channel_that_nobody_tracked_begins_no_incident(scenario: Scenario) -> None:
    made = scenario.slack.workspace.create_channel("inc-200-new", scenario.maya.id)
    await scenario.is_quiet()
    scenario.slack.acts.archive(scenario.maya.id, made.id, archived=True)
    await scenario.is_quiet()
    assert await incident_in(scenario, made.id) is None


async def test_a_channel_that_gets_another_id_keeps_its_follow_ups_and_cards(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs")
    card = await maya.channel.shows("Rotate the certs")
    await scenario.is_quiet()
    channel = scenario.slack.workspace.channels.pop(seed.CHECKOUT)
    channel.id = "C0MOVED"
    scenario.slack.workspace.channels["C0MOVED"] = channel
    messages = scenario.slack.workspace.state.messages.pop(seed.CHECKOUT)
    for message in messages:
        message.channel = "C0MOVED"
    scenario.slack.workspace.state.messages["C0MOVED"] = messages
    event = {"type": "channel_id_changed", "old_channel_id": seed.CHECKOUT, "new_channel_id": "C0MOVED"}
    scenario.slack.events.send(event)
    await scenario.is_quiet()

    maya.in_channel("C0MOVED")
    await (await list_of(maya)).shows("Rotate the certs")
    await card.clicks("Complete")
    await card.shows("~Rotate the certs~")
    await maya.channel.shows("Maya completed")


async def test_people_are_called_what_they_call_themselves_now(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs")
    card = await maya.channel.shows("Rotate the certs")
    await card.clicks("I'll take it", by=tom)
    await maya.channel.shows("Tom took")
    scenario.slack.workspace.change_user(tom.id, display_name="Tomasz")
    await scenario.is_quiet()
    await maya.types("hello")
    await card.clicks("Complete", by=tom)
    await maya.channel.shows("Tomasz completed")


async def test_who_was_deactivated_can_do_nothing_more(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(tom, "Rotate the certs")
    card = await maya.channel.shows("Rotate the certs")
    scenario.slack.workspace.change_user(tom.id, deleted=True)
    await scenario.is_quiet()
    await card.clicks("Complete", by=tom)
    await scenario.is_quiet()
    assert "Complete" in card.buttons


@pytest.mark.parametrize("fault", ["duplicate", "duplicate_new_id"])
async def test_an_event_told_twice_is_done_once(scenario: Scenario, fault: str) -> None:
    maya = scenario.maya
    scenario.slack.faults.add("app_home_opened", fault)
    await maya.opens_home()
    await maya.home()
    await scenario.is_quiet()
    kept = await scenario.jobs("slack_event")
    assert [job.state for job in kept] == ["done"]


async def test_an_event_whose_acceptance_got_lost_is_done_once(scenario: Scenario) -> None:
    await scenario.maya.opens_home()
    await scenario.maya.home()
    told = scenario.slack.doors.last["events_api"]
    for number, reason in ((1, "http_timeout"), (2, "connection_failed")):
        assert (await scenario.slack.doors.again(replace(told, retry=Retry(number, reason)))).ok
    await scenario.is_quiet()
    assert len(await scenario.jobs("slack_event")) == 1


async def test_two_things_of_one_moment_are_two_things(scenario: Scenario) -> None:
    joined = {
        "type": "member_joined_channel",
        "channel": seed.CHECKOUT,
        "team": "T1",
        "event_ts": "1764000000.000100",
    }
    for user in (seed.TOM, seed.PRIYA):
        scenario.slack.events.send({**joined, "user": user})
    scenario.slack.events.send({**joined, "type": "member_left_channel", "user": seed.TOM})
    scenario.slack.events.send({**joined, "user": seed.TOM, "event_ts": "1764000000.000200"})
    await scenario.is_quiet()
    assert len(await scenario.jobs("slack_event")) == 4


@OVER_BOTH_TRANSPORTS
async def test_an_event_that_died_half_way_is_done_when_it_comes_again(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: Any, **__: Any) -> None:
        raise OSError("the machine is gone")

    scenario.slack.events.retry_factor = 0
    with monkeypatch.context() as broken:
        broken.setattr(scenario.slack.sockets, "_ack_seconds", 0.3)
        broken.setattr("bot.events.jobs.enqueue", dies)
        await scenario.maya.opens_home()
        await scenario.slack.events.settled()
    assert await scenario.jobs("slack_event") == []
    told = scenario.slack.doors.last["events_api"]
    assert (await scenario.slack.doors.again(told)).ok
    await scenario.maya.home()


async def test_of_an_event_only_what_is_read_is_kept(scenario: Scenario) -> None:
    maya = scenario.maya
    await list_of(maya)
    await maya.opens_home()
    await maya.home()
    scenario.slack.workspace.change_user(maya.id, display_name="Maya B.")
    scenario.slack.acts.rename(maya.id, seed.CHECKOUT, "inc-142-payments-down")
    await scenario.is_quiet()
    kept = {job.payload["event"]["type"]: job.payload["event"] for job in await scenario.jobs("slack_event")}
    assert kept["user_change"] == {"type": "user_change", "user": maya.id}
    assert kept["channel_rename"] == {"type": "channel_rename", "channel": seed.CHECKOUT}
    assert kept["app_home_opened"].keys() == {"type", "user", "channel", "tab"}


async def test_of_people_who_never_met_the_bot_nothing_is_asked_or_stored(scenario: Scenario) -> None:
    scenario.slack.workspace.change_user(seed.TOM, display_name="Tomasz")
    await scenario.is_quiet()
    async with scenario.app.database.read() as session:
        assert await people.find(session, scenario.context.identity.slack_team_id, seed.TOM) is None
    assert scenario.slack.calls_of("users.info") == []


async def test_who_joins_a_public_channel_is_not_written_down(scenario: Scenario) -> None:
    maya = scenario.maya
    await list_of(maya)
    made = scenario.slack.workspace.create_channel("inc-200-new", maya.id)
    scenario.slack.acts.invite(maya.id, made.id, seed.BOT)
    await scenario.is_quiet()
    scenario.slack.acts.invite(maya.id, made.id, seed.TOM)
    await scenario.is_quiet()
    async with scenario.app.database.read() as session:
        assert list(await session.exec(select(ChannelMember))) == []
