"""Socket Mode's connections: renewed by Slack, cut, dead without a word. The bot comes back by itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import aiohttp
import pytest

from bot import dispatch, sockets
from playground.socket_mode import Connection
from playground.wire import Wire
from tests.scenarios.conftest import Scenario, adds, list_of

CERTS = "Rotate the certs"


@pytest.fixture
def transport() -> str:
    return "socket"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes the product seconds takes these tests less; the order of things is the same."""
    for name, seconds in {"PING": 0.4, "LOOK": 0.05, "FIRST_PAUSE": 0.02, "CONNECT_LIMIT": 1.0}.items():
        monkeypatch.setattr(sockets, name, seconds)


@pytest.fixture
async def wire(scenario: Scenario) -> AsyncIterator[Wire]:
    """The bot's connections go through it."""
    wire = await Wire(scenario.slack.base_url).start()
    scenario.slack.sockets.by_way_of(wire.port)
    await scenario.slack.sockets.drop()
    assert await scenario.slack.sockets.connected(2, within=10)
    yield wire
    await wire.stop()


async def troubles(scenario: Scenario) -> list[str]:
    assert scenario.app._bot is not None
    return await scenario.app._bot.troubles()


async def becomes(condition: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110  what it waits for has no event in common
            await asyncio.sleep(0.02)


async def opens_one_list(scenario: Scenario) -> None:
    before = len(scenario.slack.calls_of("views.open"))
    await (await list_of(scenario.maya)).closes()
    await scenario.is_quiet()
    assert len(scenario.slack.calls_of("views.open")) == before + 1
    assert not [message for message in scenario.maya.channel.messages if message.is_ephemeral]


async def test_at_each_refresh_the_next_connection_is_there_before_the_old_one_goes(
    scenario: Scenario,
) -> None:
    old = list(scenario.slack.sockets.connections)
    await scenario.slack.sockets.warn()
    assert await scenario.slack.sockets.connected(4, within=10)
    for _ in range(6):
        await opens_one_list(scenario)
    for connection in old:
        if connection in scenario.slack.sockets.connections:
            scenario.slack.sockets.connections.remove(connection)
            await connection.close()
    assert await scenario.slack.sockets.connected(2, within=10)
    await opens_one_list(scenario)
    assert await troubles(scenario) == []


async def test_what_is_under_way_on_a_connection_that_goes_is_answered_on_it(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya, asked = scenario.maya, asyncio.Event()
    await maya.types(f"/incident follow-up {CERTS}")
    form = await maya.modal("New follow-up")
    submit = dispatch.run_submission

    async def slowly(*args: Any) -> Any:
        asked.set()
        await asyncio.sleep(0.5)
        return await submit(*args)

    monkeypatch.setattr(dispatch, "run_submission", slowly)
    submitting = asyncio.create_task(form.submits())
    await asked.wait()
    await scenario.slack.sockets.warn()
    assert await submitting == {}
    await maya.channel.shows(CERTS)


@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled", "too_many_websockets"])
async def test_a_connection_that_slack_ends_is_replaced(scenario: Scenario, reason: str) -> None:
    first, second = scenario.slack.sockets.connections
    for _ in range(2):
        await scenario.slack.sockets.refresh(reason)
    assert await scenario.slack.sockets.connected(2, within=10)
    assert not {id(first), id(second)} & {id(one) for one in scenario.slack.sockets.connections}
    await opens_one_list(scenario)


async def test_connections_that_are_cut_come_back(scenario: Scenario, wire: Wire) -> None:
    for _ in range(3):
        cut = list(scenario.slack.sockets.connections)
        wire.is_cut()
        await becomes(partial(replaced, scenario, cut))
        await opens_one_list(scenario)


async def returned(scenario: Scenario) -> bool:
    return len(scenario.slack.sockets.connections) == 2 and await troubles(scenario) == []


async def replaced(scenario: Scenario, gone: list[Connection]) -> bool:
    there = scenario.slack.sockets.connections
    return len(there) == 2 and not any(one is other for one in there for other in gone)


async def test_connections_that_went_dead_are_noticed_said_and_replaced(
    scenario: Scenario, wire: Wire
) -> None:
    wire.goes_dead()
    await becomes(lambda: troubles(scenario))
    assert (await troubles(scenario))[0].startswith("Socket Mode is not connected")
    readyz = f"{scenario.slack.base_url.removesuffix('/playground')}/readyz"
    async with aiohttp.ClientSession() as session, session.get(readyz) as answer:
        assert answer.status == 503
    assert scenario.maya.modals == []
    wire.works()
    wire.is_cut()
    await becomes(lambda: returned(scenario))
    await opens_one_list(scenario)


async def test_a_command_that_a_dead_connection_swallowed_is_answered_once_when_it_comes_again(
    scenario: Scenario, wire: Wire
) -> None:
    wire.goes_dead()
    scenario.slack.sockets._ack_seconds = 0.3
    assert not (await scenario.maya.tries("/incident help"))["ok"]
    lost = scenario.slack.doors.last["slash_commands"]
    wire.works()
    await becomes(lambda: returned(scenario))
    scenario.slack.sockets._ack_seconds = 3.0
    assert (await scenario.slack.doors.again(lost)).ok
    await scenario.is_quiet()
    said = [message for message in scenario.maya.channel.messages if message.is_ephemeral]
    assert len(said) == 1


async def test_socket_mode_that_was_switched_off_is_told_with_its_mend_until_it_is_on_again(
    scenario: Scenario,
) -> None:
    await scenario.slack.sockets.disable()
    await becomes(lambda: told(scenario, "switch Socket Mode on"))
    scenario.slack.sockets.is_disabled = False
    await becomes(lambda: returned(scenario))
    await adds(scenario.maya, CERTS)


async def told(scenario: Scenario, words: str) -> bool:
    return words in " ".join(await troubles(scenario))


async def test_a_slack_that_gives_no_address_is_asked_with_growing_pauses(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "FIRST_PAUSE", 0.1)
    before = len(scenario.slack.calls_of("apps.connections.open"))
    scenario.slack.faults.add("apps.connections.open", "fatal_error", times=8)
    await scenario.slack.sockets.drop()
    await becomes(lambda: told(scenario, "fatal_error"))
    loop = asyncio.get_running_loop()
    began = loop.time()
    await becomes(lambda: returned(scenario))
    calls = scenario.slack.calls_of("apps.connections.open")[before:]
    assert len(calls) == 10
    assert loop.time() - began > 0.5


async def test_a_replica_that_finds_all_ten_taken_waits_for_its_turn(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.socket_mode.CONNECTIONS", 1)
    await scenario.slack.sockets.drop()
    await becomes(lambda: asyncio.sleep(0, len(scenario.slack.sockets.connections) == 1))
    await opens_one_list(scenario)
    monkeypatch.setattr("playground.socket_mode.CONNECTIONS", 10)
    assert await scenario.slack.sockets.connected(2, within=10)
