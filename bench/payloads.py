"""What Slack sends when someone types a command, clicks, sends a form or types into a select."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.slack import TEAM
from playground.inputs import carry_over

_numbers = itertools.count(1)


def next_id(kind: str) -> str:
    return f"{kind}{next(_numbers):010}"


def command(user: str, channel: str, text: str, trigger_id: str) -> dict[str, str]:
    return {
        "token": "gone",
        "team_id": TEAM,
        "team_domain": "bench",
        "channel_id": channel,
        "channel_name": f"inc-{channel[1:]}",
        "user_id": user,
        "user_name": "someone",
        "command": "/incident",
        "text": text,
        "api_app_id": "A0BENCH",
        "is_enterprise_install": "false",
        "response_url": "http://127.0.0.1:9/response_url",
        "trigger_id": trigger_id,
    }


@dataclass(frozen=True, slots=True)
class Window:
    """A view as the bot last asked for it, on one person's screen."""

    view: Mapping[str, Any]
    id: str = field(default_factory=lambda: next_id("V"))

    @classmethod
    def asked_for(cls, call: bytes) -> "Window":
        """From the body of `views.open` or `views.update`."""
        view = json.loads(call)["view"]
        return cls(view if isinstance(view, dict) else json.loads(view))

    def as_sent(self, **changed: Any) -> dict[str, Any]:
        blocks = [{"block_id": f"b{index}", **block} for index, block in enumerate(self.view["blocks"])]
        return {
            "private_metadata": "",
            **self.view,
            "id": self.id,
            "hash": "1.a",
            "root_view_id": self.id,
            "blocks": blocks,
            "state": {"values": carry_over(blocks, {})},
            **changed,
        }


def click(user: str, window: Window, action_id: str, choice: str | None = None) -> dict[str, str]:
    action: dict[str, Any] = {
        "type": "button",
        "action_id": action_id,
        "block_id": "b0",
        "action_ts": "1700000000.000001",
    }
    if choice is not None:
        action |= {"type": "static_select", "selected_option": {"value": choice}}
    return _interaction("block_actions", user, view=window.as_sent(), actions=[action])


def submission(user: str, view: Mapping[str, Any]) -> dict[str, str]:
    return _interaction("view_submission", user, view=view, response_urls=[])


def typing(user: str, action_id: str, text: str) -> dict[str, str]:
    """A letter typed into a select whose options the bot offers."""
    return _interaction("block_suggestion", user, action_id=action_id, block_id="b0", value=text)


def _interaction(kind: str, user: str, **more: Any) -> dict[str, str]:
    payload = {
        "type": kind,
        "team": {"id": TEAM, "domain": "bench"},
        "user": {"id": user, "team_id": TEAM, "name": "someone"},
        "api_app_id": "A0BENCH",
        "token": "gone",
        "trigger_id": next_id("T"),
        "is_enterprise_install": False,
        **more,
    }
    return {"payload": json.dumps(payload)}
