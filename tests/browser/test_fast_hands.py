"""What a fast hand, slow frames or a slow network must not spoil."""

import asyncio
import json

from playwright.async_api import Page, Route, expect

from tests.browser.desk import Desk, Desks

# No frame is drawn before `draw()`; a browser that is busy does the same.
HELD_FRAMES = """
  const held = [];
  window.requestAnimationFrame = (frame) => held.push(frame);
  window.draw = () => held.splice(0).forEach((frame) => frame(performance.now()));
"""


class Held:
    """The page's requests of one kind, until they are let go."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._address = address
        self._go = asyncio.Event()

    async def begin(self) -> None:
        await self._page.route(self._address, self._hold)

    def let_go(self) -> None:
        self._go.set()

    async def _hold(self, route: Route) -> None:
        await self._go.wait()
        await route.continue_()


async def with_held_frames(desks: Desks) -> Desk:
    page = await desks.page()
    await page.add_init_script(HELD_FRAMES)
    return await desks.sit("U0MAYA", page=page)


async def test_what_is_typed_after_a_completion_follows_it(desks: Desks) -> None:
    maya = await with_held_frames(desks)
    keys = maya.page.keyboard
    await maya.composer.focus()
    await keys.type("/inc")
    await expect(maya.suggestions).to_be_visible()
    await keys.press("Tab")
    await keys.type("follow")
    await maya.page.evaluate("draw()")
    await keys.type("-ups")
    await expect(maya.composer).to_have_value("/incident follow-ups")


async def test_a_menus_keys_count_from_the_first(desks: Desks) -> None:
    maya = await with_held_frames(desks)
    modal = await maya.opens_the_list()
    await modal.item("Alert 14 days").get_by_role("button", name="More actions").focus()
    for key in ("Enter", "ArrowDown"):
        await maya.page.keyboard.press(key)
    await maya.page.evaluate("draw()")
    await expect(maya.page.get_by_role("menuitem", name="Assign to me")).to_be_focused()


async def test_each_refusal_leads_to_the_field_in_error(desks: Desks) -> None:
    maya = await with_held_frames(desks)
    modal = await maya.opens_the_list()
    await modal.presses("Add follow-up")
    form = maya.modal("New follow-up")
    for _ in range(2):
        await form.field("Description").fill("On every edge.")
        await form.presses("Create")
        await expect(form.error_of("Title")).to_be_visible()
        await maya.page.keyboard.type(" ")
        await expect(form.field("Title")).to_have_value(" ")
        await form.field("Title").fill("")
        await expect(form.error_of("Title")).to_have_count(0)


async def test_enter_before_the_options_are_there_takes_the_first_of_what_was_typed(maya: Desk) -> None:
    modal = await maya.opens_the_list()
    await modal.presses("Add follow-up")
    form = maya.modal("New follow-up")
    await form.field("Labels").click()
    await expect(maya.page.get_by_role("option", name="alerting")).to_be_visible()
    held = Held(maya.page, "**/client/options")
    await held.begin()
    await maya.page.keyboard.type("rotation")
    await maya.page.keyboard.press("Enter")
    held.let_go()
    await form.shows("rotation")
    await form.lacks("alerting")


async def test_news_from_before_the_page_listened_is_not_missed(desks: Desks) -> None:
    page = await desks.page()
    held = Held(page, "**/client/stream*")
    await held.begin()
    maya = await desks.sit("U0MAYA", page=page)
    unread = maya.page.get_by_role("link", name="random").get_by_label("unread")
    await expect(unread).to_have_count(0)
    tom = await desks.sit("U0TOM")
    await tom.goes_to("random")
    await tom.writes("Cake on 3.")
    await expect(tom.message("Cake on 3.")).to_be_visible()
    held.let_go()
    await expect(unread).to_be_visible()


async def test_the_title_has_the_focus_though_the_form_came_after_loading(desks: Desks) -> None:
    """The bot opens `Loading…` when it needs more than a second; here the stream says so."""
    title = {"type": "plain_text", "text": "New follow-up"}
    loading = {"type": "section", "block_id": "1", "text": {"type": "plain_text", "text": "Loading…"}}
    element = {"type": "plain_text_input", "action_id": "title", "focus_on_load": True}
    field = {"type": "input", "block_id": "2", "label": {**title, "text": "Title"}, "element": element}
    stacks = [
        [{"id": "V1", "hash": str(n), "title": title, "blocks": [it]}]
        for n, it in enumerate((loading, field))
    ]
    lines = "".join(f"data: {json.dumps({'type': 'views', 'stack': stack})}\n\n" for stack in stacks)
    page = await desks.page()
    streams: list[Route] = []

    async def stream(route: Route) -> None:
        streams.append(route)
        if len(streams) == 1:
            await route.fulfill(body=lines, content_type="text/event-stream")

    async def views(route: Route) -> None:
        await route.fulfill(json={"stack": stacks[1] if streams else []})

    await page.route("**/client/stream*", stream)
    await page.route("**/client/views*", views)
    maya = await desks.sit("U0MAYA", page=page)
    await expect(maya.modal("New follow-up").field("Title")).to_be_focused()
