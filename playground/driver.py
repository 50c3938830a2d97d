"""Tests that read like a conversation. People act through the same functions as the browser page.

    maya = Person(playground, MAYA).in_channel("inc-142-checkout")
    await maya.types("/incident follow-ups")
    modal = await maya.modal("Follow-ups")
    await modal.clicks("Complete", beside="Rotate the certs")
    await maya.sees("completed *Rotate the certs*")

Nothing sleeps: each wait ends with the change in the workspace it waits for.
"""

from __future__ import annotations

from typing import Final, Self

from playground.reading import with_names
from playground.records import Channel, Json, Message
from playground.server import Playground
from playground.surfaces import PATIENCE, Home, Modal, PostedMessage, Surface

__all__ = ["Home", "Modal", "Person", "PostedMessage", "Room", "Surface"]

SEE: Final = 2.0


class Room:
    """A channel, as one person sees it."""

    def __init__(self, person: Person, channel: Channel) -> None:
        self._person = person
        self._playground = person.playground
        self.channel = channel

    @property
    def id(self) -> str:
        return self.channel.id

    @property
    def messages(self) -> list[PostedMessage]:
        """Oldest first, with the ephemeral ones for this person."""
        found = self._playground.workspace.messages_in(self.id, self._person.id)
        return [PostedMessage(self._person, message) for message in found]

    @property
    def last(self) -> PostedMessage:
        return self.messages[-1]

    def find(self, text: str) -> PostedMessage | None:
        """The newest message in which a text can be read."""
        return next((message for message in reversed(self.messages) if text in message), None)

    async def shows(self, text: str, within: float = SEE) -> PostedMessage:
        """Waits until a text can be read in a message here."""
        found = await self._playground.workspace.changes.until(lambda: self.find(text), within)
        if found is None:
            raise AssertionError(f"{text!r} is not in {self.channel.name}; last said:\n{self.tail()}")
        return found

    async def no_longer_shows(self, text: str, within: float = SEE) -> None:
        changes = self._playground.workspace.changes
        if not await changes.until(lambda: self.find(text) is None or None, within):
            raise AssertionError(f"{text!r} is still in {self.channel.name}:\n{self.tail()}")

    def tail(self, count: int = 5) -> str:
        return "\n".join(f"  {message.shown_text}" for message in self.messages[-count:])


class Person:
    """Somebody in the workspace, by id or name, who is looking at one of its channels."""

    def __init__(self, playground: Playground, who: str) -> None:
        user = playground.workspace.user_named(who)
        if user is None:
            raise AssertionError(f"there is nobody called {who!r}")
        self.playground = playground
        self.id = user.id
        self.name = user.shown_name
        self._channel: Channel | None = None

    def __repr__(self) -> str:
        return f"<Person {self.name}>"

    # --- being somewhere ---------------------------------------------------------------------------------

    def in_channel(self, name: str) -> Self:
        """Goes to a channel, by name or id; what is typed from now on is typed there."""
        self._channel = self.playground.acts.seen(self.id, self.channel_id(name))
        return self

    @property
    def channel(self) -> Room:
        """The channel this person looks at."""
        if self._channel is None:
            raise AssertionError(f"{self.name} is in no channel: use in_channel() first")
        return Room(self, self._channel)

    @property
    def direct(self) -> Room:
        """This person's direct conversation with the app."""
        bot = self.playground.bot_user
        return Room(self, self.playground.workspace.direct(bot, self.id))

    # --- doing -------------------------------------------------------------------------------------------

    async def types(self, text: str) -> PostedMessage | None:
        """Types a command, which must succeed, or a message, which is returned."""
        if not text.startswith("/"):
            return PostedMessage(self, self.playground.acts.say(self.id, self.channel.id, text))
        result = await self.tries(text)
        if not result["ok"]:
            raise AssertionError(f"{text} failed with the error {result['error']!r}")
        return None

    async def tries(self, command: str) -> Json:
        """Types a command; what comes of it as the page would be told."""
        return await self.playground.dispatch.command(self.id, self.channel.id, command)

    async def uses(self, shortcut: str, *, on: PostedMessage | None = None) -> None:
        """A shortcut of the app, by its name; with `on` from that message's menu."""
        known = self.playground.registration.shortcuts
        callback_id = next(
            (one.callback_id for one in known if shortcut in {one.name, one.callback_id}), None
        )
        if callback_id is None:
            raise AssertionError(f"there is no shortcut {shortcut!r}, only {[one.name for one in known]}")
        result = await self.playground.dispatch.shortcut(self.id, callback_id, on.message if on else None)
        if not result["ok"]:
            raise AssertionError(f"{shortcut} failed with the error {result['error']!r}")

    def reacts(self, message: PostedMessage, name: str) -> None:
        self.playground.acts.react(self.id, message.message.channel, message.ts, name)

    async def opens_home(self) -> None:
        """Opens the app's Home tab."""
        self.playground.acts.open_home(self.id)

    # --- seeing ------------------------------------------------------------------------------------------

    @property
    def modals(self) -> list[Modal]:
        """The stack, bottom first."""
        return [Modal(self, view) for view in self.playground.modals.stack(self.id)]

    async def modal(self, title: str | None = None, within: float = PATIENCE) -> Modal:
        """The top modal, as soon as there is one (with that title)."""

        def top() -> Modal | None:
            modals = self.modals
            return modals[-1] if modals and title in {None, modals[-1].title} else None

        found = await self.playground.workspace.changes.until(top, within)
        if found is None:
            there = [modal.title for modal in self.modals] or "no modal"
            raise AssertionError(f"no modal {title or ''} for {self.name}, but {there}; {self._recent()}")
        return found

    async def home(self, within: float = PATIENCE) -> Home:
        """The Home tab, as soon as the app has published one."""
        view = await self.playground.workspace.changes.until(
            lambda: self.playground.modals.home(self.id), within
        )
        if view is None:
            raise AssertionError(f"no Home tab for {self.name}; {self._recent()}")
        return Home(self, view)

    async def sees(self, text: str, within: float = SEE) -> PostedMessage:
        """Waits for a message anywhere this person reads, ephemeral ones for them included."""
        found = await self.playground.workspace.changes.until(lambda: self._find(text), within)
        if found is None:
            raise AssertionError(f"{self.name} does not see {text!r}; {self._recent()}")
        return PostedMessage(self, found)

    def does_not_see(self, text: str) -> None:
        found = self._find(text)
        if found is not None:
            raise AssertionError(f"{self.name} sees {PostedMessage(self, found).shown_text!r}")

    # --- naming ------------------------------------------------------------------------------------------

    def user_id(self, name: str) -> str:
        user = self.playground.workspace.user_named(name)
        if user is None:
            raise AssertionError(f"there is nobody called {name!r}")
        return user.id

    def channel_id(self, name: str) -> str:
        channel = self.playground.workspace.channel_named(name)
        if channel is None:
            raise AssertionError(f"there is no channel {name!r}")
        return channel.id

    def _readable(self) -> list[Message]:
        workspace = self.playground.workspace
        mine = [channel.id for channel in workspace.channels.values() if workspace.may_see(self.id, channel)]
        found = [message for channel_id in mine for message in workspace.messages_in(channel_id, self.id)]
        return sorted(found, key=lambda message: message.ts, reverse=True)

    def _find(self, text: str) -> Message | None:
        return next((m for m in self._readable() if text in PostedMessage(self, m)), None)

    def _recent(self) -> str:
        """What helps to understand a wait in vain."""
        said = [PostedMessage(self, message).text for message in self._readable()[:3]]
        lines = [with_names(self.playground.workspace, text) for text in said]
        refused = [
            (c.method, c.answer.get("error")) for c in self.playground.calls[-5:] if not c.answer["ok"]
        ]
        return f"last messages {lines}, refused calls {refused}, problems {self.playground.problems[-3:]}"
