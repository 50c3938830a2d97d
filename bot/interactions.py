"""Slack's payloads as the listeners read them. Ids in them are claims: storage checks each."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.records import CreatorRecord, Filter, Listing, ListQuery

# Of the 3,000 characters that Slack lets metadata have; a title may have 255.
TITLE_KEPT = 2400
LONGEST_METADATA = 3000
LARGEST_NUMBER = 2**31


class UnknownError(LookupError):
    """A button, form or choice that this version of the bot does not have."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A person of our workspace who uses the bot, with the zone they read dates in."""

    actor: CreatorRecord
    slack_user_id: str
    timezone: str
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a view came from, kept in `private_metadata`: only ids and choices.

    `draft_id` is the id of the follow-up that a form will make, however often it is sent.
    """

    incident_id: str = ""
    follow_up_id: str = ""
    version: int | None = None
    revision: int = 0
    query: ListQuery | None = None
    first: str | None = None
    last: str | None = None
    channel_id: str = ""
    opens_form: bool = False
    title: str = ""
    surface: str = ""
    draft_id: str = ""

    @classmethod
    def of(cls, found: Listing) -> "Place":
        return cls(
            incident_id=found.incident.id if found.incident else "",
            query=found.query,
            first=found.items[0].id if found.items else None,
            last=found.items[-1].id if found.items else None,
        )

    def encode(self) -> str:
        kept: dict[str, Any] = {
            "incident": self.incident_id,
            "follow_up": self.follow_up_id,
            "version": self.version,
            "revision": self.revision,
            "first": self.first,
            "last": self.last,
            "channel": self.channel_id,
            "form": self.opens_form,
            "title": _kept_title(self.title),
            "surface": self.surface,
            "draft": self.draft_id,
        }
        if self.query is not None:
            kept["query"] = [
                self.query.filter,
                self.query.text,
                self.query.older_than,
                self.query.newer_than,
            ]
        words = {key: value for key, value in kept.items() if value}
        return json.dumps(words, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def decode(cls, metadata: str) -> "Place":
        """Raises ValueError for metadata we never wrote."""
        if len(metadata) > LONGEST_METADATA:
            raise ValueError(f"metadata of {len(metadata)} characters")
        kept = json.loads(metadata or "{}")
        if not isinstance(kept, dict):
            raise ValueError("metadata that is no object")
        words = {name: _checked(kept[key], kind) for key, (name, kind) in KEPT.items() if key in kept}
        return cls(**words, query=_query(kept["query"]) if kept.get("query") else None)


# Each key in the metadata: the field, and what it holds.
KEPT: dict[str, tuple[str, type]] = {
    "incident": ("incident_id", str),
    "follow_up": ("follow_up_id", str),
    "version": ("version", int),
    "revision": ("revision", int),
    "first": ("first", str),
    "last": ("last", str),
    "channel": ("channel_id", str),
    "form": ("opens_form", bool),
    "title": ("title", str),
    "surface": ("surface", str),
    "draft": ("draft_id", str),
}


def _checked(value: Any, kind: type) -> Any:
    in_range = 0 <= value < LARGEST_NUMBER if isinstance(value, int) else is_storable(value)
    if type(value) is not kind or not in_range:
        raise ValueError(f"metadata with no {kind.__name__} where one belongs")
    return value


def is_storable(value: Any) -> bool:
    """Whether a database can keep it: it has no NUL and no half of a character."""
    if not isinstance(value, str) or (value.isascii() and "\0" not in value):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _query(kept: Any) -> ListQuery:
    if not isinstance(kept, list) or len(kept) != 4:
        raise ValueError("metadata with no query where one belongs")
    chosen, text, *edges = kept
    return ListQuery(Filter(chosen), _checked(text, str), *(edge and _checked(edge, str) for edge in edges))


def _kept_title(title: str) -> str:
    """As much of an endless title as fits once JSON has escaped it."""
    if len(json.dumps(title, ensure_ascii=False)) <= TITLE_KEPT:
        return title
    return _kept_title(title[: len(title) * 2 // 3])


@dataclass(frozen=True, slots=True)
class Command:
    slack_user_id: str
    channel_id: str
    text: str
    trigger_id: str
    response_url: str

    @property
    def is_direct_message(self) -> bool:
        return self.channel_id.startswith("D")


@dataclass(frozen=True, slots=True)
class Click:
    """One element someone used. `choice` is the option chosen, `target` the id after the action's colon."""

    slack_user_id: str
    action: str
    target: str
    choice: str
    trigger_id: str
    place: Place = field(default_factory=Place)
    view: Mapping[str, Any] | None = None
    response_url: str | None = None

    @property
    def is_home(self) -> bool:
        return self.view is not None and self.view["type"] == "home"


@dataclass(frozen=True, slots=True)
class Submission:
    reader: Reader
    trigger_id: str
    view: Mapping[str, Any]
    place: Place

    @property
    def values(self) -> Mapping[str, Mapping[str, Any]]:
        values: Mapping[str, Mapping[str, Any]] = self.view["state"]["values"]
        return values


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What someone has typed into a select whose options the bot offers."""

    reader: Reader
    typed: str


def command(body: Mapping[str, Any]) -> Command:
    return Command(
        slack_user_id=body["user_id"],
        channel_id=body["channel_id"],
        text=as_typed(body.get("text") or "").strip(),
        trigger_id=body["trigger_id"],
        response_url=body["response_url"],
    )


MARKUP = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
SIGNS = {"@": "@", "#": "#", "!": "@"}


def as_typed(text: str) -> str:
    """A command's text without Slack's markup (`should_escape`): names for ids, and `&` for `&amp;`."""
    plain = MARKUP.sub(lambda found: _mentioned(found[1], found[2]), text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _mentioned(link: str, name: str | None) -> str:
    sign = SIGNS.get(link[:1])
    if sign is None:
        return link
    return f"{sign}{(name or link[1:]).removeprefix(sign)}"


def is_from_menu(body: Mapping[str, Any]) -> bool:
    """The action and its target are then the option's."""
    action_id: str = body["actions"][0]["action_id"]
    return action_id.partition(":")[0] == "menu"


def click(body: Mapping[str, Any]) -> Click:
    used = body["actions"][0]
    choice = (used.get("selected_option") or {}).get("value") or ""
    named = choice if is_from_menu(body) else used["action_id"]
    action, _, target = named.partition(":")
    view = body.get("view")
    return Click(
        slack_user_id=body["user"]["id"],
        action=action,
        target=target,
        choice=choice,
        trigger_id=body["trigger_id"],
        place=Place.decode(view["private_metadata"]) if view else Place(),
        view=view,
        response_url=body.get("response_url"),
    )


def submission(body: Mapping[str, Any], reader: Reader) -> Submission:
    view = body["view"]
    return Submission(
        reader=reader, trigger_id=body["trigger_id"], view=view, place=Place.decode(view["private_metadata"])
    )


def suggestion(body: Mapping[str, Any], reader: Reader) -> Suggestion:
    return Suggestion(reader=reader, typed=body.get("value") or "")
