"""What comes in from Slack, by either door, counted and timed until it is acknowledged."""

import time
from collections.abc import Mapping
from typing import Any

from prometheus_client import Counter, Histogram
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest

REQUESTS = Counter(
    "follow_ups_requests",
    "What came from Slack or in its name, by kind and outcome.",
    ["kind", "outcome"],
)
ACKNOWLEDGED = Histogram(
    "follow_ups_acknowledged_seconds",
    "How long Slack waited for an acknowledgement, by kind.",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
)
REFUSALS = {400: "unreadable", 401: "unsigned", 408: "too_slow", 413: "too_large"}
KINDS = {
    "block_actions": "action",
    "block_suggestion": "options",
    "event_callback": "event",
    "message_action": "shortcut",
    "shortcut": "shortcut",
    "view_closed": "view_closed",
    "view_submission": "submission",
}


class MeasuredApp(AsyncApp):
    """Bolt, where both doors lead."""

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        kind, outcome, began = kind_of(req.body), "failed", time.perf_counter()
        try:
            answer = await super().async_dispatch(req)
            outcome = "acknowledged" if answer.status < 400 else "failed"
        finally:
            REQUESTS.labels(kind, outcome).inc()
            ACKNOWLEDGED.labels(kind).observe(time.perf_counter() - began)
        return answer


def kind_of(body: Mapping[str, Any]) -> str:
    """Of a few known words, whatever somebody sends."""
    return "command" if "command" in body else KINDS.get(str(body.get("type")), "other")
