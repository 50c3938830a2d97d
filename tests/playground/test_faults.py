"""Things that go wrong on purpose."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from playground import Playground
from playground.seed import CHECKOUT, MAYA

pytestmark = pytest.mark.usefixtures("app")


def said(playground: Playground, text: str) -> int:
    return [message.text for message in playground.workspace.messages_in(CHECKOUT)].count(text)


async def test_a_limited_call_says_when_to_come_back(playground: Playground, client: AsyncWebClient) -> None:
    playground.faults.add("chat.postMessage", "rate_limited", times=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(SlackApiError) as limited:
            await client.chat_postMessage(channel=CHECKOUT, text="x")
        assert limited.value.response.status_code == 429
        assert limited.value.response.headers["Retry-After"] == "7"
    await client.chat_postMessage(channel=CHECKOUT, text="x")
    assert said(playground, "x") == 1
    assert len(playground.calls_of("chat.postMessage")) == 3


async def test_other_methods_are_not_limited(playground: Playground, client: AsyncWebClient) -> None:
    playground.faults.add("chat.update", "rate_limited")
    await client.chat_postMessage(channel=CHECKOUT, text="x")


async def test_the_sdk_comes_back_by_itself(playground: Playground, client: AsyncWebClient) -> None:
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    playground.faults.add("auth.test", "rate_limited", retry_after=0)
    assert (await client.auth_test())["ok"]


async def test_a_reply_may_be_lost_after_the_effect(playground: Playground, client: AsyncWebClient) -> None:
    client.retry_handlers = []
    playground.faults.add("chat.postMessage", "lost_reply")
    with pytest.raises((aiohttp.ClientError, SlackApiError)):
        await client.chat_postMessage(channel=CHECKOUT, text="heard?")
    assert said(playground, "heard?") == 1


async def test_slack_may_fail_without_an_effect(playground: Playground, client: AsyncWebClient) -> None:
    playground.faults.add(kind="server_error")
    with pytest.raises(SlackApiError) as failed:
        await client.chat_postMessage(channel=CHECKOUT, text="x")
    assert failed.value.response.status_code == 500
    assert said(playground, "x") == 0


async def test_slack_may_fail_after_the_effect(playground: Playground, client: AsyncWebClient) -> None:
    playground.faults.add("chat.postMessage", "late_error")
    with pytest.raises(SlackApiError) as failed:
        await client.chat_postMessage(channel=CHECKOUT, text="heard?")
    assert failed.value.response.status_code == 500
    assert said(playground, "heard?") == 1


async def test_slack_may_keep_a_caller_waiting_after_the_effect(
    playground: Playground, client: AsyncWebClient
) -> None:
    playground.faults.add("chat.postMessage", "hung", delay=0.3)
    waiting = asyncio.create_task(client.chat_postMessage(channel=CHECKOUT, text="heard?"))
    found = await playground.workspace.changes.until(lambda: said(playground, "heard?") or None, 2)
    assert (found, waiting.done()) == (1, False)
    await waiting


async def test_a_share_of_the_calls_may_fail(playground: Playground, client: AsyncWebClient) -> None:
    playground.faults.mix(0.3, "server_error", "rate_limited", methods=("chat.postMessage",), seed=1)
    outcomes = []
    for _ in range(60):
        try:
            await client.chat_postMessage(channel=CHECKOUT, text="x")
            outcomes.append(200)
        except SlackApiError as error:
            outcomes.append(error.response.status_code)
        await client.auth_test()
    assert 5 <= outcomes.count(500) <= 20
    assert 5 <= outcomes.count(429) <= 20
    assert said(playground, "x") == outcomes.count(200)


async def test_slack_may_be_slow(playground: Playground, client: AsyncWebClient) -> None:
    playground.faults.add("auth.test", "slow", delay=0.1)
    began = time.monotonic()
    await client.auth_test()
    assert time.monotonic() - began >= 0.1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("token_revoked", "token_revoked"),
        ("expired_trigger", "expired_trigger_id"),
        ("hash_conflict", "hash_conflict"),
        ("fatal_error", "fatal_error"),
    ],
)
async def test_a_call_may_be_refused(
    playground: Playground, client: AsyncWebClient, kind: str, error: str
) -> None:
    view: dict[str, Any] = {"type": "modal", "title": {"type": "plain_text", "text": "T"}}
    view["blocks"] = [{"type": "divider"}]
    playground.faults.add("views.open", kind)
    with pytest.raises(SlackApiError, match=error):
        await client.views_open(trigger_id=playground.tickets.trigger(MAYA), view=view)
    assert playground.modals.stack(MAYA) == []
    await client.views_open(trigger_id=playground.tickets.trigger(MAYA), view=view)


async def test_an_unknown_fault_is_a_mistake_of_the_test(playground: Playground) -> None:
    with pytest.raises(ValueError, match="no fault of kind 'rate_limitted'"):
        playground.faults.add("auth.test", "rate_limitted")
    with pytest.raises(ValueError, match="no fault of kind 'rate_limitted'"):
        playground.faults.mix(0.2, "rate_limitted", methods=("auth.test",))


async def test_faults_can_be_taken_back(
    playground: Playground, app: AsyncApp, client: AsyncWebClient
) -> None:
    playground.faults.add(kind="server_error", times=99)
    playground.faults.clear()
    assert (await client.auth_test())["ok"]
