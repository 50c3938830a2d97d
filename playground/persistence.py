"""The state in one file: written whole, next to it, then moved into place."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from playground.records import Channel, Json, Message, Team, User, Usergroup, View
from playground.workspace import State

VERSION: Final = 1
DEBOUNCE: Final = 0.25


def dump(state: State) -> Json:
    return {"version": VERSION, **asdict(state)}


def load(saved: Json) -> State:
    return State(
        team=Team(**saved["team"]),
        users={key: User(**value) for key, value in saved["users"].items()},
        usergroups={key: Usergroup(**value) for key, value in saved["usergroups"].items()},
        channels={key: Channel(**value) for key, value in saved["channels"].items()},
        messages={key: [Message(**one) for one in value] for key, value in saved["messages"].items()},
        views={key: View(**value) for key, value in saved["views"].items()},
        stacks=saved["stacks"],
        homes=saved["homes"],
        reads=saved["reads"],
    )


def read(path: Path | None) -> State | None:
    """What was saved, or None when there is nothing. A file that can't be understood is put aside."""
    if path is None or not path.exists():
        return None
    try:
        saved = json.loads(path.read_text("utf-8"))
        if saved["version"] == VERSION:
            return load(saved)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    path.replace(path.with_name(path.name + ".unreadable"))
    return None


def write(path: Path, state: State) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(dump(state), ensure_ascii=False, separators=(",", ":")), "utf-8")
    draft.replace(path)


class Keeper:
    """Saves a little after the last change, and once more at the end."""

    def __init__(self, path: Path | None, state: State) -> None:
        self._path = path
        self._state = state
        self._timer: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        if self._path is None or self._timer is not None:
            return
        self._timer = asyncio.get_running_loop().call_later(DEBOUNCE, self.now)

    def now(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._path is not None:
            write(self._path, self._state)
