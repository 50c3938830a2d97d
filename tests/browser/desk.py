"""A person at a browser: what they see on the page, named as they would name it."""

import re
from collections.abc import Awaitable, Callable
from typing import Self

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

WINDOW = {"width": 1280, "height": 800}
PATIENCE = 30_000

expect.set_options(timeout=PATIENCE)


class Desks:
    """Everyone's browsers on one program, and the trouble their pages had."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.troubles: list[str] = []
        self._browser = browser
        self._address = address
        self._contexts: list[BrowserContext] = []

    async def page(self) -> Page:
        """A browser of its own: nothing is shared with the others."""
        context = await self._browser.new_context(
            viewport={"width": WINDOW["width"], "height": WINDOW["height"]},
            color_scheme="light",
            reduced_motion="reduce",
            locale="en-GB",
        )
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        page = await context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.troubles.append(f"uncaught: {error}"))
        page.on("requestfailed", self._failed)
        page.on(
            "response",
            lambda it: self.troubles.append(f"{it.status} {it.url}") if it.status >= 400 else None,
        )
        return page

    async def sit(self, user_id: str, place: str = "", *, page: Page | None = None) -> "Desk":
        """`page` is one that a test has prepared; `place` is what the address names."""
        page = page or await self.page()
        await page.goto(f"{self._address}?user={user_id}{place}")
        desk = Desk(page)
        await expect(desk.composer).to_be_visible()
        return desk

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()

    def forget(self) -> None:
        """The trouble so far was meant."""
        self.troubles.clear()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        # Leaving a page ends the stream it listened to, and what it still asked for.
        if "/client/stream" not in request.url and request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"{request.url}: {request.failure}")


class Desk:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.composer = page.get_by_role("textbox", name="Message")
        self.channel = page.get_by_role("log")
        self.suggestions = page.get_by_role("listbox")

    # --- places ------------------------------------------------------------------------------------------

    async def goes_to(self, place: str) -> None:
        await self.page.get_by_role("navigation").get_by_role("link", name=place).click()

    async def becomes(self, name: str) -> None:
        await self.page.get_by_role("button", name="You are").click()
        await self.page.get_by_role("menuitemradio", name=name).click()
        await expect(self.page.get_by_role("button", name=f"You are {name}")).to_be_visible()

    async def writes(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def opens_the_list(self) -> "Modal":
        await self.writes("/incident follow-ups")
        modal = self.modal("Follow-ups")
        await modal.shows(re.compile("outstanding"))
        return modal

    # --- what is there -----------------------------------------------------------------------------------

    def modal(self, title: str) -> "Modal":
        return Modal(self.page, self.page.get_by_role("dialog", name=title, exact=True))

    def message(self, text: str | re.Pattern[str]) -> Locator:
        """The newest message of the channel in which a text can be read."""
        return self.channel.get_by_role("article").filter(has_text=text).last

    def card(self, title: str) -> Locator:
        """The message of the app that stands for a follow-up."""
        cards = self.channel.get_by_role("article").filter(has_text="added a follow-up")
        return cards.filter(has_text=title).last

    @property
    def home(self) -> "Items":
        return Items(self.page, self.page.get_by_role("tabpanel"))

    async def sees_the_newest_message(self) -> None:
        at_the_end = "it => it.scrollHeight - it.scrollTop - it.clientHeight < 2"
        log = await self.channel.element_handle()
        await self.page.wait_for_function(at_the_end, arg=log, polling=50)


Picture = Callable[[Desk, str], Awaitable[None]]


class Items:
    """A place in which follow-ups are listed."""

    def __init__(self, page: Page, root: Locator) -> None:
        self.page = page
        self.root = root

    def item(self, title: str) -> Locator:
        """A follow-up's title, facts and menu."""
        return self.root.locator(".block-section").filter(has_text=title)

    def under(self, title: str, button: str) -> Locator:
        """A button of a follow-up stands in the block below its title."""
        return self.item(title).locator("xpath=following-sibling::*[1]").get_by_role("button", name=button)

    async def presses(self, button: str, *, beside: str | None = None) -> None:
        found = self.under(beside, button) if beside else self.button(button)
        await found.click()

    async def picks(self, choice: str, *, beside: str) -> None:
        """From a follow-up's menu."""
        await self.item(beside).get_by_role("button", name="More actions").click()
        await self.page.get_by_role("menuitem", name=choice).click()

    async def filters(self, choice: str) -> None:
        await self.root.get_by_role("combobox").first.click()
        await self.page.get_by_role("option", name=choice).click()

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    async def shows(self, *texts: str | re.Pattern[str]) -> Self:
        for text in texts:
            await expect(self.root).to_contain_text(text)
        return self

    async def lacks(self, *texts: str) -> None:
        for text in texts:
            await expect(self.root).not_to_contain_text(text)


class Modal(Items):
    """A dialog by its title, with labelled fields when it is a form."""

    def field(self, label: str) -> Locator:
        return self.root.get_by_label(re.compile(rf"^{label}"))

    def error_of(self, label: str) -> Locator:
        field = self.page.get_by_label(re.compile(rf"^{label}"))
        return self.root.locator(".field").filter(has=field).get_by_role("alert")

    async def chooses(self, label: str, option: str, *, typing: str | None = None) -> None:
        """From a menu, after typing to find it."""
        await self.field(label).click()
        if typing is not None:
            await self.field(label).press_sequentially(typing)
        await self.page.get_by_role("option", name=option).click()

    async def is_gone(self) -> None:
        await expect(self.root).to_have_count(0)
