"""What can be typed after the slash command, and where."""

import pytest

from playground import seed
from tests.scenarios import forging
from tests.scenarios.conftest import OVER_BOTH_TRANSPORTS, Scenario, adds, list_of


@OVER_BOTH_TRANSPORTS
async def test_an_incident_channel_becomes_an_incident_by_its_name(scenario: Scenario) -> None:
    listed = await list_of(scenario.tom.in_channel("inc-139-webhook-delays"))
    await listed.shows("*INC-139* · Webhook delays")
    await listed.shows("0 outstanding · 0 done")
    assert listed.buttons == ["Add follow-up", "Search"]


async def test_any_other_channel_is_asked_for_a_name_first(scenario: Scenario) -> None:
    maya = scenario.maya.in_channel("general")
    form = await list_of(maya)
    assert (form.fields, form.submit_button) == (["Incident name"], "Track this channel")
    assert await form.submits(**{"Incident name": "   "}) == {"Incident name": "Give the incident a name."}
    assert await form.submits(**{"Incident name": "Slow <b>coffee</b> & tea"}) == {}
    await form.shows("Slow &lt;b&gt;coffee&lt;/b&gt; &amp; tea")
    assert form.buttons == ["Add follow-up", "Search"]
    assert len(maya.modals) == 1
    await (await list_of(maya)).shows("0 outstanding · 0 done")


async def test_an_incidents_name_has_at_most_150_characters(scenario: Scenario) -> None:
    maya = scenario.maya.in_channel("general")
    form = await list_of(maya)
    answer = await forging.submission(scenario, maya, form, incident_name={"value": "x" * 151})
    assert "at most 150 characters; this one has 151" in answer["errors"]["incident_name"]
    assert await form.submits(**{"Incident name": "x" * 150}) == {}


@pytest.mark.parametrize("words", ["Rotate the certs", "  Rotate   the certs  ", "rotate & <renew> #1"])
async def test_words_after_follow_up_become_the_title(scenario: Scenario, words: str) -> None:
    maya = scenario.maya
    await maya.types(f"/incident follow-up {words}")
    form = await maya.modal("New follow-up")
    assert form.field("Title").split() == words.split()
    assert await form.submits() == {}
    await (await list_of(maya)).shows("1 outstanding")


async def test_people_and_links_in_a_title_read_as_they_were_typed(scenario: Scenario) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-up Ask @tom in #general about https://example.com/a?b=1&c=2 @here")
    form = await maya.modal("New follow-up")
    assert form.field("Title") == "Ask @tom in #general about https://example.com/a?b=1&c=2 @here"


async def test_without_words_the_form_is_empty(scenario: Scenario) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-up")
    assert not (await maya.modal("New follow-up")).field("Title")


@pytest.mark.parametrize("length", [300, 2000])
async def test_a_title_is_kept_while_the_channel_gets_its_name(scenario: Scenario, length: int) -> None:
    maya, title = scenario.maya.in_channel("general"), "é" * length
    await maya.types(f"/incident follow-up {title}")
    assert await (await maya.modal("Follow-ups")).submits(**{"Incident name": "Coffee"}) == {}
    form = await maya.modal("New follow-up")
    assert form.field("Title") == title
    errors = await form.submits()
    assert f"this one has {length}" in errors["Title"]
    assert await form.submits(Title="Buy a new machine") == {}
    await (await list_of(maya)).shows("Buy a new machine")


async def test_an_endless_command_opens_the_form_too(scenario: Scenario) -> None:
    for channel in ("inc-142-checkout", "general"):
        maya = scenario.maya.in_channel(channel)
        for modal in maya.modals:
            await modal.closes()
        await maya.types("/incident follow-up " + '"\\é' * 2000)
        await maya.modal()


@pytest.mark.parametrize("where", ["a direct message", "a private channel without the bot"])
async def test_where_no_incident_can_be_the_list_is_mine(scenario: Scenario, where: str) -> None:
    maya = scenario.maya
    await adds(maya, "Mine across incidents", Assignee="maya")
    await adds(maya, "Somebody else's", Assignee="tom")
    if where == "a direct message":
        maya.in_channel(maya.direct.id)
    else:
        scenario.slack.workspace.create_channel("secret-plans", seed.MAYA, is_private=True)
        maya.in_channel("secret-plans")
    listed = await list_of(maya)
    await listed.shows("*Mine* · across incidents")
    await listed.shows("Mine across incidents")
    assert "Somebody else" not in listed
    assert listed.buttons == ["Search", "Complete"]
    await listed.clicks("Complete", beside="Mine across")
    await listed.shows("0 outstanding · 1 done")

    await maya.types("/incident follow-up A title")
    await (await maya.modal("New follow-up")).shows(
        "In an incident’s channel, type /incident follow-up A title"
    )


async def test_an_archived_channels_follow_ups_are_still_there(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs")
    await maya.channel.shows("Rotate the certs")
    scenario.slack.acts.archive(maya.id, seed.CHECKOUT, archived=True)
    await scenario.is_quiet()
    listed = await list_of(maya)
    await listed.clicks("Complete", beside="Rotate the certs")
    await listed.shows("0 outstanding · 1 done")


@pytest.mark.parametrize("typed", ["/incident help", "/incident", "/incident   ", "/incident HELP"])
async def test_help_names_every_command(scenario: Scenario, typed: str) -> None:
    await scenario.maya.types(typed)
    said = await scenario.maya.sees("`/incident follow-ups`")
    assert said.is_ephemeral
    for name in ("follow-up", "help"):
        assert f"`/incident {name}`" in said
    assert "There is no" not in said


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("folow-ups", "follow-ups"),
        ("follow-upp", "follow-up"),
        ("hlep", "help"),
        ("xyzzy", None),
        ("*bold* & more", None),
    ],
)
async def test_an_unknown_command_is_answered_with_the_nearest(
    scenario: Scenario, typed: str, nearest: str | None
) -> None:
    await scenario.maya.types(f"/incident {typed}")
    said = await scenario.maya.sees("There is no")
    assert said.is_ephemeral
    assert ("Did you mean" in said) is (nearest is not None)
    if nearest:
        assert f"Did you mean `/incident {nearest}`?" in said


@pytest.mark.parametrize("typed", ["FOLLOW-UPS", "   follow-ups   ", "Followups"])
async def test_case_and_spaces_do_not_matter(scenario: Scenario, typed: str) -> None:
    await scenario.maya.types(f"/incident {typed}")
    await (await scenario.maya.modal("Follow-ups")).shows("*INC-142*")


@pytest.mark.parametrize("command", ["/followups"])
async def test_the_command_may_have_another_name(scenario: Scenario) -> None:
    maya = scenario.maya
    await maya.types("/followups follow-up Rotate the certs")
    assert await (await maya.modal("New follow-up")).submits() == {}
    await maya.types("/followups")
    assert "/incident" not in await maya.sees("`/followups follow-ups`")
    await maya.opens_home()
    home = await maya.home()
    await home.shows("`/followups follow-ups`")
    assert "/incident" not in home
