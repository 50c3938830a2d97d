"""What a workspace is made of: plain records, each of which can be written to a file and read back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

Json = dict[str, Any]

PUBLIC: Final = "public_channel"
PRIVATE: Final = "private_channel"
DIRECT: Final = "im"


@dataclass
class Team:
    id: str
    name: str
    domain: str


@dataclass
class User:
    """A person, a bot, or somebody from another workspace."""

    id: str
    name: str
    real_name: str
    team_id: str
    display_name: str = ""
    email: str = ""
    tz: str = "Europe/London"
    color: str = "4a154b"
    title: str = ""
    is_bot: bool = False
    bot_id: str = ""
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_admin: bool = False
    updated: int = 1_780_000_000

    @property
    def shown_name(self) -> str:
        return self.display_name or self.real_name or self.name

    @property
    def initials(self) -> str:
        words = self.real_name.split() or [self.name]
        return "".join(word[0] for word in words[:2]).upper()

    def tz_offset(self, at: float) -> int:
        offset = datetime.fromtimestamp(at, ZoneInfo(self.tz)).utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def tz_label(self, at: float) -> str:
        return datetime.fromtimestamp(at, ZoneInfo(self.tz)).tzname() or self.tz


@dataclass
class Usergroup:
    id: str
    handle: str
    name: str
    users: list[str]
    description: str = ""
    deleted: bool = False


@dataclass
class Channel:
    """A public or private channel, or a direct conversation of two."""

    id: str
    name: str
    members: list[str] = field(default_factory=list)
    is_private: bool = False
    is_im: bool = False
    is_archived: bool = False
    is_general: bool = False
    is_ext_shared: bool = False
    creator: str = ""
    created: int = 1_780_000_000
    topic: str = ""
    purpose: str = ""
    previous_names: list[str] = field(default_factory=list)
    bookmarks: list[Json] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        if self.is_im:
            return DIRECT
        return PRIVATE if self.is_private else PUBLIC

    @property
    def letter(self) -> str:
        """How events name the kind of a channel."""
        return {PUBLIC: "C", PRIVATE: "G", DIRECT: "D"}[self.kind]

    def other_than(self, user_id: str) -> str:
        return next((member for member in self.members if member != user_id), user_id)


@dataclass
class Message:
    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Json] | None = None
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    edited: Json | None = None
    bot_id: str = ""
    app_id: str = ""
    username: str = ""
    subtype: str = ""
    ephemeral_for: str | None = None
    reactions: list[Json] = field(default_factory=list)
    client_msg_id: str = ""


@dataclass
class View:
    """A modal or a Home tab: what the app sent, what Slack added, and what the person has entered so far."""

    id: str
    user: str
    content: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    state: Json = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.content["blocks"]
        return blocks

    @property
    def type(self) -> str:
        return str(self.content["type"])


@dataclass
class Happening:
    """Something that changed in the workspace, told to the page's stream and to the app's events."""

    kind: str
    channel: Channel | None = None
    message: Message | None = None
    user: str = ""
    data: Json = field(default_factory=dict)
