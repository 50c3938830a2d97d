"""The API's requests, counted by where they led and how they were answered."""

from typing import Any

from prometheus_client import Counter
from starlette.types import Scope

REQUESTS = Counter(
    "follow_ups_api_requests",
    "Requests of the API, by method, route and class of status.",
    ["method", "route", "status"],
)
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def count(scope: Scope, status: int) -> None:
    """Of a few known words, whatever somebody asks for: a route is its template, without ids."""
    method = scope["method"] if scope["method"] in METHODS else "other"
    route: Any = scope.get("route")
    REQUESTS.labels(method, getattr(route, "path", "unknown"), f"{status // 100}xx").inc()
