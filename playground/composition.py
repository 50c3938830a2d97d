"""Block Kit's composition objects: texts, options, confirmations and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from playground.shapes import (
    Check,
    Report,
    Rule,
    Shape,
    at_least_one,
    boolean,
    by_type,
    many,
    one_of,
    shape,
    string,
    url,
)

TEXT: Final = 3000
PLACEHOLDER: Final = 150
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
OPTIONS: Final = 100


def plain_text(most: int = TEXT) -> Check:
    table = {"plain_text": shape({"type": string(20), "text": string(most)}, {"emoji": boolean})}
    return by_type(table)


def any_text(most: int = TEXT) -> Check:
    """plain_text or mrkdwn."""
    plain = shape({"type": string(20), "text": string(most)}, {"emoji": boolean})
    mrkdwn = shape({"type": string(20), "text": string(most)}, {"verbatim": boolean})
    return by_type({"plain_text": plain, "mrkdwn": mrkdwn})


def option(text: Callable[[int], Check] = plain_text, *, with_url: bool = False) -> Check:
    required = {"text": text(OPTION_TEXT), "value": string(OPTION_VALUE)}
    optional = {"description": text(OPTION_TEXT)}
    return shape(required, optional | ({"url": url} if with_url else {}))


plain_option: Final = option()
option_group: Final = shape({"label": plain_text(OPTION_TEXT), "options": many(plain_option, OPTIONS)})

confirm: Final = shape(
    {"title": plain_text(100), "text": any_text(300), "confirm": plain_text(30), "deny": plain_text(30)},
    {"style": one_of("primary", "danger")},
)

dispatch_action_config: Final = shape(
    {}, {"trigger_actions_on": many(one_of("on_enter_pressed", "on_character_entered"), 2)}
)

conversation_filter: Final = shape(
    {},
    {
        "include": many(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
    [at_least_one("include", "exclude_external_shared_channels", "exclude_bot_users")],
)

slack_file: Final = shape({}, {"id": string(255), "url": url}, [at_least_one("id", "url")])


def all_options(element: Shape) -> list[Any]:
    grouped = [one for group in element.get("option_groups") or () for one in group["options"]]
    return [*(element.get("options") or ()), *grouped]


def distinct_values(element: Shape, at: str, report: Report) -> None:
    values = [one["value"] for one in all_options(element)]
    for twice in sorted({value for value in values if values.count(value) > 1}):
        report.error(at, f"option values must be unique: {twice}")


def initial_offered(name: str) -> Rule:
    """What is chosen at first must be one of the options, in every part."""

    def rule(element: Shape, at: str, report: Report) -> None:
        chosen = element.get(name)
        if chosen is None:
            return
        offered = [_bare(one) for one in all_options(element)]
        for one in chosen if isinstance(chosen, list) else [chosen]:
            if _bare(one) not in offered:
                report.error(f"{at}/{name}", "must be one of the provided options")

    return rule


def _bare(one: Shape) -> tuple[str, str, str]:
    """An option without the fields that Slack fills in."""
    return one["value"], one["text"]["text"], (one.get("description") or {}).get("text", "")


def within_selection(name: str) -> Rule:
    def rule(element: Shape, at: str, report: Report) -> None:
        most = element.get("max_selected_items")
        if most is not None and len(element.get(name) or ()) > most:
            report.error(f"{at}/{name}", f"no more than {most} items allowed")

    return rule
