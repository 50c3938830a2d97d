"""Every refusal is the published object, and the log knows its request_id and nothing that was sent."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from playground import seed
from storage import database as database_module
from tests.faults.test_sqlite_in_trouble import locked
from tests.web import contract
from tests.web.conftest import Server
from tests.web.routes import FOLLOW_UP, PLACES, ROUTES

MARK = "gr8-secret-title"
ROOT = Path(__file__).parents[2]


async def test_unknown_addresses_are_not_found(server: Server) -> None:
    key = await server.key()
    for path in (
        "/v1/",
        "/v2/",
        "/v3/nothing",
        "/v3/follow_ups/",
        "/v3/follow_ups/x/y",
        "/v2/follow_ups/actions/x/y",
    ):
        answer = await key.http.get(path)
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found"), path
    async with server.client() as stranger:
        assert (await stranger.get("/v3/nothing")).status_code == 404


async def test_wrong_methods_are_told_the_right_ones(server: Server) -> None:
    key = await server.key()
    ids = dict.fromkeys(PLACES, "01FCNDV6P870EA6S7TK1DSYDG0")
    paths = {call.path.format(**ids) for call in ROUTES}
    for path in paths:
        served = {call.method for call in ROUTES if call.path.format(**ids) == path}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - served:
            answer = await key.http.request(method, path, json=FOLLOW_UP)
            assert (answer.status_code, answer.json()["type"]) == (405, "method_not_allowed"), (method, path)
            assert set(answer.headers["allow"].split(", ")) == served


async def test_a_failure_of_ours_is_answered_and_its_reason_is_in_the_log(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await server.key()

    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is on fire")

    await key.http.get("/v1/identity")
    monkeypatch.setattr("web.follow_ups.page", fails)
    with capture_logs() as logs:
        answer = await key.http.get("/v3/follow_ups")

    assert answer.status_code == 500
    assert "disk" not in answer.text
    (entry,) = [entry for entry in logs if entry["event"] == "request_failed"]
    assert entry["request_id"] == answer.json()["request_id"] == answer.headers["x-request-id"]
    assert entry["exc_info"]


async def test_a_slack_that_does_not_answer_is_named_and_nothing_is_changed(server: Server) -> None:
    key = await server.key()
    server.scenario.slack.faults.add("conversations.info", "server_error")
    new = {"idempotency_key": "1", "visibility": "public", "slack_channel_id": seed.CHECKOUT}
    answer = await key.http.post("/v2/incidents", json=new)
    listed = await key.http.get("/v2/incidents")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "slack_unavailable")
    assert answer.headers["retry-after"]
    assert listed.json()["incidents"] == []


async def test_the_log_has_neither_keys_nor_what_was_sent(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    with capture_logs() as logs:
        for body in (
            {"incident_id": incident.id, "title": MARK, "labels": [MARK, 1]},
            {"incident_id": incident.id, "title": MARK * 20},
            {"incident_id": incident.id, "title": MARK, "assignee_id": MARK},
        ):
            assert (await key.http.post("/v3/follow_ups", json=body)).status_code == 422
        await key.http.get("/v3/follow_ups", params={MARK: MARK})
        async with server.client({"Authorization": f"Bearer {MARK}"}) as stranger:
            await stranger.get("/v3/follow_ups")

    assert len([entry for entry in logs if entry["event"] == "request_refused"]) == 5
    assert MARK not in str(logs)
    assert key.secret not in str(logs)


async def test_before_the_program_is_ready_and_after_it_has_stopped_nothing_is_answered(
    server: Server,
) -> None:
    key = await server.key()
    bot, server.scenario.app._bot = server.scenario.app._bot, None
    answer = await key.http.get("/v1/identity")
    server.scenario.app._bot = bot
    assert answer.status_code == 503
    assert (await key.http.get("/v1/identity")).status_code == 200


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_database_that_another_program_locks_is_named_and_the_request_may_come_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "WAIT", 1.0)
    key, work = await server.key(), {"title": "Rotate", "incident_id": (await server.incident()).id}
    assert (await key.http.post("/v3/follow_ups", json=work)).status_code == 201
    await server.scenario.is_quiet()  # the lock is waited for in the thread that the bot runs in
    async with locked(server.scenario):
        answer = await key.http.post("/v3/follow_ups", json=work)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    (error,) = answer.json()["errors"]
    assert error["code"] == "database_unavailable"
    assert "the database is locked by another program" in error["message"]
    assert (await key.http.post("/v3/follow_ups", json=work)).status_code == 201


async def test_who_hangs_up_while_sending_is_let_go(server: Server) -> None:
    key = await server.key()
    host, port = httpx.URL(server.base_url).host, httpx.URL(server.base_url).port
    _, writer = await asyncio.open_connection(host, port)
    head = (
        f"POST /v3/follow_ups HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key.secret}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    with capture_logs() as logs:
        writer.write(head.encode())
        await writer.drain()
        writer.close()
        async with asyncio.timeout(10):
            while not logs:  # noqa: ASYNC110  the log has no event
                await asyncio.sleep(0.01)
    assert [entry["event"] for entry in logs] == ["request_refused"]
    assert logs[0]["status"] == 408


def test_the_checks_of_these_tests_can_fail() -> None:
    """A shape that misses a key, or has one of another type, is complained about."""
    error = {"type": "not_found", "status": 404, "request_id": "1", "errors": []}
    assert contract.complaints("ErrorResponse", error) == []
    assert contract.complaints("ErrorResponse", {**error, "status": "404"})
    assert contract.complaints("ErrorResponse", {**error, "errors": [{"code": "x"}]})
    assert contract.complaints("FollowUpsShowResultV3", {"follow_up": {"id": "1"}})
