"""Holds every answer against the published schemas: each client of these tests calls `check`."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

CONTRACT = json.loads((Path(__file__).parent / "contract.json").read_text())

# A successful answer's method, path and schema. `-` in a path stands for an id.
SHAPES = {
    ("GET", "/v1/identity"): "UtilitiesIdentityResultV1",
    ("GET", "/v1/incident_statuses"): "IncidentStatusesListResultV1",
    ("GET", "/v1/severities"): "SeveritiesListResultV1",
    ("GET", "/v1/severities/-"): "SeveritiesShowResultV1",
    ("GET", "/v2/follow_ups"): "FollowUpsListResultV2",
    ("POST", "/v2/follow_ups"): "FollowUpsCreateResultV2",
    ("GET", "/v2/follow_ups/-"): "FollowUpsShowResultV2",
    ("PUT", "/v2/follow_ups/-"): "FollowUpsUpdateResultV2",
    ("POST", "/v2/follow_ups/-/actions/connect_external_issue"): "FollowUpsConnectExternalIssueResultV2",
    ("GET", "/v2/incidents"): "IncidentsListResultV2",
    ("POST", "/v2/incidents"): "IncidentsCreateResultV2",
    ("GET", "/v2/incidents/-"): "IncidentsShowResultV2",
    ("POST", "/v2/incidents/-/actions/edit"): "IncidentsShowResultV2",
    ("GET", "/v2/users"): "UsersListResultV2",
    ("GET", "/v2/users/-"): "UsersShowResultV2",
    ("GET", "/v3/follow_ups"): "FollowUpsListResultV3",
    ("POST", "/v3/follow_ups"): "FollowUpsCreateResultV3",
    ("GET", "/v3/follow_ups/-"): "FollowUpsShowResultV3",
    ("PUT", "/v3/follow_ups/-"): "FollowUpsUpdateResultV3",
    ("PATCH", "/v3/follow_ups/-"): "FollowUpsUpdateResultV3",
    ("POST", "/v3/follow_ups/-/actions/connect_external_issue"): "FollowUpsConnectExternalIssueResultV3",
    ("POST", "/v3/follow_ups/actions/convert_action"): "FollowUpsCreateResultV3",
    ("POST", "/v3/follow_ups/-/actions/move"): "FollowUpsUpdateResultV3",
    ("GET", "/v3/teams"): "TeamsListResultV3",
    ("GET", "/v3/teams/-"): "TeamsShowResultV3",
}
# Nobody published these: nothing is compared.
OURS = re.compile(
    r"/mcp$|/v1/webhook_endpoints|/v1/follow_up_|/v3/follow_ups/(?:stats|actions/bulk_update|[^/]+/history)$"
)
ID = re.compile(r"(?<=/)(?:[0-7][0-9A-Z]{25}|\d+)(?=/|$)")


def complaints(schema: str, body: Any) -> list[str]:
    validator = Draft202012Validator(
        {**CONTRACT, "$ref": f"#/components/schemas/{schema}"}, format_checker=FormatChecker()
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


async def check(response: httpx.Response) -> None:
    """A hook of httpx."""
    await response.aread()
    request = response.request
    if response.status_code == 204:
        assert response.content == b""
        return
    body = response.json()
    if response.is_success and OURS.match(request.url.path):
        assert b":null" not in response.content
        return
    if response.is_success:
        schema = SHAPES[request.method, ID.sub("-", request.url.path)]
        assert b":null" not in response.content
    else:
        schema = "ErrorResponse"
        assert body["status"] == response.status_code
        assert body["request_id"] == response.headers["x-request-id"]
    assert complaints(schema, body) == []
