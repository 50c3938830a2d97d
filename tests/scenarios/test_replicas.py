"""Two replicas on one PostgreSQL, behind a load balancer that sends every request to the other one."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot import directory, schedules
from bot.context import Context
from bot.directory import StrangerError
from playground import seed
from storage.jobs import Job, State
from tests.scenarios import forging
from tests.scenarios.conftest import OVER_BOTH_TRANSPORTS, Scenario, adds, list_of

pytestmark = pytest.mark.parametrize(("backend", "replicas"), [("postgresql", 2)])

CERTS = "Rotate the certs"
PRIVATE = "inc-137-leaked-token"


@OVER_BOTH_TRANSPORTS
async def test_whoever_answers_goes_on_where_the_other_left_off(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    listed = await list_of(maya)
    await listed.clicks("Add follow-up")
    form = await maya.modal("New follow-up")
    assert await form.suggestions("Team", "pay") == ["Payments team"]
    assert await form.suggestions("Team", "pay") == ["Payments team"]
    assert await form.submits(Title=CERTS, Assignee="tom", Team="Payments team") == {}
    await listed.shows(CERTS)
    card = await maya.channel.shows(CERTS)
    await card.clicks("Edit", by=tom)
    assert await (await tom.modal("Edit follow-up")).submits(Priority="Urgent") == {}
    await listed.clicks("Complete", beside=CERTS)
    await listed.shows("0 outstanding · 1 done")
    await listed.selects("Done")
    await listed.shows(CERTS)
    await listed.clicks("Reopen", beside=CERTS)
    await listed.shows("1 outstanding · 0 done")
    await tom.opens_home()
    await (await tom.home()).shows(CERTS)
    await scenario.is_quiet()

    assert all(context.readers for context in scenario.contexts)
    assert {job.state for job in await scenario.jobs()} == {State.DONE}
    assert len([shown for shown in maya.channel.messages if CERTS in shown and shown.buttons]) == 1


@pytest.mark.parametrize("transport", ["socket"])
async def test_each_replica_holds_two_of_slacks_ten_connections(scenario: Scenario) -> None:
    assert len(scenario.slack.sockets.connections) == 4


@OVER_BOTH_TRANSPORTS
async def test_one_replica_carries_on_when_the_other_leaves(scenario: Scenario) -> None:
    await adds(scenario.maya, CERTS)
    await scenario.apps[1].stop()
    listed = await list_of(scenario.maya)
    await listed.clicks("Complete", beside=CERTS)
    await listed.shows("0 outstanding · 1 done")
    await scenario.maya.channel.shows(f"completed *{CERTS}*")


async def test_what_many_do_at_once_is_told_once(scenario: Scenario) -> None:
    maya, titles = scenario.maya, [f"Number {number}" for number in range(8)]
    for title in titles:
        await adds(maya, title)
    await scenario.is_quiet()
    cards = [message for message in maya.channel.messages if "Complete" in message.buttons]
    clickers = [maya, scenario.priya] * 4
    await asyncio.gather(
        *(card.clicks("Complete", by=who) for card, who in zip(cards, clickers, strict=True))
    )
    await scenario.is_quiet()

    said = scenario.maya.channel.messages
    for title in titles:
        assert len([message for message in said if title in message and message.buttons]) == 1
        told = "\n".join(message.shown_text for message in said if not message.buttons)
        assert told.count(f"completed *{title}*") == 1


async def test_a_schedule_comes_round_once_for_all_replicas(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Context] = []

    async def note(context: Context) -> None:
        ran.append(context)

    async def turns() -> list[Job]:
        async with scenario.app.database.read() as session:
            query = select(Job).where(col(Job.kind) == "look_at_channels").order_by(col(Job.run_at))
            return list(await session.exec(query))

    monkeypatch.setitem(schedules.SCHEDULES, "look_at_channels", (timedelta(minutes=10), note))
    for turn in range(1, 4):
        scenario.clock.passes(minutes=10)
        for app in scenario.apps:
            app.database.jobs_ready.set()
        async with asyncio.timeout(10):
            while [job.state for job in await turns()] != [State.DONE] * turn + [State.READY]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert len(ran) == turn


async def test_an_event_told_to_one_replica_counts_at_the_others(scenario: Scenario) -> None:
    """Members are read from the database each time."""
    maya, priya = scenario.maya.in_channel(PRIVATE), scenario.priya.in_channel(PRIVATE)
    await adds(maya, CERTS)
    for _ in scenario.apps:
        await (await list_of(priya)).shows(CERTS)
    listed = await list_of(priya)
    scenario.slack.acts.leave(seed.PRIYA, seed.BREACH)
    await scenario.is_quiet()

    place = listed.view.content["private_metadata"]
    for _ in scenario.apps:
        await forging.click(scenario, priya, "list_clear_search", listed, metadata=place)
        await listed.shows("you can’t see it")
        assert CERTS not in listed


async def test_who_was_deactivated_is_turned_away_by_every_replica_within_a_minute(
    scenario: Scenario,
) -> None:
    """Each remembers for a minute who somebody is."""
    for context in scenario.contexts:
        assert (await directory.reader(context, seed.TOM)).actor.name == "Tom"
    scenario.slack.workspace.change_user(seed.TOM, deleted=True)
    await scenario.is_quiet()

    scenario.clock.passes(seconds=61)
    for context in scenario.contexts:
        with pytest.raises(StrangerError):
            await directory.reader(context, seed.TOM)
