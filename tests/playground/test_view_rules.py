"""Every limit of Block Kit for views, crossed once: as far as it may go, and one step further."""

from collections.abc import Callable
from typing import Any

import pytest

from playground import view_errors

Json = dict[str, Any]
Build = Callable[[int], Json]


def of(kind: str, **rest: Any) -> Json:
    return {"type": kind, **rest}


def plain(text: str = "text") -> Json:
    return of("plain_text", text=text)


def mrkdwn(text: str = "text") -> Json:
    return of("mrkdwn", text=text)


def option(value: str = "v", text: str = "text", **rest: Any) -> Json:
    return {"text": plain(text), "value": value, **rest}


def modal(*blocks: Json, **rest: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "submit": plain("Go"), "blocks": list(blocks)} | rest


def home(*blocks: Json) -> Json:
    return of("home", blocks=list(blocks))


def section(text: str = "text", **rest: Any) -> Json:
    return of("section", text=mrkdwn(text), **rest)


def button(text: str = "Press", **rest: Any) -> Json:
    return of("button", text=plain(text), **rest)


def actions(*elements: Json) -> Json:
    return of("actions", elements=list(elements))


def choices(kind: str, count: int) -> Json:
    return of(kind, options=[option(f"v{index}") for index in range(count)])


def select(*options: Json, **rest: Any) -> Json:
    return of("static_select", options=list(options or [option()]), **rest)


def grouped(*, groups: int = 1, label: str = "label", count: int = 1) -> Json:
    def one(group: int) -> Json:
        return {"label": plain(label), "options": [option(f"{group}/{index}") for index in range(count)]}

    return of("static_select", option_groups=[one(group) for group in range(groups)])


def rich_option(kind: str) -> Json:
    return of(kind, options=[{"text": mrkdwn(), "value": "v"}])


def entry(element: Json, **rest: Any) -> Json:
    return {"type": "input", "label": plain("Label"), "element": element, **rest}


def typed(**rest: Any) -> Json:
    return of("plain_text_input", **rest)


def dispatching(on: str) -> Json:
    return typed(dispatch_action_config={"trigger_actions_on": [on]})


def filtered(kind: str) -> Json:
    return of("conversations_select", filter={"include": [kind]})


def answering() -> Json:
    return of("conversations_select", response_url_enabled=True)


def number(**rest: Any) -> Json:
    return of("number_input", is_decimal_allowed=False, **rest)


def confirm(**rest: Any) -> Json:
    texts = {"title": plain("Sure?"), "text": mrkdwn("Really"), "confirm": plain("Yes"), "deny": plain("No")}
    return texts | rest


def image(**rest: Any) -> Json:
    return {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "A picture"} | rest


def rich(**run: Any) -> Json:
    return of("rich_text", elements=[of("rich_text_section", elements=[run])])


def bullets(**rest: Any) -> Json:
    return of("rich_text_list", style="bullet", elements=[of("rich_text_section", elements=[])], **rest)


# Each: what it is about, the most that is allowed, and a view with so many.
UP_TO: list[tuple[str, int, Build]] = [
    ("title", 24, lambda n: modal(section(), title=plain("t" * n))),
    ("submit", 24, lambda n: modal(section(), submit=plain("t" * n))),
    ("close", 24, lambda n: modal(section(), close=plain("t" * n))),
    ("blocks", 100, lambda n: modal(*[section()] * n)),
    ("private_metadata", 3000, lambda n: modal(section(), private_metadata="m" * n)),
    ("callback_id", 255, lambda n: modal(section(), callback_id="c" * n)),
    ("external_id", 255, lambda n: modal(section(), external_id="c" * n)),
    ("block_id", 255, lambda n: modal(section(block_id="b" * n))),
    ("action_id", 255, lambda n: modal(actions(button(action_id="a" * n)))),
    ("section text", 3000, lambda n: modal(section("t" * n))),
    ("section fields", 10, lambda n: modal({"type": "section", "fields": [plain()] * n})),
    ("section field", 2000, lambda n: modal({"type": "section", "fields": [plain("t" * n)]})),
    ("header", 150, lambda n: modal({"type": "header", "text": plain("t" * n)})),
    ("context elements", 10, lambda n: modal({"type": "context", "elements": [mrkdwn()] * n})),
    ("actions", 25, lambda n: modal(actions(*[button()] * n))),
    ("alert", 200, lambda n: modal({"type": "alert", "text": plain("t" * n)})),
    ("label", 2000, lambda n: modal(entry(typed(), label=plain("l" * n)))),
    ("hint", 2000, lambda n: modal(entry(typed(), hint=plain("h" * n)))),
    ("button text", 75, lambda n: modal(actions(button("b" * n)))),
    ("button value", 2000, lambda n: modal(actions(button(value="v" * n)))),
    ("button url", 3000, lambda n: modal(actions(button(url="https://x.example/".ljust(n, "a"))))),
    ("button label", 75, lambda n: modal(actions(button(accessibility_label="b" * n)))),
    ("confirm title", 100, lambda n: modal(actions(button(confirm=confirm(title=plain("t" * n)))))),
    ("confirm text", 300, lambda n: modal(actions(button(confirm=confirm(text=plain("t" * n)))))),
    ("confirm button", 30, lambda n: modal(actions(button(confirm=confirm(confirm=plain("t" * n)))))),
    ("deny button", 30, lambda n: modal(actions(button(confirm=confirm(deny=plain("t" * n)))))),
    ("overflow", 5, lambda n: modal(actions(choices("overflow", n)))),
    ("option text", 75, lambda n: modal(actions(select(option(text="t" * n))))),
    ("option value", 150, lambda n: modal(actions(select(option("v" * n))))),
    ("option description", 75, lambda n: modal(actions(select(option(description=plain("d" * n)))))),
    ("select", 100, lambda n: modal(actions(choices("static_select", n)))),
    ("group options", 100, lambda n: modal(actions(grouped(count=n)))),
    ("group label", 75, lambda n: modal(actions(grouped(label="l" * n)))),
    ("groups", 100, lambda n: modal(actions(grouped(groups=n)))),
    ("placeholder", 150, lambda n: modal(actions(select(placeholder=plain("p" * n))))),
    ("checkboxes", 10, lambda n: modal(entry(choices("checkboxes", n)))),
    ("radio buttons", 10, lambda n: modal(entry(choices("radio_buttons", n)))),
    (
        "selected",
        2,
        lambda n: modal(entry(of("multi_users_select", max_selected_items=2, initial_users=["U1"] * n))),
    ),
    ("max_length", 3000, lambda n: modal(entry(typed(max_length=n)))),
    ("min_length", 5, lambda n: modal(entry(typed(min_length=n, max_length=5)))),
    ("initial_value", 5, lambda n: modal(entry(typed(initial_value="i" * n, max_length=5)))),
    ("number", 5, lambda n: modal(entry(number(initial_value=str(n), max_value="5")))),
    ("number range", 5, lambda n: modal(entry(number(min_value=str(n), max_value="5")))),
    ("files", 10, lambda n: modal(entry(of("file_input", max_files=n)))),
    ("focus", 1, lambda n: modal(*[entry(typed(focus_on_load=True))] * n)),
    ("image url", 3000, lambda n: modal(image(image_url="https://x.example/".ljust(n, "a")))),
    ("image alt", 2000, lambda n: modal(image(alt_text="a" * n))),
    ("image title", 2000, lambda n: modal(image(title=plain("a" * n)))),
    ("card title", 150, lambda n: modal({"type": "card", "title": plain("t" * n)})),
    ("card subtitle", 150, lambda n: modal({"type": "card", "title": plain(), "subtitle": plain("t" * n)})),
    ("card body", 200, lambda n: modal({"type": "card", "body": mrkdwn("t" * n)})),
    ("card actions", 3, lambda n: modal({"type": "card", "actions": [button()] * n})),
    ("rich list", 8, lambda n: modal({"type": "rich_text", "elements": [bullets(indent=n)]})),
]


@pytest.mark.parametrize(("most", "build"), [one[1:] for one in UP_TO], ids=[one[0] for one in UP_TO])
def test_a_view_may_have_so_many_and_no_more(most: int, build: Build) -> None:
    assert view_errors(build(most)) == []
    assert view_errors(build(most + 1)) != []


# Each: what it is about, how it may be, and how not.
SO_AND_NOT_SO: list[tuple[str, Json, Json]] = [
    ("title is plain", modal(section()), modal(section(), title=mrkdwn())),
    ("some block", modal(section()), modal()),
    ("known keys", modal(section(), notify_on_close=True), modal(section(), hash="1.2")),
    ("a title", modal(section()), {"type": "modal", "blocks": [section()]}),
    ("known views", modal(section()), modal(section()) | {"type": "window"}),
    ("submit with input", modal(entry(typed())), modal(entry(typed()), submit=None)),
    ("250 KB", modal(*[section("ä" * 1000)] * 99), modal(*[section("ä" * 1300)] * 99)),
    ("a block_id once", modal(section(block_id="a")), modal(*[section(block_id="a")] * 2)),
    (
        "an action_id once",
        modal(actions(button(action_id="a"))),
        modal(*[actions(button(action_id="a"))] * 2),
    ),
    ("text", modal(section("t")), modal(section(""))),
    ("text keys", modal(section()), modal({"type": "section", "text": mrkdwn() | {"emoji": True}})),
    ("text or fields", modal({"type": "section", "fields": [plain()]}), modal({"type": "section"})),
    ("accessories", modal(section(accessory=button())), modal(section(accessory=typed()))),
    ("section keys", modal(section(expand=True)), modal(section(colour="red"))),
    ("header is plain", modal(of("header", text=plain())), modal(of("header", text=mrkdwn()))),
    ("context elements", modal(of("context", elements=[image()])), modal(of("context", elements=[button()]))),
    ("context has some", modal(of("context", elements=[plain()])), modal(of("context", elements=[]))),
    ("actions have some", modal(actions(button())), modal(actions())),
    ("action elements", modal(actions(choices("overflow", 1))), modal(actions(typed()))),
    (
        "alert level",
        modal(of("alert", text=plain(), level="error")),
        modal(of("alert", text=plain(), level="loud")),
    ),
    ("divider keys", modal(of("divider")), modal(of("divider", text=plain()))),
    ("known blocks", modal(of("divider")), modal(of("separator"))),
    ("label is plain", modal(entry(typed())), modal(entry(typed(), label=mrkdwn()))),
    ("input elements", modal(entry(choices("static_select", 1))), modal(entry(button()))),
    ("optional", modal(entry(typed(), optional=True)), modal(entry(typed(), optional="yes"))),
    ("button is plain", modal(actions(button())), modal(actions(button() | {"text": mrkdwn()}))),
    ("a real url", modal(actions(button(url="https://x.example"))), modal(actions(button(url="x.example")))),
    ("button style", modal(actions(button(style="danger"))), modal(actions(button(style="default")))),
    (
        "deny button",
        modal(actions(button(confirm=confirm()))),
        modal(actions(button(confirm=confirm(deny=None)))),
    ),
    ("overflow has some", modal(actions(choices("overflow", 1))), modal(actions(choices("overflow", 0)))),
    ("mrkdwn option", modal(entry(rich_option("checkboxes"))), modal(entry(rich_option("static_select")))),
    (
        "option values",
        modal(actions(select(option("a"), option("b")))),
        modal(actions(select(option("a"), option("a")))),
    ),
    ("options", modal(actions(select(option()))), modal(actions(of("static_select")))),
    (
        "initial option",
        modal(actions(select(option("a"), initial_option=option("a")))),
        modal(actions(select(option("a"), initial_option=option("b")))),
    ),
    (
        "initial option's text",
        modal(actions(select(option("a"), initial_option=option("a")))),
        modal(actions(select(option("a"), initial_option=option("a", "other")))),
    ),
    (
        "selectable",
        modal(entry(of("multi_external_select", max_selected_items=1))),
        modal(entry(of("multi_external_select", max_selected_items=0))),
    ),
    (
        "query length",
        modal(entry(of("external_select", min_query_length=0))),
        modal(entry(of("external_select", min_query_length=-1))),
    ),
    ("max_length", modal(entry(typed(max_length=1))), modal(entry(typed(max_length=0)))),
    (
        "date",
        modal(entry(of("datepicker", initial_date="2026-11-30"))),
        modal(entry(of("datepicker", initial_date="2026-11-31"))),
    ),
    (
        "time",
        modal(entry(of("timepicker", initial_time="09:30"))),
        modal(entry(of("timepicker", initial_time="9:30"))),
    ),
    (
        "moment",
        modal(entry(of("datetimepicker", initial_date_time=1_795_420_800))),
        modal(entry(of("datetimepicker", initial_date_time=1.5))),
    ),
    ("decimals", modal(entry(number())), modal(entry(of("number_input")))),
    ("whole numbers", modal(entry(number(initial_value="3"))), modal(entry(number(initial_value="3.5")))),
    ("numbers are text", modal(entry(number(min_value="1"))), modal(entry(number(min_value=1)))),
    ("dispatching", modal(entry(dispatching("on_enter_pressed"))), modal(entry(dispatching("on_click")))),
    ("filter", modal(entry(filtered("private"))), modal(entry(filtered("secret")))),
    ("one image", modal(image()), modal(image(slack_file={"id": "F1"}))),
    ("card content", modal(of("card", title=plain())), modal(of("card", subtitle=plain()))),
    ("rich text", modal(rich(type="text", text="hi")), modal(rich(type="words", text="hi"))),
    (
        "rich style",
        modal(rich(type="text", text="hi", style={"bold": True})),
        modal(rich(type="text", text="hi", style={"loud": True})),
    ),
    ("rich user", modal(rich(type="user", user_id="U1")), modal(rich(type="user"))),
    ("only in messages", modal(of("divider")), modal(of("markdown", text="hi"))),
    ("home keys", home(section()), home(section()) | {"title": plain()}),
    ("no alert at home", modal(of("alert", text=plain())), home(of("alert", text=plain()))),
    ("response urls", modal(entry(answering())), home(entry(answering()))),
]


@pytest.mark.parametrize(
    ("so", "not_so"), [one[1:] for one in SO_AND_NOT_SO], ids=[one[0] for one in SO_AND_NOT_SO]
)
def test_a_view_may_be_so_and_not_so(so: Json, not_so: Json) -> None:
    assert view_errors(so) == []
    assert view_errors(not_so) != []
