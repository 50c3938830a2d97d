"""Modals and the Home tab: triggers, the stack, hashes, and what people have entered."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground import Person, Playground
from playground.seed import BOT, MAYA, TOM

pytestmark = pytest.mark.usefixtures("app")


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def modal(title: str = "Title", **rest: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain(title), "blocks": [{"type": "divider"}]} | rest


def form(block_id: str = "title", action_id: str = "value", **element: Any) -> dict[str, Any]:
    typed = {"type": "plain_text_input", "action_id": action_id} | element
    entry = {"type": "input", "block_id": block_id, "label": plain("Title"), "element": typed}
    return modal("Form", submit=plain("Save"), blocks=[entry])


@pytest.fixture
def trigger(playground: Playground) -> str:
    return playground.tickets.trigger(MAYA)


async def test_a_trigger_opens_a_modal(client: AsyncWebClient, trigger: str, maya: Person) -> None:
    answer = await client.views_open(trigger_id=trigger, view=modal("Hello"))
    view = answer["view"]
    assert view["root_view_id"] == view["id"]
    assert view["previous_view_id"] is None
    assert (await maya.modal()).title == "Hello"


async def test_a_trigger_is_good_once(client: AsyncWebClient, trigger: str) -> None:
    await client.views_open(trigger_id=trigger, view=modal())
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=trigger, view=modal())


async def test_a_trigger_is_good_for_three_seconds(
    playground: Playground, client: AsyncWebClient, trigger: str
) -> None:
    playground.clock.advance(3.1)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await client.views_open(trigger_id=trigger, view=modal())


async def test_a_trigger_survives_a_view_that_is_refused(client: AsyncWebClient, trigger: str) -> None:
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await client.views_open(trigger_id="1.2.made-up", view=modal())
    with pytest.raises(SlackApiError, match="invalid_arguments") as refused:
        await client.views_open(trigger_id=trigger, view={"type": "modal"})
    assert "missing required field: title" in str(refused.value)


async def test_at_most_three_modals_are_stacked(
    playground: Playground, client: AsyncWebClient, maya: Person
) -> None:
    root = (await client.views_open(trigger_id=playground.tickets.trigger(MAYA), view=modal("1")))["view"]
    second = (await client.views_push(trigger_id=playground.tickets.trigger(MAYA), view=modal("2")))["view"]
    await client.views_push(trigger_id=playground.tickets.trigger(MAYA), view=modal("3"))
    assert (second["root_view_id"], second["previous_view_id"]) == (root["id"], root["id"])
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        await client.views_push(trigger_id=playground.tickets.trigger(MAYA), view=modal("4"))
    assert [one.title for one in maya.modals] == ["1", "2", "3"]
    await maya.modals[-1].closes()
    assert (await maya.modal()).title == "2"


async def test_nothing_is_pushed_on_nothing(client: AsyncWebClient, trigger: str) -> None:
    with pytest.raises(SlackApiError, match="not_found"):
        await client.views_push(trigger_id=trigger, view=modal())


async def test_an_update_with_an_old_hash_conflicts(client: AsyncWebClient, trigger: str) -> None:
    view = (await client.views_open(trigger_id=trigger, view=modal()))["view"]
    updated = await client.views_update(view_id=view["id"], hash=view["hash"], view=modal("Newer"))
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_update(view_id=view["id"], hash=view["hash"], view=modal("Older"))
    assert updated["view"]["id"] == view["id"]
    assert updated["view"]["hash"] != view["hash"]


async def test_a_view_has_one_external_id(
    playground: Playground, client: AsyncWebClient, trigger: str
) -> None:
    await client.views_open(trigger_id=trigger, view=modal(external_id="list"))
    assert (await client.views_update(external_id="list", view=modal("Found", external_id="list")))["ok"]
    with pytest.raises(SlackApiError, match="duplicate_external_id"):
        await client.views_open(trigger_id=playground.tickets.trigger(TOM), view=modal(external_id="list"))


async def test_a_closed_view_is_not_found(client: AsyncWebClient, trigger: str, maya: Person) -> None:
    view = (await client.views_open(trigger_id=trigger, view=modal()))["view"]
    await (await maya.modal()).closes()
    with pytest.raises(SlackApiError, match="not_found"):
        await client.views_update(view_id=view["id"], view=modal())


async def test_a_view_may_not_be_too_large(client: AsyncWebClient, trigger: str) -> None:
    text = {"type": "section", "text": plain("ä" * 2000)}
    with pytest.raises(SlackApiError, match="view_too_large"):
        await client.views_open(trigger_id=trigger, view=modal(blocks=[text] * 99))


async def test_what_was_typed_stays_while_the_ids_stay(
    playground: Playground, client: AsyncWebClient, trigger: str, maya: Person
) -> None:
    view = (await client.views_open(trigger_id=trigger, view=form(initial_value="first")))["view"]
    window = await maya.modal("Form")
    assert window.field("Title") == "first"
    await window.fills(Title="typed")
    same = await client.views_update(view_id=view["id"], view=form(initial_value="second"))
    assert window.field("Title") == "typed"
    assert same["view"]["state"]["values"]["title"]["value"]["value"] == "typed"
    await client.views_update(view_id=view["id"], view=form("title-2", initial_value="second"))
    assert window.field("Title") == "second"


async def test_slack_fills_in_what_the_app_left_out(client: AsyncWebClient, trigger: str) -> None:
    blocks = [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "hi"},
            "accessory": {"type": "button", "text": plain("B")},
        }
    ]
    view = (await client.views_open(trigger_id=trigger, view=modal(blocks=blocks)))["view"]
    block = view["blocks"][0]
    assert block["block_id"]
    assert block["accessory"]["action_id"]
    assert block["text"]["verbatim"] is False
    assert view["title"]["emoji"] is True
    assert (view["private_metadata"], view["callback_id"], view["submit"]) == ("", "", None)


async def test_a_home_tab_is_published_for_one_person(
    client: AsyncWebClient, maya: Person, tom: Person
) -> None:
    home = {"type": "home", "blocks": [{"type": "header", "text": plain("Yours")}]}
    first = (await client.views_publish(user_id=MAYA, view=home))["view"]
    assert "Yours" in await maya.home()
    second = (await client.views_publish(user_id=MAYA, view=home, hash=first["hash"]))["view"]
    assert second["id"] == first["id"]
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(user_id=MAYA, view=home, hash=first["hash"])
    with pytest.raises(AssertionError, match="no Home tab for Tom"):
        await tom.home(within=0.01)


@pytest.mark.parametrize("user", ["U404", BOT, "U0LEAVER"])
async def test_a_home_tab_is_for_a_person(client: AsyncWebClient, user: str) -> None:
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    with pytest.raises(SlackApiError, match="invalid `user_id`"):
        await client.views_publish(user_id=user, view=home)


async def test_each_surface_takes_its_own_views(client: AsyncWebClient, trigger: str) -> None:
    with pytest.raises(SlackApiError, match="expected a view of type modal"):
        await client.views_open(trigger_id=trigger, view={"type": "home", "blocks": [{"type": "divider"}]})
    with pytest.raises(SlackApiError, match="expected a view of type home"):
        await client.views_publish(user_id=MAYA, view=modal())
