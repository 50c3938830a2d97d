"""The workspace: who and what there is, and every change to it."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from playground.clock import Changes, Clock, new_id
from playground.records import Channel, Happening, Json, Message, Team, User, Usergroup, View

Watcher = Callable[[Happening], None]


@dataclass
class State:
    """All that is kept in the file."""

    team: Team
    users: dict[str, User] = field(default_factory=dict)
    usergroups: dict[str, Usergroup] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    reads: dict[str, dict[str, str]] = field(default_factory=dict)


class Workspace:
    """Every change goes through a method here, which tells the watchers what happened."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        self.changes = Changes()
        self.watchers: list[Watcher] = []
        for message in self.all_messages():
            clock.never_before(message.ts)

    def tell(self, happening: Happening) -> None:
        for watcher in self.watchers:
            watcher(happening)
        self.changes.announce()

    # --- looking -----------------------------------------------------------------------------------------

    @property
    def team(self) -> Team:
        return self.state.team

    @property
    def users(self) -> dict[str, User]:
        return self.state.users

    @property
    def channels(self) -> dict[str, Channel]:
        return self.state.channels

    def user_named(self, name: str) -> User | None:
        """By id, handle, display name or real name."""
        if name in self.users:
            return self.users[name]
        wanted = name.removeprefix("@").lower()
        for user in self.users.values():
            names = (user.name, user.display_name, user.real_name, user.real_name.split(" ", maxsplit=1)[0])
            if wanted in {known.lower() for known in names}:
                return user
        return None

    def channel_named(self, name: str) -> Channel | None:
        """By id or name, with or without the hash sign."""
        if name in self.channels:
            return self.channels[name]
        wanted = name.removeprefix("#")
        return next((c for c in self.channels.values() if c.name == wanted and not c.is_im), None)

    def is_stranger(self, user: User) -> bool:
        """From another workspace."""
        return user.team_id != self.team.id

    def may_see(self, user_id: str, channel: Channel) -> bool:
        user = self.users[user_id]
        if user_id in channel.members:
            return True
        return channel.kind == "public_channel" and not self.is_stranger(user) and not user.is_restricted

    def audience(self, channel: Channel) -> list[str]:
        return [user_id for user_id in self.users if self.may_see(user_id, channel)]

    def all_messages(self) -> Iterator[Message]:
        for messages in self.state.messages.values():
            yield from messages

    def messages_in(self, channel_id: str, viewer: str | None = None) -> list[Message]:
        """Oldest first; with a viewer, the ephemeral ones addressed to them too."""
        return [m for m in self.state.messages.get(channel_id, []) if m.ephemeral_for in {None, viewer}]

    def message(self, channel_id: str, ts: str) -> Message | None:
        return next((m for m in self.state.messages.get(channel_id, []) if m.ts == ts), None)

    def unread(self, user_id: str, channel_id: str) -> int:
        since = self.state.reads.get(user_id, {}).get(channel_id, "")
        news = (m for m in self.messages_in(channel_id, user_id) if m.ts > since and m.user != user_id)
        return sum(1 for _ in news)

    def permalink(self, channel_id: str, ts: str) -> str:
        return f"https://{self.team.domain}.slack.com/archives/{channel_id}/p{ts.replace('.', '')}"

    # --- messages ----------------------------------------------------------------------------------------

    def post(self, message: Message) -> Message:
        channel = self.channels[message.channel]
        if not message.bot_id and not message.subtype:
            message.client_msg_id = str(uuid.uuid4())
        self.state.messages.setdefault(channel.id, []).append(message)
        self.tell(Happening("message_posted", channel, message, message.user))
        return message

    def edit(self, message: Message, editor: str, changes: Json) -> None:
        before = copy.copy(message)
        for name, value in changes.items():
            setattr(message, name, value)
        message.edited = {"user": editor, "ts": self.clock.stamp()}
        channel = self.channels[message.channel]
        self.tell(Happening("message_changed", channel, message, editor, {"previous": before}))

    def delete(self, message: Message) -> None:
        self.state.messages[message.channel].remove(message)
        self.tell(Happening("message_deleted", self.channels[message.channel], message, message.user))

    def react(self, message: Message, user_id: str, name: str) -> bool:
        """False when the reaction was there already."""
        reaction = next((r for r in message.reactions if r["name"] == name), None)
        if reaction is None:
            reaction = {"name": name, "users": [], "count": 0}
            message.reactions.append(reaction)
        if user_id in reaction["users"]:
            return False
        reaction["users"].append(user_id)
        reaction["count"] += 1
        channel = self.channels[message.channel]
        self.tell(Happening("reaction_added", channel, message, user_id, {"reaction": name}))
        return True

    def unreact(self, message: Message, user_id: str, name: str) -> bool:
        reaction = next((r for r in message.reactions if r["name"] == name and user_id in r["users"]), None)
        if reaction is None:
            return False
        reaction["users"].remove(user_id)
        reaction["count"] -= 1
        message.reactions = [r for r in message.reactions if r["count"]]
        channel = self.channels[message.channel]
        self.tell(Happening("reaction_removed", channel, message, user_id, {"reaction": name}))
        return True

    def read(self, user_id: str, channel_id: str) -> None:
        messages = self.messages_in(channel_id, user_id)
        if messages:
            self.state.reads.setdefault(user_id, {})[channel_id] = messages[-1].ts
            self.changes.announce()

    # --- channels ----------------------------------------------------------------------------------------

    def create_channel(self, name: str, creator: str, *, is_private: bool = False) -> Channel:
        channel = Channel(new_id("C"), name, [creator], is_private=is_private, creator=creator)
        channel.created = int(self.clock.time())
        self.channels[channel.id] = channel
        self.tell(Happening("channel_created", channel, user=creator))
        return channel

    def direct(self, one: str, other: str) -> Channel:
        """The direct conversation of two, made when there is none."""
        pair = {one, other}
        for channel in self.channels.values():
            if channel.is_im and set(channel.members) == pair:
                return channel
        channel = Channel(new_id("D"), "", [one, other], is_im=True, created=int(self.clock.time()))
        self.channels[channel.id] = channel
        self.tell(Happening("channel_created", channel, user=one))
        return channel

    def join(self, channel: Channel, user_id: str, inviter: str = "") -> None:
        if user_id in channel.members:
            return
        channel.members.append(user_id)
        self.tell(Happening("member_joined", channel, user=user_id, data={"inviter": inviter}))

    def leave(self, channel: Channel, user_id: str) -> None:
        if user_id not in channel.members:
            return
        self.tell(Happening("member_left", channel, user=user_id))
        channel.members.remove(user_id)
        self.changes.announce()

    def rename(self, channel: Channel, name: str, user_id: str) -> None:
        channel.previous_names.insert(0, channel.name)
        channel.name = name
        self.tell(Happening("channel_renamed", channel, user=user_id))

    def archive(self, channel: Channel, user_id: str, *, archived: bool) -> None:
        if channel.is_archived is archived:
            return
        channel.is_archived = archived
        kind = "channel_archived" if archived else "channel_unarchived"
        self.tell(Happening(kind, channel, user=user_id))

    def change_user(self, user_id: str, **changes: object) -> None:
        user = self.users[user_id]
        for name, value in changes.items():
            setattr(user, name, value)
        user.updated = int(self.clock.time())
        self.tell(Happening("user_changed", user=user_id))

    def change_usergroup(self, group_id: str, users: list[str]) -> None:
        self.state.usergroups[group_id].users = users
        self.tell(Happening("usergroup_changed", data={"usergroup": group_id}))
