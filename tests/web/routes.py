"""Every route, as a request that would succeed, with the scope it needs. `{…}` stands for ids."""

from dataclasses import dataclass, field
from typing import Any

FOLLOW_UP = {"title": "Rotate the certs", "status": "outstanding"}
ISSUE = {"provider": "linear", "url": "https://linear.app/harbour/issue/ENG-123/rotate"}


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    scope: str | None
    body: dict[str, Any] = field(default_factory=dict)

    def filled(self, **ids: str) -> dict[str, Any]:
        """For httpx."""
        body = {
            name: value.format(**ids) if value == "{incident}" else value for name, value in self.body.items()
        }
        request = {"method": self.method, "url": self.path.format(**ids)}
        return {**request, "json": body} if body else request


def of_follow_ups(prefix: str) -> list[Call]:
    one = prefix + "/{follow_up}"
    new = {"incident_id": "{incident}", "title": "Rotate the certs"}
    return [
        Call("GET", prefix, "actions.view"),
        Call("POST", prefix, "follow_ups.create", new),
        Call("GET", one, "actions.view"),
        Call("PUT", one, "follow_ups.update", FOLLOW_UP),
        Call("POST", f"{one}/actions/connect_external_issue", "follow_ups.connect_external_issue", ISSUE),
        Call("DELETE", one, "follow_ups.destroy"),
    ]


HOOKS = "/v1/webhook_endpoints"
HOOK = HOOKS + "/{webhook_endpoint}"
MANAGE = "webhook_endpoints.manage"
NEW_HOOK = {"url": "https://10.0.0.1/", "events": ["public_incident.follow_up_created_v2"]}
LAST_HOUR = {"since": "2026-11-24T09:00:00Z", "until": "2026-11-24T10:00:00Z"}
OPTIONS = "follow_up_options.manage"


def of_options(plural: str) -> list[Call]:
    prefix, one = f"/v1/follow_up_{plural}", f"/v1/follow_up_{plural}/{{{plural}}}"
    return [
        Call("GET", prefix, "actions.view"),
        Call("POST", prefix, OPTIONS, {"name": "Whenever"}),
        Call("GET", one, "actions.view"),
        Call("PATCH", one, OPTIONS, {"name": "Some day"}),
        Call("DELETE", one, OPTIONS),
    ]


LABELS = "/v1/follow_up_labels"
LINK = {"incident_id": "{incident}", "url": "https://linear.app/harbour/issue/ENG-123"}
ACTION = {"id": "01FCNDV6P870EA6S7TK1DSYDG0", "description": "Rotate the certs"}
CONVERT = {"incident_id": "{incident}", "action": ACTION}
TO = {"incident_id": "{incident}"}
BULK = {"ids": ["01FCNDV6P870EA6S7TK1DSYDG0"], "changes": {"title": "Rotate all certs"}}
NEW_INCIDENT = {"idempotency_key": "1", "visibility": "public", "name": "Checkout is down"}
ROUTES = (
    *of_follow_ups("/v3/follow_ups"),
    Call("POST", "/v3/follow_ups/actions/create_from_link", "follow_ups.create", LINK),
    Call("POST", "/v3/follow_ups/actions/convert_action", "follow_ups.create", CONVERT),
    Call("GET", "/v3/follow_ups/stats", "actions.view"),
    Call("GET", "/v3/follow_ups/{follow_up}/history", "actions.view"),
    Call("PATCH", "/v3/follow_ups/{follow_up}", "follow_ups.update", {"title": "Rotate all certs"}),
    Call("POST", "/v3/follow_ups/{follow_up}/actions/move", "follow_ups.update", TO),
    Call("POST", "/v3/follow_ups/actions/bulk_update", "follow_ups.update", BULK),
    *of_follow_ups("/v2/follow_ups"),
    Call("GET", "/v2/incidents", "incidents.view"),
    Call("POST", "/v2/incidents", "incidents.create", NEW_INCIDENT),
    Call("GET", "/v2/incidents/{incident}", "incidents.view"),
    Call("POST", "/v2/incidents/{incident}/actions/edit", "incidents.update", {"incident": {"name": "Late"}}),
    Call("GET", "/v2/users", "users.view"),
    Call("GET", "/v2/users/{user}", "users.view"),
    Call("GET", "/v3/teams", "catalog_entries.view"),
    Call("GET", "/v3/teams/{team}", "catalog_entries.view"),
    Call("GET", "/v1/severities", "severities.view"),
    Call("GET", "/v1/severities/{severity}", "severities.view"),
    Call("GET", "/v1/incident_statuses", "incident_statuses.view"),
    Call("GET", "/v1/identity", None),
    *of_options("priorities"),
    *of_options("categories"),
    Call("GET", LABELS, "actions.view"),
    Call("GET", LABELS + "/{label}", "actions.view"),
    Call("PATCH", LABELS + "/{label}", OPTIONS, {"name": "certs"}),
    Call("DELETE", LABELS + "/{label}", OPTIONS),
    Call("GET", HOOKS, MANAGE),
    Call("POST", HOOKS, MANAGE, NEW_HOOK),
    Call("GET", HOOK, MANAGE),
    Call("PATCH", HOOK, MANAGE, {"description": "Ours"}),
    Call("DELETE", HOOK, MANAGE),
    Call("POST", HOOK + "/actions/rotate_secret", MANAGE, {"overlap_hours": 1}),
    Call("POST", HOOK + "/actions/replay", MANAGE, LAST_HOUR),
    Call("GET", HOOK + "/deliveries", MANAGE),
    Call("POST", HOOK + "/deliveries/{delivery}/actions/replay", MANAGE),
)
PLACES = (
    "follow_up",
    "incident",
    "user",
    "team",
    "severity",
    "priorities",
    "categories",
    "label",
    "webhook_endpoint",
    "delivery",
)
# Those that are about one follow-up or one incident, by its id.
OF_ONE = tuple(
    call for call in ROUTES if "{incident}" in f"{call.path}{call.body}" or "{follow_up}" in call.path
)
