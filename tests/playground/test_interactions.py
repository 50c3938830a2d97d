"""Buttons, menus, suggestions, shortcuts and response URLs."""

from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground import Person, Playground
from playground.dispatch import Refused
from playground.seed import CHECKOUT, GENERAL, MAYA, STRANGER, TOM

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def card(title: str = "Rotate the certs") -> list[Json]:
    menu = {"type": "overflow", "action_id": "menu", "options": [option("edit"), option("delete")]}
    press = {
        "type": "button",
        "action_id": "complete",
        "text": plain("Complete"),
        "value": "F1",
        "style": "primary",
    }
    due = {"type": "datepicker", "action_id": "due"}
    return [
        {
            "type": "section",
            "block_id": "title",
            "text": {"type": "mrkdwn", "text": title},
            "accessory": menu,
        },
        {"type": "actions", "block_id": "acts", "elements": [press, due]},
    ]


def listens(app: AsyncApp, action_id: str) -> list[Json]:
    bodies: list[Json] = []

    @app.action(action_id)
    async def listener(ack: Any, body: Json) -> None:
        bodies.append(body)
        await ack()

    return bodies


@pytest.fixture
async def posted(app: AsyncApp, client: AsyncWebClient) -> str:
    answer = await client.chat_postMessage(channel=CHECKOUT, text="Card", blocks=card())
    return str(answer["ts"])


async def test_a_button_tells_who_pressed_it_where(app: AsyncApp, posted: str, tom: Person) -> None:
    bodies = listens(app, "complete")
    await tom.channel.last.clicks("Complete")
    body = bodies[0]
    action = body["actions"][0]
    assert (action["type"], action["action_id"], action["block_id"]) == ("button", "complete", "acts")
    assert (action["value"], action["style"]) == ("F1", "primary")
    assert body["user"] == {"id": TOM, "username": "tom", "name": "tom", "team_id": "T0HARBOUR"}
    container = {"type": "message", "message_ts": posted, "channel_id": CHECKOUT, "is_ephemeral": False}
    assert body["container"] == container
    assert body["message"]["blocks"][1]["elements"][0]["value"] == "F1"
    assert body["channel"] == {"id": CHECKOUT, "name": "inc-142-checkout"}
    assert body["trigger_id"]


async def test_a_menu_tells_the_chosen_option(app: AsyncApp, posted: str, tom: Person) -> None:
    bodies = listens(app, "menu")
    await tom.channel.last.chooses("Delete")
    assert bodies[0]["actions"][0]["selected_option"]["value"] == "delete"


async def test_a_messages_state_comes_along(playground: Playground, app: AsyncApp, posted: str) -> None:
    bodies = listens(app, "due")
    place = playground.dispatch.place(TOM, {"type": "message", "channel": CHECKOUT, "ts": posted})
    await playground.dispatch.action(TOM, place, "acts", "due", value="2026-12-01")
    assert bodies[0]["actions"][0]["selected_date"] == "2026-12-01"
    assert bodies[0]["state"]["values"]["acts"]["due"]["selected_date"] == "2026-12-01"


async def test_what_is_gone_can_not_be_pressed(
    playground: Playground, client: AsyncWebClient, posted: str
) -> None:
    place = playground.dispatch.place(TOM, {"type": "message", "channel": CHECKOUT, "ts": posted})
    await client.chat_update(channel=CHECKOUT, ts=posted, text="Done", blocks=[])
    with pytest.raises(Refused):
        await playground.dispatch.action(TOM, place, "acts", "complete")
    await client.chat_delete(channel=CHECKOUT, ts=posted)
    with pytest.raises(Refused):
        playground.dispatch.place(TOM, {"type": "message", "channel": CHECKOUT, "ts": posted})


async def test_nobody_acts_in_anothers_modal(playground: Playground, app: AsyncApp) -> None:
    view = playground.modals.open(MAYA, {"type": "modal", "title": plain("Hers"), "blocks": card()})
    with pytest.raises(Refused):
        playground.dispatch.place(TOM, {"type": "view", "view_id": view.id})


async def test_a_stranger_in_a_shared_channel_presses_as_themselves(
    playground: Playground, app: AsyncApp, client: AsyncWebClient
) -> None:
    bodies = listens(app, "complete")
    await client.chat_postMessage(channel="inc-139-webhook-delays", text="Card", blocks=card())
    await Person(playground, STRANGER).in_channel("inc-139-webhook-delays").channel.last.clicks("Complete")
    assert bodies[0]["user"]["team_id"] == "T0NORTHWIND"
    assert bodies[0]["team"]["id"] == "T0HARBOUR"


async def test_an_action_in_a_modal_carries_what_is_typed(
    playground: Playground, app: AsyncApp, maya: Person
) -> None:
    bodies = listens(app, "complete")
    typed = {"type": "plain_text_input", "action_id": "value"}
    entry = {"type": "input", "block_id": "note", "label": plain("Note"), "element": typed}
    view = {"type": "modal", "title": plain("T"), "submit": plain("Go"), "blocks": [*card(), entry]}
    playground.modals.open(MAYA, view)
    modal = await maya.modal()
    await modal.fills(Note="half a sentence")
    await modal.clicks("Complete")
    assert bodies[0]["view"]["state"]["values"]["note"]["value"]["value"] == "half a sentence"
    assert bodies[0]["container"] == {"type": "view", "view_id": modal.view.id}
    assert "response_url" not in bodies[0]


class TestSuggestions:
    @pytest.fixture
    async def modal(self, playground: Playground, app: AsyncApp) -> str:
        select = {"type": "external_select", "action_id": "team", "min_query_length": 0}
        entry = {"type": "input", "block_id": "team", "label": plain("Team"), "element": select}
        view = {"type": "modal", "title": plain("T"), "submit": plain("Go"), "blocks": [entry]}
        return playground.modals.open(MAYA, view).id

    @pytest.mark.usefixtures("modal")
    async def test_the_app_is_asked_with_the_query(self, app: AsyncApp, maya: Person) -> None:
        queries: list[str] = []

        @app.options("team")
        async def listener(ack: Any, payload: Json) -> None:
            queries.append(payload["value"])
            await ack(options=[option("payments"), option("platform")])

        window = await maya.modal()
        assert await window.suggestions("Team", "p") == ["Payments", "Platform"]
        await window.fills(Team="Pla")
        assert window.field("Team") == "Platform"
        assert queries == ["p", "Pla"]

    @pytest.mark.usefixtures("modal")
    async def test_groups_of_options_are_fine(self, app: AsyncApp, maya: Person) -> None:
        @app.options("team")
        async def listener(ack: Any) -> None:
            await ack(option_groups=[{"label": plain("Here"), "options": [option("payments")]}])

        assert await (await maya.modal()).suggestions("Team") == ["Payments"]

    @pytest.mark.usefixtures("modal")
    async def test_too_many_options_are_a_problem(
        self, playground: Playground, app: AsyncApp, maya: Person
    ) -> None:
        @app.options("team")
        async def listener(ack: Any) -> None:
            await ack(options=[option(f"o{index}") for index in range(101)])

        with pytest.raises(AssertionError, match="no more than 100 items allowed"):
            await (await maya.modal()).suggestions("Team")
        assert playground.problems


async def test_without_a_minimum_slack_asks_from_three_characters_on(
    playground: Playground, maya: Person
) -> None:
    entry = {"type": "input", "label": plain("Team"), "element": {"type": "external_select"}}
    view = {"type": "modal", "title": plain("T"), "submit": plain("Go"), "blocks": [entry]}
    playground.modals.open(MAYA, view)
    with pytest.raises(AssertionError, match="from 3 characters on"):
        await (await maya.modal()).suggestions("Team", "pl")


async def test_a_messages_shortcut_brings_the_message(
    playground: Playground, app: AsyncApp, maya: Person
) -> None:
    bodies: list[Json] = []

    @app.shortcut("capture")
    async def listener(ack: Any, body: Json) -> None:
        bodies.append(body)
        await ack()

    said = await maya.types("Nothing alerted us")
    await maya.uses("Add follow-up", on=said)
    assert bodies[0]["type"] == "message_action"
    assert bodies[0]["message"]["text"] == "Nothing alerted us"
    with pytest.raises(AssertionError, match="no shortcut"):
        await maya.uses("Delete everything")


class TestResponseUrls:
    @pytest.fixture
    async def url(self, app: AsyncApp, maya: Person) -> str:
        bodies: list[Json] = []

        @app.command("/incident")
        async def listener(ack: Any, body: Json) -> None:
            bodies.append(body)
            await ack()

        await maya.in_channel(GENERAL).types("/incident")
        return str(bodies[0]["response_url"])

    async def say(self, url: str, **body: Any) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            return answer.status, await answer.text()

    async def test_it_answers_where_the_bot_is_not(self, url: str, maya: Person, tom: Person) -> None:
        assert await self.say(url, text="Only for Maya") == (200, "ok")
        assert (await maya.channel.shows("Only for Maya")).is_ephemeral
        tom.does_not_see("Only for Maya")
        await self.say(url, text="For everybody", response_type="in_channel")
        await tom.sees("For everybody")

    async def test_it_is_good_for_five_uses(self, url: str) -> None:
        answers = [await self.say(url, text=str(number)) for number in range(6)]
        assert [status for status, _text in answers] == [200] * 5 + [404]
        assert answers[-1][1] == "used_url"

    async def test_it_is_good_for_half_an_hour(self, playground: Playground, url: str) -> None:
        playground.clock.advance(30 * 60 + 1)
        assert await self.say(url, text="late") == (404, "expired_url")

    async def test_it_replaces_and_deletes_what_it_said(self, url: str, maya: Person) -> None:
        await self.say(url, text="Working on it")
        await self.say(url, text="Done", replace_original=True)
        maya.does_not_see("Working on it")
        await maya.channel.shows("Done")
        await self.say(url, delete_original=True)
        maya.does_not_see("Done")

    async def test_it_replaces_the_message_whose_button_was_pressed(
        self, app: AsyncApp, posted: str, tom: Person
    ) -> None:
        bodies = listens(app, "complete")
        await tom.channel.last.clicks("Complete")
        await self.say(bodies[0]["response_url"], text="Completed", replace_original=True)
        assert (tom.channel.last.ts, tom.channel.last.text) == (posted, "Completed")

    async def test_it_is_as_strict_about_blocks(self, url: str) -> None:
        assert await self.say(url, blocks=[{"type": "alert"}]) == (400, "invalid_blocks")
        assert await self.say(url) == (400, "no_text")
        assert await self.say(url + "x", text="x") == (404, "expired_url")
