"""From people to the app and back, over signed HTTP, with a real Bolt app."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground import Person, Playground
from playground.dispatch import TROUBLE
from playground.seed import BREACH, CHECKOUT, MAYA, TOM

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def options(*values: str) -> list[Json]:
    return [{"text": plain(value.title()), "value": value} for value in values]


def entry(label: str, kind: str, **rest: Any) -> Json:
    element = {"type": kind, "action_id": label.lower(), **rest}
    return {"type": "input", "block_id": label.lower(), "label": plain(label), "element": element}


def form(title: str = "Form", *blocks: Json, **rest: Any) -> Json:
    shown = list(blocks or [entry("Title", "plain_text_input", max_length=20)])
    return {"type": "modal", "callback_id": "form", "title": plain(title), "submit": plain("Save")} | {
        "blocks": shown,
        **rest,
    }


def opens(app: AsyncApp, view: Json) -> None:
    """Makes the command open a view."""

    @app.command("/incident")
    async def listener(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)


def remembers(app: AsyncApp, constraint: str, answer: Json | None = None) -> list[Json]:
    """Keeps the bodies the app is sent, and answers them."""
    bodies: list[Json] = []

    async def listener(ack: Any, body: Json) -> None:
        bodies.append(body)
        await ack(**(answer or {}))

    kind, name = constraint.split(" ")
    getattr(app, kind)(name)(listener)
    return bodies


# --- commands --------------------------------------------------------------------------------------------


async def test_a_command_tells_who_where_and_what(app: AsyncApp, maya: Person) -> None:
    bodies = remembers(app, "command /incident")
    await maya.types("/incident follow-up Rotate the certs")
    body = bodies[0]
    assert body["text"] == "follow-up Rotate the certs"
    assert (body["user_id"], body["user_name"]) == (MAYA, "maya")
    assert (body["channel_id"], body["channel_name"]) == (CHECKOUT, "inc-142-checkout")
    assert body["response_url"].startswith("http://127.0.0.1:")
    assert body["api_app_id"] == "A0FOLLOWUPS"


async def test_a_commands_mentions_and_links_are_marked_up(app: AsyncApp, maya: Person) -> None:
    bodies = remembers(app, "command /incident")
    await maya.types("/incident Ask @tom in #general & see https://x.example/a?b=1&c=2, @sre!")
    assert bodies[0]["text"] == (
        "Ask <@U0TOM|tom> in <#C0GENERAL|general> &amp; see <https://x.example/a?b=1&amp;c=2>,"
        " <!subteam^S0SRE|@sre>!"
    )


async def test_a_private_channels_name_is_kept_from_commands(app: AsyncApp, maya: Person) -> None:
    bodies = remembers(app, "command /incident")
    await maya.in_channel(BREACH).types("/incident")
    assert bodies[0]["channel_name"] == "privategroup"


async def test_an_answer_to_a_command_is_for_the_person_alone(
    app: AsyncApp, maya: Person, tom: Person
) -> None:
    remembers(app, "command /incident", {"text": "Only you read this"})
    await maya.types("/incident")
    assert (await maya.channel.shows("Only you read this")).is_ephemeral
    tom.does_not_see("Only you read this")


async def test_an_answer_may_be_for_the_channel(app: AsyncApp, maya: Person, tom: Person) -> None:
    remembers(app, "command /incident", {"text": "All read this", "response_type": "in_channel"})
    await maya.types("/incident")
    await tom.sees("All read this")


async def test_an_app_that_takes_too_long_has_timed_out(app: AsyncApp, maya: Person) -> None:
    @app.command("/incident")
    async def listener(ack: Any) -> None:
        await asyncio.sleep(0.8)
        await ack()

    assert await maya.tries("/incident") == {"ok": False, "error": "operation_timeout"}


async def test_an_app_that_fails_has_failed(app: AsyncApp, maya: Person) -> None:
    with pytest.raises(AssertionError, match="dispatch_failed"):
        await maya.types("/incident without a listener")


async def test_nobody_listening_is_a_failure(playground: Playground) -> None:
    maya = Person(playground, MAYA).in_channel(CHECKOUT)
    playground.http.request_url = "http://127.0.0.1:9/nobody"
    assert await maya.tries("/incident") == {"ok": False, "error": "dispatch_failed"}


async def test_an_unknown_command_goes_nowhere(app: AsyncApp, maya: Person) -> None:
    assert await maya.tries("/accident") == {"ok": False, "error": "unknown_command"}


async def test_requests_are_signed(playground: Playground, app: AsyncApp, maya: Person) -> None:
    remembers(app, "command /incident")
    playground.http._secret = "another secret"
    assert (await maya.tries("/incident"))["error"] == "dispatch_failed"


# --- submitting ------------------------------------------------------------------------------------------


async def test_a_submission_carries_every_kind_of_value(app: AsyncApp, maya: Person) -> None:
    opens(
        app,
        form(
            "All kinds",
            entry("Title", "plain_text_input"),
            entry("Due", "datepicker"),
            entry("Priority", "static_select", options=options("low", "urgent")),
            entry("Assignee", "users_select"),
            entry("Watchers", "multi_users_select"),
            entry("Channel", "conversations_select"),
            entry("Kinds", "checkboxes", options=options("fix", "learn")),
            entry("Effort", "radio_buttons", options=options("small", "big")),
            entry("Points", "number_input", is_decimal_allowed=False),
            entry("Link", "url_text_input"),
            entry("Mail", "email_text_input"),
            entry("Labels", "multi_external_select", min_query_length=0),
        ),
    )
    bodies = remembers(app, "view form")
    remembers(app, "options labels", {"options": options("tls", "dns")})
    await maya.types("/incident")
    errors = await (await maya.modal("All kinds")).submits(
        Title="Rotate & renew",
        Due="2026-12-01",
        Priority="Urgent",
        Assignee="priya",
        Watchers=["tom", MAYA],
        Channel="general",
        Kinds=["Learn"],
        Effort="Big",
        Points=3,
        Link="https://x.example",
        Mail="a@x.example",
        Labels=["Tls"],
    )
    assert errors == {}
    values = {key: one[key] for key, one in bodies[0]["view"]["state"]["values"].items()}
    low, urgent = options("low", "urgent")
    completed = {"text": urgent["text"] | {"emoji": True}, "value": "urgent"}
    assert values["title"] == {"type": "plain_text_input", "value": "Rotate & renew"}
    assert values["due"] == {"type": "datepicker", "selected_date": "2026-12-01"}
    assert values["priority"] == {"type": "static_select", "selected_option": completed}
    assert values["assignee"] == {"type": "users_select", "selected_user": "U0PRIYA"}
    assert values["watchers"]["selected_users"] == [TOM, MAYA]
    assert values["channel"]["selected_conversation"] == "C0GENERAL"
    assert [option["value"] for option in values["kinds"]["selected_options"]] == ["learn"]
    assert values["effort"]["selected_option"]["value"] == "big"
    assert values["points"] == {"type": "number_input", "value": "3"}
    assert values["link"]["value"] == "https://x.example"
    assert values["mail"]["value"] == "a@x.example"
    assert [option["value"] for option in values["labels"]["selected_options"]] == ["tls"]
    assert low not in values.values()
    assert maya.modals == []


@pytest.mark.parametrize(
    ("block", "value", "complaint"),
    [
        (entry("Title", "plain_text_input"), "", "required field"),
        (entry("Title", "plain_text_input", min_length=3), "ab", "at least 3"),
        (entry("Title", "plain_text_input", max_length=3), "abcd", "at most 3"),
        (entry("Title", "url_text_input"), "not a link", "valid URL"),
        (entry("Title", "email_text_input"), "nobody", "valid email"),
        (entry("Title", "number_input", is_decimal_allowed=False), "1.5", "whole number"),
        (entry("Title", "number_input", is_decimal_allowed=True, max_value="2"), "2.5", "2 or less"),
        (entry("Title", "multi_users_select", max_selected_items=1), [MAYA, TOM], "at most 1"),
    ],
)
async def test_slack_itself_refuses_what_the_elements_forbid(
    app: AsyncApp, maya: Person, block: Json, value: Any, complaint: str
) -> None:
    opens(app, form("Form", block))
    bodies = remembers(app, "view form")
    await maya.types("/incident")
    errors = await (await maya.modal()).submits(Title=value)
    assert complaint in errors["Title"]
    assert bodies == []


async def test_errors_come_back_on_the_fields(app: AsyncApp, maya: Person) -> None:
    opens(app, form())
    remembers(app, "view form", {"response_action": "errors", "errors": {"title": "Not like this"}})
    await maya.types("/incident")
    modal = await maya.modal()
    assert await modal.submits(Title="x") == {"Title": "Not like this"}
    assert modal.is_open
    assert modal.field("Title") == "x"


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "Not like this"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "update"},
        {"response_action": "explode"},
    ],
)
async def test_an_answer_slack_would_not_take_is_trouble(
    playground: Playground, app: AsyncApp, maya: Person, answer: Json
) -> None:
    opens(app, form())

    @app.middleware
    async def answers(body: Json, next_: Any) -> Any:
        return (
            BoltResponse(status=200, body=answer) if body.get("type") == "view_submission" else await next_()
        )

    await maya.types("/incident")
    modal = await maya.modal()
    with pytest.raises(AssertionError, match="trouble connecting"):
        await modal.submits(Title="x")
    assert playground.problems
    assert modal.is_open


async def test_a_submission_may_update_push_and_clear(app: AsyncApp, maya: Person) -> None:
    steps: Iterator[Json] = iter(
        [
            {"response_action": "update", "view": form("Second")},
            {"response_action": "push", "view": form("Third")},
            {"response_action": "clear"},
        ]
    )
    opens(app, form("First"))

    @app.view("form")
    async def listener(ack: Any) -> None:
        await ack(**next(steps))

    await maya.types("/incident")
    first = await maya.modal("First")
    await first.submits(Title="a")
    second = await maya.modal("Second")
    assert second.view.id == first.view.id
    await second.submits(Title="b")
    third = await maya.modal("Third")
    assert len(maya.modals) == 2
    await third.submits(Title="c")
    assert maya.modals == []


async def test_an_app_that_fails_at_a_submission_is_trouble(app: AsyncApp, maya: Person) -> None:
    opens(app, form())
    await maya.types("/incident")
    modal = await maya.modal()
    with pytest.raises(AssertionError, match=r"operation_timeout|dispatch_failed"):
        await modal.submits(Title="x")
    assert TROUBLE.startswith("We had some trouble")
    assert modal.is_open


# --- closing ---------------------------------------------------------------------------------------------


async def test_closing_is_told_to_views_that_ask(app: AsyncApp, maya: Person) -> None:
    opens(app, form(notify_on_close=True))
    bodies: list[Json] = []

    @app.view_closed("form")
    async def listener(ack: Any, body: Json) -> None:
        bodies.append(body)
        await ack()

    await maya.types("/incident")
    await (await maya.modal()).closes()
    await maya.types("/incident")
    await (await maya.modal()).closes(everything=True)
    assert [body["is_cleared"] for body in bodies] == [False, True]
    assert [body["view"]["callback_id"] for body in bodies] == ["form", "form"]


async def test_the_cross_closes_the_whole_stack_and_tells_of_the_root(
    playground: Playground, app: AsyncApp, client: AsyncWebClient, maya: Person
) -> None:
    bodies: list[Json] = []

    @app.view_closed("form")
    async def listener(ack: Any, body: Json) -> None:
        bodies.append(body)
        await ack()

    root = playground.modals.open(MAYA, form("Root", notify_on_close=True))
    playground.modals.push(MAYA, form("Top", notify_on_close=True))
    await maya.modals[-1].closes(everything=True)
    assert [body["view"]["id"] for body in bodies] == [root.id]
    assert maya.modals == []


async def test_clear_on_close_takes_the_stack_along(
    playground: Playground, app: AsyncApp, maya: Person
) -> None:
    playground.modals.open(MAYA, form("Root"))
    playground.modals.push(MAYA, form("Top", clear_on_close=True))
    await maya.modals[-1].closes()
    assert maya.modals == []
