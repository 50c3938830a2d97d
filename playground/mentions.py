"""What a person types, as Slack's client sends it: escaped, with mentions and links marked up."""

from __future__ import annotations

import re
from typing import Final

from playground.workspace import Workspace

BROADCASTS: Final = frozenset({"here", "channel", "everyone"})

_LINK = re.compile(r"\bhttps?://[^\s<>]+[^\s<>.,;:!?)\]}'\"]")
_NAME = re.compile(r"(?<![\w/@#])([@#])([\w][\w.()-]*)")


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def marked_up(workspace: Workspace, typed: str, *, with_names: bool = False) -> str:
    """`@tom` becomes `<@U…>`, `#general` `<#C…>`. Slash commands get the names along: `<@U…|tom>`."""

    def mention(match: re.Match[str]) -> str:
        sign, word = match.groups()
        for name, rest in _shorter_and_shorter(word):
            found = (
                _person(workspace, name, with_names=with_names)
                if sign == "@"
                else _channel(workspace, name, with_names=with_names)
            )
            if found:
                return found + rest
        return match.group()

    parts: list[str] = []
    end = 0
    for link in _LINK.finditer(typed):
        parts += [_NAME.sub(mention, escape(typed[end : link.start()])), f"<{escape(link.group())}>"]
        end = link.end()
    return "".join([*parts, _NAME.sub(mention, escape(typed[end:]))])


def _shorter_and_shorter(word: str) -> list[tuple[str, str]]:
    """The word, then without its trailing punctuation: a name may be followed by a full stop."""
    bare = word.rstrip(".-")
    return [(word, "")] if bare == word else [(word, ""), (bare, word[len(bare) :])]


def _person(workspace: Workspace, name: str, *, with_names: bool) -> str:
    if name in BROADCASTS:
        return f"<!{name}>"
    group = next((g for g in workspace.state.usergroups.values() if g.handle == name and not g.deleted), None)
    if group is not None:
        return f"<!subteam^{group.id}|@{group.handle}>" if with_names else f"<!subteam^{group.id}>"
    user = workspace.user_named(name)
    if user is None:
        return ""
    return f"<@{user.id}|{user.name}>" if with_names else f"<@{user.id}>"


def _channel(workspace: Workspace, name: str, *, with_names: bool) -> str:
    channel = workspace.channel_named(name)
    if channel is None:
        return ""
    shown = "" if channel.is_private else channel.name
    return f"<#{channel.id}|{shown}>" if with_names else f"<#{channel.id}>"
