"""What Slack's own client refuses before the app hears of a submission."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from playground.inputs import value_in
from playground.records import Json

REQUIRED: Final = "Please complete this required field."

Complaint = Callable[[Json, Any], str]


def _nothing(_element: Json, _value: Any) -> str:
    return ""


def _text(element: Json, value: Any) -> str:
    if len(value) < element.get("min_length", 0):
        return f"Please use at least {element['min_length']} characters."
    if len(value) > element.get("max_length", 3000):
        return f"Please use at most {element.get('max_length', 3000)} characters."
    return ""


def _email(_element: Json, value: Any) -> str:
    return "" if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) else "Please enter a valid email address."


def _url(_element: Json, value: Any) -> str:
    return "" if re.match(r"[a-z][a-z0-9+.-]*:\S+$", value) else "Please enter a valid URL."


def _number(element: Json, value: Any) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and number != number.to_integral_value():
        return "Please enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Please enter {element['min_value']} or more."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Please enter {element['max_value']} or less."
    return ""


def _date(_element: Json, value: Any) -> str:
    return "" if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else "Please choose a date."


def _many(element: Json, value: Any) -> str:
    most = element.get("max_selected_items")
    return f"Please choose at most {most}." if most and len(value) > most else ""


COMPLAINTS: Final[dict[str, Complaint]] = {
    "plain_text_input": _text,
    "email_text_input": _email,
    "url_text_input": _url,
    "number_input": _number,
    "datepicker": _date,
    "multi_static_select": _many,
    "multi_external_select": _many,
    "multi_users_select": _many,
    "multi_conversations_select": _many,
    "multi_channels_select": _many,
}


def complaints(blocks: list[Json], values: Json) -> dict[str, str]:
    """What is wrong, by block_id."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        value = value_in(values[block["block_id"]][element["action_id"]])
        if not value:
            complaint = "" if block["optional"] else REQUIRED
        else:
            complaint = COMPLAINTS.get(element["type"], _nothing)(element, value)
        if complaint:
            found[block["block_id"]] = complaint
    return found
