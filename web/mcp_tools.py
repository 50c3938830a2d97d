"""The tools of /mcp. Each is a route of the API: it needs the same scope, and asks and answers the same."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from web import follow_up_stats, follow_ups_v3, idempotency
from web.bodies import BodyRequest
from web.context import Call
from web.errors import ApiError, Problem, escaped, invalid
from web.keys import SCOPES_KEY, KeyedRoute, forbidden
from web.mcp_schemas import JSON, Argument, Described, name_of
from web.mcp_words import AS_DATA, STATUS, WORDS

UNKNOWN = "unknown_parameter"
READS = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
ADDS = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": False}
KEY = Argument(
    name_of(idempotency.HEADER),
    "header",
    idempotency.HEADER,
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    is_required=False,
)
ROUTES = {
    route.endpoint: route
    for router in (follow_ups_v3.router, follow_up_stats.router)
    for route in router.routes
    if isinstance(route, KeyedRoute)
}


@dataclass(frozen=True)
class Tool:
    name: str
    title: str
    description: str
    endpoint: Callable[..., Any]
    hints: Mapping[str, bool] = field(default_factory=lambda: READS)
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def route(self) -> KeyedRoute:
        return ROUTES[self.endpoint]

    @cached_property
    def scopes(self) -> frozenset[str]:
        return frozenset((self.route.openapi_extra or {})[SCOPES_KEY])

    @cached_property
    def _described(self) -> Described:
        return Described(self.route)

    @cached_property
    def arguments(self) -> Mapping[str, Argument]:
        taken = [*self._described.arguments(), *([KEY] if self._method == "POST" else [])]
        return {argument.name: argument for argument in taken}

    @property
    def _method(self) -> str:
        return self._described.method

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {
                name: {**argument.schema, **self._words(name)} for name, argument in self.arguments.items()
            },
            "required": [name for name, argument in self.arguments.items() if argument.is_required],
            "additionalProperties": False,
        }

    def _words(self, name: str) -> Mapping[str, Any]:
        return self.words.get(name, WORDS.get(name, {}))

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        return self._described.answer()

    async def call(self, request: Request, given: Mapping[str, Any]) -> Response:
        """`request` is the one to /mcp, which has shown its key. Raises what the route does."""
        call: Call = request.scope["call"]
        if missing := self.scopes - call.key.scopes:
            raise forbidden(missing)
        handle = APIRoute.get_route_handler(self.route)
        inner = self._request(request, given)
        if self._method == "GET":
            return await handle(inner)
        await inner.json()
        if idempotency.HEADER in inner.headers:
            return await idempotency.answered(inner, call, handle)
        return await handle(inner)

    def _request(self, request: Request, given: Mapping[str, Any]) -> BodyRequest:
        """As it would come over HTTP."""
        sent: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "body": {}}
        for name, value in given.items():
            argument = self._argument(name)
            sent[argument.place][argument.alias] = value
        headers = {"Content-Type": JSON, **_texts(sent["header"])}
        scope = {
            **request.scope,
            "method": self._method,
            "path": self.route.path,
            "route": self.route,
            "path_params": _texts(sent["path"]),
            "query_string": urlencode(_texts(sent["query"]), doseq=True).encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
        body = json.dumps(sent["body"]).encode()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        return BodyRequest(scope, receive)

    def _argument(self, name: str) -> Argument:
        if (argument := self.arguments.get(name)) is None:
            sentence = f"There is no such argument; there are {', '.join(self.arguments)}."
            raise ApiError(422, Problem(UNKNOWN, sentence, f"/{escaped(name)}"))
        return argument


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """As they stand in an address or a header. Null is what is left out."""
    return {name: _text(name, value) for name, value in values.items() if value is not None}


def _text(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_text(name, item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    raise invalid(f"/{name}", "Send a text, a number, true, false, or a list of them.")


_ALL = (
    Tool(
        "follow_up_list",
        "List follow-ups",
        "Lists the follow-ups that this key may see, oldest first, a page at a time: there are more where "
        "the result has pagination_meta.after. Filters narrow it; without any it lists all." + AS_DATA,
        follow_ups_v3.list_follow_ups,
        words={"status": {"description": "Only those of one of these statuses."}},
    ),
    Tool(
        "follow_up_create",
        "Create a follow-up",
        "Adds a follow-up to an incident. The incident’s channel in Slack sees it at once, as added by this "
        "key, and whoever is assigned is told. Give an idempotency_key if you may have to call again."
        + AS_DATA,
        follow_ups_v3.create_follow_up,
        ADDS,
    ),
    Tool(
        "follow_up_update",
        "Change a follow-up",
        "Changes what is given of a follow-up and leaves the rest as it is; null empties a field. status "
        "completed completes it, outstanding reopens it. The incident’s channel in Slack sees the change. "
        "Give the version you have seen, so that nobody else’s change is lost: if it has moved on, the "
        "refusal has the follow-up as it is now." + AS_DATA,
        follow_ups_v3.patch_follow_up,
        {**ADDS, "idempotentHint": True},
        {"status": STATUS},
    ),
    Tool(
        "follow_up_stats",
        "Count follow-ups",
        "Counts the follow-ups that this key may see: by status, overdue, by priority and by team, the "
        "median seconds to complete one, and how many were created and completed in the period." + AS_DATA,
        follow_up_stats.show_follow_up_stats,
    ),
    Tool(
        "follow_up_import_from_link",
        "Make a follow-up of an issue",
        "Makes a follow-up of an issue at an issue tracker, by the issue’s address, and keeps both together. "
        "It is refused while no issue tracker is connected; then use follow_up_create." + AS_DATA,
        follow_ups_v3.create_follow_up_from_link,
        {**ADDS, "openWorldHint": True},
    ),
)
TOOLS: Mapping[str, Tool] = MappingProxyType({tool.name: tool for tool in _ALL})
