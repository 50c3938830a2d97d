"""What a person picks by its visible text, as the page would send it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from playground.inputs import options_of
from playground.records import Json

AskForOptions = Callable[[Json, str], Awaitable[list[Json]]]


def option_value(element: Json, text: str) -> str:
    """The value of the option that reads so."""
    options = options_of(element)
    for option in options:
        if text in {option["text"]["text"], option["value"]}:
            return str(option["value"])
    offered = [option["text"]["text"] for option in options]
    raise AssertionError(f"there is no option {text!r}, only {offered}")


def fetched_option(options: list[Json], text: str) -> Json:
    """The one the app offers that reads so, or the only one there is."""
    for option in options:
        if text in {option["text"], option["value"]}:
            return {"text": option["text"], "value": option["value"]}
    beginning = [option for option in options if option["text"].startswith(text)]
    if len(beginning) == 1:
        return {"text": beginning[0]["text"], "value": beginning[0]["value"]}
    raise AssertionError(f"asked for {text!r}, the app offers {[option['text'] for option in options]}")


class Chooser:
    """Turns what a test says into what the page would send, by kind of element."""

    def __init__(
        self, name_user: Callable[[str], str], name_channel: Callable[[str], str], ask: AskForOptions
    ) -> None:
        self._user = name_user
        self._channel = name_channel
        self._ask = ask
        one_of_many: dict[str, Callable[[Json, Any], Awaitable[Any]]] = {
            "static_select": self._option,
            "external_select": self._fetched,
            "users_select": self._person,
            "conversations_select": self._conversation,
            "channels_select": self._conversation,
        }
        self._ways = {
            **one_of_many,
            "radio_buttons": self._option,
            "checkboxes": self._each(self._option),
            **{f"multi_{name}": self._each(way) for name, way in one_of_many.items()},
        }

    async def value(self, element: Json, wanted: Any) -> Any:
        if wanted is None:
            return [] if element["type"].startswith("multi_") or element["type"] == "checkboxes" else None
        if isinstance(wanted, date):
            return wanted.isoformat()
        way = self._ways.get(element["type"])
        return await way(element, wanted) if way else str(wanted)

    async def _option(self, element: Json, text: Any) -> Any:
        return option_value(element, text)

    async def _fetched(self, element: Json, text: Any) -> Any:
        return fetched_option(await self._ask(element, text), text)

    async def _person(self, _element: Json, name: Any) -> Any:
        return self._user(name)

    async def _conversation(self, _element: Json, name: Any) -> Any:
        return self._channel(name)

    @staticmethod
    def _each(way: Callable[[Json, Any], Awaitable[Any]]) -> Callable[[Json, Any], Awaitable[Any]]:
        async def each(element: Json, wanted: Any) -> Any:
            return [await way(element, one) for one in wanted]

        return each
