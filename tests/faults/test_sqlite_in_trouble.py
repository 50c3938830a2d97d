"""An SQLite file locked or full: people are told, nothing typed or saved is lost, the bot recovers."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import aiohttp
import pytest
from sqlalchemy import make_url, text

from storage import database as database_module
from tests.faults.tally import Tally, tally
from tests.faults.waiting import until
from tests.scenarios.conftest import Scenario, adds

TROUBLES = {
    "locked": "the database is locked by another program",
    "full": "the database has no space left on its disk",
}


@pytest.fixture
def backend() -> str:
    return "sqlite"


def path_of(scenario: Scenario) -> str:
    return str(make_url(scenario.app.settings.database_url).database)


@asynccontextmanager
async def locked(scenario: Scenario) -> AsyncIterator[None]:
    """Another program holds the write lock."""
    other = sqlite3.connect(path_of(scenario), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@asynccontextmanager
async def full(scenario: Scenario) -> AsyncIterator[None]:
    """SQLite may not make the file any larger: what it answers then is what it answers on a full disk."""
    with closing(sqlite3.connect(path_of(scenario))) as connection:
        connection.execute("VACUUM")  # migrations leave pages free
    async with scenario.app.database.write() as session:
        await session.execute(text("PRAGMA max_page_count = 1"))
    yield
    async with scenario.app.database._writers.connect() as connection:
        await connection.execute(text("PRAGMA max_page_count = 1000000"))


SQLITE_TROUBLES = {"locked": locked, "full": full}


async def ready(scenario: Scenario) -> tuple[int, list[str]]:
    base = scenario.app.settings.slack_api_url.partition("/playground")[0]
    async with aiohttp.ClientSession() as session, session.get(f"{base}/readyz") as answer:
        return answer.status, (await answer.json()).get("troubles", [])


@pytest.mark.parametrize("kind", ["locked", "full"])
async def test_a_form_says_what_is_the_matter_keeps_what_was_typed_and_can_be_sent_again(
    scenario: Scenario, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "WAIT", 1.0)
    maya, told = scenario.maya, TROUBLES[kind]
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    await form.shows("Due date")
    story = "a long story " * 200  # needs a page of its own

    async def has_recovered() -> bool:
        return (await ready(scenario))[0] == 200

    async def says_so() -> bool:
        return any(told in trouble for trouble in (await ready(scenario))[1])

    async with SQLITE_TROUBLES[kind](scenario):
        errors = await form.submits(Description=story)
        if errors:
            assert told in errors["Title"]
        else:
            await form.shows(told, within=20)
        await until(says_so)
        assert (form.field("Title"), form.field("Description")) == ("Rotate the certs", story)
    await until(has_recovered)
    assert await form.submits() == {}
    await maya.channel.shows("Rotate the certs", within=20)
    await scenario.is_quiet()
    assert await tally(scenario.app.database, scenario.slack) == Tally()


async def test_a_click_while_the_database_is_locked_is_told_to_the_person_alone(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs")
    card = await maya.channel.shows("Rotate the certs")
    await scenario.is_quiet()
    async with locked(scenario):
        await card.clicks("Complete")
        said = await maya.sees(TROUBLES["locked"], within=30)
        assert said.is_ephemeral
    await card.clicks("Complete")
    await card.shows("~Rotate the certs~", within=20)


async def test_many_who_wait_for_a_locked_database_do_not_wait_for_each_other(scenario: Scenario) -> None:
    loop = asyncio.get_running_loop()
    await adds(scenario.maya, "Rotate the certs")
    await scenario.is_quiet()

    async def write() -> None:
        async with scenario.app.database.write() as session:
            await session.execute(text("SELECT 1"))

    async with locked(scenario):
        began = loop.time()
        outcomes = await asyncio.gather(*(write() for _ in range(20)), return_exceptions=True)
        took = loop.time() - began
    assert {str(outcome) for outcome in outcomes} == {TROUBLES["locked"]}
    assert took < 20
