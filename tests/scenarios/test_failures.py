"""When something breaks, the person hears of it under an id that the log has too; the log has no secret."""

import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.replies import reply
from playground import Person
from storage import follow_ups, listing
from tests.scenarios import forging
from tests.scenarios.conftest import OVER_BOTH_TRANSPORTS, Scenario, adds, list_of
from views.blocks import message

TITLE = "Zanzibar quokka 4711"
ID = re.compile(r"id: ([0-9a-f]{8})")

Log = list[Any]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Log]:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as entries:
        yield entries


def break_(monkeypatch: pytest.MonkeyPatch, module: Any, function: str) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise OSError("disk gone")

    monkeypatch.setattr(module, function, broken)


def same_id(shown: str, log: Log) -> None:
    found = ID.search(shown)
    assert found, shown
    assert found[1] in [entry.get("error_id") for entry in log]


@OVER_BOTH_TRANSPORTS
async def test_a_command_that_breaks_says_so_to_the_person_alone(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    break_(monkeypatch, listing, "of_channel")
    await scenario.maya.types("/incident follow-ups")
    said = await scenario.maya.sees("Something went wrong on our side")
    assert said.is_ephemeral
    same_id(said.text, log)
    assert scenario.maya.modals == []


async def test_a_card_that_breaks_says_so_to_the_person_alone(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    maya = scenario.maya
    await adds(maya, TITLE)
    card = await maya.channel.shows(TITLE)
    break_(monkeypatch, follow_ups, "change")
    await card.clicks("Complete")
    said = await maya.sees("Something went wrong on our side")
    assert said.is_ephemeral
    same_id(said.text, log)


async def test_a_list_that_breaks_says_so_in_the_modal(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    maya = scenario.maya
    await adds(maya, TITLE)
    listed = await list_of(maya)
    break_(monkeypatch, listing, "of_incident")
    await listed.selects("All")
    await listed.shows("Something went wrong on our side")
    same_id(listed.text, log)


async def test_home_that_breaks_says_so_over_it(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    maya = scenario.maya
    await maya.opens_home()
    home = await maya.home()
    break_(monkeypatch, listing, "of_person")
    await home.selects("Done")
    modal = await maya.modal("Follow-ups")
    same_id(modal.text, log)


async def test_a_form_that_breaks_says_so_and_keeps_what_was_typed(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    maya = scenario.maya
    await maya.types(f"/incident follow-up {TITLE}")
    form = await maya.modal("New follow-up")
    with monkeypatch.context() as broken:
        break_(broken, follow_ups, "create")
        errors = await form.submits(Description="a long story")
    same_id(errors["Title"], log)
    assert (form.field("Title"), form.field("Description")) == (TITLE, "a long story")
    assert await form.submits() == {}
    await maya.channel.shows(TITLE)


async def test_a_question_that_breaks_says_so_in_its_modal(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    maya = scenario.maya
    await adds(maya, TITLE)
    await (await list_of(maya)).chooses("Delete", beside=TITLE)
    asked = await maya.modal("Delete follow-up")
    break_(monkeypatch, follow_ups, "change")
    assert await asked.submits() == {}
    same_id((await maya.modal("Follow-ups")).text, log)


async def test_slack_that_fails_while_a_list_opens_is_told_to_the_person(
    scenario: Scenario, log: Log
) -> None:
    scenario.slack.faults.add("views.open", "expired_trigger")
    await scenario.maya.types("/incident follow-ups")
    same_id((await scenario.maya.sees("Something went wrong")).text, log)
    assert "expired_trigger_id" in [entry.get("slack_error") for entry in log]


async def test_what_nobody_knows_is_ignored_or_answered(scenario: Scenario, log: Log) -> None:
    maya = scenario.maya
    listed = await list_of(maya)
    await forging.click(scenario, maya, "teleport:01GONE", listed)
    await forging.click(scenario, maya, "menu:01GONE", listed, option="teleport:01GONE")
    await listed.shows("Something went wrong")
    await maya.types(f"/incident follow-up {TITLE}")
    form = await maya.modal("New follow-up")
    form.view.content["callback_id"] = "teleport"
    errors = await form.submits()
    same_id(errors["Title"], log)


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "out of reach"])
async def test_a_reply_that_fails_is_in_the_log_without_its_address(
    scenario: Scenario, log: Log, refused: bool
) -> None:
    base = scenario.context.client.base_url if refused else "http://127.0.0.1:1/"
    await reply(scenario.context, f"{base}quokka/4711", message("Too late."))
    [entry] = [entry for entry in log if entry["event"] == "failed"]
    assert ID.search(f"id: {entry['error_id']}")
    told = "".join(traceback.format_exception(entry["exc_info"]))
    assert "ReplyError" in told
    assert "quokka" not in told


@OVER_BOTH_TRANSPORTS
async def test_neither_tokens_nor_words_are_in_the_log(
    scenario: Scenario, log: Log, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = scenario.maya
    scenario.slack.faults.add("chat.postMessage", "server_error")
    scenario.slack.faults.add("chat.update", "fatal_error")
    scenario.slack.faults.add("views.update", "hash_conflict")
    await adds(maya, TITLE, Description=TITLE)
    listed = await list_of(maya)
    await listed.clicks("Complete", beside=TITLE)
    await listed.shows("1 done")
    await everything_breaks(maya, monkeypatch)
    await scenario.is_quiet()
    # The SDK's own DEBUG lines quote requests; the program never sets them to DEBUG.
    ours = [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]
    said = f"{[str(entry) + repr(entry.get('exc_info')) for entry in log]} {ours}"
    for secret in (TITLE, "xoxb-", "xapp-", "scenario"):
        assert secret not in said, secret


async def everything_breaks(maya: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    break_(monkeypatch, follow_ups, "create")
    await maya.types(f"/incident follow-up {TITLE}")
    assert "went wrong" in (await (await maya.modal("New follow-up")).submits())["Title"]
