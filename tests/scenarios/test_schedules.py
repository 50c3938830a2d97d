"""Work that comes round goes on coming round; what Slack refuses of an event is not asked for again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bot import directory, schedules
from playground import seed
from storage.jobs import Job, State
from tests.scenarios.conftest import Scenario, list_of


async def turns(scenario: Scenario, kind: str) -> list[Job]:
    async with scenario.app.database.read() as session:
        return list(await session.exec(select(Job).where(col(Job.kind) == kind).order_by(col(Job.id))))


async def test_one_channel_that_fails_does_not_keep_the_others_from_being_looked_at(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    for channel in ("inc-142-checkout", "inc-139-webhook-delays"):
        await list_of(scenario.maya.in_channel(channel))
    refresh, looked_at = directory.refresh_channel, []

    async def failing(context: Any, channel_id: str) -> None:
        looked_at.append(channel_id)
        if channel_id == seed.CHECKOUT:
            raise OSError("no route")
        await refresh(context, channel_id)

    monkeypatch.setattr(directory, "refresh_channel", failing)
    scenario.clock.passes(minutes=6)
    await schedules.look_at_channels(scenario.context)
    assert looked_at[0] == seed.CHECKOUT
    assert len(looked_at) == 2


async def test_a_schedule_whose_work_fails_has_its_next_turn(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Any) -> None:
        raise OSError("disk gone")

    monkeypatch.setitem(schedules.SCHEDULES, "look_at_channels", (timedelta(minutes=10), broken))
    scenario.clock.passes(minutes=11)
    scenario.app.database.jobs_ready.set()
    async with asyncio.timeout(10):
        while len(found := await turns(scenario, "look_at_channels")) < 2 or found[0].state != State.DONE:
            await scenario.maya.types("/incident help")
    assert found[1].state is State.READY


async def test_an_event_that_slack_refuses_for_good_is_parked_at_once(scenario: Scenario) -> None:
    scenario.slack.faults.add("conversations.info", "token_revoked")
    scenario.slack.acts.rename(scenario.maya.id, seed.RANDOM, "inc-201-rumours")
    await scenario.is_quiet()
    (job,) = await scenario.jobs("slack_event")
    assert (job.state, job.attempts) == (State.DEAD, 1)
    assert "token was revoked" in str(job.last_error)


async def test_an_event_waits_for_as_long_as_slack_says(scenario: Scenario) -> None:
    scenario.slack.faults.add("conversations.info", "rate_limited", retry_after=2)
    scenario.slack.acts.rename(scenario.maya.id, seed.RANDOM, "inc-201-rumours")
    await scenario.is_quiet()
    first, second = scenario.slack.calls_of("conversations.info")[:2]
    assert second.at - first.at >= 1.9
