"""/mcp: the Model Context Protocol, behind the same keys as the API. Its SDK is loaded by the first message.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import cache
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, Request, Response
from starlette.types import ASGIApp, Message

from web.context import Context
from web.errors import ApiError, Problem, invalid
from web.idempotency import HEADER
from web.keys import KeyedRoute

NOT_HERE = "This address takes no Idempotency-Key: give follow_up_create an idempotency_key instead."
OTHER_ORIGIN = Problem(
    "origin_not_allowed",
    "A page of another origin may not use this server: its Origin is neither that of PUBLIC_URL nor, where "
    "none is set, one of this machine.",
    "/Origin",
)


class GuardedRoute(KeyedRoute):
    """A page of another origin is refused, whatever key it has: it may have rebound a name to here."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            context: Context = request.app.state.context
            origin = request.headers.get("origin")
            if origin is not None and not may_ask(origin, context.public_url):
                raise ApiError(403, OTHER_ORIGIN)
            if HEADER in request.headers:
                raise invalid(f"/{HEADER}", NOT_HERE)
            return await handle(request)

        return guarded


def may_ask(origin: str, public_url: str | None) -> bool:
    """The Host header says nothing: a proxy may write its own, and rebinding shows in the Origin."""
    asked = _origin(origin)
    return asked is not None and (asked == _origin(public_url) if public_url else _is_local(asked[1]))


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    except (KeyError, ValueError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.post("/mcp")
async def mcp(request: Request, message: Annotated[Any, Body()]) -> Response:
    return await _answered(await asyncio.to_thread(_loaded), request)


@cache
def _loaded() -> ASGIApp:
    from web.mcp_server import serve  # noqa: PLC0415  half a second that few installations need

    return serve


async def _answered(app: ASGIApp, request: Request) -> Response:
    """What the ASGI application answers, whole. The body was read when the key was asked for."""
    response = Response()
    answer = bytearray()
    unread = [await request.body()]

    async def receive() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await request.receive()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status_code = message["status"]
            response.raw_headers = list(message["headers"])
        else:
            answer.extend(message.get("body", b""))

    await app(request.scope, receive, send)
    response.body = bytes(answer)
    return response
