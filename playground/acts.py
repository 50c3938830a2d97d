"""What people do in the workspace itself: talk, react, come and go, rename and archive."""

from __future__ import annotations

import re
from typing import Final

from playground.dispatch import Refused
from playground.mentions import marked_up
from playground.modals import Modals
from playground.records import Channel, Happening, Message
from playground.seed import BOT
from playground.workspace import Workspace

CHANNEL_NAME: Final = re.compile(r"[\w-]{1,80}")


class Acts:
    def __init__(self, workspace: Workspace, modals: Modals) -> None:
        self._workspace = workspace
        self._modals = modals

    def seen(self, user_id: str, channel_id: str) -> Channel:
        channel = self._workspace.channels.get(channel_id)
        if channel is None or not self._workspace.may_see(user_id, channel):
            raise Refused("There is no such channel for this person.")
        return channel

    def _inside(self, user_id: str, channel_id: str) -> Channel:
        channel = self.seen(user_id, channel_id)
        if user_id not in channel.members:
            raise Refused("Join the channel first.")
        return channel

    def say(self, user_id: str, channel_id: str, typed: str, thread_ts: str | None = None) -> Message:
        """In a channel, or to a person (by user id) directly."""
        if channel_id in self._workspace.users:
            channel_id = self._workspace.direct(user_id, channel_id).id
        channel = self._inside(user_id, channel_id)
        if channel.is_archived:
            raise Refused("The channel is archived.")
        if not typed.strip():
            raise Refused("There is nothing to send.")
        text = marked_up(self._workspace, typed.strip())
        stamp = self._workspace.clock.stamp()
        return self._workspace.post(Message(stamp, channel.id, user_id, text, thread_ts=thread_ts))

    def react(self, user_id: str, channel_id: str, ts: str, name: str, *, remove: bool = False) -> None:
        channel = self._inside(user_id, channel_id)
        message = self._workspace.message(channel.id, ts)
        if message is None:
            raise Refused("That message is no longer there.")
        change = self._workspace.unreact if remove else self._workspace.react
        if not change(message, user_id, name.strip(":")):
            raise Refused("That reaction is already so.")

    def join(self, user_id: str, channel_id: str) -> None:
        channel = self.seen(user_id, channel_id)
        if user_id not in channel.members:
            self._workspace.join(channel, user_id)
            self._announce(channel, user_id, "channel_join", f"<@{user_id}> has joined the channel")

    def invite(self, user_id: str, channel_id: str, invited: str) -> None:
        channel = self._inside(user_id, channel_id)
        if invited not in self._workspace.users:
            raise Refused("There is nobody of that name.")
        if invited not in channel.members:
            self._workspace.join(channel, invited, inviter=user_id)
            self._announce(channel, invited, "channel_join", f"<@{invited}> has joined the channel")

    def leave(self, user_id: str, channel_id: str) -> None:
        channel = self._inside(user_id, channel_id)
        self._announce(channel, user_id, "channel_leave", f"<@{user_id}> has left the channel")
        self._workspace.leave(channel, user_id)

    def remove(self, user_id: str, channel_id: str, removed: str) -> None:
        """Takes somebody else, or the app, out of a channel."""
        self._workspace.leave(self._inside(user_id, channel_id), removed)

    def create(self, user_id: str, name: str, *, is_private: bool = False) -> Channel:
        return self._workspace.create_channel(self._free_name(name), user_id, is_private=is_private)

    def rename(self, user_id: str, channel_id: str, name: str) -> None:
        channel = self._inside(user_id, channel_id)
        before = channel.name
        self._workspace.rename(channel, self._free_name(name), user_id)
        text = f'<@{user_id}> has renamed the channel from "{before}" to "{channel.name}"'
        self._announce(channel, user_id, "channel_name", text)

    def archive(self, user_id: str, channel_id: str, *, archived: bool) -> None:
        channel = self._inside(user_id, channel_id)
        if archived:
            self._announce(channel, user_id, "channel_archive", f"<@{user_id}> archived the channel")
        self._workspace.archive(channel, user_id, archived=archived)
        if not archived:
            self._announce(channel, user_id, "channel_unarchive", f"<@{user_id}> un-archived the channel")

    def make_private(self, user_id: str, channel_id: str) -> None:
        channel = self._inside(user_id, channel_id)
        channel.is_private = True
        text = f"<@{user_id}> made this channel *private*"
        self._announce(channel, user_id, "channel_convert_to_private", text)
        self._workspace.tell(Happening("channel_made_private", channel, user=user_id))

    def open_home(self, user_id: str, tab: str = "home") -> None:
        channel = self._workspace.direct(BOT, user_id)
        view = self._modals.home(user_id) if tab == "home" else None
        happening = Happening("home_opened", channel, user=user_id, data={"tab": tab, "view": view})
        self._workspace.tell(happening)

    def _free_name(self, name: str) -> str:
        name = name.strip().removeprefix("#")
        if not CHANNEL_NAME.fullmatch(name) or name != name.lower():
            raise Refused("Channel names are lower case, without spaces, and at most 80 characters.")
        if self._workspace.channel_named(name):
            raise Refused("That name is taken.")
        return name

    def _announce(self, channel: Channel, user_id: str, subtype: str, text: str) -> None:
        stamp = self._workspace.clock.stamp()
        self._workspace.post(Message(stamp, channel.id, user_id, text, subtype=subtype))
