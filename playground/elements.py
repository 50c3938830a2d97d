"""Block Kit's elements, and where each of them may stand."""

from __future__ import annotations

from typing import Final

from playground.composition import (
    OPTIONS,
    PLACEHOLDER,
    any_text,
    confirm,
    conversation_filter,
    dispatch_action_config,
    distinct_values,
    initial_offered,
    option,
    option_group,
    plain_option,
    plain_text,
    slack_file,
    within_selection,
)
from playground.rich_text import rich_text
from playground.shapes import (
    Check,
    Report,
    Rule,
    Shape,
    boolean,
    by_type,
    day,
    decimal,
    exactly_one,
    hour,
    identifier,
    in_order,
    integer,
    many,
    one_of,
    shape,
    string,
    url,
)

_TYPE: Final = {"type": string(40)}
_ACTION: Final = {"action_id": identifier}
_FOCUS: Final = {"focus_on_load": boolean}
_PLACEHOLDER: Final = {"placeholder": plain_text(PLACEHOLDER)}
_MENU: Final = _ACTION | _FOCUS | _PLACEHOLDER | {"confirm": confirm}
_TYPED: Final = _ACTION | _FOCUS | _PLACEHOLDER | {"dispatch_action_config": dispatch_action_config}
_MANY: Final = {"max_selected_items": integer(1, 1000)}
_OFFERED: Final = {"options": many(plain_option, OPTIONS), "option_groups": many(option_group, OPTIONS)}
_EXTERNAL: Final = {"min_query_length": integer(0, 150)}
_CONVERSATIONS: Final = {"default_to_current_conversation": boolean, "filter": conversation_filter}
_IDS: Final = many(identifier, 1000)


def _element(
    required: dict[str, Check] | None = None, optional: dict[str, Check] | None = None, *rules: Rule
) -> Check:
    return shape(_TYPE | (required or {}), optional, rules)


def _only_in_modals(name: str) -> Rule:
    def rule(element: Shape, at: str, report: Report) -> None:
        if element.get(name) and report.surface != "modal":
            report.error(f"{at}/{name}", "is only supported in modals")

    return rule


def _fits_its_own_limits(element: Shape, at: str, report: Report) -> None:
    text = element.get("initial_value")
    if text is not None and len(text) > element.get("max_length", 3000):
        report.error(f"{at}/initial_value", "must not be longer than max_length")


def _whole_if_not_decimal(element: Shape, at: str, report: Report) -> None:
    for name in ("initial_value", "min_value", "max_value"):
        if name in element and not element["is_decimal_allowed"] and not float(element[name]).is_integer():
            report.error(f"{at}/{name}", "must be a whole number")


def _choices(text: Check) -> dict[str, Check]:
    return {"options": many(text, 10)}


_CHOICE: Final = option(any_text)
_PARAMETER: Final = shape({"name": string(255), "value": string(3000)})
_WORKFLOW: Final = shape(
    {"trigger": shape({"url": url}, {"customizable_input_parameters": many(_PARAMETER, 100)})}
)

image: Final = _element(
    {"alt_text": string(2000)},
    {"image_url": url, "slack_file": slack_file},
    exactly_one("image_url", "slack_file"),
)

button: Final = _element(
    {"text": plain_text(75)},
    _ACTION
    | {
        "url": url,
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "confirm": confirm,
        "accessibility_label": string(75),
    },
)

ELEMENTS: Final[dict[str, Check]] = {
    "button": button,
    "image": image,
    "overflow": _element(
        {"options": many(option(with_url=True), 5)}, _ACTION | {"confirm": confirm}, distinct_values
    ),
    "static_select": _element(
        {},
        _MENU | _OFFERED | {"initial_option": plain_option},
        exactly_one("options", "option_groups"),
        distinct_values,
        initial_offered("initial_option"),
    ),
    "multi_static_select": _element(
        {},
        _MENU | _MANY | _OFFERED | {"initial_options": many(plain_option, OPTIONS)},
        exactly_one("options", "option_groups"),
        distinct_values,
        initial_offered("initial_options"),
        within_selection("initial_options"),
    ),
    "external_select": _element({}, _MENU | _EXTERNAL | {"initial_option": plain_option}),
    "multi_external_select": _element(
        {},
        _MENU | _MANY | _EXTERNAL | {"initial_options": many(plain_option, OPTIONS)},
        within_selection("initial_options"),
    ),
    "users_select": _element({}, _MENU | {"initial_user": identifier}),
    "multi_users_select": _element(
        {}, _MENU | _MANY | {"initial_users": _IDS}, within_selection("initial_users")
    ),
    "conversations_select": _element(
        {},
        _MENU | _CONVERSATIONS | {"initial_conversation": identifier, "response_url_enabled": boolean},
        _only_in_modals("response_url_enabled"),
    ),
    "multi_conversations_select": _element(
        {},
        _MENU | _MANY | _CONVERSATIONS | {"initial_conversations": _IDS},
        within_selection("initial_conversations"),
    ),
    "channels_select": _element(
        {},
        _MENU | {"initial_channel": identifier, "response_url_enabled": boolean},
        _only_in_modals("response_url_enabled"),
    ),
    "multi_channels_select": _element(
        {}, _MENU | _MANY | {"initial_channels": _IDS}, within_selection("initial_channels")
    ),
    "datepicker": _element({}, _MENU | {"initial_date": day}),
    "timepicker": _element({}, _MENU | {"initial_time": hour, "timezone": string(100)}),
    "datetimepicker": _element(
        {}, _ACTION | _FOCUS | {"confirm": confirm, "initial_date_time": integer(10**9, 10**10 - 1)}
    ),
    "checkboxes": _element(
        _choices(_CHOICE),
        _ACTION | _FOCUS | {"confirm": confirm, "initial_options": many(_CHOICE, 10)},
        distinct_values,
        initial_offered("initial_options"),
    ),
    "radio_buttons": _element(
        _choices(_CHOICE),
        _ACTION | _FOCUS | {"confirm": confirm, "initial_option": _CHOICE},
        distinct_values,
        initial_offered("initial_option"),
    ),
    "plain_text_input": _element(
        {},
        _TYPED
        | {
            "initial_value": string(3000, 0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        in_order("min_length", "max_length"),
        _fits_its_own_limits,
    ),
    "email_text_input": _element({}, _TYPED | {"initial_value": string(3000)}),
    "url_text_input": _element({}, _TYPED | {"initial_value": string(3000)}),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        _TYPED | {"initial_value": decimal, "min_value": decimal, "max_value": decimal},
        in_order("min_value", "max_value"),
        in_order("min_value", "initial_value"),
        in_order("initial_value", "max_value"),
        _whole_if_not_decimal,
    ),
    "rich_text_input": _element({}, _TYPED | {"initial_value": rich_text}),
    "file_input": _element({}, _ACTION | {"filetypes": many(string(20), 100), "max_files": integer(1, 10)}),
    "workflow_button": _element(
        {"text": plain_text(75), "workflow": _WORKFLOW},
        _ACTION | {"style": one_of("primary", "danger"), "accessibility_label": string(75)},
    ),
}

_MENUS: Final = (
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
)
_MULTI: Final = tuple(f"multi_{name}" for name in _MENUS)
_PICKERS: Final = ("datepicker", "timepicker", "checkboxes", "radio_buttons")
_INPUTS: Final = (
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "rich_text_input",
    "file_input",
)


def _among(*names: str) -> Check:
    return by_type({name: ELEMENTS[name] for name in names})


in_section: Final = _among("button", "overflow", "image", "workflow_button", *_MENUS, *_MULTI, *_PICKERS)
in_actions: Final = _among(
    "button", "overflow", "workflow_button", "datetimepicker", "rich_text_input", *_MENUS, *_MULTI, *_PICKERS
)
in_input: Final = _among("datetimepicker", *_INPUTS, *_MENUS, *_MULTI, *_PICKERS)

in_context: Final = by_type({"image": image, "plain_text": any_text(), "mrkdwn": any_text()})

feedback_button: Final = shape(
    {"text": plain_text(75), "value": string(2000)}, {"accessibility_label": string(75)}
)
in_context_actions: Final = by_type(
    {
        "feedback_buttons": _element(
            {"positive_button": feedback_button, "negative_button": feedback_button}, _ACTION
        ),
        "icon_button": _element(
            {"icon": string(40), "text": plain_text(75)},
            _ACTION
            | {
                "value": string(2000),
                "confirm": confirm,
                "accessibility_label": string(75),
                "visible_to_user_ids": many(identifier, 10),
            },
        ),
    }
)
