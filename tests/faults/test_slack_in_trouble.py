"""Slack limits, fails, hangs and forgets to answer, in any mix: nothing is lost and nothing said twice."""

import asyncio
from datetime import timedelta

import pytest

from playground import Person
from playground.surfaces import PostedMessage
from tests.faults.tally import Tally, tally
from tests.scenarios.conftest import Scenario, adds

KINDS = ("rate_limited", "server_error", "late_error", "lost_reply", "slow", "hung")
PATIENCE = 60
OUTGOING = ("chat.postMessage", "chat.update", "conversations.history")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes minutes in earnest: the wait for an answer, the waits after a failure."""
    monkeypatch.setattr("app.SLACK_TIMEOUT", 1)
    monkeypatch.setattr("storage.worker.FIRST_WAIT", 0.05)
    monkeypatch.setattr("storage.worker.LONGEST_WAIT", 0.5)
    monkeypatch.setattr("bot.posting.CUT_SHORT", timedelta(seconds=1.5))


async def test_a_fifth_of_the_calls_fails_in_every_way_there_is(scenario: Scenario) -> None:
    people = scenario.maya.in_channel("inc-142-checkout"), scenario.tom.in_channel("inc-139-webhook-delays")
    scenario.slack.faults.mix(0.2, *KINDS, methods=OUTGOING, seed=2, delay=1.4)
    await asyncio.gather(*(works(person, number) for number, person in enumerate(people)))
    await scenario.is_quiet()
    assert await tally(scenario.app.database, scenario.slack) == Tally()
    assert {job.state for job in await scenario.jobs()} == {"done"}
    failed = [call for call in scenario.slack.calls if call.method in OUTGOING and not call.answer["ok"]]
    assert failed


async def works(person: Person, number: int) -> None:
    """Adds some follow-ups; completes and reopens each."""
    titles = [f"Task {number}{one}" for one in range(3)]
    for title in titles:
        await adds(person, title)
        card = await person.channel.shows(title, within=PATIENCE)
        for button in ("Complete", "Reopen"):
            await has(card, button)
            await card.clicks(button)


async def has(card: PostedMessage, button: str) -> None:
    changes = card._playground.workspace.changes
    assert await changes.until(lambda: button in card.buttons or None, PATIENCE), card.text
