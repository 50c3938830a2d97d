"""The app as the workspace knows it, read from its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from playground.records import Json

APP_ID: Final = "A0FOLLOWUPS"
BOT_ID: Final = "B0FOLLOWUPS"
VERIFICATION_TOKEN: Final = "playground"  # noqa: S105  (deprecated by Slack, still a field of every payload)

# Events that need a scope besides the subscription: any one of those named is enough.
EVENT_SCOPES: Final[dict[str, tuple[str, ...]]] = {
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "app_mention": ("app_mentions:read",),
    "link_shared": ("links:read",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "channel_archive": ("channels:read",),
    "channel_created": ("channels:read",),
    "channel_left": ("channels:read",),
    "channel_rename": ("channels:read",),
    "channel_unarchive": ("channels:read",),
    "group_archive": ("groups:read",),
    "group_left": ("groups:read",),
    "group_rename": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "subteam_updated": ("usergroups:read",),
    "subteam_members_changed": ("usergroups:read",),
    "team_join": ("users:read",),
    "user_change": ("users:read",),
}


@dataclass(frozen=True)
class Command:
    command: str
    description: str
    usage_hint: str
    should_escape: bool


@dataclass(frozen=True)
class Shortcut:
    callback_id: str
    name: str
    type: str
    description: str


class Registration:
    """What the manifest grants and asks for. `command` renames the app's first slash command."""

    def __init__(self, manifest: Json, command: str | None = None) -> None:
        features = manifest.get("features") or {}
        settings = manifest.get("settings") or {}
        subscriptions = settings.get("event_subscriptions") or {}
        scopes = (manifest.get("oauth_config") or {}).get("scopes") or {}
        self.name = str((manifest.get("display_information") or {}).get("name") or "App")
        self.bot_name = str((features.get("bot_user") or {}).get("display_name") or self.name)
        self.scopes = frozenset(scopes.get("bot") or ())
        self.events = frozenset(subscriptions.get("bot_events") or ())
        self.has_home = bool((features.get("app_home") or {}).get("home_tab_enabled"))
        self.interactive = bool((settings.get("interactivity") or {}).get("is_enabled"))
        self.commands = [_command(entry) for entry in features.get("slash_commands") or ()]
        self.shortcuts = [_shortcut(entry) for entry in features.get("shortcuts") or ()]
        if command and self.commands:
            first = self.commands[0]
            name = "/" + command.removeprefix("/")
            self.commands[0] = Command(name, first.description, first.usage_hint, first.should_escape)

    def command(self, name: str) -> Command | None:
        return next((command for command in self.commands if command.command == name), None)

    def shortcut(self, callback_id: str) -> Shortcut | None:
        return next((shortcut for shortcut in self.shortcuts if shortcut.callback_id == callback_id), None)

    def hears(self, event: str) -> bool:
        """Whether the app is subscribed to an event and holds a scope that lets it."""
        needed = EVENT_SCOPES.get(event, ())
        return event in self.events and (not needed or not self.scopes.isdisjoint(needed))


def _command(entry: Json) -> Command:
    return Command(
        command=str(entry["command"]),
        description=str(entry.get("description") or ""),
        usage_hint=str(entry.get("usage_hint") or ""),
        should_escape=bool(entry.get("should_escape")),
    )


def _shortcut(entry: Json) -> Shortcut:
    return Shortcut(
        callback_id=str(entry["callback_id"]),
        name=str(entry.get("name") or ""),
        type=str(entry.get("type") or "global"),
        description=str(entry.get("description") or ""),
    )
