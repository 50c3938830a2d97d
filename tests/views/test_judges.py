"""The judges see what they are there to see: each limit of Slack's is crossed once."""

from typing import Any

import pytest

from tests.views.judges import errors

Json = dict[str, Any]


def text(length: int, kind: str = "plain_text") -> Json:
    return {"type": kind, "text": "x" * length, **({"verbatim": True} if kind == "mrkdwn" else {})}


def mrkdwn(words: str) -> Json:
    return {"type": "mrkdwn", "text": words, "verbatim": True}


def section(**fields: Any) -> Json:
    return {"type": "section", "text": text(1, "mrkdwn"), **fields}


def button(number: int = 0, **fields: Any) -> Json:
    return {"type": "button", "text": text(1), "action_id": f"b{number}", **fields}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(number: int = 0, **fields: Any) -> Json:
    return {"text": text(1), "value": str(number), **fields}


def select(options: list[Json], **fields: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": options, **fields}


def text_input(number: int = 0, label: int = 1, **fields: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": f"i{number}", "max_length": 3000, **fields}
    return {"type": "input", "block_id": f"i{number}", "label": text(label), "element": element}


def modal(*blocks: Json, **fields: Any) -> Json:
    return {"type": "modal", "title": text(1), "close": text(1), "blocks": list(blocks), **fields}


def message(*blocks: Json, words: str = "x") -> Json:
    return {"text": words, "blocks": list(blocks)}


FINE = {
    "a message": message(section(), actions(button())),
    "a modal": modal(section(), text_input(), submit=text(1)),
    "a hundred blocks": modal(*[section()] * 100),
    "a hundred options": message(actions(select([option(number) for number in range(100)]))),
    "asking at once": modal(
        {
            "type": "input",
            "block_id": "t",
            "label": text(1),
            "element": {"type": "external_select", "action_id": "t", "min_query_length": 0},
        },
        submit=text(1),
    ),
}

WRONG = {
    "no blocks": modal(),
    "101 blocks in a view": modal(*[section()] * 101),
    "51 blocks in a message": message(*[section()] * 51),
    "a title of 25": modal(section(), title=text(25)),
    "a submit of 25": modal(section(), submit=text(25)),
    "a close of 25": modal(section(), close=text(25)),
    "metadata of 3001": modal(section(), private_metadata="x" * 3001),
    "a callback id of 256": modal(section(), callback_id="x" * 256),
    "an external id of 256": modal(section(), external_id="x" * 256),
    "a view past 250 KB": modal(*[section(text=text(2999, "mrkdwn"))] * 90),
    "text of 4001": message(section(), words="x" * 4001),
    "no text": message(section(), words=""),
    "a section of 3001": message(section(text=text(3001, "mrkdwn"))),
    "a section of nothing": message(section(text=text(0, "mrkdwn"))),
    "11 elements in a context": message({"type": "context", "elements": [text(1, "mrkdwn")] * 11}),
    "no elements in a context": message({"type": "context", "elements": []}),
    "26 elements in actions": message(actions(*[button(number) for number in range(26)])),
    "no elements in actions": message(actions()),
    "a button of 76": message(actions(button(text=text(76)))),
    "a button's value of 2001": message(actions(button(value="x" * 2001))),
    "a button in mrkdwn": message(actions(button(text=text(1, "mrkdwn")))),
    "a button of an unknown style": message(actions(button(style="loud"))),
    "an option of 76": message(actions(select([option(text=text(76))]))),
    "an option's value of 151": message(actions(select([option(value="x" * 151)]))),
    "101 options": message(actions(select([option(number) for number in range(101)]))),
    "two options of one value": message(actions(select([option(), option()]))),
    "an initial option not on offer": message(actions(select([option()], initial_option=option(1)))),
    "6 options in a menu": message(
        actions({"type": "overflow", "action_id": "m", "options": [option(number) for number in range(6)]})
    ),
    "a label of 2001": modal(text_input(label=2001), submit=text(1)),
    "a longest length of 3001": modal(text_input(max_length=3001), submit=text(1)),
    "an initial value past its longest": modal(
        text_input(max_length=3, initial_value="xxxx"), submit=text(1)
    ),
    "inputs without submit": modal(text_input()),
    "inputs in a message": message(text_input()),
    "two that take the focus": modal(
        text_input(0, focus_on_load=True), text_input(1, focus_on_load=True), submit=text(1)
    ),
    "one block id twice": message(section(block_id="x"), section(block_id="x")),
    "one action id twice": message(actions(button()), actions(button())),
    "an action id of 256": message(actions(button(action_id="x" * 256))),
    "an unknown block": message({"type": "sectoin", "text": text(1)}),
    "an unknown key": message(section(colour="red")),
    "a mention that was typed": message(section(text=mrkdwn("<!here>"))),
    "an ampersand as it is": message(section(text=mrkdwn("a & b"))),
    "a typed @here made a mention": message(section(text={"type": "mrkdwn", "text": "@here"})),
}


@pytest.mark.parametrize("name", FINE)
def test_what_slack_takes_has_no_errors(name: str) -> None:
    assert errors(FINE[name]) == []


@pytest.mark.parametrize("name", WRONG)
def test_what_slack_refuses_has_errors(name: str) -> None:
    assert errors(WRONG[name]) != []
