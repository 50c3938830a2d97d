"""Slack waits three seconds. What takes longer begins with a modal that says so; nothing typed is lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot import dispatch, modals
from tests.scenarios.conftest import OVER_BOTH_TRANSPORTS, Scenario, adds, list_of

Slowed = Callable[[float], None]


@pytest.fixture
def slowed(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Slowed:
    """Makes every read of the database take so many seconds longer, and the bot less patient."""
    database = scenario.app.database
    quick = database.read

    def slow(seconds: float) -> None:
        @asynccontextmanager
        async def read() -> AsyncIterator[Any]:
            await asyncio.sleep(seconds)
            async with quick() as session:
                yield session

        monkeypatch.setattr(database, "read", read)

    return slow


@OVER_BOTH_TRANSPORTS
async def test_a_list_that_takes_long_begins_as_loading(scenario: Scenario, slowed: Slowed) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs")
    slowed(1.2)
    await maya.types("/incident follow-ups")
    modal = await maya.modal("Follow-ups", within=1.5)
    assert "Loading…" in modal
    await modal.shows("Rotate the certs", within=5)
    assert len(maya.modals) == 1


async def test_forms_that_take_long_begin_as_loading(
    scenario: Scenario, slowed: Slowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs")
    listed = await list_of(maya)
    monkeypatch.setattr(modals, "PATIENCE", 0.1)
    slowed(0.15)
    await listed.clicks("Add follow-up")
    form = await maya.modal("New follow-up")
    assert "Loading…" in form
    await form.shows("Due date")
    await form.closes()
    await listed.chooses("Edit", beside="Rotate the certs")
    form = await maya.modal("Edit follow-up")
    assert "Loading…" in form
    await form.shows("Status")


async def test_closing_the_loading_modal_is_nothing_to_talk_about(
    scenario: Scenario, slowed: Slowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modals, "PATIENCE", 0.1)
    maya = scenario.maya
    slowed(0.3)
    await maya.types("/incident follow-ups")
    await (await maya.modal("Follow-ups")).closes()
    await scenario.is_quiet()
    maya.does_not_see("Something went wrong")
    assert maya.modals == []


@OVER_BOTH_TRANSPORTS
async def test_a_save_that_takes_long_says_that_it_saves(scenario: Scenario, slowed: Slowed) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    slowed(2.3)
    assert await form.submits(Description="a long story") == {}
    assert "Saving…" in form
    slowed(0)
    await form.shows("Saved.", within=8)
    await maya.channel.shows("Rotate the certs", within=8)


async def test_a_slow_refusal_brings_the_form_back_with_everything_typed(
    scenario: Scenario, slowed: Slowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya, due = scenario.maya, scenario.today
    await adds(maya, "Label it", Labels=["tls"])
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    await form.fills(
        Title=" ",
        Description="a *long* story & more",
        Assignee="tom",
        Team="Payments team",
        Priority="High",
        Labels=["tls"],
        Due_date=due,
    )
    monkeypatch.setattr(dispatch, "SUBMISSION_PATIENCE", 0.1)
    slowed(0.15)
    assert await form.submits() == {}
    assert "Saving…" in form
    await form.shows("Give the follow-up a title.")
    shown = {label: form.field(label) for label in form.fields}
    assert shown == {
        "Title": shown["Title"],
        "Description": "a *long* story & more",
        "Assignee": "U0TOM",
        "Team": "Payments team",
        "Priority": "High",
        "Labels": ["tls"],
        "Due date": due.isoformat(),
    }
    assert await form.submits(Title="Rotate the certs") == {}
    await form.shows("Saved.")
    await maya.channel.shows("Rotate the certs")


async def test_a_slow_conflict_shows_both_sides(
    scenario: Scenario, slowed: Slowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs")
    card = await maya.channel.shows("Rotate the certs")
    await card.clicks("Edit")
    form = await maya.modal("Edit follow-up")
    await card.clicks("Complete", by=tom)
    await card.shows("Reopen")
    monkeypatch.setattr(dispatch, "SUBMISSION_PATIENCE", 0.1)
    slowed(0.15)
    assert await form.submits(Title="Rotate them all") == {}
    await form.shows("Tom saved first")
    assert form.field("Title") == "Rotate them all"


async def test_suggestions_that_take_too_long_are_none(
    scenario: Scenario, slowed: Slowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = scenario.maya
    await adds(maya, "Label it", Labels=["tls"])
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    assert await form.suggestions("Labels", "tls") == ["tls"]
    monkeypatch.setattr(dispatch, "OPTIONS_PATIENCE", 0.2)
    slowed(5)
    assert await form.suggestions("Labels", "tls") == []


async def test_saving_is_on_screen_before_anything_replaces_it(
    scenario: Scenario, slowed: Slowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    monkeypatch.setattr(dispatch, "SUBMISSION_PATIENCE", 0.1)
    slowed(0.12)
    assert await form.submits() == {}
    answered = time.monotonic()
    await form.shows("Saved.")
    assert time.monotonic() - answered > 0.3


async def test_closing_the_saving_modal_is_nothing_to_talk_about(
    scenario: Scenario, slowed: Slowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    monkeypatch.setattr(dispatch, "SUBMISSION_PATIENCE", 0.1)
    slowed(0.3)
    assert await form.submits() == {}
    await form.closes()
    await maya.channel.shows("Rotate the certs")
    maya.does_not_see("Something went wrong")
