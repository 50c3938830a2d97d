"""A small language for the rules of Block Kit: checks which report what is wrong, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Final

Check = Callable[[Any, str, "Report"], None]
Shape = dict[str, Any]
Rule = Callable[[Shape, str, "Report"], None]

URL: Final = re.compile(r"https?://[^\s<>]+|mailto:\S+|slack://\S+|tel:\S+")


@dataclass
class Report:
    """What is wrong so far, in Slack's words, and the surface the blocks are for."""

    surface: str = ""
    messages: list[str] = field(default_factory=list)

    def error(self, at: str, message: str) -> None:
        self.messages.append(f"[ERROR] {message} [json-pointer:{at}]")


def anything(_value: Any, _at: str, _report: Report) -> None:
    """Not looked into."""


def string(most: int, least: int = 1) -> Check:
    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, str):
            report.error(at, "must be a string")
        elif len(value) > most:
            report.error(at, f"must be less than {most + 1} characters")
        elif len(value) < least:
            report.error(at, f"must be more than {least - 1} characters")

    return check


def matching(reads: Callable[[str], object], what: str, most: int = 3000) -> Check:
    """A string that `reads` can make something of."""
    is_string = string(most)

    def check(value: Any, at: str, report: Report) -> None:
        before = len(report.messages)
        is_string(value, at, report)
        if len(report.messages) > before:
            return
        try:
            sensible = reads(value) is not None
        except ValueError:
            sensible = False
        if not sensible:
            report.error(at, f"must be {what}")

    return check


def boolean(value: Any, at: str, report: Report) -> None:
    if not isinstance(value, bool):
        report.error(at, "must be a boolean")


def integer(least: int, most: int) -> Check:
    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report.error(at, "must be an integer")
        elif not least <= value <= most:
            report.error(at, f"must be between {least} and {most}")

    return check


def number(value: Any, at: str, report: Report) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        report.error(at, "must be a number")


def one_of(*allowed: str) -> Check:
    def check(value: Any, at: str, report: Report) -> None:
        if value not in allowed:
            report.error(at, f"must be one of: {', '.join(allowed)}")

    return check


def many(check: Check, most: int, least: int = 1) -> Check:
    """A list of so many."""

    def check_list(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, list):
            report.error(at, "must be an array")
            return
        if len(value) > most:
            report.error(at, f"no more than {most} items allowed")
        if len(value) < least:
            report.error(at, f"no less than {least} items allowed")
        for index, one in enumerate(value):
            check(one, f"{at}/{index}", report)

    return check_list


def shape(
    required: dict[str, Check], optional: dict[str, Check] | None = None, rules: Iterable[Rule] = ()
) -> Check:
    """An object with these properties and no others. The rules look at it once its parts are right."""
    known = required | (optional or {})

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.error(at, "must provide an object")
            return
        before = len(report.messages)
        for name in required:
            if value.get(name) is None:
                report.error(at, f"missing required field: {name}")
        for name, part in value.items():
            if name not in known:
                report.error(at, f"invalid additional property: {name}")
            elif part is not None:
                known[name](part, f"{at}/{name}", report)
        if len(report.messages) == before:
            for rule in rules:
                rule(value, at, report)

    return check


def by_type(table: dict[str, Check]) -> Check:
    """An object whose `type` says which check it gets."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.error(at, "must provide an object")
        elif "type" not in value:
            report.error(at, "missing required field: type")
        elif not isinstance(value["type"], str) or value["type"] not in table:
            report.error(f"{at}/type", f"unsupported type: {value['type']}")
        else:
            table[value["type"]](value, at, report)

    return check


def exactly_one(*names: str) -> Rule:
    def rule(value: Shape, at: str, report: Report) -> None:
        if sum(name in value for name in names) != 1:
            report.error(at, f"must have exactly one of: {', '.join(names)}")

    return rule


def at_least_one(*names: str) -> Rule:
    def rule(value: Shape, at: str, report: Report) -> None:
        if not any(value.get(name) for name in names):
            report.error(at, f"must have at least one of: {', '.join(names)}")

    return rule


def in_order(lower: str, upper: str) -> Rule:
    """Two bounds, the lower not above the upper."""

    def rule(value: Shape, at: str, report: Report) -> None:
        if lower in value and upper in value and float(value[lower]) > float(value[upper]):
            report.error(f"{at}/{lower}", f"must not be more than {upper}")

    return rule


def _date(text: str) -> object:
    return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None


def _time(text: str) -> object:
    return time.fromisoformat(text) if re.fullmatch(r"\d\d:\d\d", text) else None


url: Final = matching(URL.fullmatch, "a valid URL")
day: Final = matching(_date, "a date like 2026-11-30")
hour: Final = matching(_time, "a time like 09:30")
decimal: Final = matching(lambda text: float(text), "a number")  # noqa: PLW0108  (float itself is a class)
identifier: Final = string(255)
