"""What people enter: from the page's plain values to Slack's notation, per kind of element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from playground.records import Json

Read = Callable[[Json, Any], Any]


class NoSuchOption(ValueError):  # noqa: N818  (it is what the person chose, not a failure of the program)
    """The person chose something the element does not offer."""


def options_of(element: Json) -> list[Json]:
    grouped = [option for group in element.get("option_groups") or () for option in group["options"]]
    return [*(element.get("options") or ()), *grouped]


def _as_is(_element: Json, value: Any) -> Any:
    return value or None


def _number(_element: Json, value: Any) -> Any:
    return None if value in {None, ""} else str(value)


def _listed(_element: Json, value: Any) -> Any:
    return list(value or ())


def _option(element: Json, value: Any) -> Any:
    if value is None or value == "":
        return None
    found = next((option for option in options_of(element) if option.get("value") == value), None)
    if found is None:
        raise NoSuchOption(f"{value!r} is not an option of {element.get('action_id')}")
    return found


def _options(element: Json, value: Any) -> Any:
    return [_option(element, one) for one in value or ()]


def _fetched(_element: Json, value: Any) -> Any:
    """An option that came from the app; the page sends its text along."""
    if not value:
        return None
    return {"text": {"type": "plain_text", "text": value["text"], "emoji": True}, "value": value["value"]}


def _fetched_list(element: Json, value: Any) -> Any:
    return [_fetched(element, one) for one in value or ()]


@dataclass(frozen=True)
class Notation:
    """`key` holds the value in Slack's state, `initial` in the element; `read` takes the page's value."""

    key: str
    initial: str
    read: Read = _as_is


NOTATIONS: Final[dict[str, Notation]] = {
    "plain_text_input": Notation("value", "initial_value"),
    "email_text_input": Notation("value", "initial_value"),
    "url_text_input": Notation("value", "initial_value"),
    "number_input": Notation("value", "initial_value", _number),
    "rich_text_input": Notation("rich_text_value", "initial_value"),
    "datepicker": Notation("selected_date", "initial_date"),
    "timepicker": Notation("selected_time", "initial_time"),
    "datetimepicker": Notation("selected_date_time", "initial_date_time"),
    "static_select": Notation("selected_option", "initial_option", _option),
    "radio_buttons": Notation("selected_option", "initial_option", _option),
    "external_select": Notation("selected_option", "initial_option", _fetched),
    "users_select": Notation("selected_user", "initial_user"),
    "conversations_select": Notation("selected_conversation", "initial_conversation"),
    "channels_select": Notation("selected_channel", "initial_channel"),
    "checkboxes": Notation("selected_options", "initial_options", _options),
    "multi_static_select": Notation("selected_options", "initial_options", _options),
    "multi_external_select": Notation("selected_options", "initial_options", _fetched_list),
    "multi_users_select": Notation("selected_users", "initial_users", _listed),
    "multi_conversations_select": Notation("selected_conversations", "initial_conversations", _listed),
    "multi_channels_select": Notation("selected_channels", "initial_channels", _listed),
}


def elements_of(block: Json) -> Iterator[Json]:
    """The interactive elements of a block."""
    for name in ("element", "accessory"):
        if isinstance(block.get(name), dict):
            yield block[name]
    for name in ("elements", "actions"):
        for element in block.get(name) or ():
            if isinstance(element, dict) and "action_id" in element:
                yield element
    for child in block.get("child_blocks") or ():
        yield from elements_of(child)


def find_element(blocks: list[Json], block_id: str, action_id: str) -> tuple[Json, Json] | None:
    """The block and the element a person acted on."""
    for block in blocks:
        if block.get("block_id") == block_id:
            for element in elements_of(block):
                if element.get("action_id") == action_id:
                    return block, element
    return None


def stateful(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    for block in blocks:
        for element in elements_of(block):
            if element["type"] in NOTATIONS:
                yield block, element


def entry(element: Json, value: Any) -> Json:
    """An element's entry in `state.values`, from what the page sent."""
    notation = NOTATIONS[element["type"]]
    return {"type": element["type"], notation.key: notation.read(element, value)}


def first_entry(element: Json) -> Json:
    """An element's entry before anybody touched it."""
    notation = NOTATIONS[element["type"]]
    empty: Any = [] if notation.key.endswith("s") else None
    initial = element.get(notation.initial, empty)
    return {"type": element["type"], notation.key: initial}


def carry_over(blocks: list[Json], before: Json) -> Json:
    """The state of these blocks: kept where block, action and kind are the same, else as it begins."""
    values: Json = {}
    for block, element in stateful(blocks):
        block_id, action_id = block["block_id"], element["action_id"]
        kept = before.get(block_id, {}).get(action_id)
        if kept is None or kept["type"] != element["type"]:
            kept = first_entry(element)
        values.setdefault(block_id, {})[action_id] = kept
    return values


def entered(blocks: list[Json], before: Json, page_state: Json) -> Json:
    """The state with what the page says is entered now."""
    values = carry_over(blocks, before)
    for block, element in stateful(blocks):
        block_id, action_id = block["block_id"], element["action_id"]
        if action_id in page_state.get(block_id, {}):
            values[block_id][action_id] = entry(element, page_state[block_id][action_id])
    return values


def value_in(entry_: Json) -> Any:
    """The bare value of a state entry."""
    return entry_.get(NOTATIONS[entry_["type"]].key)
