"""The driver itself: what it finds, what it waits for, and what it says when there is nothing."""

import asyncio
import re
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground import Person, Playground
from playground.reading import item_around, visible_text, with_names
from playground.seed import CHECKOUT, MAYA, TOM

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def item(title: str, number: int) -> list[Json]:
    options = [{"text": plain(text), "value": text.lower()} for text in ("Edit", "Delete")]
    menu = {"type": "overflow", "action_id": f"menu:{number}", "options": options}
    press = {"type": "button", "action_id": f"complete:{number}", "text": plain("Complete")}
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"*{title}*"}, "accessory": menu},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": f"<@{TOM}> · due {title[0]}"}]},
        {"type": "actions", "elements": [press]},
    ]


def follow_ups(*titles: str) -> Json:
    filters = [{"text": plain(text), "value": text.lower()} for text in ("Outstanding", "Overdue")]
    select = {
        "type": "static_select",
        "action_id": "filter",
        "options": filters,
        "initial_option": filters[0],
    }
    add = {"type": "button", "action_id": "add", "text": plain("Add follow-up")}
    blocks = [
        {"type": "section", "text": plain("INC-142")},
        {"type": "actions", "elements": [add, select]},
        {"type": "divider"},
    ]
    for number, title in enumerate(titles):
        blocks += item(title, number)
    return {"type": "modal", "title": plain("Follow-ups"), "blocks": blocks}


@pytest.fixture
async def actions(playground: Playground, app: AsyncApp) -> list[Json]:
    """A list of two in front of Maya; the actions she takes."""
    taken: list[Json] = []

    @app.action(re.compile(".*"))
    async def keep(ack: Any, action: Json) -> None:
        taken.append(action)
        await ack()

    playground.modals.open(MAYA, follow_ups("Rotate the certs", "Fix the runbook"))
    return taken


async def test_a_button_is_found_beside_a_text(actions: list[Json], maya: Person) -> None:
    modal = await maya.modal("Follow-ups")
    await modal.clicks("Complete", beside="Fix the runbook")
    await modal.clicks("Complete", beside="due R")
    await modal.clicks("Add follow-up")
    assert [action["action_id"] for action in actions] == ["complete:1", "complete:0", "add"]


async def test_a_menu_is_found_beside_a_text(actions: list[Json], maya: Person) -> None:
    modal = await maya.modal()
    await modal.chooses("Delete", beside="due F")
    await modal.selects("Overdue")
    chosen = [(action["action_id"], action["selected_option"]["value"]) for action in actions]
    assert chosen == [("menu:1", "delete"), ("filter", "overdue")]


async def test_what_is_read_is_what_is_there(actions: list[Json], maya: Person) -> None:
    modal = await maya.modal()
    assert modal.buttons == ["Add follow-up", "Complete", "Complete"]
    assert modal.menus == [["Edit", "Delete"]] * 2
    assert modal.beside("Rotate") == "*Rotate the certs*\n<@U0TOM> · due R\nComplete"
    assert "@Tom · due F" in modal
    assert "Overdue" not in modal.text


async def test_a_button_that_is_there_twice_must_be_placed(actions: list[Json], maya: Person) -> None:
    modal = await maya.modal()
    with pytest.raises(AssertionError, match="2 times 'Complete'"):
        await modal.clicks("Complete")
    with pytest.raises(AssertionError, match=r"no 'Reopen' beside 'Rotate'; there are \['Complete'\]"):
        await modal.clicks("Reopen", beside="Rotate")
    with pytest.raises(AssertionError, match="'Deploy' is not here"):
        await modal.clicks("Complete", beside="Deploy")


async def test_waiting_ends_with_the_change(playground: Playground, maya: Person) -> None:
    waiting = asyncio.create_task(maya.modal("Follow-ups", within=5))
    seeing = asyncio.create_task(maya.sees("Restarted", within=5))
    await asyncio.sleep(0)
    playground.modals.open(MAYA, follow_ups())
    playground.acts.say(TOM, CHECKOUT, "Restarted")
    modal, message = await asyncio.wait_for(asyncio.gather(waiting, seeing), 1)
    assert (modal.title, message.text) == ("Follow-ups", "Restarted")


async def test_waiting_in_vain_tells_what_was_there_instead(playground: Playground, maya: Person) -> None:
    playground.acts.say(TOM, CHECKOUT, "Something else")
    with pytest.raises(AssertionError, match="Something else"):
        await maya.sees("Restarted", within=0.01)
    with pytest.raises(AssertionError, match="Something else"):
        await maya.channel.shows("Restarted", within=0.01)
    with pytest.raises(AssertionError, match="no modal Follow-ups for Maya"):
        await maya.modal("Follow-ups", within=0.01)
    playground.modals.open(MAYA, follow_ups())
    modal = await maya.modal()
    with pytest.raises(AssertionError, match="INC-142"):
        await modal.shows("INC-143", within=0.01)


async def test_a_modal_is_live(playground: Playground, maya: Person) -> None:
    view = playground.modals.open(MAYA, follow_ups("Rotate the certs"))
    modal = await maya.modal()
    playground.modals.update(view, follow_ups("Fix the runbook"))
    await modal.shows("Fix the runbook")
    await modal.no_longer_shows("Rotate the certs")
    playground.modals.clear(MAYA)
    await modal.is_gone()


async def test_a_message_is_pressed_by_anybody(
    app: AsyncApp, client: AsyncWebClient, maya: Person, tom: Person
) -> None:
    pressed: list[str] = []

    @app.action("complete:0")
    async def listener(ack: Any, body: Json) -> None:
        pressed.append(body["user"]["id"])
        await ack()

    await client.chat_postMessage(channel=CHECKOUT, text="Card", blocks=item("Rotate the certs", 0))
    card = await maya.channel.shows("Rotate the certs")
    await card.clicks("Complete")
    await card.clicks("Complete", by=tom)
    assert pressed == [MAYA, TOM]


async def test_unknown_names_are_told(playground: Playground, maya: Person) -> None:
    with pytest.raises(AssertionError, match="nobody called 'zoe'"):
        Person(playground, "zoe")
    with pytest.raises(AssertionError, match="no channel 'inc-999'"):
        maya.in_channel("inc-999")
    with pytest.raises(AssertionError, match="in no channel"):
        _ = Person(playground, "priya").channel


def test_an_item_ends_where_the_next_begins() -> None:
    blocks = [
        *item("First", 1),
        {"type": "divider"},
        *item("Second", 2),
        {"type": "header", "text": plain("End")},
    ]
    assert item_around(blocks, "due F") == blocks[0:3]
    assert item_around(blocks, "*Second*") == blocks[4:7]
    assert item_around(blocks, "Third") == []


def test_all_kinds_of_text_are_read() -> None:
    runs: list[Json] = [
        {"type": "user", "user_id": TOM},
        {"type": "text", "text": " wrote "},
        {"type": "emoji", "name": "wave"},
    ]
    blocks: list[Json] = [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": runs}]},
        {"type": "section", "fields": [plain("left"), plain("right")]},
        {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "A chart"},
    ]
    assert visible_text(blocks).splitlines() == ["<@U0TOM> wrote :wave:", "left", "right", "A chart"]


def test_names_are_shown_for_ids(playground: Playground) -> None:
    text = "<@U0TOM> &amp; <!subteam^S0SRE> in <#C0GENERAL|general>, <https://x.example|here>"
    assert with_names(playground.workspace, text) == "@Tom & @sre in #general, here"
