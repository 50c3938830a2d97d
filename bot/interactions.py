"""Slack's payloads as the listeners read them. Ids in them are claims: storage checks each."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.records import CreatorRecord, Filter, Listing, ListQuery

# Of the 3,000 characters that Slack lets metadata have; a title may have 255.
TITLE_KEPT = 2400


@dataclass(frozen=True, slots=True)
class Reader:
    """A person of our workspace who uses the bot, with the zone they read dates in."""

    actor: CreatorRecord
    slack_user_id: str
    timezone: str


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
        kept = json.loads(metadata or "{}")
        query = kept.get("query")
        return cls(
            incident_id=kept.get("incident", ""),
            follow_up_id=kept.get("follow_up", ""),
            version=kept.get("version"),
            revision=kept.get("revision", 0),
            query=ListQuery(Filter(query[0]), *query[1:]) if query else None,
            first=kept.get("first"),
            last=kept.get("last"),
            channel_id=kept.get("channel", ""),
            opens_form=kept.get("form", False),
            title=kept.get("title", ""),
            surface=kept.get("surface", ""),
            draft_id=kept.get("draft", ""),
        )


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


# What each kind of payload can't be understood without.
NEEDED = {
    "block_actions": ("user.id", "actions.0.action_id", "trigger_id"),
    "block_suggestion": ("user.id", "action_id"),
    "event_callback": ("event_id", "event.type"),
    "view_submission": (
        "user.id",
        "trigger_id",
        "view.id",
        "view.blocks",
        "view.callback_id",
        "view.private_metadata",
        "view.state.values",
        "view.title.text",
    ),
}
COMMAND_NEEDS = ("user_id", "channel_id", "trigger_id", "response_url")


def is_complete(body: Any) -> bool:
    """Whether a payload has what its kind always has: Slack's do."""
    if not isinstance(body, Mapping):
        return False
    needed = COMMAND_NEEDS if "command" in body else NEEDED.get(str(body.get("type")), ())
    return all(_at(body, path.split(".")) is not None for path in needed)


def _at(value: Any, path: list[str]) -> Any:
    for step in path:
        if isinstance(value, list) and value:
            value = value[int(step)] if step.isdigit() else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value


def command(body: Mapping[str, Any]) -> Command:
    return Command(
        slack_user_id=body["user_id"],
        channel_id=body["channel_id"],
        text=as_typed(body.get("text", "")).strip(),
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
    choice = (used.get("selected_option") or {}).get("value", "")
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
    return Suggestion(reader=reader, typed=body.get("value", ""))
