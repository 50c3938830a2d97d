"""Block Kit's blocks, and on which surfaces each of them may stand."""

from __future__ import annotations

from typing import Any, Final

from playground.composition import any_text, plain_text, slack_file
from playground.elements import (
    button,
    image,
    in_actions,
    in_context,
    in_context_actions,
    in_input,
    in_section,
)
from playground.rich_text import rich_text
from playground.shapes import (
    Check,
    Report,
    Rule,
    Shape,
    anything,
    at_least_one,
    boolean,
    by_type,
    exactly_one,
    identifier,
    integer,
    many,
    number,
    one_of,
    shape,
    string,
    url,
)

MARKDOWN: Final = 12_000
CATEGORIES: Final = 20

_TYPE: Final = {"type": string(40)}
_ID: Final = {"block_id": identifier}


def _block(required: dict[str, Check], optional: dict[str, Check] | None = None, *rules: Rule) -> Check:
    return shape(_TYPE | required, _ID | (optional or {}), rules)


def _files_in_modals(block: Shape, at: str, report: Report) -> None:
    if block["element"]["type"] == "file_input" and report.surface != "modal":
        report.error(f"{at}/element", "unsupported type: file_input")


def _same_width(block: Shape, at: str, report: Report) -> None:
    if len({len(row) for row in block["rows"]}) > 1:
        report.error(f"{at}/rows", "all rows must have the same number of cells")


def _plain_header(block: Shape, at: str, report: Report) -> None:
    if any(cell["type"] == "rich_text" for cell in block["rows"][0]):
        report.error(f"{at}/rows/0", "the header row must not have rich_text cells")


def _points_match(block: Shape, at: str, report: Report) -> None:
    """One point for each category, and series of different names."""
    chart = block["chart"]
    series = chart.get("series") or []
    categories = (chart.get("axis_config") or {}).get("categories")
    if len({one["name"] for one in series}) < len(series):
        report.error(f"{at}/chart/series", "series names must be unique")
    for index, one in enumerate(series):
        if [point["label"] for point in one["data"]] != categories:
            report.error(f"{at}/chart/series/{index}/data", "must have one point for each category")


def _positive(value: Any, at: str, report: Report) -> None:
    number(value, at, report)
    if isinstance(value, (int, float)) and value <= 0:
        report.error(at, "must be more than 0")


_card: Final = _block(
    {},
    {
        "hero_image": image,
        "icon": image,
        "slack_icon": anything,
        "title": any_text(150),
        "subtitle": any_text(150),
        "body": any_text(200),
        "subtext": any_text(200),
        "actions": many(by_type({"button": button}), 3),
    },
    at_least_one("hero_image", "title", "actions", "body"),
)

_raw: Final = shape(_TYPE | {"text": string(3000, 0)})
_table_cell: Final = by_type({"raw_text": _raw, "rich_text": rich_text})
_data_cell: Final = by_type(
    {
        "raw_text": _raw,
        "raw_number": shape(_TYPE | {"value": number}, {"text": string(255)}),
        "rich_text": rich_text,
    }
)
_point: Final = shape({"label": string(20), "value": number})
_axes: Final = shape(
    {"categories": many(string(20), CATEGORIES)}, {"x_label": string(50), "y_label": string(50)}
)
_series: Final = shape({"name": string(20), "data": many(_point, CATEGORIES)})
_lines: Final = shape(_TYPE | {"series": many(_series, 6), "axis_config": _axes})
_pie: Final = shape(_TYPE | {"segments": many(shape({"label": string(20), "value": _positive}), 6)})
_chart: Final = by_type({"pie": _pie, "bar": _lines, "area": _lines, "line": _lines})

SIMPLE: Final[dict[str, Check]] = {
    "section": _block(
        {},
        {
            "text": any_text(3000),
            "fields": many(any_text(2000), 10),
            "accessory": in_section,
            "expand": boolean,
        },
        at_least_one("text", "fields"),
    ),
    "divider": _block({}),
    "header": _block({"text": plain_text(150)}, {"level": integer(1, 4)}),
    "context": _block({"elements": many(in_context, 10)}),
    "actions": _block({"elements": many(in_actions, 25)}),
    "image": _block(
        {"alt_text": string(2000)},
        {"image_url": url, "slack_file": slack_file, "title": plain_text(2000)},
        exactly_one("image_url", "slack_file"),
    ),
    "input": _block(
        {"label": plain_text(2000), "element": in_input},
        {"hint": plain_text(2000), "optional": boolean, "dispatch_action": boolean},
        _files_in_modals,
    ),
    "alert": _block(
        {"text": any_text(200)}, {"level": one_of("default", "info", "warning", "error", "success")}
    ),
    "rich_text": rich_text,
    "card": _card,
    "carousel": _block({"elements": many(by_type({"card": _card}), 10)}),
    "video": _block(
        {"alt_text": string(2000), "title": plain_text(200), "video_url": url, "thumbnail_url": url},
        {
            "author_name": string(50),
            "description": plain_text(200),
            "provider_icon_url": url,
            "provider_name": string(50),
            "title_url": url,
        },
    ),
    "context_actions": _block({"elements": many(in_context_actions, 5)}),
    "markdown": _block({"text": string(MARKDOWN)}),
    "file": _block({"external_id": identifier, "source": one_of("remote")}),
    "table": _block(
        {"rows": many(many(_table_cell, 20), 100)},
        {"column_settings": many(anything, 20)},
        _same_width,
    ),
    "data_table": _block(
        {"caption": string(255), "rows": many(many(_data_cell, 20), 101, 2)},
        {"page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
        _same_width,
        _plain_header,
    ),
    "data_visualization": _block({"title": string(50), "chart": _chart}, {}, _points_match),
    "task_card": _block(
        {"task_id": identifier, "title": string(255)},
        {"details": rich_text, "output": rich_text, "sources": many(anything, 100), "status": string(40)},
    ),
    "plan": _block({"title": string(255)}, {"tasks": many(anything, 50)}),
}

BLOCKS: Final[dict[str, Check]] = SIMPLE | {
    "container": _block(
        {"title": any_text(150), "child_blocks": many(by_type(SIMPLE), 10)},
        {
            "subtitle": any_text(150),
            "icon": image,
            "width": one_of("narrow", "standard", "wide", "full"),
            "is_collapsible": boolean,
            "default_collapsed": boolean,
        },
    ),
}

_MESSAGE_ONLY: Final = frozenset({"context_actions", "file", "markdown", "plan", "task_card"})
_MODAL: Final = frozenset(
    {
        "actions",
        "alert",
        "card",
        "context",
        "divider",
        "header",
        "image",
        "input",
        "rich_text",
        "section",
        "video",
    }
)

SURFACES: Final[dict[str, frozenset[str]]] = {
    "modal": _MODAL,
    "home": frozenset(BLOCKS) - _MESSAGE_ONLY - {"alert"},
    "message": frozenset(BLOCKS) - {"alert"},
}
