"""The signed door: who gets in, and what becomes of those who don't."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot import gateway
from bot.gateway import LARGEST_BODY, is_signed
from playground.doors import signature
from tests.scenarios.conftest import Scenario

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
SECRET = "scenario"
MARK = "gr8-secret-title"


@dataclass
class Door:
    """Sends what Slack would never send."""

    url: str
    session: aiohttp.ClientSession

    async def send(
        self, body: bytes, content_type: str = JSON, secret: str | None = SECRET
    ) -> tuple[int, str]:
        now = str(int(time.time()))
        signed = {
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": signature(secret or "guessed", now, body),
        }
        return await self.post(body, {"Content-Type": content_type, **(signed if secret else {})})

    async def post(self, body: bytes | AsyncIterator[bytes], headers: Mapping[str, str]) -> tuple[int, str]:
        async with self.session.post(self.url, data=body, headers=headers) as response:
            return response.status, await response.text()


@pytest.fixture
async def door(scenario: Scenario) -> AsyncIterator[Door]:
    async with aiohttp.ClientSession() as session:
        assert scenario.slack.http.request_url is not None
        yield Door(scenario.slack.http.request_url, session)


async def test_slack_is_told_its_challenge(door: Door) -> None:
    status, text = await door.send(b'{"type": "url_verification", "challenge": "3eZbrw1aB"}')
    assert (status, json.loads(text)) == (200, {"challenge": "3eZbrw1aB"})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": "v0=0"},
        {"X-Slack-Request-Timestamp": "{now}"},
        {"X-Slack-Request-Timestamp": "{now}", "X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Request-Timestamp": "9" * 5000, "X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Request-Timestamp": "{now}", "X-Slack-Signature": "v0=ſ\u00e9"},
    ],
    ids=["none", "no time", "no signature", "wrong", "no number", "endless number", "not ASCII"],
)
async def test_who_does_not_sign_is_refused(door: Door, headers: dict[str, str]) -> None:
    given = {name: text.replace("{now}", str(int(time.time()))) for name, text in headers.items()}
    status, text = await door.post(b'{"type": "url_verification", "challenge": "x"}', given)
    assert (status, text) == (401, "")


async def test_a_signature_with_another_secret_is_refused(door: Door) -> None:
    status, _ = await door.send(b"{}", secret="guessed")
    assert status == 401


@pytest.mark.parametrize("age", [301, -301])
async def test_an_old_or_a_future_signature_is_refused(door: Door, age: int) -> None:
    then = str(int(time.time()) - age)
    headers = {"X-Slack-Request-Timestamp": then, "X-Slack-Signature": signature("scenario", then, b"{}")}
    assert (await door.post(b"{}", headers))[0] == 401


@pytest.mark.parametrize("age", [299, -299])
async def test_a_signature_holds_for_five_minutes(door: Door, age: int) -> None:
    then, body = str(int(time.time()) - age), b'{"type": "url_verification", "challenge": "x"}'
    headers = {"X-Slack-Request-Timestamp": then, "X-Slack-Signature": signature("scenario", then, body)}
    assert (await door.post(body, headers | {"Content-Type": JSON}))[0] == 200


def test_a_signature_of_another_body_is_no_signature() -> None:
    now = str(int(time.time()))
    headers = {"x-slack-request-timestamp": now, "x-slack-signature": signature("s", now, b"one")}
    assert is_signed(b"s", headers, b"one", time.time())
    assert not is_signed(b"s", headers, b"two", time.time())


@pytest.mark.parametrize("body", [b"x" * LARGEST_BODY, b"x" * (LARGEST_BODY + 1)], ids=["fits", "too large"])
async def test_a_body_of_more_than_a_megabyte_is_refused(door: Door, body: bytes) -> None:
    expected = 413 if len(body) > LARGEST_BODY else 401
    assert (await door.send(body, secret=None))[0] == expected


async def test_a_body_that_does_not_say_its_size_is_counted(door: Door) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 64_000

    assert (await door.post(chunks(), {}))[0] == 413


async def test_a_body_that_does_not_come_is_not_waited_for(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "BODY_DEADLINE", 0.1)
    answered = asyncio.Event()

    async def dripping() -> AsyncIterator[bytes]:
        yield b"{"
        await answered.wait()

    async with asyncio.timeout(2):
        status, _ = await door.post(dripping(), {})
    answered.set()
    assert status == 408


COMMAND = b"command=/incident&user_id=U0MAYA&channel_id=C1&trigger_id=1&response_url=http://x"


def event(**event: Any) -> bytes:
    return json.dumps({"type": "event_callback", "event_id": "Ev1", "event": event}).encode()


def click(**payload: Any) -> bytes:
    known = {"user": {"id": "U0MAYA"}, "trigger_id": "1", "actions": [{"action_id": "complete:1"}]}
    return urlencode({"payload": json.dumps({"type": "block_actions", **known, **payload})}).encode()


def nested(depth: int) -> Any:
    inner: Any = []
    for _ in range(depth):
        inner = [inner]
    return inner


DEEP = b"[" * 100_000
GARBAGE = {
    "bad JSON": (b'{"type": "' + MARK.encode(), JSON),
    "bad payload": (b"payload=" + MARK.encode(), FORM),
    "payload list": (b'payload=["' + MARK.encode() + b'"]', FORM),
    "invalid UTF-8": (MARK.encode() + b"\xff\xfe", FORM),
    "JSON list": (b'["' + MARK.encode() + b'"]', JSON),
    "JSON text": (b'"' + MARK.encode() + b'"', JSON),
    "JSON number": (b"42", JSON),
    "JSON null": (b"null", JSON),
    "deep JSON": (b'{"type":' + DEEP, JSON),
    "deep payload": (b"payload=" + DEEP, FORM),
    "empty": (b"", FORM),
    "event of no kind": (b'{"type": "event_callback", "title": "' + MARK.encode() + b'"}', JSON),
    "event list": (b'{"type": "event_callback", "event": ["' + MARK.encode() + b'"]}', JSON),
    "event of no type": (b'{"type": "event_callback", "event_id": "Ev1", "event": {}}', JSON),
    "event without id": (
        b'{"type": "event_callback", "event": {"type": "user_change", "user": "' + MARK.encode() + b'"}}',
        JSON,
    ),
    "authorizations": (b'{"authorizations": "' + MARK.encode() + b'"}', JSON),
    "team": (b'payload={"type": "block_actions", "team": 5, "actions": 7}', FORM),
    "actions": (b'payload={"type": "block_actions", "title": "' + MARK.encode() + b'"}', FORM),
    "no actions": (b'payload={"type": "block_actions", "actions": []}', FORM),
    "view": (b'payload={"type": "view_submission", "title": "' + MARK.encode() + b'"}', FORM),
    "view text": (b'payload={"type": "view_submission", "view": "' + MARK.encode() + b'"}', FORM),
    "options": (b'payload={"type": "block_suggestion", "value": "' + MARK.encode() + b'"}', FORM),
    "half a command": (b"command=/incident&text=" + MARK.encode(), FORM),
    "form": (b"a=b&c=" + MARK.encode(), FORM),
    "many fields": (b"command=/incident&" + b"a=&" * 300_000, FORM),
    "many fields of one command": (COMMAND + b"&a=b" * 200, FORM),
    "many payloads": (b"payload={}&" * 90_000, FORM),
    "wide JSON": (b'{"type": "event_callback", "event": [' + b"[]," * 300_000 + b"[]]}", JSON),
    "nested JSON": (event(type="user_change", user="U1", more=nested(150)), JSON),
    "endless number": (event(type="user_change", user=0).replace(b"0", b"9" * 500_000), JSON),
    "infinite number": (event(type="user_change", user=0).replace(b": 0", b": 1e999"), JSON),
    "NUL": (event(type="user_change", user="U1\0"), JSON),
    "half a character": (event(type="user_change", user="U1\ud800"), JSON),
    "NUL in a command": (COMMAND + b"&text=%00" + MARK.encode(), FORM),
    "event of nobody": (event(type="app_home_opened", tab="home"), JSON),
    "event of something": (event(type="member_left_channel", user=["U1"], channel={"id": 5}), JSON),
    "metadata": (click(view={"id": "V1", "private_metadata": '{"version": 1e400}'}), FORM),
    "metadata list": (click(view={"id": "V1", "private_metadata": "[]"}), FORM),
    "metadata query": (click(view={"id": "V1", "private_metadata": '{"query": ["all"]}'}), FORM),
    "endless metadata": (
        click(view={"id": "V1", "private_metadata": '{"title": "%s"}' % ("x" * 4000)}),
        FORM,
    ),
    "view number": (click(view=5), FORM),
    "option text": (click(actions=[{"action_id": "menu:1", "selected_option": MARK}]), FORM),
    "option number": (click(actions=[{"action_id": "menu:1", "selected_option": {"value": 7}}]), FORM),
}


@pytest.mark.parametrize("secret", ["scenario", None], ids=["signed", "unsigned"])
async def test_garbage_is_refused_without_a_word_of_it_in_the_log(
    door: Door, secret: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    for kind, (body, content_type) in GARBAGE.items():
        with capture_logs() as logged, caplog.at_level(logging.INFO):
            status, text = await door.send(body, content_type, secret)
        assert 400 <= status < 500, kind
        said = f"{logged} {caplog.text} {text}"
        assert MARK not in said, kind
        assert "Traceback" not in said, kind
        assert not [entry for entry in logged if "exc_info" in entry], kind


async def test_a_flood_of_requests_is_no_flood_of_lines(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    with capture_logs() as logged:
        for _ in range(5):
            assert (await door.send(b"{}", secret=None))[0] == 401
        monkeypatch.setattr(gateway, "NOTE_EVERY", 0)
        await door.send(b"{}", secret=None)
    assert [entry["count"] for entry in logged] == [1, 5]


async def test_an_event_nobody_asked_for_is_accepted(door: Door, scenario: Scenario) -> None:
    body = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "pin_added", "user": "U0MAYA"}}
    assert (await door.send(json.dumps(body).encode()))[0] == 200
    assert await scenario.jobs() == []


async def test_another_apps_command_is_not_answered(door: Door) -> None:
    body = b"command=/deploy&text=now&user_id=U0MAYA&channel_id=C1&trigger_id=1&response_url=http://x"
    assert (await door.send(body, FORM))[0] == 404


async def test_headers_that_bolt_would_obey_are_not_passed_on(door: Door, scenario: Scenario) -> None:
    """They are not signed: whoever is between Slack and the bot could add them."""
    maya = scenario.maya
    await maya.types("/incident help")
    body = urlencode(
        {**scenario.slack.doors.last["slash_commands"].payload, "trigger_id": "1.2.new"}
    ).encode()
    now = str(int(time.time()))
    headers = {
        "Content-Type": FORM,
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": signature(SECRET, now, body),
        "X-Slack-Bolt-Lazy-Only": "1",
        "X-Slack-Bolt-Lazy-Function-Name": "on_command",
    }
    assert (await door.post(body, headers))[0] == 200
    await scenario.is_quiet()
    assert len([message for message in maya.channel.messages if message.is_ephemeral]) == 2
