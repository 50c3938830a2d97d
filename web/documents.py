"""/openapi.json, and the same as a page to read: /docs/api. They hold nothing secret and need no key."""

import asyncio
from functools import cached_property
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from web.answers import JSON


class Documents:
    """Made from the routes when they are first asked for."""

    def __init__(self, app: FastAPI, public_url: str | None) -> None:
        self._app = app
        self._server = (public_url or "").rstrip("/")

    @cached_property
    def _document(self) -> dict[str, Any]:
        from web.openapi import document  # noqa: PLC0415  few ever ask

        return document(self._app, self._server or "/")

    @cached_property
    def _json(self) -> bytes:
        return orjson.dumps(self._document)

    async def openapi(self, _request: Request) -> Response:
        content = await asyncio.to_thread(lambda: self._json)
        # Tools in browsers read it from other origins.
        return Response(content, headers={"Access-Control-Allow-Origin": "*"}, media_type=JSON)

    async def page(self, request: Request) -> Response:
        return await asyncio.to_thread(self._page, self._server or str(request.base_url).rstrip("/"))

    def _page(self, server: str) -> Response:
        from web import reference_page  # noqa: PLC0415  and fewer read

        content = reference_page.page(self._document, server)
        return Response(content, headers=reference_page.HEADERS, media_type="text/html; charset=utf-8")
