"""The running product's door under whatever comes: never a 5xx, never a traceback."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from starlette.requests import Request
from structlog.testing import capture_logs

from bot.replies import ReplyError
from playground import seed
from playground.doors import Delivery, encode, signature
from tests.fuzz.mutations import FUZZING, mutated
from tests.scenarios.conftest import Scenario, adds, list_of

# What Slack says to forged triggers, views and addresses is Slack's word, and belongs in the log.
SLACKS_WORD = (SlackApiError, ReplyError)
FORM = "application/x-www-form-urlencoded"
ACCEPTED = {200, 400, 401, 404, 408, 413}


@dataclass
class Door:
    scenario: Scenario
    recorded: list[Delivery] = field(default_factory=list)

    async def knock(self, body: bytes, headers: dict[str, str]) -> int:
        """What it answers. Whatever it began is over, too."""
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/slack/events",
            "query_string": b"",
            "headers": [
                (name.lower().encode(), text.encode("utf-8", "surrogateescape"))
                for name, text in headers.items()
            ],
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        with capture_logs() as entries:
            answer = await self.scenario.app.slack_events(Request(scope, receive))
            await self.scenario.context.tasks.drain(20)
        raised = [entry["exc_info"] for entry in entries if "exc_info" in entry]
        for error in raised:
            if not isinstance(error, SLACKS_WORD):
                raise error
        return answer.status_code

    async def knock_signed(self, body: bytes, content_type: str) -> int:
        now = str(int(time.time()))
        return await self.knock(
            body,
            {
                "Content-Type": content_type,
                "X-Slack-Request-Timestamp": now,
                "X-Slack-Signature": signature("scenario", now, body),
            },
        )


@pytest.fixture
async def door(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """With what Slack sent while people used everything there is, recorded."""
    door, deliver = Door(scenario), scenario.slack.doors._send

    async def recording(delivery: Delivery) -> Any:
        door.recorded.append(delivery)
        return await deliver(delivery)

    monkeypatch.setattr(scenario.slack.doors, "_send", recording)
    await everything(scenario)
    assert len(door.recorded) > 15
    for patience in ("ACTION_PATIENCE", "SUBMISSION_PATIENCE", "OPTIONS_PATIENCE"):
        monkeypatch.setattr(f"bot.dispatch.{patience}", 20)
    assert scenario.app._bot is not None
    await scenario.app._bot.worker.stop(timeout=1)
    yield door
    await asyncio.sleep(0)


async def everything(scenario: Scenario) -> None:
    maya = scenario.maya
    await maya.types("/incident help")
    await adds(maya, "Rotate the certs", Description="By machine", Assignee="maya", Labels=["tls"])
    card = await maya.channel.shows("Rotate the certs")
    await card.clicks("Edit")
    assert await (await maya.modal("Edit follow-up")).submits(Title="Renew the certs") == {}
    listed = await list_of(maya)
    await listed.selects("All")
    await listed.chooses("Delete", beside="Renew the certs")
    assert await (await maya.modal("Delete follow-up")).submits() == {}
    await listed.clicks("Search")
    assert await (await maya.modal("Search")).submits(**{"Search for": "certs"}) == {}
    await listed.closes()
    await adds(maya, "Revoke the certs", Assignee="maya")
    card = await maya.channel.shows("Revoke the certs")
    await card.clicks("Complete")
    await maya.opens_home()
    await (await maya.home()).selects("Done")
    tracked = await list_of(maya.in_channel("general"))
    assert await tracked.submits(**{"Incident name": "Cold coffee"}) == {}
    scenario.slack.acts.rename(maya.id, seed.CHECKOUT, "inc-142-payments")
    scenario.slack.workspace.change_user(maya.id, display_name="Maya B.")
    await scenario.is_quiet()


@FUZZING
@given(data=st.data())
async def test_signed_payloads_with_parts_replaced(door: Door, data: st.DataObject) -> None:
    delivery = data.draw(st.sampled_from(door.recorded))
    payload = {**delivery.payload}
    if "trigger_id" in payload:
        payload["trigger_id"] = door.scenario.slack.tickets.trigger(seed.MAYA)
    if "event_id" in payload:
        payload["event_id"] = f"Ev{time.monotonic_ns()}"
    body = mutated(data, payload)
    if delivery.kind == "slash_commands" and not isinstance(body, dict):
        body = {}
    try:
        content_type, sent = encode(delivery.kind, body)
    except UnicodeEncodeError:
        return  # cannot be written down at all
    status = await door.knock_signed(sent, content_type)
    assert status in ACCEPTED


@FUZZING
@given(
    body=st.binary(max_size=300),
    content_type=st.sampled_from(
        [
            "",
            "application/json",
            "application/json; charset=utf-8",
            "application/x-www-form-urlencoded",
            "text/é",
        ]
    ),
    around=st.sampled_from(
        [b"%s", b"payload=%s", b'{"type": "%s"}', b'{"payload": %s}', b"command=/incident&text=%s"]
    ),
)
async def test_signed_bytes_of_any_kind(door: Door, body: bytes, content_type: str, around: bytes) -> None:
    assert await door.knock_signed(around % body, content_type) in ACCEPTED


@FUZZING
@given(
    body=st.binary(max_size=300),
    timestamp=st.text(max_size=20) | st.integers().map(str) | st.just(str(int(time.time()))),
    given_signature=st.text(max_size=80) | st.just("v0=" + "0" * 64),
)
async def test_unsigned_bytes_of_any_kind(
    door: Door, body: bytes, timestamp: str, given_signature: str
) -> None:
    headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": given_signature}
    assert await door.knock(body, headers) == 401


@FUZZING
@given(data=st.data(), text=st.text(max_size=60))
async def test_any_words_after_the_command(door: Door, data: st.DataObject, text: str) -> None:
    command = next(one for one in door.recorded if one.kind == "slash_commands")
    word = data.draw(st.sampled_from(["follow-up ", "follow-ups ", "help ", ""]))
    trigger_id = door.scenario.slack.tickets.trigger(seed.MAYA)
    body = urlencode({**command.payload, "text": word + text, "trigger_id": trigger_id}).encode()
    assert await door.knock_signed(body, FORM) in ACCEPTED


@FUZZING
@given(value=st.recursive(st.none() | st.text(max_size=5), st.lists, max_leaves=20))
async def test_any_json(door: Door, value: Any) -> None:
    assert await door.knock_signed(json.dumps(value).encode(), "application/json") in ACCEPTED
