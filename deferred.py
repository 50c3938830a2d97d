"""A part of the program that is loaded when it is first asked for: who never asks never pays for it."""

import asyncio
from collections.abc import Callable

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send


class Deferred(BaseRoute):
    """The paths that begin with one of the prefixes. `load` runs once, in a thread: it takes a while."""

    def __init__(self, prefixes: tuple[str, ...], load: Callable[[], ASGIApp]) -> None:
        self.prefixes = prefixes
        self._load = load
        self._app: ASGIApp | None = None
        self._turn = asyncio.Lock()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_ours = scope["type"] == "http" and scope["path"].startswith(self.prefixes)
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app or await self._loaded()
        await app(scope, receive, send)

    async def _loaded(self) -> ASGIApp:
        async with self._turn:
            if self._app is None:
                self._app = await asyncio.to_thread(self._load)
        return self._app
