"""Socket Mode, with Bolt's own aiohttp client at the other end."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Mount

from playground import Person, Playground
from playground.seed import CHECKOUT, MAYA, TOM
from playground.serving import LocalServer

Json = dict[str, Any]

MODAL: Json = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "title",
            "label": {"type": "plain_text", "text": "Title"},
            "element": {"type": "plain_text_input", "action_id": "value"},
        }
    ],
}


@pytest.fixture
async def served(playground: Playground, server: LocalServer) -> None:
    playground.doors.transport = "socket"
    await server.start(Starlette(routes=[Mount("/playground", playground.asgi)]))


@pytest.fixture
async def bolt(playground: Playground, served: None) -> AsyncIterator[AsyncApp]:
    """An app of two connections, as one that must not miss anything has."""
    client = AsyncWebClient("xoxb-playground", base_url=playground.api_url)
    bolt = AsyncApp(client=client, process_before_response=True)
    handlers = [AsyncSocketModeHandler(bolt, "xapp-playground") for _ in range(2)]
    for handler in handlers:
        handler.client.web_client = AsyncWebClient(base_url=playground.api_url)
        await handler.connect_async()  # type: ignore[no-untyped-call]
    assert await playground.sockets.connected(2)
    yield bolt
    for handler in handlers:
        await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture
def person(playground: Playground) -> Person:
    return Person(playground, MAYA).in_channel(CHECKOUT)


async def test_a_whole_conversation_goes_through_sockets(
    playground: Playground, bolt: AsyncApp, person: Person
) -> None:
    @bolt.command("/incident")
    async def command(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @bolt.view("form")
    async def submitted(ack: Any, view: Json, client: AsyncWebClient) -> None:
        title = view["state"]["values"]["title"]["value"]["value"]
        if title == "bad":
            await ack(response_action="errors", errors={"title": "Too bad"})
            return
        await ack()
        await client.chat_postMessage(channel=CHECKOUT, text=f"Added {title}")

    await person.types("/incident follow-up")
    modal = await person.modal("Form")
    assert await modal.submits(Title="bad") == {"Title": "Too bad"}
    assert await modal.submits(Title="good") == {}
    await person.sees("Added good")


async def test_an_answer_to_a_command_may_be_text(bolt: AsyncApp, person: Person) -> None:
    @bolt.command("/incident")
    async def command(ack: Any) -> None:
        await ack("Here you are")

    await person.types("/incident")
    await person.sees("Here you are")


async def test_events_come_through_sockets(playground: Playground, bolt: AsyncApp) -> None:
    texts: list[str] = []

    @bolt.event("message")
    async def message(event: Json) -> None:
        texts.append(event["text"])

    playground.acts.say(TOM, CHECKOUT, "Restarted it")
    await playground.events.settled()
    assert texts == ["Restarted it"]
    assert playground.events.failed == []


async def test_after_a_refresh_the_app_is_back(
    playground: Playground, bolt: AsyncApp, person: Person
) -> None:
    @bolt.command("/incident")
    async def command(ack: Any) -> None:
        await ack("Still here")

    old = playground.sockets.connections[0]
    await playground.sockets.refresh()
    await person.types("/incident")
    assert await playground.sockets.connected(2, within=10)
    assert old not in playground.sockets.connections
    await person.types("/incident")


async def test_a_warning_comes_before_a_refresh(playground: Playground, served: None) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await frames(playground, session)
        await socket.receive_json()
        await playground.sockets.warn()
        assert (await socket.receive_json())["reason"] == "warning"
        await playground.sockets.refresh()
        assert (await socket.receive_json())["reason"] == "refresh_requested"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_without_a_connection_nothing_is_delivered(playground: Playground, served: None) -> None:
    person = Person(playground, MAYA).in_channel(CHECKOUT)
    assert await person.tries("/incident") == {"ok": False, "error": "dispatch_failed"}


async def frames(playground: Playground, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    client = AsyncWebClient("xapp-playground", base_url=playground.api_url)
    opened = await client.apps_connections_open(app_token="xapp-playground")
    return await session.ws_connect(opened["url"])


async def test_the_first_frame_says_hello(playground: Playground, served: None) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await frames(playground, session)
        hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"]["app_id"] == "A0FOLLOWUPS"
        await socket.close()


async def test_connections_take_turns(playground: Playground, served: None) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await frames(playground, session) for _ in range(2)]
        for socket in sockets:
            await socket.receive_json()
        playground.acts.say(TOM, CHECKOUT, "one")
        playground.acts.say(TOM, CHECKOUT, "two")
        texts = set()
        for socket in sockets:
            envelope = await socket.receive_json()
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
            assert (envelope["type"], envelope["retry_attempt"]) == ("events_api", 0)
            assert envelope["accepts_response_payload"] is False
            texts.add(envelope["payload"]["event"]["text"])
        await playground.events.settled()
        assert texts == {"one", "two"}


async def test_an_envelope_nobody_acknowledges_comes_again(playground: Playground, served: None) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await frames(playground, session)
        await socket.receive_json()
        playground.acts.say(TOM, CHECKOUT, "hello?")
        first, second = await socket.receive_json(), await socket.receive_json()
        assert first["payload"]["event_id"] == second["payload"]["event_id"]
        assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
        await socket.send_json({"envelope_id": second["envelope_id"]})
        await playground.events.settled()


async def test_a_connection_that_breaks_loses_its_envelope(playground: Playground, served: None) -> None:
    person = Person(playground, MAYA).in_channel(CHECKOUT)
    async with aiohttp.ClientSession() as session:
        socket = await frames(playground, session)
        await socket.receive_json()
        playground.sockets._ack_seconds = 5.0
        waiting = person.tries("/incident")
        await playground.sockets.drop()
        assert (await waiting)["error"] == "dispatch_failed"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


@pytest.mark.parametrize("count", [10])
async def test_an_eleventh_connection_is_turned_away(
    playground: Playground, served: None, count: int
) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await frames(playground, session) for _ in range(count + 1)]
        first = [await socket.receive_json() for socket in sockets]
        assert [frame["type"] for frame in first] == ["hello"] * count + ["disconnect"]
        assert first[-1]["reason"] == "too_many_websockets"


async def test_a_made_up_ticket_opens_nothing(playground: Playground, served: None) -> None:
    url = playground.sockets.url().replace("ticket=", "ticket=x")
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        assert (await socket.receive_json())["reason"] == "link_disabled"
