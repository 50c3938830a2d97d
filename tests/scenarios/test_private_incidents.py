"""Maya owns, Priya is a member, Tom is a stranger to #inc-137-leaked-token, and Rosa to the workspace."""

import json
from typing import Any

import pytest

from playground import Person, seed
from tests.scenarios import forging
from tests.scenarios.conftest import Scenario, adds, list_of

SECRET = "Mask tokens in build logs"
PRIVATE = "inc-137-leaked-token"
GONE = "This follow-up no longer exists, or you can’t see it."


async def with_a_secret(scenario: Scenario, assignee: str = "maya") -> tuple[Person, dict[str, Any]]:
    """Maya in the private channel, and the metadata of her edit form: the ids somebody might forge."""
    maya = scenario.maya.in_channel(PRIVATE)
    if assignee == "tom":  # who was in the channel for as long as that took
        scenario.slack.acts.invite(maya.id, seed.BREACH, seed.TOM)
        await scenario.is_quiet()
    await adds(maya, SECRET, Assignee=assignee)
    if assignee == "tom":
        scenario.slack.acts.leave(seed.TOM, seed.BREACH)
        await scenario.is_quiet()
    await (await maya.channel.shows(SECRET)).clicks("Edit")
    form = await maya.modal("Edit follow-up")
    ids: dict[str, Any] = json.loads(form.view.content["private_metadata"])
    await form.closes()
    await maya.types("/incident follow-ups")
    listed = await maya.modal("Follow-ups")
    ids["incident"] = json.loads(listed.view.content["private_metadata"])["incident"]
    await listed.closes()
    return maya, ids


async def test_members_share_the_follow_ups(scenario: Scenario) -> None:
    _, _ = await with_a_secret(scenario)
    priya = scenario.priya.in_channel(PRIVATE)
    listed = await list_of(priya)
    await listed.shows(SECRET)
    await listed.clicks("Complete", beside=SECRET)
    await listed.shows("0 outstanding · 1 done")
    await priya.channel.shows(f"completed *{SECRET}*")


async def test_a_stranger_to_the_channel_learns_nothing_by_forged_ids(scenario: Scenario) -> None:
    maya, ids = await with_a_secret(scenario, assignee="tom")
    tom = scenario.tom
    incident, follow_up = ids["incident"], ids["follow_up"]

    listed = await list_of(tom)
    place = json.dumps({"incident": incident, "query": ["all", "", None, None]})
    await forging.click(scenario, tom, "list_clear_search", listed, metadata=place)
    await listed.shows(GONE)
    assert SECRET not in listed

    for action in ("complete", "reopen", "card_complete", "card_take", "card_reopen"):
        listed = await list_of(tom)
        await forging.click(scenario, tom, f"{action}:{follow_up}", listed)
        await scenario.is_quiet()
        assert SECRET not in listed
    for choice in ("assign_to_me", "take", "not_doing"):
        listed = await list_of(tom)
        await forging.click(scenario, tom, f"menu:{follow_up}", listed, option=f"{choice}:{follow_up}")
        await listed.shows(GONE)
    for choice, title in (("edit", "Edit follow-up"), ("delete", "Delete follow-up")):
        listed = await list_of(tom)
        await forging.click(scenario, tom, f"menu:{follow_up}", listed, option=f"{choice}:{follow_up}")
        await (await tom.modal(title)).shows(GONE)
    listed = await list_of(tom)
    await forging.click(scenario, tom, "list_add", listed, metadata=place)
    await (await tom.modal("New follow-up")).shows(GONE)

    listed = await list_of(maya)
    await listed.shows("1 outstanding · 0 done")


async def test_a_stranger_to_the_channel_changes_nothing_by_forged_submissions(scenario: Scenario) -> None:
    maya, ids = await with_a_secret(scenario)
    tom = scenario.tom
    await adds(tom, "Toms own")
    await tom.types("/incident follow-up Mine")
    form = await tom.modal("New follow-up")
    for claimed in ({"incident": ids["incident"]}, ids):
        answer = await forging.submission(scenario, tom, form, metadata=json.dumps(claimed))
        assert list(answer["errors"].values()) == [GONE]

    listed = await list_of(tom)
    await listed.chooses("Delete", beside="Toms own")
    asked = await tom.modal("Delete follow-up")
    claimed = {"follow_up": ids["follow_up"]}
    assert await forging.submission(scenario, tom, asked, metadata=json.dumps(claimed)) == {}
    await scenario.is_quiet()
    await (await list_of(maya)).shows("1 outstanding · 0 done")


async def test_a_private_channel_is_not_tracked_by_who_is_not_in_it(scenario: Scenario) -> None:
    tom = scenario.tom.in_channel("general")
    await tom.types("/incident follow-ups")
    form = await tom.modal("Follow-ups")
    metadata = json.dumps({"channel": seed.BREACH})
    name = {"incident_name": {"value": "Curious"}}
    answer = await forging.submission(scenario, tom, form, metadata=metadata, **name)
    assert "can’t see this channel" in answer["errors"]["incident_name"]


async def test_what_is_assigned_to_a_stranger_shows_in_no_list_of_theirs(scenario: Scenario) -> None:
    await with_a_secret(scenario, assignee="tom")
    tom = scenario.tom
    tom.in_channel(tom.direct.id)
    await (await list_of(tom)).shows("0 outstanding · 0 done")
    await tom.opens_home()
    await (await tom.home()).shows("0 outstanding · 0 done")
    tom.does_not_see(SECRET)


async def test_labels_of_a_private_incident_are_not_offered_to_everyone(scenario: Scenario) -> None:
    maya = scenario.maya.in_channel(PRIVATE)
    await adds(maya, SECRET, Labels=["leaked-by-acme"])
    tom = scenario.tom
    await tom.types("/incident follow-up Mine")
    form = await tom.modal("New follow-up")
    assert await form.suggestions("Labels", "leaked") == ["leaked"]


@pytest.mark.parametrize("told", [True, False], ids=["with the event", "without it"])
async def test_who_leaves_the_channel_loses_sight(scenario: Scenario, told: bool) -> None:
    _, _ = await with_a_secret(scenario, assignee="priya")
    priya = scenario.priya.in_channel(PRIVATE)
    listed = await list_of(priya)
    await priya.opens_home()
    home = await priya.home()
    await home.shows(SECRET)

    if not told:
        scenario.slack.faults.add("member_left_channel", "dropped")
    scenario.slack.acts.leave(priya.id, seed.BREACH)
    await scenario.is_quiet()
    if not told:
        scenario.clock.passes(seconds=61)
    await listed.clicks("Complete", beside=SECRET)
    await listed.shows(GONE)
    await home.clicks("Complete", beside=SECRET)
    await home.shows("0 outstanding · 0 done")
    assert SECRET not in home

    await priya.opens_home()
    await scenario.is_quiet()
    assert SECRET not in home
    maya = scenario.maya.in_channel(PRIVATE)
    await (await list_of(maya)).shows("1 outstanding · 0 done")


async def test_who_joins_the_channel_sees_at_once(scenario: Scenario) -> None:
    await with_a_secret(scenario)
    scenario.slack.faults.add("member_joined_channel", "dropped")
    scenario.slack.acts.invite(seed.MAYA, seed.BREACH, seed.TOM)
    await (await list_of(scenario.tom.in_channel(PRIVATE))).shows(SECRET)


@pytest.mark.parametrize("told", [True, False], ids=["with the event", "without it"])
async def test_without_the_bot_nobody_sees_a_private_incident(scenario: Scenario, told: bool) -> None:
    maya, _ = await with_a_secret(scenario)
    listed = await list_of(maya)
    if not told:
        scenario.slack.faults.add("member_left_channel", "dropped")
    scenario.slack.acts.leave(seed.BOT, seed.BREACH)
    await scenario.is_quiet()
    if not told:
        scenario.clock.passes(seconds=61)
    await listed.clicks("Complete", beside=SECRET)
    await listed.shows(GONE)
    await (await list_of(maya)).shows("I can’t see this channel. Invite me with /invite")
    await maya.types("/incident follow-up More")
    await (await maya.modal("New follow-up")).shows("I can’t see this channel. Invite me with /invite")
    await maya.opens_home()
    assert SECRET not in await maya.home()

    scenario.slack.acts.invite(maya.id, seed.BREACH, seed.BOT)
    await scenario.is_quiet()
    await (await list_of(maya)).shows(SECRET)


async def test_who_belongs_to_another_workspace_is_refused_everywhere(scenario: Scenario) -> None:
    rosa, tom = scenario.rosa, scenario.tom.in_channel("inc-139-webhook-delays")
    sentence = "Follow-ups are for members of the workspace that installed them."
    await adds(tom, "Limit deliveries")
    await rosa.types("/incident follow-ups")
    assert (await rosa.sees(sentence)).is_ephemeral
    assert rosa.modals == []

    card = await rosa.channel.shows("Limit deliveries")
    for button in ("Complete", "I'll take it", "Edit"):
        said = len(rosa.channel.messages)
        await card.clicks(button)
        await scenario.is_quiet()
        assert [message.text for message in rosa.channel.messages[said:]] == [sentence]
    assert rosa.modals == []

    await tom.types("/incident follow-up Forged")
    form = await tom.modal("New follow-up")
    answer = await forging.submission(scenario, rosa, form)
    assert list(answer["errors"].values()) == [sentence]
    await rosa.opens_home()
    await scenario.is_quiet()
    await (await list_of(tom)).shows("1 outstanding · 0 done")
