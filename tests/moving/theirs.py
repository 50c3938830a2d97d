"""Objects as incident.io publishes them, and a server of theirs that answers as it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from playground.serving import LocalServer

MADE = "2021-08-17T13:28:57.801578Z"
KEY = "inc_live_0123456789"
TEAM = "T1"
PAGE = 250


def an_id(number: int) -> str:
    return f"01FCNDV6P870EA6S7TK1DS{number:04}"


def user(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": an_id(number), "name": "Lisa Karlin Curtis", "role": "owner", "email": "l@x.example"} | more


def listed_user(number: int = 1, **more: Any) -> dict[str, Any]:
    """As GET /v2/users has them."""
    role = {"id": an_id(90), "name": "Owner", "slug": "owner"}
    seats = {"on_call": "none", "response": "full_access"}
    return user(number, base_role=role, custom_roles=[], seats=seats, is_active=True) | more


def incident(number: int = 100, **more: Any) -> dict[str, Any]:
    status = {
        "id": an_id(9),
        "name": "Fixing",
        "description": "",
        "category": "live",
        "rank": 1,
        "created_at": MADE,
        "updated_at": MADE,
    }
    return {
        "id": an_id(number),
        "reference": f"INC-{number}",
        "name": "Our database is sad",
        "visibility": "public",
        "mode": "standard",
        "incident_status": status,
        "creator": {"user": user(slack_user_id="ULISA")},
        "slack_team_id": TEAM,
        "slack_channel_id": f"C{number}",
        "slack_channel_name": f"inc-{number}-sad",
        "custom_field_entries": [],
        "incident_role_assignments": [],
        "team_ids": [],
        "created_at": MADE,
        "updated_at": MADE,
        "last_activity_at": MADE,
    } | more


def follow_up(number: int = 500, **more: Any) -> dict[str, Any]:
    return {
        "id": an_id(number),
        "incident_id": an_id(100),
        "title": "Call the fire brigade",
        "status": "outstanding",
        "labels": [],
        "creator": {"user": user(slack_user_id="ULISA")},
        "created_at": MADE,
        "updated_at": MADE,
    } | more


Answer = tuple[int, Any]
Answers = Callable[[Request], Answer]


class Theirs:
    """Everything in pages, unless `says` answers a path otherwise. `asked` are the requests so far.

    With `holds` no second page is answered; `held` is set once one was asked for.
    """

    def __init__(self, **objects: list[dict[str, Any]]) -> None:
        self.objects = objects
        self.says: dict[str, Answers] = {}
        self.asked: list[Request] = []
        self.url = ""
        self.holds = False
        self.held = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        self.asked.append(request)
        if (says := self.says.get(request.url.path)) is not None:
            status, body = says(request)
            headers: Mapping[str, str] = body.pop("headers", {}) if isinstance(body, dict) else {}
            return self._json(status, body, headers)
        if request.headers["authorization"] != f"Bearer {KEY}":
            return self._json(401, error(401, "authentication_error", "This key is unknown."))
        name = request.url.path.split("/")[2]
        mode = request.query_params.get("incident_mode") or request.query_params.get("mode[one_of]")
        found = self.objects.get(name, []) if mode in {None, "standard"} else []
        meta = {"page_size": PAGE, "total_record_count": len(found)}
        after = request.query_params.get("after")
        if after is not None and self.holds:
            self.held.set()
            await asyncio.Event().wait()
        begins = next((place + 1 for place, one in enumerate(found) if one["id"] == after), 0)
        page = found[begins : begins + PAGE]
        more = {"after": page[-1]["id"]} if len(page) == PAGE else {}
        return self._json(200, {name: page, "pagination_meta": meta | more})

    def _json(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> Response:
        text = body if isinstance(body, str) else json.dumps(body)
        return Response(text, status, media_type="application/json", headers=dict(headers or {}))


def error(status: int, kind: str, words: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "request_id": an_id(1),
        "errors": [{"code": kind, "message": words}],
    }


@asynccontextmanager
async def served(theirs: Theirs) -> AsyncIterator[Theirs]:
    server = LocalServer()
    theirs.url = server.url
    await server.start(Starlette(routes=[Route("/{path:path}", theirs.answer)]))
    yield theirs
    await server.stop()
