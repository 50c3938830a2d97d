"""What can be done without changing a follow-up: these tests share one program."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser.desk import Desk, Desks, Picture
from tests.browser.program import Program, running


@pytest.fixture(scope="module")
async def program(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    async with running(tmp_path_factory.mktemp("looking")) as program:
        yield program


async def test_the_command_is_offered_while_it_is_typed_and_opens_the_list(
    maya: Desk, picture: Picture
) -> None:
    await maya.composer.press_sequentially("/inc")
    await expect(maya.suggestions).to_contain_text("/incident")
    await maya.composer.press("Tab")
    await expect(maya.composer).to_have_value("/incident ")
    await maya.composer.press_sequentially("follow-ups")
    await maya.composer.press("Enter")

    modal = maya.modal("Follow-ups")
    await modal.shows("INC-142 · Checkout is down", "4 outstanding · 1 overdue · 2 done")
    await expect(modal.item("Renew the edge certificates automatically")).to_contain_text(
        re.compile(r"Urgent · @Priya · ⚠ due .*, 2 days late")
    )
    await picture(maya, "follow-ups.png")
    await modal.presses("Done")
    await modal.is_gone()
    await maya.sees_the_newest_message()


async def test_a_search_finds_words_and_is_cleared_again(maya: Desk) -> None:
    modal = await maya.opens_the_list()
    await modal.presses("Search")
    search = maya.modal("Search")
    await search.field("Search for").fill("runbook")
    await search.presses("Search")
    await search.is_gone()
    await modal.shows("Results for “runbook”", "Correct the issuer in the TLS runbook")
    await modal.lacks("Renew the edge certificates automatically")
    await modal.presses("Clear search")
    await modal.shows("Renew the edge certificates automatically")


async def test_help_is_for_the_one_who_asks(maya: Desk) -> None:
    await maya.writes("/incident help")
    await expect(maya.message("/incident follow-ups")).to_contain_text("Only visible to you")
    await maya.writes("/incident folow-ups")
    await expect(maya.message("Did you mean /incident follow-ups?")).to_be_visible()
    await maya.becomes("Tom")
    await expect(maya.message("Did you mean")).to_have_count(0)


async def test_the_focus_stays_in_a_modal(maya: Desk) -> None:
    modal = await maya.opens_the_list()
    keys = maya.page.keyboard
    await modal.button("Done").focus()
    await keys.press("Tab")
    await expect(modal.button("Close")).to_be_focused()
    await keys.press("Shift+Tab")
    await expect(modal.button("Done")).to_be_focused()
    await keys.press("Enter")
    await modal.is_gone()


async def test_a_reload_closes_what_was_open(maya: Desk) -> None:
    modal = await maya.opens_the_list()
    await modal.presses("Add follow-up")
    await maya.modal("New follow-up").shows("INC-142")
    await maya.page.reload()
    await expect(maya.card("Renew the edge certificates automatically")).to_be_visible()
    await expect(maya.page.get_by_role("dialog")).to_have_count(0)
    await maya.opens_the_list()


async def test_a_channel_is_unread_until_it_is_looked_at(maya: Desk, desks: Desks) -> None:
    random = maya.page.get_by_role("link", name="random")
    await expect(random.get_by_label("unread")).to_have_count(0)
    tom = await desks.sit("U0TOM")
    await tom.goes_to("random")
    await tom.writes("Cake on 3.")
    await expect(random.get_by_label("unread")).to_be_visible()
    await maya.goes_to("random")
    await expect(maya.message("Cake on 3.")).to_be_visible()
    await expect(random.get_by_label("unread")).to_have_count(0)


async def test_the_gallery_shows_every_view(desks: Desks, program: Program) -> None:
    page = await desks.page()
    await page.goto(f"{program.address}gallery")
    items = page.get_by_role("figure")
    await expect(items.first).to_be_visible()
    listed = page.get_by_role("navigation").get_by_role("listitem")
    assert await items.count() == await listed.count() > 30
    assert await page.locator(".unknown").all_inner_texts() == []
    await expect(items.filter(has_text="@Priya").first).to_be_visible()
    for theme in ("dark", "light"):
        await page.get_by_role("button", name=theme).click()
        await expect(page.locator("html")).to_have_attribute("data-theme", theme)
        heights = await items.locator(".item-frame").evaluate_all("all => all.map(it => it.clientHeight)")
        assert min(heights) > 20


async def test_in_a_direct_message_the_list_is_ones_own_across_incidents(maya: Desk) -> None:
    await maya.goes_to("Tom")
    await expect(maya.page.get_by_text("the start of your conversation with Tom")).to_be_visible()
    modal = await maya.opens_the_list()
    await modal.shows("Mine · across incidents", "Ask the payment provider for a test endpoint", "INC-142")
    await expect(modal.button("Add follow-up")).to_have_count(0)


async def test_a_search_says_where_it_looked_and_how_to_look_further(maya: Desk) -> None:
    modal = await maya.opens_the_list()
    await modal.presses("Search")
    await maya.modal("Search").field("Search for").fill("checkout client")
    await maya.modal("Search").presses("Search")
    await modal.shows(
        "No outstanding follow-ups match “checkout client”.", "Choose All to search the others."
    )
    await modal.filters("All")
    await modal.shows("Upgrade the checkout client to 4.2")
