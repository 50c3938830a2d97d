"""A fast stand-in for Slack: the few methods the bots call, and when each call came that is waited for."""

import asyncio
import itertools
import json
import re
import time
from collections import defaultdict
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web

LATENCY = 0.005
TEAM, BOT_USER, BOT = "T0BENCH", "U0BOT", "B0BOT"

# What a call is waited for by.
_KEYS = {
    "views.open": re.compile(rb'"trigger_id": ?"([^"]+)"'),
    "views.update": re.compile(rb'"view_id": ?"([^"]+)"'),
    "views.publish": re.compile(rb'"user_id": ?"([^"]+)"'),
    "chat.postMessage": re.compile(rb'"channel": ?"([^"]+)"'),
}
_ENVELOPE = re.compile(r'"envelope_id": ?"([^"]+)"')

ANSWERS: dict[str, dict[str, Any]] = {
    "auth.test": {
        "url": "https://bench.slack.com/",
        "team": "Bench",
        "user": "follow_ups",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
    },
    "views.open": {"view": {"id": "V0BENCH", "hash": "1.a", "type": "modal"}},
    "views.update": {"view": {"id": "V0BENCH", "hash": "1.b", "type": "modal"}},
    "views.publish": {"view": {"id": "V0BENCH", "hash": "1.b", "type": "home"}},
    "users.info": {"user": {"id": "U0", "team_id": TEAM, "name": "someone", "profile": {}, "tz": "UTC"}},
    "conversations.members": {"members": [], "response_metadata": {"next_cursor": ""}},
    "conversations.history": {"messages": [], "has_more": False},
    "chat.update": {"channel": "C0", "ts": "1700000000.000100", "text": ""},
    "chat.postMessage": {"channel": "C0", "ts": "1700000000.000100", "message": {}},
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """When it came, by `time.perf_counter`, and what it said."""

    at: float
    body: bytes


class Slack:
    """One HTTP server in this process. Each bot is known by its app-level token."""

    def __init__(self) -> None:
        self.port = 0
        self.asked = 0
        self._awaited: dict[tuple[str, str], asyncio.Future[Arrival]] = {}
        self._acknowledged: dict[str, asyncio.Future[Arrival]] = {}
        self._sockets: dict[str, list[web.WebSocketResponse]] = defaultdict(list)
        self._turn = itertools.count()
        self._runner = web.ServerRunner(web.Server(self._answer))

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for socket in itertools.chain.from_iterable(self._sockets.values()):
            await socket.close()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    def awaited(self, method: str, key: str) -> asyncio.Future[Arrival]:
        """The next call of the method for that trigger, view, person or channel."""
        arrival: asyncio.Future[Arrival] = asyncio.get_running_loop().create_future()
        self._awaited[method, key] = arrival
        return arrival

    async def deliver(self, app_token: str, payload: dict[str, str]) -> Arrival:
        """Send a command over one of the bot's sockets. Returns its acknowledgement."""
        envelope_id = payload["trigger_id"]
        acknowledged: asyncio.Future[Arrival] = asyncio.get_running_loop().create_future()
        self._acknowledged[envelope_id] = acknowledged
        sockets = self._sockets[app_token]
        envelope = {
            "type": "slash_commands",
            "envelope_id": envelope_id,
            "accepts_response_payload": True,
            "payload": payload,
        }
        await sockets[next(self._turn) % len(sockets)].send_str(json.dumps(envelope))
        async with asyncio.timeout(10):
            return await acknowledged

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked += 1
        method = request.path.rpartition("/")[2]
        if method == "link":
            return await self._socket(request)
        body = await request.read()
        if method in _KEYS:
            self._note(method, body)
        await asyncio.sleep(LATENCY)
        return web.json_response({"ok": True, **self._words(method, request)})

    def _note(self, method: str, body: bytes) -> None:
        arrival = Arrival(time.perf_counter(), body)
        found = _KEYS[method].search(body)
        assert found, f"{method} without what it is known by"
        if awaited := self._awaited.pop((method, found[1].decode()), None):
            awaited.set_result(arrival)

    def _words(self, method: str, request: web.BaseRequest) -> dict[str, Any]:
        if method == "apps.connections.open":
            token = request.headers["Authorization"].removeprefix("Bearer ")
            return {"url": f"ws://127.0.0.1:{self.port}/link?app={token}"}
        if method == "conversations.info":
            channel = request.query["channel"]
            return {"channel": {"id": channel, "name": f"inc-{channel[1:].lower()}", "is_member": True}}
        return ANSWERS[method]

    async def _socket(self, request: web.BaseRequest) -> web.StreamResponse:
        app_token = request.query["app"]
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0"}})
        self._sockets[app_token].append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                now = time.perf_counter()
                found = _ENVELOPE.search(message.data)
                assert found, "an acknowledgement of nothing"
                self._acknowledged.pop(found[1]).set_result(Arrival(now, message.data.encode()))
        self._sockets[app_token].remove(socket)
        return socket
