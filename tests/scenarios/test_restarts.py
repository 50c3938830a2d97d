"""A bot that is stopped half-way goes on where it was: nothing is lost and nothing is said twice."""

import asyncio
from typing import Any

import pytest

from playground import seed
from storage.worker import CUT_SHORT
from tests.scenarios.conftest import Scenario, adds

CERTS = "Rotate the certs"


async def test_a_card_whose_post_was_cut_short_is_not_posted_again(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = scenario.maya
    post, posted = scenario.context.client.chat_postMessage, asyncio.Event()

    async def never_heard_back(**message: Any) -> Any:
        answer = await post(**message)
        if not posted.is_set():
            posted.set()
            await asyncio.sleep(60)
        return answer

    monkeypatch.setattr(scenario.context.client, "chat_postMessage", never_heard_back)
    await adds(maya, CERTS)
    await asyncio.wait_for(posted.wait(), timeout=5)
    for number in range(220):
        scenario.slack.acts.say(seed.TOM, seed.CHECKOUT, f"And {number}")
    await restart(scenario)
    await scenario.is_quiet()
    assert len([message for message in maya.channel.messages if CERTS in message and message.buttons]) == 1
    assert {job.state for job in await scenario.jobs()} == {"done"}


async def restart(scenario: Scenario) -> None:
    """As when a deploy loses its patience while a message is on its way, which may yet arrive."""
    assert scenario.app._bot is not None
    await scenario.app._bot.worker.stop(timeout=0)
    await scenario.app._bot.worker.start()
    scenario.clock.passes(seconds=CUT_SHORT.total_seconds())


async def test_tasks_and_jobs_share_the_time_there_is_to_stop(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, bot = asyncio.get_running_loop(), scenario.app._bot
    assert bot is not None

    async def hang(**_: Any) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("bot.bot.DRAIN", 3.0)
    await adds(scenario.maya, CERTS)
    await scenario.is_quiet()
    monkeypatch.setattr(scenario.context.client, "chat_postMessage", hang)
    await adds(scenario.maya, "Renew the certs")
    scenario.context.tasks.background(asyncio.sleep(60))
    await asyncio.sleep(0.1)
    began = loop.time()
    await bot.stop()
    assert loop.time() - began < 5
    assert [job.state for job in await scenario.jobs("card")] == ["done", "ready"]
