"""What a test can do on a surface: read it, press its buttons, use its menus, fill in its fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Self

from playground.choices import Chooser, option_value
from playground.dispatch import Place
from playground.inputs import NOTATIONS, elements_of, entered, find_element, options_of, value_in
from playground.reading import item_around, shown_value, visible_text, with_names
from playground.records import Json, Message, View

if TYPE_CHECKING:
    from playground.driver import Person

PATIENCE: Final = 15.0


class Surface:
    """A message, a modal or a Home tab, as one person sees it. It is live: it reads what is there now."""

    def __init__(self, person: Person, place: Place) -> None:
        self._person = person
        self._playground = person.playground
        self._place = place

    # --- reading -----------------------------------------------------------------------------------------

    @property
    def blocks(self) -> list[Json]:
        return self._place.blocks or []

    @property
    def state(self) -> Json:
        return self._place.state if isinstance(self._place, View) else {}

    @property
    def text(self) -> str:
        """All visible text, mrkdwn as the app wrote it."""
        return visible_text(self.blocks, self.state)

    @property
    def shown_text(self) -> str:
        """The same with names instead of ids."""
        return with_names(self._playground.workspace, self.text)

    @property
    def buttons(self) -> list[str]:
        return [element["text"]["text"] for _block, element in self._of_kind("button")]

    @property
    def menus(self) -> list[list[str]]:
        """The options of each overflow menu."""
        return [
            [option["text"]["text"] for option in element["options"]]
            for _block, element in self._of_kind("overflow")
        ]

    def beside(self, text: str) -> str:
        """The visible text of the item in which a text stands."""
        return visible_text(self._item(text), self.state)

    def buttons_beside(self, text: str) -> list[str]:
        return [element["text"]["text"] for _block, element in self._of_kind("button", self._item(text))]

    def __contains__(self, text: str) -> bool:
        return text in self.text or text in self.shown_text

    async def shows(self, text: str, within: float = PATIENCE) -> Self:
        """Waits until a text can be read here."""
        if not await self._until(lambda: text in self, within):
            raise AssertionError(f"{text!r} is not here; there is:\n{self.shown_text}")
        return self

    async def no_longer_shows(self, text: str, within: float = PATIENCE) -> Self:
        if not await self._until(lambda: text not in self, within):
            raise AssertionError(f"{text!r} is still here:\n{self.shown_text}")
        return self

    # --- acting ------------------------------------------------------------------------------------------

    async def clicks(self, button: str, *, beside: str | None = None) -> Self:
        """Presses the button that reads so, in the item in which the text `beside` stands."""
        block, element = self._single("button", beside, lambda one: one["text"]["text"] == button, button)
        await self._acts(block, element, None)
        return self

    async def chooses(self, option: str, *, beside: str | None = None) -> Self:
        """An entry of an overflow menu."""
        block, element = self._single("overflow", beside, lambda one: option in _offered(one), option)
        await self._acts(block, element, option_value(element, option))
        return self

    async def selects(self, option: str, *, beside: str | None = None) -> Self:
        """An option of a select menu that is no input field, such as a filter."""
        block, element = self._single("static_select", beside, lambda one: option in _offered(one), option)
        await self._acts(block, element, option_value(element, option))
        return self

    async def _acts(self, block: Json, element: Json, value: Any) -> None:
        result = await self._playground.dispatch.action(
            self._person.id, self._place, block["block_id"], element["action_id"], value=value
        )
        if not result["ok"]:
            raise AssertionError(f"the app did not take it: {result['error']}")

    # --- finding -----------------------------------------------------------------------------------------

    def _item(self, text: str) -> list[Json]:
        found = item_around(self.blocks, text)
        if not found:
            raise AssertionError(f"{text!r} is not here; there is:\n{self.text}")
        return found

    def _of_kind(self, kind: str, blocks: list[Json] | None = None) -> Iterator[tuple[Json, Json]]:
        for block in self.blocks if blocks is None else blocks:
            for element in elements_of(block):
                if element["type"] == kind and block["type"] != "input":
                    yield block, element

    def _single(self, kind: str, beside: str | None, fits: Any, wanted: str) -> tuple[Json, Json]:
        blocks = self.blocks if beside is None else self._item(beside)
        there = list(self._of_kind(kind, blocks))
        found = [one for one in there if fits(one[1])]
        if len(found) == 1:
            return found[0]
        where = f" beside {beside!r}" if beside else ""
        what = [one["text"]["text"] if kind == "button" else _offered(one) for _block, one in there]
        count = "no" if not found else f"{len(found)} times"
        raise AssertionError(f"{count} {wanted!r}{where}; there are {what} in:\n{self.text}")

    async def _until(self, condition: Any, within: float) -> bool:
        return bool(await self._playground.workspace.changes.until(lambda: condition() or None, within))


def _offered(element: Json) -> list[str]:
    return [option["text"]["text"] for option in options_of(element)]


class PostedMessage(Surface):
    """A message. Without blocks its text is what can be read."""

    def __init__(self, person: Person, message: Message) -> None:
        super().__init__(person, message)
        self.message = message

    @property
    def text(self) -> str:
        return super().text if self.message.blocks else self.message.text

    @property
    def ts(self) -> str:
        return self.message.ts

    @property
    def is_ephemeral(self) -> bool:
        return self.message.ephemeral_for is not None

    def seen_by(self, person: Person) -> PostedMessage:
        return PostedMessage(person, self.message)

    async def clicks(self, button: str, *, beside: str | None = None, by: Person | None = None) -> Self:
        if by is not None and by is not self._person:
            await PostedMessage(by, self.message).clicks(button, beside=beside)
            return self
        return await super().clicks(button, beside=beside)


class Home(Surface):
    """A person's Home tab of the app."""


class Modal(Surface):
    """A view in a person's stack of modals."""

    def __init__(self, person: Person, view: View) -> None:
        super().__init__(person, view)
        self.view = view

    def __repr__(self) -> str:
        return f"<Modal {self.title!r}>"

    @property
    def title(self) -> str:
        return str(self.view.content["title"]["text"])

    @property
    def submit_button(self) -> str | None:
        submit = self.view.content["submit"]
        return submit["text"] if submit else None

    @property
    def is_open(self) -> bool:
        return self._playground.modals.find(self.view.id) is self.view

    @property
    def fields(self) -> list[str]:
        """The labels of the inputs."""
        return [block["label"]["text"] for block in self.blocks if block["type"] == "input"]

    def field(self, label: str) -> Any:
        """What an input holds now: options by their visible text, people and channels by id."""
        block = self._input(label)
        return shown_value(value_in(self.state[block["block_id"]][block["element"]["action_id"]]))

    def options(self, label: str) -> list[str]:
        """What a menu, radio or checkbox field offers."""
        return _offered(self._input(label)["element"])

    async def suggestions(self, label: str, query: str = "") -> list[str]:
        """What the app offers in an external select."""
        block = self._input(label)
        return [option["text"] for option in await self._ask(block["element"], query)]

    async def fills(self, **fields: Any) -> Self:
        """Enters values by label (`Due_date` is Due date), telling the app where it asked to be told."""
        values = entered(self.blocks, self.state, await self._page_state(fields))
        self._playground.modals.enter(self.view, values)
        for name, value in fields.items():
            block = self._input(name)
            if block["dispatch_action"]:
                await self._acts(block, block["element"], await self._wanted(block, value))
        return self

    async def submits(self, **fields: Any) -> dict[str, str]:
        """Enters values and submits. The errors by label: none when the app accepted."""
        state = await self._page_state(fields)
        result = await self._playground.dispatch.submit(self._person.id, self.view.id, state)
        if result["ok"]:
            return {}
        if "errors" not in result:
            problems = self._playground.problems[-1:]
            raise AssertionError(f"{result['error']} ({result.get('reason')}) {problems}")
        labels = {
            block["block_id"]: block["label"]["text"] for block in self.blocks if block["type"] == "input"
        }
        return {labels[block_id]: message for block_id, message in result["errors"].items()}

    async def closes(self, *, everything: bool = False) -> None:
        """Cancel; or with `everything` the × of the window."""
        await self._playground.dispatch.close(self._person.id, self.view.id, everything=everything)

    async def is_gone(self, within: float = PATIENCE) -> None:
        if not await self._until(lambda: not self.is_open, within):
            raise AssertionError(f"{self.title!r} is still open")

    def _input(self, label: str) -> Json:
        wanted = {label, label.replace("_", " ")}
        for block in self.blocks:
            if block["type"] == "input" and block["label"]["text"] in wanted:
                return block
        raise AssertionError(f"there is no field {label!r}, only {self.fields}")

    async def _wanted(self, block: Json, value: Any) -> Any:
        person = self._person
        return await Chooser(person.user_id, person.channel_id, self._ask).value(block["element"], value)

    async def _page_state(self, fields: Json) -> Json:
        state: Json = {}
        for label, value in fields.items():
            block = self._input(label)
            element = block["element"]
            if element["type"] not in NOTATIONS:
                raise AssertionError(f"{label!r} is a {element['type']}, which can't be filled in here")
            state.setdefault(block["block_id"], {})[element["action_id"]] = await self._wanted(block, value)
        return state

    async def _ask(self, element: Json, query: str) -> list[Json]:
        shortest = element.get("min_query_length", 3)
        if len(query) < shortest:
            raise AssertionError(f"Slack asks for options from {shortest} characters on, not for {query!r}")
        block_id = next(
            block["block_id"]
            for block in self.blocks
            if find_element([block], block["block_id"], element["action_id"]) is not None
        )
        answer = await self._playground.dispatch.options(
            self._person.id, self.view, block_id, element["action_id"], query
        )
        if "error" in answer:
            raise AssertionError(
                f"no options for {query!r}: {answer['error']} {self._playground.problems[-1:]}"
            )
        groups = answer.get("option_groups") or [answer]
        return [option for group in groups for option in group["options"]]
