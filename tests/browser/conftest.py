"""The real program, as `python app.py` starts it, and people at real browsers in front of it."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.desk import Desk, Desks, Picture
from tests.browser.program import Program, running

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        reason = f"no browser here: install one of {', '.join(CHROMIUM)}"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.fixture
def transport() -> str:
    """HTTP, unless a test is parametrised otherwise."""
    return "http"


@pytest.fixture
async def program(browser: Browser, transport: str, tmp_path: Path) -> AsyncIterator[Program]:
    async with running(tmp_path, PLAYGROUND_TRANSPORT=transport) as program:
        yield program


@pytest.fixture
async def desks(browser: Browser, program: Program) -> AsyncIterator[Desks]:
    """For tests of several people. No page may have had trouble."""
    desks = Desks(browser, program.address)
    yield desks
    await desks.close()
    assert desks.troubles == []


@pytest.fixture
async def maya(desks: Desks) -> Desk:
    """At the page, in the incident's channel."""
    return await desks.sit("U0MAYA")


@pytest.fixture
def picture() -> Picture:
    """Takes the README's pictures anew: `SCREENSHOTS=docs/images make test`."""

    async def take(desk: Desk, name: str) -> None:
        directory = os.environ.get("SCREENSHOTS")
        if directory:
            await desk.page.mouse.move(0, 0)
            await desk.page.screenshot(path=Path(directory) / name, animations="disabled", caret="hide")

    return take
