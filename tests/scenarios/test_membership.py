"""How long the bot takes its own word for who is in a channel, and what that asks of Slack."""

import asyncio
import json

import pytest

from playground import Person, seed
from playground.records import User
from tests.scenarios import forging
from tests.scenarios.conftest import Scenario, adds, list_of

SECRET = "Mask tokens in build logs"
PRIVATE = "inc-137-leaked-token"
GONE = "This follow-up no longer exists, or you can’t see it."
WRONG = "Something went wrong on our side"


async def with_a_secret(scenario: Scenario) -> Person:
    """Maya, who is in the private channel and has added a follow-up there."""
    maya = scenario.maya.in_channel(PRIVATE)
    await adds(maya, SECRET)
    await maya.channel.shows(SECRET)
    await scenario.is_quiet()
    return maya


def leaves_unheard(scenario: Scenario, person: Person) -> None:
    scenario.slack.workspace.channels[seed.BREACH].members.remove(person.id)


async def test_an_event_that_is_lost_opens_a_gap_of_five_seconds_at_most(scenario: Scenario) -> None:
    await with_a_secret(scenario)
    priya = scenario.priya.in_channel(PRIVATE)
    scenario.clock.passes(seconds=10)
    listed = await list_of(priya)
    await listed.shows(SECRET)

    leaves_unheard(scenario, priya)
    scenario.clock.passes(seconds=5.5)
    await listed.selects("All")

    await listed.shows(GONE)
    assert SECRET not in listed


async def test_ten_people_at_once_are_one_question_to_slack(scenario: Scenario) -> None:
    maya = await with_a_secret(scenario)
    listed = await list_of(maya)
    scenario.clock.passes(seconds=10)
    asked = len(scenario.slack.calls_of("conversations.members"))
    scenario.slack.faults.add("conversations.members", "slow", delay=0.3)

    clicks = [forging.click(scenario, maya, "list_clear_search", listed) for _ in range(10)]
    await asyncio.gather(*clicks)
    await scenario.is_quiet()

    assert len(scenario.slack.calls_of("conversations.members")) == asked + 1


@pytest.mark.parametrize("fault", ["rate_limited", "server_error"])
async def test_where_slack_gives_no_answer_the_last_one_counts_for_a_minute(
    scenario: Scenario, fault: str
) -> None:
    maya = await with_a_secret(scenario)
    listed = await list_of(maya)
    scenario.slack.faults.add("conversations.members", fault, times=50, retry_after=1)

    scenario.clock.passes(seconds=30)
    await listed.selects("All")
    await listed.shows("1 outstanding", within=20)
    await scenario.is_quiet()
    scenario.clock.passes(seconds=31)
    await listed.selects("Done")
    await listed.shows(WRONG, within=20)
    assert SECRET not in listed

    scenario.slack.faults.clear()
    scenario.clock.passes(seconds=5)
    await (await list_of(maya)).shows(SECRET)


async def test_slack_is_not_asked_again_before_it_said_one_may(scenario: Scenario) -> None:
    maya = await with_a_secret(scenario)
    listed = await list_of(maya)
    scenario.clock.passes(seconds=6)
    scenario.slack.faults.add("conversations.members", "rate_limited", retry_after=20)
    asked = len(scenario.slack.calls_of("conversations.members"))
    for choice in ("All", "Done", "All"):
        await listed.selects(choice)
        await scenario.is_quiet()
    assert len(scenario.slack.calls_of("conversations.members")) == asked + 1

    scenario.clock.passes(seconds=21)
    await listed.selects("Done")
    await scenario.is_quiet()
    assert len(scenario.slack.calls_of("conversations.members")) == asked + 2


async def test_who_has_nothing_private_costs_slack_no_question(scenario: Scenario) -> None:
    await with_a_secret(scenario)
    tom = scenario.tom
    await adds(tom, "Toms own", Assignee="tom")
    await scenario.is_quiet()

    await tom.opens_home()
    await (await tom.home()).shows("Toms own")

    assert scenario.slack.calls_of("users.conversations") == []


def a_guest(scenario: Scenario) -> Person:
    """In `#general` only."""
    user = User("U0NOOR", "noor", "Noor", seed.TEAM_ID, is_restricted=True)
    scenario.slack.workspace.users[user.id] = user
    scenario.slack.workspace.channels[seed.GENERAL].members.append(user.id)
    return scenario.person(user.id, "general")


async def test_work_goes_to_a_guest_once_they_are_in_the_channel(scenario: Scenario) -> None:
    noor, maya = a_guest(scenario), scenario.maya
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    refused = await form.submits(Assignee="noor")
    assert refused == {"Assignee": "Noor is a guest who is not in this channel. Invite them there first."}

    scenario.slack.workspace.channels[seed.CHECKOUT].members.append(noor.id)
    scenario.clock.passes(seconds=6)
    assert await form.submits() == {}
    await noor.opens_home()
    await (await noor.home()).shows("Rotate the certs")


async def test_a_guest_tracks_no_channel_that_they_are_not_in(scenario: Scenario) -> None:
    noor = a_guest(scenario)
    await noor.types("/incident follow-ups")
    form = await noor.modal("Follow-ups")
    name = {"incident_name": {"value": "Curious"}}
    for channel_id in (seed.RANDOM, seed.BREACH, "C0NOWHERE"):
        metadata = json.dumps({"channel": channel_id})
        answer = await forging.submission(scenario, noor, form, metadata=metadata, **name)
        assert "can’t see this channel" in answer["errors"]["incident_name"]
    assert await form.submits(Incident_name="Coffee is out") == {}
    await (await noor.modal("Follow-ups")).shows("Coffee is out")


async def test_who_becomes_a_guest_is_one_at_once(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs")
    listed = await list_of(tom)
    scenario.slack.workspace.channels[seed.CHECKOUT].members.remove(tom.id)
    scenario.slack.workspace.change_user(tom.id, is_restricted=True)
    await scenario.is_quiet()

    await listed.selects("All")

    await listed.shows(GONE)


async def test_who_became_a_guest_unheard_is_one_an_hour_later(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs")
    listed = await list_of(tom)
    await scenario.is_quiet()
    scenario.slack.workspace.channels[seed.CHECKOUT].members.remove(tom.id)
    scenario.slack.workspace.users[tom.id].is_restricted = True
    scenario.clock.passes(minutes=61)

    await tom.opens_home()  # for which Slack is asked who he is
    await scenario.is_quiet()
    await listed.selects("All")

    await listed.shows(GONE)


async def test_who_is_deactivated_can_do_nothing_from_then_on(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs")
    listed = await list_of(tom)
    scenario.slack.workspace.change_user(tom.id, deleted=True)
    await scenario.is_quiet()

    await listed.clicks("Complete", beside="Rotate the certs")

    await listed.shows("Follow-ups are for members of the workspace")
    await (await list_of(maya)).shows("1 outstanding · 0 done")


async def test_what_is_private_is_posted_in_its_own_channel_only(scenario: Scenario) -> None:
    """Each job's posts and edits, and what each person is answered."""
    maya = await with_a_secret(scenario)
    card = await maya.channel.shows(SECRET)
    for button in ("I'll take it", "Complete", "Reopen"):
        await card.clicks(button)
        await scenario.is_quiet()
    scenario.slack.acts.leave(seed.BOT, seed.BREACH)
    scenario.slack.acts.invite(maya.id, seed.BREACH, seed.BOT)
    await scenario.is_quiet()

    told = [
        call
        for method in ("chat.postMessage", "chat.update")
        for call in scenario.slack.calls_of(method)
        if SECRET in json.dumps(call.args, ensure_ascii=False)
    ]
    assert len(told) >= 4
    assert {call.args["channel"] for call in told} == {seed.BREACH}
    for someone in (scenario.tom, scenario.rosa):
        someone.does_not_see(SECRET)
