"""Events: what happens in the workspace, told to the app if it listens, and told again if it failed to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final

from playground.clock import new_id
from playground.doors import Doors, Retry
from playground.faults import Faults
from playground.payloads import Payloads, user_object
from playground.records import Channel, Happening, Json
from playground.registration import Registration
from playground.seed import BOT
from playground.workspace import Workspace

RETRY_AFTER: Final = (0.0, 60.0, 300.0)

CHANNEL_TYPES: Final = {"public_channel": "channel", "private_channel": "group", "im": "im"}
MESSAGE_EVENTS: Final = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}

# (what the app must be subscribed to, the event)
Told = Iterator[tuple[str, Json]]


class Events:
    """`retry_factor` shortens the waits between retries; `settled()` waits until all has been told."""

    def __init__(
        self, workspace: Workspace, registration: Registration, doors: Doors, faults: Faults
    ) -> None:
        self.retry_factor = 1.0
        self.failed: list[Json] = []
        self._workspace = workspace
        self._registration = registration
        self._payloads = Payloads(workspace, registration)
        self._doors = doors
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()
        self._tellers: dict[str, Callable[[Happening], Told]] = {
            "message_posted": self._message_posted,
            "message_changed": self._message_changed,
            "message_deleted": self._message_deleted,
            "reaction_added": self._reaction,
            "reaction_removed": self._reaction,
            "channel_created": self._channel_created,
            "channel_renamed": self._channel_renamed,
            "channel_archived": self._channel_archived,
            "channel_unarchived": self._channel_archived,
            "member_joined": self._member,
            "member_left": self._member,
            "user_changed": self._user_changed,
            "usergroup_changed": self._usergroup_changed,
            "home_opened": self._home_opened,
        }
        workspace.watchers.append(self.happened)

    def happened(self, happening: Happening) -> None:
        teller = self._tellers.get(happening.kind)
        for subscription, event in teller(happening) if teller else ():
            if self._registration.hears(subscription):
                event.setdefault("event_ts", self._workspace.clock.stamp())
                self.send(event, happening.channel)

    def send(self, event: Json, channel: Channel | None = None) -> None:
        """Tells the app, in the background."""
        kind = event["type"]
        if self._faults.take(kind, "dropped"):
            return
        slow = self._faults.take(kind, "slow")
        payload = self._payloads.event(event, new_id("Ev"), channel)
        self._start(self._deliver(payload, slow.delay if slow else 0.0))
        if self._faults.take(kind, "duplicate"):
            self._start(self._deliver(payload))
        if self._faults.take(kind, "duplicate_new_id"):
            self._start(self._deliver(self._payloads.event(event, new_id("Ev"), channel)))

    @property
    def busy(self) -> bool:
        """Whether something is still being told, or waits to be told again."""
        return bool(self._tasks)

    async def settled(self) -> None:
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, delivery: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, payload: Json, delay: float = 0.0) -> None:
        await asyncio.sleep(delay)
        answer = await self._doors.deliver("events_api", payload)
        for number, wait in enumerate(RETRY_AFTER, start=1):
            if answer.ok or answer.stop_retrying:
                break
            await asyncio.sleep(wait * self.retry_factor)
            answer = await self._doors.deliver("events_api", payload, Retry(number, answer.reason))
        if not answer.ok:
            self.failed.append(payload)

    # --- each happening as events ------------------------------------------------------------------------

    def _of_message(self, happening: Happening) -> tuple[str, str] | None:
        """The subscription and channel type, when the bot is there to hear it."""
        channel, message = happening.channel, happening.message
        if channel is None or message is None or message.ephemeral_for or BOT not in channel.members:
            return None
        channel_type = CHANNEL_TYPES[channel.kind]
        return MESSAGE_EVENTS[channel_type], channel_type

    def _message_posted(self, happening: Happening) -> Told:
        heard, message = self._of_message(happening), happening.message
        if heard is None or message is None:
            return
        place = {"channel": message.channel, "event_ts": message.ts}
        shown = self._payloads.message(message)
        yield heard[0], {**shown, **place, "channel_type": heard[1]}
        if f"<@{BOT}" in message.text and not message.bot_id:
            yield "app_mention", {**shown, **place, "type": "app_mention"}

    def _message_changed(self, happening: Happening) -> Told:
        heard, message = self._of_message(happening), happening.message
        if heard is None or message is None:
            return
        yield (
            heard[0],
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "channel": message.channel,
                "channel_type": heard[1],
                "ts": self._workspace.clock.stamp(),
                "message": self._payloads.message(message),
                "previous_message": self._payloads.message(happening.data["previous"]),
            },
        )

    def _message_deleted(self, happening: Happening) -> Told:
        heard, message = self._of_message(happening), happening.message
        if heard is None or message is None:
            return
        yield (
            heard[0],
            {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "channel": message.channel,
                "channel_type": heard[1],
                "ts": self._workspace.clock.stamp(),
                "deleted_ts": message.ts,
                "previous_message": self._payloads.message(message),
            },
        )

    def _reaction(self, happening: Happening) -> Told:
        channel, message = happening.channel, happening.message
        if channel is None or message is None or BOT not in channel.members:
            return
        item = {"type": "message", "channel": channel.id, "ts": message.ts}
        event = {"type": happening.kind, "user": happening.user, "item": item, "item_user": message.user}
        yield happening.kind, event | {"reaction": happening.data["reaction"]}

    def _heard_channel(self, happening: Happening) -> tuple[Channel, str] | None:
        """The channel and `channel` or `group`, unless it is private and the bot is not in it."""
        channel = happening.channel
        if channel is None or channel.is_im or (channel.is_private and BOT not in channel.members):
            return None
        return channel, CHANNEL_TYPES[channel.kind]

    def _channel_created(self, happening: Happening) -> Told:
        heard = self._heard_channel(happening)
        if heard is not None and heard[1] == "channel":
            channel = heard[0]
            shown = {
                "id": channel.id,
                "name": channel.name,
                "created": channel.created,
                "creator": channel.creator,
            }
            yield "channel_created", {"type": "channel_created", "channel": shown}

    def _channel_renamed(self, happening: Happening) -> Told:
        heard = self._heard_channel(happening)
        if heard is None:
            return
        channel, word = heard
        shown = {
            "id": channel.id,
            "is_channel": not channel.is_private,
            "is_mpim": False,
            "name": channel.name,
            "name_normalized": channel.name,
            "created": channel.created,
        }
        yield f"{word}_rename", {"type": f"{word}_rename", "channel": shown}

    def _channel_archived(self, happening: Happening) -> Told:
        heard = self._heard_channel(happening)
        if heard is None:
            return
        channel, word = heard
        kind = f"{word}_archive" if channel.is_archived else f"{word}_unarchive"
        event: Json = {"type": kind, "channel": channel.id, "user": happening.user}
        yield kind, event | ({"is_moved": 0} if channel.is_archived else {})

    def _member(self, happening: Happening) -> Told:
        channel = happening.channel
        if channel is None or channel.is_im or BOT not in channel.members:
            return
        word = CHANNEL_TYPES[channel.kind]
        if happening.kind == "member_left" and happening.user == BOT:
            yield f"{word}_left", {"type": f"{word}_left", "channel": channel.id, "actor_id": happening.user}
            return
        kind = f"{happening.kind}_channel"
        user = self._workspace.users[happening.user]
        event: Json = {"type": kind, "user": user.id, "channel": channel.id, "channel_type": channel.letter}
        event["team"] = user.team_id
        if happening.data.get("inviter"):
            event["inviter"] = happening.data["inviter"]
        yield kind, event

    def _user_changed(self, happening: Happening) -> Told:
        user = self._workspace.users[happening.user]
        with_email = "users:read.email" in self._registration.scopes
        shown = user_object(self._workspace, user, with_email=with_email)
        yield "user_change", {"type": "user_change", "user": shown, "cache_ts": user.updated}

    def _usergroup_changed(self, happening: Happening) -> Told:
        shown = usergroup_object(self._workspace, happening.data["usergroup"])
        yield "subteam_updated", {"type": "subteam_updated", "subteam": shown}

    def _home_opened(self, happening: Happening) -> Told:
        channel = happening.channel
        view = happening.data.get("view")
        event: Json = {"type": "app_home_opened", "user": happening.user, "tab": happening.data["tab"]}
        event["channel"] = channel.id if channel else ""
        yield "app_home_opened", event | ({"view": self._payloads.view(view)} if view else {})


def usergroup_object(workspace: Workspace, group_id: str) -> Json:
    group = workspace.state.usergroups[group_id]
    return {
        "id": group.id,
        "team_id": workspace.team.id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": group.description,
        "handle": group.handle,
        "is_external": False,
        "date_create": 1_780_000_000,
        "date_update": int(workspace.clock.time()),
        "date_delete": int(workspace.clock.time()) if group.deleted else 0,
        "auto_type": None,
        "created_by": "",
        "updated_by": "",
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
        "users": group.users,
        "user_count": len(group.users),
    }
