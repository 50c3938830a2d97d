"""What the browser page uses, over HTTP, as the page does."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground import Playground
from playground.seed import BREACH, CHECKOUT, GENERAL, MAYA, PRIYA, STRANGER, TOM

Json = dict[str, Any]


class Page:
    """A page open in a browser, for one person."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, user: str) -> None:
        self._session = session
        self._base_url = f"{base_url}/client"
        self.user = user

    async def get(self, name: str, /, **query: str) -> Json:
        async with self._session.get(
            f"{self._base_url}/{name}", params={"user": self.user, **query}
        ) as answer:
            found: Json = await answer.json()
            return found

    async def post(self, name: str, /, **body: Any) -> Json:
        async with self._session.post(f"{self._base_url}/{name}", json={"user": self.user, **body}) as answer:
            found: Json = await answer.json()
            return found

    async def events(self, ready: asyncio.Event) -> AsyncIterator[Json]:
        async with self._session.get(f"{self._base_url}/stream", params={"user": self.user}) as answer:
            assert answer.content_type == "text/event-stream"
            async for line in answer.content:
                ready.set()
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))


@pytest.fixture
async def page(playground: Playground, app: AsyncApp) -> AsyncIterator[Page]:
    async with aiohttp.ClientSession() as session:
        yield Page(session, playground.base_url, MAYA)


def as_user(page: Page, user: str) -> Page:
    return Page(page._session, page._base_url.removesuffix("/client"), user)


async def test_a_page_starts_with_everything_it_shows(page: Page) -> None:
    boot = await page.get("boot")
    assert boot["team"] == {"id": "T0HARBOUR", "name": "Harbour", "domain": "harbour"}
    assert boot["user"]["initials"] == "ML"
    assert {user["name"]: user["is_stranger"] for user in boot["users"]}["rosa"] is True
    assert [group["handle"] for group in boot["usergroups"]] == ["sre", "payments"]
    names = {channel["name"]: channel["is_member"] for channel in boot["channels"] if not channel["is_im"]}
    assert names == {
        "general": True,
        "inc-142-checkout": True,
        "inc-139-webhook-delays": True,
        "inc-137-leaked-token": True,
        "random": True,
    }
    assert [channel["im_user"] for channel in boot["channels"] if channel["is_im"]] == [PRIYA, TOM]
    command = {"command": "/incident", "description": "Follow-ups", "usage_hint": "help"}
    assert boot["app"]["commands"] == [command]
    assert boot["app"]["has_home"] is True


@pytest.mark.parametrize(("user", "hidden"), [(TOM, {BREACH}), (STRANGER, {BREACH, GENERAL, CHECKOUT})])
async def test_nobody_is_shown_what_is_not_theirs(page: Page, user: str, hidden: set[str]) -> None:
    theirs = as_user(page, user)
    shown = {channel["id"] for channel in (await theirs.get("boot"))["channels"]}
    assert shown.isdisjoint(hidden)
    assert "error" in await theirs.get("messages", channel=BREACH)


async def test_reading_a_channel_makes_it_read(page: Page) -> None:
    async def unread() -> int:
        channels = (await page.get("boot"))["channels"]
        return next(int(channel["unread"]) for channel in channels if channel["id"] == GENERAL)

    assert await unread() == 1
    messages = (await page.get("messages", channel=GENERAL))["messages"]
    assert [message["user"] for message in messages] == [MAYA, TOM]
    assert await unread() == 0


async def test_what_is_typed_is_escaped_and_marked_up(page: Page) -> None:
    sent = await page.post("message", channel=CHECKOUT, text="@tom: 1 < 2 & see #general")
    message = (await page.get("messages", channel=CHECKOUT))["messages"][-1]
    assert message["ts"] == sent["ts"]
    assert message["text"] == "<@U0TOM>: 1 &lt; 2 &amp; see <#C0GENERAL>"
    assert (message["bot"], message["ephemeral"], message["edited"]) == (False, False, False)


NOWHERE = {"type": "message", "channel": CHECKOUT, "ts": "1.000002"}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("message", {"channel": BREACH, "text": "x"}),
        ("message", {"channel": CHECKOUT, "text": " "}),
        ("message", {"channel": CHECKOUT}),
        ("rename", {"channel": CHECKOUT, "name": "Has Spaces"}),
        ("rename", {"channel": CHECKOUT, "name": "general"}),
        ("invite", {"channel": CHECKOUT, "invited": "U404"}),
        ("submit", {"view_id": "V404", "state": {}}),
        ("action", {"container": NOWHERE, "block_id": "", "action_id": ""}),
        ("shortcut", {"callback_id": "none"}),
    ],
)
async def test_what_can_not_be_done_is_told_in_a_sentence(page: Page, name: str, body: Json) -> None:
    answer = await as_user(page, TOM).post(name, **body)
    assert answer["error"].endswith(".")


async def test_nobody_is_nobody(page: Page) -> None:
    assert "nobody" in (await as_user(page, "U404").get("boot"))["error"]


async def test_channels_are_changed_by_their_members(playground: Playground, page: Page) -> None:
    channel = playground.workspace.channels[CHECKOUT]
    await page.post("rename", channel=CHECKOUT, name="inc-142-cart")
    await page.post("leave", channel=CHECKOUT)
    assert (channel.name, MAYA in channel.members) == ("inc-142-cart", False)
    await page.post("join", channel=CHECKOUT)
    await page.post("archive", channel=CHECKOUT, archived=True)
    assert (channel.is_archived, MAYA in channel.members) == (True, True)
    created = await page.post("create", name="inc-143-search", is_private=True)
    await page.post("invite", channel=created["channel"], invited=PRIYA)
    assert playground.workspace.channels[created["channel"]].members == [MAYA, PRIYA]


async def test_a_modal_is_opened_filled_in_and_submitted(page: Page, app: AsyncApp) -> None:
    values: list[Json] = []
    select = {"type": "external_select", "action_id": "team"}
    view = {
        "type": "modal",
        "callback_id": "form",
        "title": {"type": "plain_text", "text": "Form"},
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": [
            {
                "type": "input",
                "block_id": "b",
                "label": {"type": "plain_text", "text": "Team"},
                "element": select,
            }
        ],
    }

    @app.command("/incident")
    async def command(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.options("team")
    async def options(ack: Any) -> None:
        await ack(options=[{"text": {"type": "plain_text", "text": "Payments"}, "value": "p"}])

    @app.view("form")
    async def submitted(ack: Any, view: Json) -> None:
        values.append(view["state"]["values"])
        await ack()

    assert await page.post("command", channel=CHECKOUT, text="/incident") == {"ok": True}
    stack = (await page.get("views"))["stack"]
    container = {"type": "view", "view_id": stack[0]["id"]}
    found = await page.post("options", container=container, block_id="b", action_id="team", query="p")
    assert found == {"options": [{"text": "Payments", "value": "p"}]}
    empty = await page.post("submit", view_id=stack[0]["id"], state={})
    assert list(empty["errors"]) == ["b"]
    state = {"b": {"team": found["options"][0]}}
    assert await page.post("submit", view_id=stack[0]["id"], state=state) == {"ok": True}
    assert values[0]["b"]["team"]["selected_option"]["value"] == "p"
    assert (await page.get("views"))["stack"] == []


async def test_the_stream_tells_what_happens(
    playground: Playground, page: Page, client: AsyncWebClient
) -> None:
    ready = asyncio.Event()
    seen: list[Json] = []

    async def follow() -> None:
        seen.extend([event async for event in page.events(ready)])

    following = asyncio.create_task(follow())
    await ready.wait()
    posted = await client.chat_postMessage(channel=CHECKOUT, text="new")
    await client.chat_update(channel=CHECKOUT, ts=posted["ts"], text="newer")
    await client.chat_postEphemeral(channel=CHECKOUT, user=MAYA, text="for her")
    await client.chat_postEphemeral(channel=CHECKOUT, user=TOM, text="for him")
    await client.chat_delete(channel=CHECKOUT, ts=posted["ts"])
    await client.views_publish(user_id=MAYA, view={"type": "home", "blocks": [{"type": "divider"}]})
    playground.acts.rename(MAYA, CHECKOUT, "inc-142-cart")
    playground.stream.close()
    await following
    told = [(event["type"], event.get("message", {}).get("text")) for event in seen]
    assert told[:5] == [
        ("message", "new"),
        ("message", "newer"),
        ("ephemeral", "for her"),
        ("message_deleted", None),
        ("home", None),
    ]
    assert ("channels", None) in told


async def test_the_home_tab_is_asked_for(page: Page, app: AsyncApp, playground: Playground) -> None:
    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(
            user_id=event["user"], view={"type": "home", "blocks": [{"type": "divider"}]}
        )

    assert (await page.get("home"))["view"] is None
    await page.post("home_opened", tab="home")
    await playground.events.settled()
    assert (await page.get("home"))["view"]["type"] == "home"


async def test_the_gallery_is_whatever_was_passed_in(page: Page) -> None:
    assert await page.get("gallery") == {"sections": []}
