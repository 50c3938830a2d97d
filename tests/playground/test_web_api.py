"""The Web API's front: who may call what, how arguments arrive, how errors are spelt."""

import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground import Playground
from playground.seed import BOT, CHECKOUT, TEAM_ID

pytestmark = pytest.mark.usefixtures("app")


async def error_of(call: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        await call
    data: dict[str, Any] = caught.value.response.data
    return data


async def test_the_bot_learns_who_it_is(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["user_id"], answer["team_id"], answer["bot_id"]) == (BOT, TEAM_ID, "B0FOLLOWUPS")


async def test_the_granted_scopes_come_with_every_answer(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("", "not_authed"),
        ("xoxb-somebody-else", "invalid_auth"),
        ("xapp-playground", "not_allowed_token_type"),
    ],
)
async def test_a_token_must_be_the_right_one(playground: Playground, token: str, error: str) -> None:
    stranger = AsyncWebClient(token, base_url=playground.api_url)
    assert (await error_of(stranger.team_info()))["error"] == error


async def test_only_the_app_token_opens_sockets(client: AsyncWebClient) -> None:
    answer = await error_of(client.api_call("apps.connections.open"))
    assert answer["error"] == "not_allowed_token_type"
    opened = await client.apps_connections_open(app_token="xapp-playground")
    assert opened["url"].startswith("ws://127.0.0.1:")


async def test_an_unknown_method_is_named(client: AsyncWebClient) -> None:
    answer = await error_of(client.api_call("followups.list"))
    assert (answer["error"], answer["req_method"]) == ("unknown_method", "followups.list")


async def test_a_missing_argument_is_named(client: AsyncWebClient) -> None:
    answer = await error_of(client.api_call("chat.update", json={"channel": CHECKOUT, "text": "x"}))
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: ts"]


class TestWithFewScopes:
    @pytest.fixture
    def manifest(self, manifest: dict[str, Any]) -> dict[str, Any]:
        manifest["oauth_config"]["scopes"]["bot"] = ["channels:read", "commands", "users:read"]
        return manifest

    async def test_a_missing_scope_is_named(self, client: AsyncWebClient) -> None:
        answer = await error_of(client.chat_postMessage(channel=CHECKOUT, text="x"))
        assert answer["error"] == "missing_scope"
        assert answer["needed"] == "chat:write"
        assert answer["provided"] == "channels:read,commands,users:read"

    async def test_each_kind_of_conversation_needs_its_own_scope(self, client: AsyncWebClient) -> None:
        assert (await client.conversations_list(types="public_channel"))["channels"]
        answer = await error_of(client.conversations_list(types="public_channel,private_channel"))
        assert (answer["error"], answer["needed"]) == ("missing_scope", "groups:read")

    async def test_views_need_no_scope(self, client: AsyncWebClient) -> None:
        answer = await error_of(client.views_open(trigger_id="1.2.x", view=MODAL))
        assert answer["error"] == "invalid_trigger_id"

    async def test_addresses_are_left_out(self, client: AsyncWebClient) -> None:
        assert "email" not in (await client.users_info(user="U0MAYA"))["user"]["profile"]


MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Title"},
    "blocks": [{"type": "divider"}],
}


@pytest.mark.parametrize("way", ["query", "get", "form", "json"])
async def test_arguments_arrive_in_every_encoding(playground: Playground, way: str) -> None:
    args = {"channel": CHECKOUT, "include_num_members": "true"}
    url, headers = f"{playground.api_url}conversations.info", {"Authorization": "Bearer xoxb-playground"}
    ways: dict[str, Any] = {
        "query": {"method": "POST", "params": args},
        "get": {"method": "GET", "params": args},
        "form": {"method": "POST", "data": args},
        "json": {"method": "POST", "json": args | {"include_num_members": True}},
    }
    async with (
        aiohttp.ClientSession() as session,
        session.request(url=url, headers=headers, **ways[way]) as got,
    ):
        assert (await got.json())["channel"]["num_members"] == 5


async def test_nested_arguments_may_be_strings_of_json(client: AsyncWebClient) -> None:
    blocks = json.dumps([{"type": "divider"}])
    answer = await client.api_call(
        "chat.postMessage", data={"channel": CHECKOUT, "blocks": blocks, "text": "x"}
    )
    assert answer["message"]["blocks"][0]["type"] == "divider"


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b"{", "application/json", "invalid_json"),
        (b"[1]", "application/json", "json_not_object"),
        (b"<a/>", "text/xml", "invalid_post_type"),
    ],
)
async def test_a_body_nobody_can_read_is_refused(
    playground: Playground, body: bytes, content_type: str, error: str
) -> None:
    headers = {"Authorization": "Bearer xoxb-playground", "Content-Type": content_type}
    url = f"{playground.api_url}chat.postMessage"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as got:
        assert (await got.json())["error"] == error


async def test_every_call_is_noted(playground: Playground, client: AsyncWebClient) -> None:
    await client.conversations_info(channel=CHECKOUT)
    await error_of(client.conversations_info(channel="C404"))
    first, second = playground.calls_of("conversations.info")
    assert first.args == {"channel": CHECKOUT}
    assert first.answer["ok"]
    assert second.answer["error"] == "channel_not_found"
    assert first.at <= second.at


async def test_blocks_can_be_validated_without_posting(client: AsyncWebClient) -> None:
    assert (await client.api_call("blocks.validate", json={"view": json.dumps(MODAL)}))["ok"]
    answer = await error_of(client.api_call("blocks.validate", json={"blocks": '[{"type": "alert"}]'}))
    assert answer["error"] == "invalid_blocks"
    assert "unsupported type: alert" in answer["errors"][0]["message"]
    both = {"blocks": "[]", "message": "{}"}
    assert (await error_of(client.api_call("blocks.validate", json=both)))["error"] == "invalid_arguments"
