"""What a person reads on a surface: its visible texts, and which blocks belong together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from playground.inputs import NOTATIONS, elements_of, value_in
from playground.records import Json
from playground.workspace import Workspace

RICH: Final[dict[str, Callable[[Json], str]]] = {
    "text": lambda run: run["text"],
    "link": lambda run: run.get("text") or run["url"],
    "user": lambda run: f"<@{run['user_id']}>",
    "usergroup": lambda run: f"<!subteam^{run['usergroup_id']}>",
    "channel": lambda run: f"<#{run['channel_id']}>",
    "emoji": lambda run: f":{run['name']}:",
    "broadcast": lambda run: f"<!{run['range']}>",
    "date": lambda run: run.get("fallback") or str(run["timestamp"]),
}

# Where a new item begins or an old one ends, when looking for what stands beside a text.
ITEM_STARTS: Final = frozenset({"section", "card", "rich_text", "container"})
ITEM_ENDS: Final = frozenset({"divider", "header"})


def texts(value: Any) -> Iterator[str]:
    """Every visible text within a block, in order. Options of menus are not visible before they open."""
    if isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, dict):
        yield from _texts_of(value)


def _texts_of(value: Json) -> Iterator[str]:
    kind = value.get("type")
    if kind == "rich_text":
        yield _rich(value)
    elif kind in {"plain_text", "mrkdwn", "markdown", "raw_text"} and isinstance(value.get("text"), str):
        yield value["text"]
    elif kind == "image":
        yield value["alt_text"]
    else:
        for name, part in value.items():
            if name not in {"options", "option_groups", "confirm", "placeholder"}:
                yield from texts(part)


def _rich(value: Json) -> str:
    if "elements" in value:
        joint = "\n" if value["type"] in {"rich_text", "rich_text_list"} else ""
        return joint.join(_rich(part) for part in value["elements"])
    read = RICH.get(value.get("type", ""))
    return read(value) if read else ""


def visible_text(blocks: list[Json], state: Json | None = None) -> str:
    """All that can be read, a line for each text, with what is entered in the inputs."""
    lines: list[str] = []
    for block in blocks:
        lines += texts(block)
        for element in elements_of(block):
            entered = (state or {}).get(str(block.get("block_id")), {}).get(str(element.get("action_id")))
            if entered and element["type"] in NOTATIONS:
                shown = shown_value(value_in(entered))
                lines += shown if isinstance(shown, list) else [str(shown)] if shown else []
    return "\n".join(lines)


def shown_value(value: Any) -> Any:
    """An entered value as it is shown: options by their text."""
    if isinstance(value, list):
        return [shown_value(one) for one in value]
    if isinstance(value, dict) and "text" in value:
        return value["text"]["text"]
    return value


def with_names(workspace: Workspace, text: str) -> str:
    """Mentions as people see them, and characters unescaped."""

    def name(match: re.Match[str]) -> str:
        sign, key = match.groups()
        if sign == "@" and key in workspace.users:
            return "@" + workspace.users[key].shown_name
        if sign == "#" and key in workspace.channels:
            return "#" + workspace.channels[key].name
        group = workspace.state.usergroups.get(key)
        return f"@{group.handle}" if group else match.group()

    named = re.sub(r"<(@|#|!subteam\^)([A-Z0-9]+)(?:\|[^>]*)?>", name, text)
    named = re.sub(r"<(?:https?|mailto|slack):[^|>]*\|([^>]*)>", r"\1", named)
    return named.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def item_around(blocks: list[Json], text: str) -> list[Json]:
    """The blocks of the item in which a text stands.

    An item runs from a section (or card, or rich text) to before the next one that has an accessory, or to a
    divider or header. A text in a context or actions block belongs to the item begun above it.
    """
    found = next((i for i, block in enumerate(blocks) if text in "\n".join(texts(block))), None)
    if found is None:
        return []
    start = found
    while (
        start > 0 and blocks[start]["type"] not in ITEM_STARTS and blocks[start - 1]["type"] not in ITEM_ENDS
    ):
        start -= 1
    end = found + 1
    while end < len(blocks) and not _begins_item(blocks[end], blocks[start]):
        end += 1
    return blocks[start:end]


def _begins_item(block: Json, first: Json) -> bool:
    if block["type"] in ITEM_ENDS:
        return True
    return block["type"] == first["type"] and (bool(block.get("accessory")) or not first.get("accessory"))
