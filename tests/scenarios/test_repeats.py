"""What Slack sends twice, and what somebody recorded and sends again: done once, and answered once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from app import App
from playground import Person
from playground.doors import Kind
from playground.records import Json
from playground.serving import LocalServer
from playground.socket_mode import Connection
from playground.surfaces import Modal
from storage import follow_ups
from storage.records import Status
from tests.scenarios import forging
from tests.scenarios.conftest import OVER_BOTH_TRANSPORTS, Scenario, adds, list_of

CERTS = "Rotate the certs"

pytestmark = OVER_BOTH_TRANSPORTS
ON_POSTGRESQL = pytest.mark.parametrize("backend", ["postgresql"])


@dataclass
class Second:
    """Another replica on the same database."""

    scenario: Scenario
    app: App
    url: str
    connections_of_the_first: list[Connection]

    def takes_over(self) -> None:
        """From here on Slack reaches this one only."""
        self.scenario.slack.http.request_url = self.url
        for connection in self.connections_of_the_first:
            if connection in self.scenario.slack.sockets.connections:
                self.scenario.slack.sockets.connections.remove(connection)


@pytest.fixture
async def second(scenario: Scenario) -> AsyncIterator[Second]:
    server, app = LocalServer(), App(scenario.app.settings, scenario.clock)
    first = list(scenario.slack.sockets.connections)
    await server.start(app.asgi)
    await app.start()
    yield Second(scenario, app, f"{server.url}/slack/events", first)
    scenario.slack.sockets.connections.extend(first)
    await app.stop()
    await server.stop()


async def is_done_by(second: Second) -> None:
    """Its own tasks too, which the scenario knows nothing of."""
    assert second.app._bot is not None
    await second.app._bot.context.tasks.drain(5)
    await second.scenario.is_quiet()


async def again(scenario: Scenario, kind: Kind) -> Json:
    """Slack, or somebody who recorded it, sends the last request once more. It must be taken for good."""
    answer = await scenario.slack.doors.again(scenario.slack.doors.last[kind])
    assert answer.ok, answer
    return answer.body


def said_to(person: Person) -> list[str]:
    return [message.text for message in person.channel.messages if message.is_ephemeral]


async def events_of(scenario: Scenario) -> list[str]:
    """What the status updates and cards say happened, in a list's own words."""
    await scenario.is_quiet()
    return [message.shown_text for message in scenario.maya.channel.messages]


async def certs_list(scenario: Scenario) -> Modal:
    await adds(scenario.maya, CERTS)
    return await list_of(scenario.maya)


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "later"])
async def test_a_list_is_opened_once(scenario: Scenario, at_once: bool) -> None:
    maya = scenario.maya
    if at_once:
        scenario.slack.faults.add("slash_commands", "duplicate")
    await maya.types("/incident follow-ups")
    await maya.modal("Follow-ups")
    if not at_once:
        await again(scenario, "slash_commands")
    await scenario.is_quiet()
    assert len(scenario.slack.calls_of("views.open")) == 1
    assert said_to(maya) == []


async def test_help_is_said_once(scenario: Scenario) -> None:
    scenario.slack.faults.add("slash_commands", "duplicate")
    await scenario.maya.types("/incident help")
    await again(scenario, "slash_commands")
    await scenario.is_quiet()
    assert len(said_to(scenario.maya)) == 1


async def test_a_button_pressed_once_and_sent_twice_does_one_thing(scenario: Scenario) -> None:
    listed = await certs_list(scenario)
    scenario.slack.faults.add("interactive", "duplicate")
    await listed.clicks("Complete", beside=CERTS)
    await listed.shows("1 done")
    await scenario.is_quiet()
    assert [text for text in await events_of(scenario) if "completed" in text] == [
        f"Maya completed *{CERTS}* · 0 outstanding"
    ]


async def test_a_click_sent_again_does_not_undo_what_came_after_it(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    card = await maya.channel.shows(CERTS)
    await card.clicks("Complete")
    completed = scenario.slack.doors.last["interactive"]
    await card.shows("Reopen")
    await card.clicks("Reopen", by=scenario.tom)
    await card.shows("Complete")
    assert (await scenario.slack.doors.again(completed)).ok
    await scenario.is_quiet()
    assert "Complete" in card.buttons
    assert said_to(maya) == []


async def test_a_refusal_is_explained_once(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, CERTS)
    card = await maya.channel.shows(CERTS)
    await card.clicks("Complete", by=tom)
    await card.shows("Reopen")
    scenario.slack.faults.add("interactive", "duplicate")
    await forging.click(scenario, maya, f"card_complete:{await id_of(scenario)}", card)
    await again(scenario, "interactive")
    await scenario.is_quiet()
    assert len(said_to(maya)) == 1


async def id_of(scenario: Scenario) -> str:
    (job,) = [job for job in await scenario.jobs("card") if job.attempts][:1]
    return str(job.payload["follow_up_id"])


async def test_a_refused_click_sent_again_is_refused_for_good(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, CERTS)
    card = await maya.channel.shows(CERTS)
    await card.clicks("Complete", by=tom)
    await card.shows("Reopen")
    await forging.click(scenario, maya, f"card_complete:{await id_of(scenario)}", card)
    refused = scenario.slack.doors.last["interactive"]
    await maya.sees("Tom already completed")
    await card.clicks("Reopen", by=tom)
    await card.shows("Complete")
    assert (await scenario.slack.doors.again(refused)).ok
    await scenario.is_quiet()
    assert "Complete" in card.buttons


async def test_a_button_pressed_twice_is_no_news_to_who_pressed_it(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    card = await maya.channel.shows(CERTS)
    await forging.click(scenario, maya, f"card_complete:{await id_of(scenario)}", card)
    await forging.click(scenario, maya, f"card_complete:{await id_of(scenario)}", card)
    await card.shows("Reopen")
    await scenario.is_quiet()
    assert said_to(maya) == []
    assert len([text for text in await events_of(scenario) if "completed" in text]) == 1


@pytest.mark.parametrize("pressed", [1, 2], ids=["sent twice", "pressed twice"])
async def test_a_form_makes_one_follow_up(scenario: Scenario, pressed: int) -> None:
    maya = scenario.maya
    await maya.types(f"/incident follow-up {CERTS}")
    form = await maya.modal("New follow-up")
    if pressed == 1:
        scenario.slack.faults.add("interactive", "duplicate")
        assert await form.submits() == {}
        assert await again(scenario, "interactive") == {}
    else:
        assert await forging.submission(scenario, maya, form) == {}
        assert await forging.submission(scenario, maya, form) == {}
    await scenario.is_quiet()
    assert len([message for message in maya.channel.messages if CERTS in message]) == 1


async def test_a_saved_form_sent_again_takes_nothing_back(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await (await certs_list(scenario)).chooses("Edit", beside=CERTS)
    assert await (await maya.modal("Edit follow-up")).submits(Title="Renew the certs") == {}
    saved = scenario.slack.doors.last["interactive"]
    card = await maya.channel.shows("Renew the certs")
    await card.clicks("Edit", by=tom)
    assert await (await tom.modal("Edit follow-up")).submits(Title="Revoke the certs") == {}
    answer = await scenario.slack.doors.again(saved)
    assert (answer.ok, answer.body) == (True, {})
    await card.shows("Revoke the certs")


async def test_what_was_corrected_after_a_refusal_is_no_repeat(scenario: Scenario) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-up")
    form = await maya.modal("New follow-up")
    await forging.submission(scenario, maya, form)
    assert (await again(scenario, "interactive"))["response_action"] == "errors"
    assert await form.submits(Title=CERTS) == {}
    await maya.channel.shows(CERTS)


async def test_a_deletion_sent_again_deletes_nothing_that_was_brought_back(scenario: Scenario) -> None:
    maya = scenario.maya
    await (await certs_list(scenario)).chooses("Delete", beside=CERTS)
    scenario.slack.faults.add("interactive", "duplicate")
    assert await (await maya.modal("Delete follow-up")).submits() == {}
    assert await again(scenario, "interactive") == {}
    await scenario.is_quiet()
    assert len([text for text in await events_of(scenario) if "deleted" in text]) == 1


async def test_a_click_is_acknowledged_when_it_is_stored(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    card = await maya.channel.shows(CERTS)
    follow_up_id, change, stored = await id_of(scenario), follow_ups.change, asyncio.Event()

    async def slowly(*args: Any, **named: Any) -> Any:
        await stored.wait()
        return await change(*args, **named)

    monkeypatch.setattr(follow_ups, "change", slowly)
    clicking = asyncio.create_task(card.clicks("Complete"))
    await asyncio.wait({clicking}, timeout=0.3)
    assert not clicking.done()
    stored.set()
    await clicking
    async with scenario.app.database.read() as session:
        assert (await follow_ups.read(session, follow_up_id)).status is Status.COMPLETED


async def test_a_click_that_died_half_way_is_done_when_it_comes_again(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    card = await maya.channel.shows(CERTS)
    change = follow_ups.change

    async def dies(*args: object, **named: object) -> None:
        await change(*args, **named)  # type: ignore[arg-type]
        raise OSError("the machine is gone")

    with monkeypatch.context() as broken:
        broken.setattr(follow_ups, "change", dies)
        await card.clicks("Complete")
        await maya.sees("Something went wrong")
    assert "Complete" in card.buttons
    await again(scenario, "interactive")
    await card.shows("Reopen")


@ON_POSTGRESQL
async def test_another_replica_answers_no_command_again(scenario: Scenario, second: Second) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-ups")
    await maya.modal("Follow-ups")
    second.takes_over()
    await again(scenario, "slash_commands")
    await is_done_by(second)
    assert len(scenario.slack.calls_of("views.open")) == 1
    assert said_to(maya) == []


@ON_POSTGRESQL
async def test_another_replica_applies_no_click_again(scenario: Scenario, second: Second) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    card = await maya.channel.shows(CERTS)
    await card.clicks("Complete")
    completed = scenario.slack.doors.last["interactive"]
    await card.shows("Reopen")
    await card.clicks("Reopen")
    await card.shows("Complete")
    second.takes_over()
    assert (await scenario.slack.doors.again(completed)).ok
    await is_done_by(second)
    assert "Complete" in card.buttons


@ON_POSTGRESQL
async def test_another_replica_opens_no_second_form(scenario: Scenario, second: Second) -> None:
    maya = scenario.maya
    await adds(maya, CERTS)
    await (await maya.channel.shows(CERTS)).clicks("Edit")
    await maya.modal("Edit follow-up")
    second.takes_over()
    await again(scenario, "interactive")
    await is_done_by(second)
    assert len(scenario.slack.calls_of("views.open")) == 2  # the form that made it, and this one
    assert said_to(maya) == []
