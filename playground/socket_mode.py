"""Socket Mode's server side: tickets, connections, envelopes and their acknowledgements."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from playground.clock import Changes
from playground.doors import DISPATCH_FAILED, TIMED_OUT, Answer, Delivery
from playground.records import Json
from playground.registration import APP_ID

CONNECTIONS: Final = 10


@dataclass
class Connection:
    socket: WebSocket
    unacknowledged: dict[str, asyncio.Future[Json]] = field(default_factory=dict)

    async def send(self, frame: Json) -> None:
        await self.socket.send_text(json.dumps(frame))

    async def close(self) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            if self.socket.application_state is WebSocketState.CONNECTED:
                await self.socket.close()

    def acknowledge(self, frame: Json) -> None:
        waiting = self.unacknowledged.pop(str(frame.get("envelope_id")), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload") or {})

    def gone(self) -> None:
        for waiting in self.unacknowledged.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError())


class Sockets:
    """A door: each envelope goes to one of the open connections, in turn."""

    def __init__(self, base_url: str, ack_seconds: float, changes: Changes) -> None:
        self._url = "ws" + base_url.removeprefix("http") + "/slack/socket"
        self._ack_seconds = ack_seconds
        self._changes = changes
        self._tickets: set[str] = set()
        self._turn = 0
        self.is_disabled = False
        self.connections: list[Connection] = []

    def by_way_of(self, port: int) -> None:
        """From here on apps are sent to another port of this machine, from which a wire leads here."""
        there = urlsplit(self._url)
        self._url = there._replace(netloc=f"{there.hostname}:{port}").geturl()

    async def disable(self) -> None:
        """Socket Mode is switched off in the app's settings."""
        self.is_disabled = True
        while self.connections:
            await self.refresh("link_disabled")

    def url(self) -> str:
        """What apps.connections.open hands out: good for one connection."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return f"{self._url}?ticket={ticket}&app_id={APP_ID}"

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from hello to the end."""
        await socket.accept()
        connection = Connection(socket)
        refusal = self._refusal(socket.query_params.get("ticket", ""))
        if refusal:
            await connection.send(disconnect(refusal))
            await connection.close()
            return
        self.connections.append(connection)
        try:
            await connection.send(self._hello())
            self._changes.announce()
            while True:
                self._received(connection, await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        """A connection that is closing gets nothing more."""
        if connection in self.connections:
            self.connections.remove(connection)
            connection.gone()
            self._changes.announce()

    def _refusal(self, ticket: str) -> str:
        if ticket not in self._tickets or self.is_disabled:
            return "link_disabled"
        self._tickets.discard(ticket)
        return "too_many_websockets" if len(self.connections) >= CONNECTIONS else ""

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": "playground", "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }

    def _received(self, connection: Connection, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return
        if isinstance(frame, dict):
            connection.acknowledge(frame)

    async def deliver(self, delivery: Delivery) -> Answer:
        if not self.connections:
            return Answer(DISPATCH_FAILED, reason="connection_failed")
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        envelope_id = delivery.envelope_id
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        connection.unacknowledged[envelope_id] = waiting
        try:
            await connection.send(envelope(delivery))
            return Answer(body=await asyncio.wait_for(waiting, self._ack_seconds))
        except TimeoutError:
            return Answer(TIMED_OUT, reason="timeout")
        except (ConnectionError, RuntimeError, WebSocketDisconnect):
            return Answer(DISPATCH_FAILED, reason="connection_failed")
        finally:
            connection.unacknowledged.pop(envelope_id, None)

    async def connected(self, count: int = 1, within: float = 3.0) -> bool:
        """Waits until so many connections are open."""
        return bool(await self._changes.until(lambda: len(self.connections) >= count or None, within))

    async def warn(self) -> None:
        """Says that a refresh is near, as Slack does about ten seconds before."""
        for connection in list(self.connections):
            await connection.send(disconnect("warning"))

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Asks the oldest connection to come again, and closes it."""
        for connection in self.connections[:1]:
            self._forget(connection)
            await connection.send(disconnect(reason))
            await connection.close()

    async def drop(self) -> None:
        """Closes every connection without a word."""
        for connection in list(self.connections):
            self._forget(connection)
            await connection.close()


def envelope(delivery: Delivery) -> Json:
    is_event, retry = delivery.kind == "events_api", delivery.retry
    frame: Json = {
        "envelope_id": delivery.envelope_id,
        "type": delivery.kind,
        "payload": delivery.payload,
        "accepts_response_payload": not is_event,
    }
    if is_event:
        frame |= {
            "retry_attempt": retry.number if retry else 0,
            "retry_reason": retry.reason if retry else "",
        }
    return frame


def disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}}
