"""What an incident's channel is told: a card for each follow-up, a line for each change."""

import pytest

from playground import Person, seed
from playground.surfaces import PostedMessage
from tests.scenarios import forging
from tests.scenarios.conftest import Scenario, adds, list_of

CERTS = "Rotate the certs"


async def card_of(person: Person, title: str = CERTS) -> PostedMessage:
    await person.channel.shows(title)
    return next(message for message in person.channel.messages if title in message and message.buttons)


def action_of(card: PostedMessage, button: str) -> str:
    """What the button sends, to be pressed by somebody who still sees it."""
    return next(str(one["action_id"]) for _, one in card._of_kind("button") if one["text"]["text"] == button)


async def test_the_card_is_there_at_once_and_follows_every_change_in_place(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, CERTS, Priority="Urgent")
    card = await card_of(maya)
    assert card.buttons == ["Complete", "I'll take it", "Edit"]
    await card.shows("added a follow-up · 1 outstanding")
    ts = card.ts

    await card.clicks("I'll take it", by=tom)
    await card.shows("<@U0TOM>")
    assert card.buttons == ["Complete", "Edit"]
    await card.clicks("Edit")
    form = await maya.modal("Edit follow-up")
    assert await form.submits(Title="Rotate every cert", Assignee=None) == {}
    await card.shows("Rotate every cert")
    assert "I'll take it" in card.buttons
    await card.clicks("Complete")
    await card.shows("~Rotate every cert~")
    assert card.buttons == ["Reopen"]
    await card.clicks("Reopen", by=tom)
    await card.shows("*Rotate every cert*")

    await (await list_of(maya)).chooses("Delete", beside="Rotate every cert")
    await (await maya.modal("Delete follow-up")).submits()
    await card.shows("~Rotate every cert~ was deleted")
    assert card.buttons == []
    assert card.ts == ts
    await scenario.is_quiet()
    posted = [call for call in scenario.slack.calls_of("chat.postMessage") if "added" in call.args["text"]]
    assert len(posted) == 1


async def test_the_second_to_take_it_is_told_whose_it_is(scenario: Scenario) -> None:
    maya, priya, tom = scenario.maya, scenario.priya, scenario.tom
    await adds(maya, CERTS)
    card = await card_of(maya)
    take = action_of(card, "I'll take it")
    await card.clicks("I'll take it", by=tom)
    await card.shows("<@U0TOM>")
    await forging.click(scenario, priya, take, card)
    told = await priya.sees(f"“{CERTS}” is already Tom’s.")
    assert told.is_ephemeral
    maya.does_not_see("is already Tom’s")


async def test_clicking_complete_twice_completes_once(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    card = await card_of(maya)
    complete = action_of(card, "Complete")
    await forging.click(scenario, maya, complete, card)
    await forging.click(scenario, maya, complete, card)
    await scenario.is_quiet()
    said = [message.text for message in maya.channel.messages if "completed" in message.text]
    assert said == [f"Maya completed *{CERTS}* · 0 outstanding"]
    maya.does_not_see("already")
    await forging.click(scenario, scenario.tom, complete, card)
    await scenario.tom.sees(f"Maya already completed “{CERTS}”")


async def test_a_card_deleted_by_hand_is_let_go(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    card = await card_of(maya)
    scenario.slack.workspace.delete(card.message)
    listed = await list_of(maya)
    await listed.clicks("Complete", beside=CERTS)
    await maya.channel.shows("completed")
    await scenario.is_quiet()
    assert {job.state for job in await scenario.jobs()} == {"done"}
    assert len(scenario.slack.calls_of("chat.postMessage")) == 2


async def test_each_change_is_one_line_that_names_people_and_pings_nobody(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, CERTS)
    await adds(maya, "Fix <the> *alert*")
    card, alert = await card_of(maya), await card_of(maya, "Fix")
    await card.clicks("I'll take it", by=tom)
    await maya.channel.shows(f"Tom took *{CERTS}* · 2 outstanding")
    await maya.types("Thanks Tom")
    await card.clicks("Complete", by=tom)
    await maya.channel.shows(f"Tom completed *{CERTS}* · 1 outstanding")
    await maya.types("Oh no")
    await card.clicks("Reopen")
    await maya.channel.shows(f"Maya reopened *{CERTS}* · 2 outstanding")
    await maya.types("And the alert")
    await alert.clicks("Edit")
    assert await (await maya.modal("Edit follow-up")).submits(Assignee="priya", Due_date=None) == {}
    line = await maya.channel.shows("to Priya")
    assert line.text == "Maya assigned *Fix &lt;the&gt; ∗alert∗* to Priya · 2 outstanding"
    await maya.types("Or nobody")
    await alert.clicks("Edit")
    assert await (await maya.modal("Edit follow-up")).submits(Assignee=None) == {}
    await maya.channel.shows("Maya unassigned *Fix &lt;the&gt; ∗alert∗* · 2 outstanding")
    await maya.types("Or not")
    await (await list_of(maya)).chooses("Not doing", beside="Fix")
    await maya.channel.shows("as not doing · 1 outstanding")
    said = [
        message.text for message in maya.channel.messages if " · " in message.text and not message.buttons
    ]
    assert not [text for text in said if "<@" in text or "<!" in text]


async def test_changes_follow_in_the_last_line_until_somebody_speaks(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    card = await card_of(maya)
    await card.clicks("Complete")
    first = await maya.channel.shows("Maya completed")
    await card.clicks("Reopen")
    await first.shows(f"Maya completed *{CERTS}*\nMaya reopened *{CERTS}* · 1 outstanding")
    assert maya.channel.last.ts == first.ts

    await scenario.tom.types("Wait, what?")
    await card.clicks("Complete")
    await scenario.is_quiet()
    assert maya.channel.last.text == f"Maya completed *{CERTS}* · 0 outstanding"
    assert maya.channel.last.ts != first.ts

    scenario.clock.passes(hours=2)
    await card.clicks("Reopen")
    await scenario.is_quiet()
    assert maya.channel.last.text == f"Maya reopened *{CERTS}* · 1 outstanding"


async def test_ten_changes_at_once_are_one_message(scenario: Scenario) -> None:
    maya = scenario.maya
    for number in range(10):
        await adds(maya, f"Number {number}")
    await scenario.is_quiet()
    posted = len(scenario.slack.calls_of("chat.postMessage"))
    listed = await list_of(maya)
    for number in range(10):
        await listed.clicks("Complete", beside=f"Number {number}")
    await scenario.is_quiet()
    assert len(scenario.slack.calls_of("chat.postMessage")) == posted + 1
    lines = maya.channel.last.text.split("\n")
    assert len(lines) == 10
    assert lines[-1].endswith(" · 0 outstanding")


async def test_where_the_bot_is_not_work_is_kept_and_the_person_told_once_how_to_invite(
    scenario: Scenario,
) -> None:
    maya, tom = scenario.maya.in_channel("general"), scenario.tom.in_channel("general")
    await maya.types("/incident follow-up Buy coffee")
    assert await (await maya.modal("Follow-ups")).submits(**{"Incident name": "Coffee"}) == {}
    assert await (await maya.modal("New follow-up")).submits() == {}
    await maya.direct.shows("/invite")
    await adds(maya, "Buy tea")
    await adds(tom, "Buy cups")
    await tom.direct.shows("/invite")
    await scenario.is_quiet()
    assert [len(person.direct.messages) for person in (maya, tom)] == [1, 1]
    await (await list_of(maya)).shows("3 outstanding")

    scenario.slack.acts.invite(maya.id, seed.GENERAL, seed.BOT)
    for title in ("Buy coffee", "Buy tea", "Buy cups"):
        assert (await card_of(maya, title)).buttons == ["Complete", "I'll take it", "Edit"]
    await scenario.is_quiet()
    assert {job.state for job in await scenario.jobs()} == {"done"}


async def test_what_happened_while_a_channel_was_archived_is_told_after(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    card = await card_of(maya)
    scenario.slack.acts.archive(maya.id, seed.CHECKOUT, archived=True)
    await scenario.is_quiet()
    await card.clicks("Complete")
    await maya.direct.shows(f"Your change is saved, but <#{seed.CHECKOUT}> is archived")
    await (await list_of(maya)).shows("0 outstanding · 1 done")
    await scenario.is_quiet()
    assert "~" not in card.text
    assert len(maya.direct.messages) == 1
    scenario.slack.acts.archive(maya.id, seed.CHECKOUT, archived=False)
    await card.shows(f"~{CERTS}~")
    await maya.channel.shows(f"Maya completed *{CERTS}*")


@pytest.mark.parametrize("fault", ["rate_limited", "server_error", "lost_reply", "fatal_error"])
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_slacks_passing_troubles_are_outlived_and_nothing_is_said_twice(
    scenario: Scenario, method: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.worker.FIRST_WAIT", 0.05)
    maya = scenario.maya
    if method == "chat.update":
        await adds(maya, CERTS)
        card = await card_of(maya)
        scenario.slack.faults.add(method, fault)
        await card.clicks("Complete")
    else:
        scenario.slack.faults.add(method, fault)
        await adds(maya, CERTS)
    await scenario.is_quiet()
    assert len([message for message in maya.channel.messages if CERTS in message and message.buttons]) == 1
    assert {job.state for job in await scenario.jobs()} == {"done"}
    attempts = scenario.slack.calls_of(method)
    if fault == "rate_limited":
        assert attempts[1].at - attempts[0].at >= 0.9


async def test_news_that_came_after_a_lost_reply_is_told_too(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    card = await card_of(maya)
    await scenario.is_quiet()
    monkeypatch.setattr("storage.worker.backoff", lambda _attempts: 1.0)
    scenario.slack.faults.add("chat.postMessage", "lost_reply")
    await card.clicks("Complete")
    await maya.channel.shows("Maya completed")
    await card.clicks("Reopen")
    await scenario.is_quiet()
    assert maya.channel.last.text == f"Maya completed *{CERTS}*\nMaya reopened *{CERTS}* · 1 outstanding"
    assert len([message for message in maya.channel.messages if "completed" in message.text]) == 1


async def test_what_slack_refuses_for_good_is_parked_with_its_reason(scenario: Scenario) -> None:
    maya = scenario.maya
    scenario.slack.faults.add("chat.postMessage", "token_revoked")
    await adds(maya, CERTS)
    await scenario.is_quiet()
    parked = [job for job in await scenario.jobs() if job.state == "dead"]
    reason = "the bot's token was revoked: reinstall the app and set SLACK_BOT_TOKEN (token_revoked)"
    assert [(job.last_error, job.attempts) for job in parked] == [(reason, 1)]
