"""Block Kit's rules for whole views, messages and option lists: the parts, then what holds between them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from playground.block_kinds import BLOCKS, MARKDOWN, SURFACES
from playground.composition import OPTIONS, distinct_values, option_group, plain_option, plain_text
from playground.records import Json
from playground.shapes import Check, Report, boolean, by_type, exactly_one, many, shape, string

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
VIEW_BYTES: Final = 250_000
# How many of a kind one message may have.
AT_MOST: Final = {"table": 1, "data_visualization": 2}

_SHARED: Final[dict[str, Check]] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}


def _blocks_for(surface: str) -> Check:
    return by_type({kind: BLOCKS[kind] for kind in SURFACES[surface]})


_VIEWS: Final = by_type(
    {
        "modal": shape(
            {
                "type": string(10),
                "title": plain_text(24),
                "blocks": many(_blocks_for("modal"), VIEW_BLOCKS),
            },
            _SHARED
            | {
                "submit": plain_text(24),
                "close": plain_text(24),
                "clear_on_close": boolean,
                "notify_on_close": boolean,
                "submit_disabled": boolean,
            },
        ),
        "home": shape(
            {"type": string(10), "blocks": many(_blocks_for("home"), VIEW_BLOCKS)},
            _SHARED,
        ),
    }
)
_MESSAGE_BLOCKS: Final = many(_blocks_for("message"), MESSAGE_BLOCKS, 0)
_OPTIONS: Final = shape(
    {},
    {"options": many(plain_option, OPTIONS, 0), "option_groups": many(option_group, OPTIONS, 0)},
    [exactly_one("options", "option_groups"), distinct_values],
)


def view_errors(view: Json) -> list[str]:
    """What Slack would say against a modal or Home view; empty when nothing."""
    report = Report(str(view.get("type")) if isinstance(view, dict) else "")
    _VIEWS(view, "/view", report)
    if not report.messages:
        _between_blocks(view["blocks"], "/view/blocks", report)
        has_input = any(block["type"] == "input" for block in view["blocks"])
        if view["type"] == "modal" and has_input and not view.get("submit"):
            report.error("/view", "missing required field: submit (there are input blocks)")
        if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES:
            report.error("/view", f"must be less than {VIEW_BYTES + 1} bytes")
    return report.messages


def message_errors(message: Json) -> list[str]:
    """What Slack would say against a message's blocks; empty when nothing."""
    report = Report("message")
    blocks = message.get("blocks") if isinstance(message, dict) else None
    if blocks is None:
        return []
    _MESSAGE_BLOCKS(blocks, "/blocks", report)
    if not report.messages:
        _between_blocks(blocks, "/blocks", report)
        _once_per_message(blocks, report)
    return report.messages


def options_errors(answer: Json) -> list[str]:
    """What Slack would say against the answer to a block_suggestion; empty when nothing."""
    report = Report("options")
    _OPTIONS(answer, "", report)
    return report.messages


def _once_per_message(blocks: list[Json], report: Report) -> None:
    kinds = Counter(block["type"] for block in blocks)
    for kind, most in AT_MOST.items():
        if kinds[kind] > most:
            report.error("/blocks", f"no more than {most} {kind} allowed in a message")
    written = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if written > MARKDOWN:
        report.error("/blocks", f"markdown blocks must have less than {MARKDOWN + 1} characters together")


def _between_blocks(blocks: list[Json], at: str, report: Report) -> None:
    """Ids that must differ, and one focus."""
    seen: dict[str, set[str]] = {"block_id": set(), "action_id": set()}
    focused = 0
    for index, block in enumerate(blocks):
        for where, part in _parts(block, f"{at}/{index}"):
            for name, known in seen.items():
                given = part.get(name)
                if given is None:
                    continue
                if given in known:
                    report.error(f"{where}/{name}", f"`{name}` {given} already exists")
                known.add(given)
            focused += part.get("focus_on_load") is True
    if focused > 1:
        report.error(at, "only one element can have focus_on_load")


def _parts(value: Any, at: str) -> Iterator[tuple[str, Json]]:
    """An object and every object inside it, with where they are."""
    if isinstance(value, dict):
        yield at, value
        for name, part in value.items():
            yield from _parts(part, f"{at}/{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _parts(part, f"{at}/{index}")
