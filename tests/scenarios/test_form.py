"""The form: every field, every refusal, and the same form sent twice."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bot import form_options
from playground import seed
from storage.consequences import CARD
from tests.scenarios import forging
from tests.scenarios.conftest import Scenario, adds, list_of

DEEP_WATER = "Checkout's certificates ran out.\n\n* renew them\n* <!channel> is not a mention & never was"


async def test_every_field_comes_back_as_it_was_entered(scenario: Scenario) -> None:
    maya, due = scenario.maya, scenario.today + timedelta(days=9)
    await adds(maya, "Label it", Labels=["tls"])
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    assert form.fields == ["Title", "Description", "Assignee", "Team", "Priority", "Labels", "Due date"]
    entered: dict[str, Any] = {
        "Title": "Rotate <the> certs & keys",
        "Description": DEEP_WATER,
        "Assignee": "priya",
        "Team": "Payments team",
        "Priority": "Urgent",
        "Labels": ["tls", "on call"],
        "Due date": due,
    }
    assert await form.submits(**entered) == {}

    await maya.types("/incident follow-ups")
    listed = await maya.modal("Follow-ups")
    await listed.chooses("Edit", beside="Rotate")
    editing = await maya.modal("Edit follow-up")
    shown = {label: editing.field(label) for label in entered}
    assert shown == entered | {"Assignee": seed.PRIYA, "Due date": due.isoformat()}
    assert editing.field("Status") == "Outstanding"

    changed: dict[str, Any] = {
        "Title": "Rotate the keys",
        "Description": None,
        "Assignee": None,
        "Team": None,
        "Priority": "Low",
        "Labels": [],
        "Due date": None,
        "Status": "Not doing",
    }
    assert await editing.submits(**changed) == {}
    await listed.no_longer_shows("Rotate")
    await listed.selects("Done")
    await (await listed.shows("Rotate the keys")).chooses("Edit", beside="Rotate the keys")
    again = await maya.modal("Edit follow-up")
    assert {label: again.field(label) for label in changed} == changed


async def test_labels_are_offered_and_new_ones_added(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "One", Labels=["Alerting"])
    await maya.types("/incident follow-up Two")
    form = await maya.modal("New follow-up")
    assert await form.suggestions("Labels", "alert") == ["Alerting", "alert"]
    assert await form.suggestions("Labels", "alerting") == ["Alerting"]
    assert await form.suggestions("Labels", "  new \n one ") == ["new one"]


async def test_teams_are_searched_among_the_user_groups(scenario: Scenario) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-up Two")
    form = await maya.modal("New follow-up")
    assert await form.suggestions("Team", "pay") == ["Payments team"]
    assert await form.suggestions("Team", "") == ["Payments team", "Site reliability"]
    assert await form.suggestions("Team", "nobody") == []
    assert len(scenario.slack.calls_of("usergroups.list")) == 1


@pytest.mark.parametrize("fault", ["fatal_error", "slow"])
async def test_teams_known_from_before_are_offered_while_slack_cannot_list_them(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    maya = scenario.maya
    monkeypatch.setattr(form_options, "TEAMS_PATIENCE", 0.2)
    await maya.types("/incident follow-up Two")
    form = await maya.modal("New follow-up")
    assert await form.suggestions("Team", "pay") == ["Payments team"]
    scenario.clock.passes(seconds=61)
    failing = scenario.slack.faults.add("usergroups.list", fault, delay=1, times=9)
    assert await form.suggestions("Team", "pay") == ["Payments team"]
    left = failing.times
    assert await form.suggestions("Team", "paym") == ["Payments team"]
    assert failing.times == left < 9


async def refused(scenario: Scenario, **values: Any) -> dict[str, str]:
    """What Slack is told to show, by field, when these are sent whatever Slack would say first."""
    maya = scenario.maya
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    answer = await forging.submission(scenario, maya, form, **values)
    assert answer.get("response_action") == "errors", answer
    assert form.is_open
    assert form.field("Title") == "Rotate the certs"
    await scenario.is_quiet()
    assert await scenario.jobs(CARD) == []
    return {block_id.partition(":")[0]: sentence for block_id, sentence in answer["errors"].items()}


@pytest.mark.parametrize("title", ["", " \t ", "\u200b", None])
async def test_a_title_of_nothing_is_refused(scenario: Scenario, title: str | None) -> None:
    assert await refused(scenario, title={"value": title}) == {"title": "Give the follow-up a title."}


async def test_a_title_of_256_characters_is_refused(scenario: Scenario) -> None:
    errors = await refused(scenario, title={"value": "x" * 256})
    assert "at most 255 characters; this one has 256" in errors["title"]


async def test_a_description_of_3001_characters_is_refused(scenario: Scenario) -> None:
    errors = await refused(scenario, description={"value": "x" * 3001})
    assert "at most 3,000 characters; this one has 3,001" in errors["description"]


async def test_a_day_that_has_passed_is_refused_for_a_new_one(scenario: Scenario) -> None:
    errors = await refused(scenario, due_on={"selected_date": "2020-02-29"})
    assert errors == {"due_on": "This day has passed. Pick today or later."}


@pytest.mark.parametrize(
    ("user_id", "sentence"),
    [
        (seed.DEPLOY_BOT, "is a bot. Pick a person."),
        (seed.LEAVER, "has left Slack. Pick someone else."),
        (seed.STRANGER, "belongs to another workspace."),
        ("U0NOBODY", "know this person any more. Pick someone else."),
    ],
)
async def test_who_cannot_be_assigned_is_refused(scenario: Scenario, user_id: str, sentence: str) -> None:
    errors = await refused(scenario, assignee={"selected_user": user_id})
    assert list(errors) == ["assignee"]
    assert sentence in errors["assignee"]


async def test_every_refused_field_has_its_own_sentence(scenario: Scenario) -> None:
    errors = await refused(
        scenario,
        title={"value": " "},
        due_on={"selected_date": "2020-02-29"},
        team={"selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": "01GONE"}},
        priority={"selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": "01GONE"}},
    )
    assert set(errors) == {"title", "due_on", "team", "priority"}


async def test_a_title_is_mended_while_slack_says_nothing_about_the_assignee(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the crets", Assignee="priya")
    await (await maya.channel.shows("Rotate the crets")).clicks("Edit")
    form = await maya.modal("Edit follow-up")
    scenario.clock.passes(hours=25)
    await scenario.maya.opens_home()  # so that Slack need not be asked who Maya is
    await scenario.is_quiet()
    scenario.slack.faults.add("users.info", "fatal_error")
    assert await form.submits(Title="Rotate the certs") == {}
    await maya.channel.shows("Rotate the certs")


async def test_a_refused_form_can_be_mended_and_sent(scenario: Scenario) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    errors = await form.submits(Title="  ", Description="all of them", Assignee="sam")
    assert set(errors) == {"Title", "Assignee"}
    assert (form.field("Title"), form.field("Description")) == ("  ", "all of them")
    assert await form.submits(Title="Rotate the certs", Assignee="tom") == {}
    await maya.channel.shows("Rotate the certs")


async def test_a_form_sent_twice_makes_one_follow_up(scenario: Scenario) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    labels = {"selected_options": [{"text": {"type": "plain_text", "text": "tls"}, "value": "tls"}]}
    assert await forging.submission(scenario, maya, form, labels=labels) == {}
    assert await forging.submission(scenario, maya, form, labels=labels) == {}
    await maya.types("/incident follow-ups")
    await (await maya.modal("Follow-ups")).shows("1 outstanding · 0 done")
    await scenario.is_quiet()
    assert len(scenario.slack.calls_of("chat.postMessage")) == 1


async def test_an_edit_sent_twice_is_saved_once_and_closes_both_times(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs")
    await (await maya.channel.shows("Rotate the certs")).clicks("Edit")
    form = await maya.modal("Edit follow-up")
    team = (await form._ask(form._input("Team")["element"], "pay"))[0]
    chosen = {"text": {"type": "plain_text", "text": team["text"]}, "value": team["value"]}
    values: dict[str, Any] = {"title": {"value": "Rotate all"}, "team": {"selected_option": chosen}}
    assert await forging.submission(scenario, maya, form, **values) == {}
    assert await forging.submission(scenario, maya, form, **values) == {}


async def test_a_forms_id_cannot_be_somebody_elses_follow_up(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await tom.types("/incident follow-up Toms own")
    toms = await tom.modal("New follow-up")
    draft = json.loads(toms.view.content["private_metadata"])
    assert await toms.submits() == {}
    await maya.types("/incident follow-up Mayas")
    form = await maya.modal("New follow-up")
    assert await forging.submission(scenario, maya, form, metadata=json.dumps(draft)) == {}
    listed = await list_of(maya)
    assert [listed.beside(title) for title in ("Toms own", "Mayas")]
