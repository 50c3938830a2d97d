"""Views: the stack of modals in front of a person, and their Home tab."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any, Final

from playground.blocks import VIEW_BYTES, view_errors
from playground.clock import new_id
from playground.inputs import carry_over
from playground.records import Happening, Json, View
from playground.workspace import Workspace

STACK: Final = 3

DEFAULTS: Final[Json] = {
    "private_metadata": "",
    "callback_id": "",
    "external_id": "",
    "clear_on_close": False,
    "notify_on_close": False,
    "close": None,
    "submit": None,
}


class ViewError(Exception):
    """Slack's name for what is wrong with a view, and the details."""

    def __init__(self, error: str, messages: list[str] | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []


def completed(value: Any) -> Any:
    """A copy with what Slack fills in: ids of blocks and actions, `emoji` and `verbatim` of texts."""
    if isinstance(value, list):
        return [completed(one) for one in value]
    if not isinstance(value, dict):
        return value
    filled = {name: completed(one) for name, one in value.items()}
    if filled.get("type") == "plain_text":
        filled.setdefault("emoji", True)
    elif filled.get("type") == "mrkdwn":
        filled.setdefault("verbatim", False)
    return filled


def completed_blocks(blocks: list[Json]) -> list[Json]:
    filled: list[Json] = completed(blocks)
    for block in filled:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
        if block["type"] == "input":
            block.setdefault("optional", False)
            block.setdefault("dispatch_action", False)
        for element in _with_actions(block):
            element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return filled


def _with_actions(block: Json) -> Iterator[Json]:
    elements = [block.get("element"), block.get("accessory")]
    if block["type"] in {"actions", "card"}:
        elements += [*(block.get("elements") or ()), *(block.get("actions") or ())]
    for element in elements:
        if isinstance(element, dict) and element.get("type") != "image":
            yield element


class Modals:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._state = workspace.state

    def stack(self, user_id: str) -> list[View]:
        return [self._state.views[view_id] for view_id in self._state.stacks.get(user_id, [])]

    def home(self, user_id: str) -> View | None:
        view_id = self._state.homes.get(user_id)
        return self._state.views[view_id] if view_id else None

    def find(self, view_id: str | None = None, external_id: str | None = None) -> View | None:
        if view_id:
            return self._state.views.get(view_id)
        views = self._state.views.values()
        return next((v for v in views if external_id and v.content["external_id"] == external_id), None)

    # --- what the app does -------------------------------------------------------------------------------

    def open(self, user_id: str, content: Json) -> View:
        """A new modal; what was open before is gone."""
        content = self.checked(content, "modal")
        self._drop(self._state.stacks.get(user_id, []))
        return self._add(user_id, content, previous=None)

    def push(self, user_id: str, content: Json) -> View:
        stack = self.stack(user_id)
        if not stack:
            raise ViewError("not_found")
        content = self.checked(content, "modal")
        if len(stack) >= STACK:
            raise ViewError("push_limit_reached")
        return self._add(user_id, content, previous=stack[-1])

    def update(self, view: View, content: Json, expected_hash: str | None = None) -> View:
        """New content in place. What was entered stays where block_id and action_id stay."""
        if expected_hash and expected_hash != view.hash:
            raise ViewError("hash_conflict")
        content = self.checked(content, view.type, view)
        view.content = content
        view.hash = self._new_hash()
        view.state = carry_over(view.blocks, view.state)
        self._shown(view)
        return view

    def publish(self, user_id: str, content: Json, expected_hash: str | None = None) -> View:
        home = self.home(user_id)
        if home is not None:
            return self.update(home, content, expected_hash)
        content = self.checked(content, "home")
        view = self._made(user_id, content, None)
        self._state.homes[user_id] = view.id
        self._shown(view)
        return view

    # --- what the person does ----------------------------------------------------------------------------

    def close(self, user_id: str) -> list[View]:
        """Closes the top view, or all when it asks for that. The closed ones, top first."""
        stack = self._state.stacks.get(user_id, [])
        if stack and self._state.views[stack[-1]].content["clear_on_close"]:
            return self.clear(user_id)
        return self._closed(user_id, stack[-1:])

    def clear(self, user_id: str) -> list[View]:
        return self._closed(user_id, list(self._state.stacks.get(user_id, [])))

    def enter(self, view: View, values: Json) -> None:
        """What a person has entered by now."""
        view.state = values
        self._workspace.changes.announce()

    # --- rules -------------------------------------------------------------------------------------------

    def checked(self, content: Json, expected_type: str, replacing: View | None = None) -> Json:
        """The content completed, if Slack would take it."""
        if len(json.dumps(content, ensure_ascii=False).encode()) > VIEW_BYTES:
            raise ViewError("view_too_large")
        errors = view_errors(content)
        if not errors and content["type"] != expected_type:
            errors = [f"[ERROR] expected a view of type {expected_type} [json-pointer:/view/type]"]
        if errors:
            raise ViewError("invalid_arguments", errors)
        twin = self.find(external_id=content.get("external_id"))
        if twin is not None and twin is not replacing:
            raise ViewError("duplicate_external_id")
        filled: Json = DEFAULTS | completed({k: v for k, v in content.items() if k != "blocks"})
        filled["blocks"] = completed_blocks(content["blocks"])
        return filled

    def _new_hash(self) -> str:
        return f"{int(self._workspace.clock.time())}.{secrets.token_hex(4)}"

    def _made(self, user_id: str, content: Json, previous: View | None) -> View:
        view_id = new_id("V")
        root = previous.root_id if previous else view_id
        previous_id = previous.id if previous else None
        view = View(view_id, user_id, content, self._new_hash(), root, previous_id)
        view.state = carry_over(view.blocks, {})
        self._state.views[view_id] = view
        return view

    def _add(self, user_id: str, content: Json, previous: View | None) -> View:
        view = self._made(user_id, content, previous)
        self._state.stacks.setdefault(user_id, []).append(view.id)
        self._shown(view)
        return view

    def _drop(self, view_ids: list[str]) -> None:
        for view_id in list(view_ids):
            view_ids.remove(view_id)
            del self._state.views[view_id]

    def _closed(self, user_id: str, view_ids: list[str]) -> list[View]:
        views = [self._state.views.pop(view_id) for view_id in reversed(view_ids)]
        kept = [one for one in self._state.stacks.get(user_id, []) if one not in view_ids]
        self._state.stacks[user_id] = kept
        if views:
            self._workspace.tell(Happening("views_changed", user=user_id))
        return views

    def _shown(self, view: View) -> None:
        kind = "home_changed" if view.type == "home" else "views_changed"
        self._workspace.tell(Happening(kind, user=view.user))
