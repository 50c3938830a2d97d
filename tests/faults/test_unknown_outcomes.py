"""Slack has no key that makes a post idempotent: after an attempt of unknown outcome the bot looks first."""

from functools import partial
from typing import Any

import pytest

from bot import posting
from playground import Playground, seed
from playground.records import Message
from storage.worker import CUT_SHORT
from tests.faults.tally import Tally, tally
from tests.faults.waiting import until
from tests.scenarios.conftest import Scenario, adds

UNKNOWN = pytest.mark.parametrize("fault", ["lost_reply", "late_error"])


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.worker.FIRST_WAIT", 0.05)


def say_as_app(slack: Playground, bot_id: str, metadata: dict[str, Any] | None) -> Message:
    message = Message(slack.workspace.clock.stamp(), seed.CHECKOUT, seed.DEPLOY_BOT, "Nothing to see here")
    message.bot_id, message.metadata = bot_id, metadata
    return slack.workspace.post(message)


async def test_another_apps_metadata_is_not_taken_for_the_bots_own(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.worker.backoff", lambda _attempts: 1.0)
    maya, slack = scenario.maya, scenario.slack
    slack.faults.add("chat.postMessage", "server_error")
    await adds(maya, "Rotate the certs")
    await until(partial(failed_once, scenario))
    (refused,) = slack.calls_of("chat.postMessage")
    forged = say_as_app(slack, "B0OTHER", refused.args["metadata"])
    await scenario.is_quiet()
    assert forged.text == "Nothing to see here"
    assert await tally(scenario.app.database, slack) == Tally()
    assert {job.state for job in await scenario.jobs()} == {"done"}


@UNKNOWN
async def test_an_edit_that_may_have_landed_is_repeated_and_told_nowhere_else(
    scenario: Scenario, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs")
    card = await maya.channel.shows("Rotate the certs")
    await card.clicks("Complete")
    line = await maya.channel.shows("Maya completed")
    await scenario.is_quiet()
    monkeypatch.setattr("storage.worker.backoff", lambda _attempts: 1.0)
    scenario.slack.faults.add("chat.update", fault, times=2)  # the card's edit, and the line's
    await card.clicks("Reopen")
    await line.shows("Maya reopened")
    await scenario.tom.types("Wait, what?")
    await scenario.is_quiet()
    assert await tally(scenario.app.database, scenario.slack) == Tally()
    assert maya.channel.last.text == "Wait, what?"


async def test_an_answer_that_takes_too_long_is_looked_for_when_it_must_have_landed(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya, slack = scenario.maya, scenario.slack
    client = scenario.context.client
    post = client.chat_postMessage

    async def too_slow(**message: Any) -> Any:
        monkeypatch.setattr(client, "chat_postMessage", post)
        raise TimeoutError

    monkeypatch.setattr(client, "chat_postMessage", too_slow)
    await adds(maya, "Rotate the certs")
    await until(partial(failed_once, scenario))
    (job,) = await scenario.jobs("card")
    assert job.last_error == "Slack did not answer in time"
    assert slack.calls_of("chat.postMessage") == []
    scenario.clock.passes(seconds=CUT_SHORT.total_seconds())
    await scenario.is_quiet()
    assert await tally(scenario.app.database, slack) == Tally()


async def failed_once(scenario: Scenario) -> bool:
    return any(job.last_error for job in await scenario.jobs("card"))


@UNKNOWN
async def test_a_direct_message_is_not_said_twice(scenario: Scenario, fault: str) -> None:
    maya = scenario.maya.in_channel("general")
    await maya.types("/incident follow-up Buy coffee")
    assert await (await maya.modal("Follow-ups")).submits(**{"Incident name": "Coffee"}) == {}
    form = await maya.modal("New follow-up")
    original = scenario.context.client.chat_postMessage

    async def lost_when_direct(**message: Any) -> Any:
        if message["channel"] == maya.id:
            scenario.slack.faults.add("chat.postMessage", fault)
            scenario.context.client.chat_postMessage = original  # type: ignore[method-assign]
        return await original(**message)

    scenario.context.client.chat_postMessage = lost_when_direct  # type: ignore[method-assign]
    assert await form.submits() == {}
    await maya.direct.shows("/invite")
    await scenario.is_quiet()
    assert len(maya.direct.messages) == 1
    assert [job.state for job in await scenario.jobs("invite_hint")] == ["done"]


async def test_where_the_bot_may_not_look_it_waits_until_it_is_let_in(scenario: Scenario) -> None:
    maya, slack = scenario.maya, scenario.slack
    slack.faults.add("chat.postMessage", "lost_reply")
    slack.faults.add("conversations.history", "token_revoked")
    await adds(maya, "Rotate the certs")
    await scenario.is_quiet()
    (job,) = await scenario.jobs("card")
    assert job.state == "dead"
    slack.acts.archive(maya.id, seed.CHECKOUT, archived=True)
    slack.acts.archive(maya.id, seed.CHECKOUT, archived=False)
    await scenario.is_quiet()
    assert await tally(scenario.app.database, slack) == Tally()
    assert len(slack.calls_of("chat.postMessage")) == 1


async def test_where_more_was_said_than_it_can_read_it_leaves_the_decision_to_a_person(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "PAGE", 5)
    monkeypatch.setattr(posting, "PAGES", 2)
    monkeypatch.setattr("storage.worker.backoff", lambda _attempts: 1.0)
    maya = scenario.maya
    scenario.slack.faults.add("chat.postMessage", "lost_reply")
    await adds(maya, "Rotate the certs")
    await maya.channel.shows("Rotate the certs")
    for number in range(20):
        await scenario.tom.types(f"And {number}")
    await scenario.is_quiet()
    (job,) = await scenario.jobs("card")
    assert job.state == "dead"
    assert "can't be told whether this was posted" in str(job.last_error)
    assert len(scenario.slack.calls_of("chat.postMessage")) == 1
