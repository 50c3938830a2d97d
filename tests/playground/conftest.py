"""A workspace on a free port, with a real Bolt app in it that each test gives its listeners."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from playground import Person, Playground
from playground.seed import MAYA, PRIYA, TOM
from playground.serving import LocalServer

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BOT_TOKEN = "xoxb-playground"
APP_TOKEN = "xapp-playground"

SCOPES = [
    "app_mentions:read",
    "bookmarks:read",
    "bookmarks:write",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "groups:write",
    "im:history",
    "im:read",
    "im:write",
    "links:read",
    "pins:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
]

EVENTS = [
    "app_home_opened",
    "app_mention",
    "channel_archive",
    "channel_left",
    "channel_rename",
    "channel_unarchive",
    "group_archive",
    "group_left",
    "group_rename",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "reaction_added",
    "subteam_updated",
    "user_change",
]


@pytest.fixture
def manifest() -> dict[str, Any]:
    """Tests that want other scopes or events change it before they ask for the playground."""
    command = {
        "command": "/incident",
        "description": "Follow-ups",
        "usage_hint": "help",
        "should_escape": True,
    }
    shortcut = {
        "name": "Add follow-up",
        "type": "message",
        "callback_id": "capture",
        "description": "Keep it",
    }
    return {
        "display_information": {"name": "Follow-ups"},
        "features": {
            "app_home": {"home_tab_enabled": True},
            "bot_user": {"display_name": "Follow-ups"},
            "slash_commands": [command],
            "shortcuts": [shortcut],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True},
        },
    }


@pytest.fixture
def state_path() -> Path | None:
    return None


@pytest.fixture
async def server() -> AsyncIterator[LocalServer]:
    server = LocalServer()
    yield server
    await server.stop()


@pytest.fixture
async def playground(
    manifest: dict[str, Any], server: LocalServer, state_path: Path | None
) -> AsyncIterator[Playground]:
    made = Playground(
        manifest,
        signing_secret=SECRET,
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        base_url=f"{server.url}/playground",
        request_url=f"{server.url}/slack/events",
        state_path=state_path,
        ack_seconds=0.5,
    )
    made.events.retry_factor = 0.0
    async with made:
        yield made


@pytest.fixture
async def client(playground: Playground) -> AsyncWebClient:
    return AsyncWebClient(BOT_TOKEN, base_url=playground.api_url)


@pytest.fixture
async def app(playground: Playground, client: AsyncWebClient, server: LocalServer) -> AsyncApp:
    """Bolt behind the request URL; the playground is served next to it."""
    bolt = AsyncApp(signing_secret=SECRET, client=client, process_before_response=True)
    handler = AsyncSlackRequestHandler(bolt)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    await server.start(
        Starlette(
            routes=[Route("/slack/events", events, methods=["POST"]), Mount("/playground", playground.asgi)]
        )
    )
    return bolt


@pytest.fixture
async def maya(playground: Playground, app: AsyncApp) -> Person:
    return Person(playground, MAYA).in_channel("inc-142-checkout")


@pytest.fixture
async def priya(playground: Playground, app: AsyncApp) -> Person:
    return Person(playground, PRIYA).in_channel("inc-142-checkout")


@pytest.fixture
async def tom(playground: Playground, app: AsyncApp) -> Person:
    return Person(playground, TOM).in_channel("inc-142-checkout")
