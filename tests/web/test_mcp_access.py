"""Who gets in at /mcp, to which tools, and what of a private incident is told: as over HTTP."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import MCPError
from structlog.testing import capture_logs

from playground import seed
from storage import api_keys
from storage.api_keys import CAPACITY, SCOPES
from tests.web.conftest import ALL, Key, Server
from tests.web.models import REVISIONS, connected, refusal, result, told
from web.bodies import LARGEST
from web.mcp_tools import TOOLS

ROOT = Path(__file__).parents[2]
NOWHERE = "01FCNDV6P870EA6S7TK1DSYDG0"
MARK = "gr8-secret-title"
# Of the revisions with a handshake: a message that needs nothing before it.
LISTED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


async def listed(key: Key, **headers: str) -> httpx.Response:
    return await key.http.post("/mcp", json=LISTED, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def arguments(incident_id: str, follow_up_id: str) -> dict[str, dict[str, Any]]:
    """Of each tool, such that it would find what it is about."""
    return {
        "follow_up_list": {},
        "follow_up_create": {"incident_id": incident_id, "title": "Rotate"},
        "follow_up_update": {"id": follow_up_id, "title": "Rotate all"},
        "follow_up_stats": {},
        "follow_up_import_from_link": {
            "incident_id": incident_id,
            "url": "https://linear.app/harbour/issue/ENG-123",
        },
    }


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_key_is_offered_the_tools_it_has_the_scope_for_and_refused_the_others(
    server: Server, revision: str
) -> None:
    maya, incident = await server.person(), await server.incident()
    made = await server.follow_up(maya, incident)
    for name, given in arguments(incident.id, made.id).items():
        (scope,) = TOOLS[name].scopes
        without = await server.key(*(one for one in SCOPES if one != scope))
        async with connected(without, revision) as client:
            offered = {tool.name for tool in (await client.list_tools()).tools}
            refused = await refusal(client, name, **given)
        assert offered == {tool.name for tool in TOOLS.values() if scope not in tool.scopes}
        assert told(refused) == (403, "missing_scope", None)
        assert scope in refused["errors"][0]["message"]

        async with connected(await server.key(scope), revision) as client:
            assert name in {tool.name for tool in (await client.list_tools()).tools}
            answered = await client.call_tool(name, given)
            assert answered.is_error is (name == "follow_up_import_from_link")
    assert len((await (await server.key()).http.get("/v3/follow_ups")).json()["follow_ups"]) == 2


async def test_who_may_not_see_a_private_incident_is_told_the_same_as_of_nothing(server: Server) -> None:
    stranger, maya = await server.key(), await server.person()
    incident = await server.incident("breach", private_to=[seed.MAYA])
    made = await server.follow_up(maya, incident)
    async with connected(stranger) as client:
        for name, given in arguments(incident.id, made.id).items():
            if not given:
                continue
            nothing = arguments(NOWHERE, NOWHERE)[name]
            private = await refusal(client, name, **given)
            assert private["errors"] == (await refusal(client, name, **nothing))["errors"]
            assert private["status"] in {404, 422}
        for filters in ({}, {"incident_id": incident.id}):
            assert (await result(client, "follow_up_list", **filters))["follow_ups"] == []
            counted = (await result(client, "follow_up_stats", **filters))["stats"]
            assert counted == (await result(client, "follow_up_stats", incident_id=NOWHERE))["stats"]
        after = await refusal(client, "follow_up_list", after=made.id)
        assert after["errors"] == (await refusal(client, "follow_up_list", after=NOWHERE))["errors"]


async def test_who_may_see_a_private_incident_can_do_all_with_it(server: Server) -> None:
    owner, maya = await server.key(*ALL), await server.person()
    incident = await server.incident("breach", private_to=[seed.MAYA])
    made = await server.follow_up(maya, incident)
    async with connected(owner) as client:
        for name, given in arguments(incident.id, made.id).items():
            if name == "follow_up_import_from_link":
                assert told(await refusal(client, name, **given))[1] == "tracker_not_connected"
            else:
                await result(client, name, **given)
        titles = {one["title"] for one in (await result(client, "follow_up_list"))["follow_ups"]}
        counted = (await result(client, "follow_up_stats", incident_id=incident.id))["stats"]
    assert titles == {"Rotate", "Rotate all"}
    assert counted["by_status"]["outstanding"] == 2


async def test_a_channel_turned_private_is_hidden_before_anything_of_it_is_shown(server: Server) -> None:
    """Slack sends no event of it."""
    stranger, maya, incident = await server.key(), await server.person(), await server.incident()
    await server.follow_up(maya, incident)
    server.scenario.slack.acts.make_private(seed.MAYA, incident.channel_id)
    server.scenario.clock.passes(seconds=61)
    async with connected(stranger) as client:
        assert (await result(client, "follow_up_list"))["follow_ups"] == []


async def test_without_a_good_key_nobody_gets_in(server: Server) -> None:
    revoked = await server.key()
    expired = await server.key(expires_at=server.scenario.clock() + timedelta(days=1))
    assert (await listed(revoked)).status_code == (await listed(expired)).status_code == 200
    async with server.database.write() as session:
        await api_keys.revoke(session, revoked.record.id, server.scenario.clock())
    server.scenario.clock.passes(days=1)
    for key in (revoked, expired):
        refused = await listed(key)
        assert code(refused) == (401, "authentication_failed")
        assert refused.headers["www-authenticate"] == "Bearer"
        with pytest.raises(BaseException) as raised:  # noqa: PT011  what the client makes of it is its own
            async with connected(key):
                pass
        assert raised.group_contains(MCPError) or raised.type is MCPError
    async with server.client() as nobody:
        answer = await nobody.post("/mcp", json=LISTED)
    assert code(answer) == (401, "missing_authorization_material")


async def test_an_empty_bucket_is_answered_as_over_http(server: Server) -> None:
    key = await server.key()
    left = [int((await listed(key)).headers["x-ratelimit-remaining"]) for _ in range(2)]
    assert CAPACITY - 2 <= left[1] <= left[0] < CAPACITY
    emptied = await server.key()
    now = server.scenario.clock() + timedelta(seconds=30)
    assert await api_keys.take(server.database, emptied.record.id, CAPACITY, now)
    refused = await listed(emptied)
    assert code(refused) == (429, "too_many_requests")
    assert refused.headers["retry-after"]


@pytest.mark.parametrize(
    ("more_settings", "allowed", "refused"),
    [
        (
            {},
            ["http://localhost:6274", "http://127.0.0.1", "http://[::1]:3000"],
            ["https://evil.example", "null", "", "http://localhost.evil.example", "file://", "http://[::1"],
        ),
        (
            {"public_url": "https://follow-ups.example/"},
            ["https://follow-ups.example", "https://follow-ups.example:443"],
            ["http://follow-ups.example", "https://follow-ups.example:8443", "http://localhost:3000"],
        ),
    ],
)
async def test_a_page_of_another_origin_is_refused_whatever_the_host(
    server: Server, allowed: list[str], refused: list[str]
) -> None:
    key = await server.key()
    for origin in allowed:
        assert (await listed(key, Origin=origin)).status_code == 200, origin
    for origin in refused:
        answer = await listed(key, Origin=origin, Host="evil.example")
        assert code(answer) == (403, "origin_not_allowed"), origin
    # A proxy may name the program as it likes.
    assert (await listed(key, Host="replica-2.internal:3000")).status_code == 200


async def test_what_is_no_message_is_refused_as_over_http(server: Server) -> None:
    key = await server.key()
    headers = {"Content-Type": "application/json"}
    for body, expected in (
        (b"{", (400, "invalid_json")),
        (b'{"id": 1, "id": 2}', (400, "duplicate_key")),
        (b'{"id": "' + b"x" * LARGEST + b'"}', (413, "payload_too_large")),
        (b'{"id": "\\ud800"}', (422, "invalid_text")),
        (b"", (422, "is_required")),
    ):
        assert code(await key.http.post("/mcp", content=body, headers=headers)) == expected, body[:20]
    assert code(await key.http.post("/mcp", content=b"{}")) == (400, "unsupported_media_type")
    assert code(await listed(key, **{"Idempotency-Key": "1"})) == (422, "invalid_value")
    for path in ("/mcp/", "/mcpx", "/mcp/x"):
        assert code(await key.http.post(path, json=LISTED)) == (404, "not_found"), path
    for method in ("GET", "DELETE", "PUT"):
        answer = await key.http.request(method, "/mcp")
        assert code(answer) == (405, "method_not_allowed")
        assert answer.headers["allow"] == "POST"


async def test_messages_that_are_not_served_are_answered_by_the_protocol(server: Server) -> None:
    key = await server.key()
    modern = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    async with httpx.AsyncClient(base_url=server.base_url, headers=key.http.headers, timeout=30) as http:
        for headers, meta in (({}, {}), ({"MCP-Protocol-Version": "2026-07-28"}, {"_meta": modern})):
            for method in ("prompts/list", "subscriptions/listen"):
                message = {**LISTED, "method": method, "params": {"notifications": {}, **meta}}
                sent = {**headers, "Mcp-Method": method} if headers else headers
                answer = await http.post("/mcp", json=message, headers=sent)
                assert answer.json()["error"]["code"] == -32601, answer.text
        batch = await http.post("/mcp", json=[LISTED, LISTED])
        assert batch.status_code == 400
        noted = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await http.post("/mcp", json=noted)).status_code == 202


async def test_the_log_has_neither_keys_nor_what_was_sent(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    key, incident = await server.key(), await server.incident()
    with capture_logs() as logs:
        async with connected(key) as client:
            new = {"incident_id": incident.id, "title": MARK}
            await refusal(client, "follow_up_create", **new, labels=[1])
            await refusal(client, "follow_up_create", **new, **{MARK: MARK})
            await refusal(client, "follow_up_list", incident_id=MARK)
            await result(client, "follow_up_create", **new)
    assert len([entry for entry in logs if entry["event"] == "request_refused"]) == 3
    own = [record.getMessage() for record in caplog.records if record.name.startswith("mcp.server")]
    assert MARK not in str(logs) + str(own)
    assert key.secret not in str(logs) + str(own)


async def test_before_the_program_is_ready_nothing_is_answered(server: Server) -> None:
    key = await server.key()
    bot, server.scenario.app._bot = server.scenario.app._bot, None
    answer = await listed(key)
    server.scenario.app._bot = bot
    assert answer.status_code == 503


def test_a_process_that_serves_no_model_does_not_load_the_sdk() -> None:
    loaded = "import app, web.api, sys; print([name for name in ('mcp', 'mcp_types') if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
