"""Block Kit's limits for messages and suggested options, and how an error reads."""

from collections.abc import Callable
from typing import Any

import pytest

from playground import message_errors, options_errors, view_errors

Json = dict[str, Any]
Build = Callable[[int], list[Json]]


def plain(text: str = "text") -> Json:
    return {"type": "plain_text", "text": text}


def section(**rest: Any) -> Json:
    return {"type": "section", "text": plain(), **rest}


def entry(kind: str) -> Json:
    return {"type": "input", "label": plain(), "element": {"type": kind}}


def markdown(length: int) -> Json:
    return {"type": "markdown", "text": "m" * length}


def pie(segments: int) -> Json:
    parts = [{"label": f"s{index}", "value": 1} for index in range(segments)]
    return {"type": "data_visualization", "title": "Open", "chart": {"type": "pie", "segments": parts}}


def bars(*labels: str) -> Json:
    series = [{"name": "opened", "data": [{"label": label, "value": 1} for label in labels]}]
    chart = {"type": "bar", "series": series, "axis_config": {"categories": ["Mon", "Tue"]}}
    return {"type": "data_visualization", "title": "Open", "chart": chart}


def table(*widths: int) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * width for width in widths]}


def data_table(*widths: int, **rest: Any) -> Json:
    return table(*widths) | {"type": "data_table", "caption": "Open follow-ups"} | rest


def container(children: int) -> Json:
    return {"type": "container", "title": plain(), "child_blocks": [section()] * children}


def carousel(cards: int) -> Json:
    return {"type": "carousel", "elements": [{"type": "card", "title": plain()}] * cards}


UP_TO: list[tuple[str, int, Build]] = [
    ("blocks", 50, lambda n: [section()] * n),
    ("markdown", 12_000, lambda n: [markdown(n)]),
    ("markdown together", 6_000, lambda n: [markdown(6_000), markdown(n)]),
    ("tables", 1, lambda n: [table(2, 2)] * n),
    ("table rows", 100, lambda n: [table(*[1] * n)]),
    ("table columns", 20, lambda n: [table(n)]),
    ("charts", 2, lambda n: [pie(2)] * n),
    ("segments", 6, lambda n: [pie(n)]),
    ("rows on a page", 100, lambda n: [data_table(2, 2, page_size=n)]),
    ("rows of data", 101, lambda n: [data_table(*[2] * n)]),
    ("children", 10, lambda n: [container(n)]),
    ("cards", 10, lambda n: [carousel(n)]),
]


@pytest.mark.parametrize(("most", "build"), [one[1:] for one in UP_TO], ids=[one[0] for one in UP_TO])
def test_a_message_may_have_so_many_and_no_more(most: int, build: Build) -> None:
    assert message_errors({"blocks": build(most)}) == []
    assert message_errors({"blocks": build(most + 1)}) != []


SO_AND_NOT_SO: list[tuple[str, Json, Json]] = [
    ("no alert", section(), {"type": "alert", "text": plain()}),
    ("even rows", table(2, 2), table(2, 3)),
    ("a point for each", bars("Mon", "Tue"), bars("Mon")),
    ("a caption", data_table(2, 2), table(2, 2) | {"type": "data_table"}),
    ("no files", entry("plain_text_input"), entry("file_input")),
]


@pytest.mark.parametrize(
    ("so", "not_so"), [one[1:] for one in SO_AND_NOT_SO], ids=[one[0] for one in SO_AND_NOT_SO]
)
def test_a_message_may_be_so_and_not_so(so: Json, not_so: Json) -> None:
    assert message_errors({"blocks": [so]}) == []
    assert message_errors({"blocks": [not_so]}) != []


def test_a_message_needs_no_blocks() -> None:
    assert message_errors({"text": "hello"}) == []
    assert message_errors({"text": "hello", "blocks": []}) == []


def option(value: str = "v") -> Json:
    return {"text": plain(), "value": value}


OPTIONS: list[tuple[Json, bool]] = [
    ({"options": [option(f"v{index}") for index in range(100)]}, True),
    ({"options": []}, True),
    ({"options": [option(f"v{index}") for index in range(101)]}, False),
    ({"option_groups": [{"label": plain(), "options": [option()]}]}, True),
    ({"options": [option()], "option_groups": []}, False),
    ({}, False),
    ({"options": [{"text": "bare", "value": "v"}]}, False),
    ({"options": [option("same"), option("same")]}, False),
]


@pytest.mark.parametrize(("answer", "fine"), OPTIONS)
def test_suggested_options_have_rules_too(answer: Json, fine: bool) -> None:
    assert (options_errors(answer) == []) is fine


def test_an_error_says_what_is_wrong_and_where() -> None:
    empty = section() | {"text": plain("")}
    view = {"type": "modal", "title": plain("t" * 25), "blocks": [section(), empty]}
    assert view_errors(view) == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]",
        "[ERROR] must be more than 0 characters [json-pointer:/view/blocks/1/text/text]",
    ]


@pytest.mark.parametrize("value", [None, [], "view", 3, {"type": ["modal"]}, {"type": "modal", "blocks": {}}])
def test_anything_at_all_can_be_judged_as_a_view(value: Any) -> None:
    assert view_errors(value) != []


@pytest.mark.parametrize("blocks", ["text", {"type": "section"}, [None], [{"type": None}], [[]]])
def test_anything_at_all_can_be_judged_as_blocks(blocks: Any) -> None:
    assert message_errors({"blocks": blocks}) != []
