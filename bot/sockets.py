"""Socket Mode's door: connections that are kept up, whatever ends them. It leads to the same Bolt app."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot import failures, payloads
from bot.slack_errors import error_name, retry_after
from bot.tasks import Tasks

log = structlog.get_logger("sockets")

# Two, so that one is there while the other is renewed. Slack allows ten for an app.
CONNECTIONS = 2
PING = 5.0
LOOK = 1.0
CONNECT_LIMIT = 10.0
# Slack waits three seconds for an acknowledgement, and takes it from the connection it asked.
LINGER = 3.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY = 30.0

MENDS = {
    "link_disabled": "Slack says that it is switched off: switch Socket Mode on in the app's settings",
    "too_many_websockets": "Slack allows ten connections and has them: stop a replica",
}

Answer = Callable[["Connection", SocketModeRequest], Awaitable[None]]


class RefusedError(Exception):
    """Slack greets with a `disconnect` frame. The message is its reason."""


class Connection(SocketModeClient):
    """One connection, from its hello to its end.

    The SDK would reconnect by itself, but closes the old connection first, tries an address again that Slack
    takes once, and makes no pause.
    """

    def __init__(self, app: AsyncApp, app_token: str, answer: Answer, tasks: Tasks) -> None:
        super().__init__(
            app_token,
            logger=_quiet(),
            web_client=app.client,
            auto_reconnect_enabled=False,
            ping_interval=PING,
        )
        self.socket_mode_request_listeners.append(answer)  # type: ignore[arg-type]
        self.reason = ""
        self._tasks = tasks
        self._greeted = asyncio.Event()
        self._ending = asyncio.Event()

    async def opened(self) -> None:
        """Raises SlackApiError, ClientError, TimeoutError or RefusedError."""
        async with asyncio.timeout(CONNECT_LIMIT):
            answer = await self.web_client.apps_connections_open(app_token=self.app_token)
            self.wss_uri = answer["url"]
            await self.connect()  # type: ignore[no-untyped-call]
            await self._greeted.wait()
        if self.reason:
            raise RefusedError(self.reason)

    async def ended(self) -> None:
        """When it is to be replaced: Slack has said so, or it is cut, or nothing comes through any more."""
        while await self.is_connected() and not self._ending.is_set():
            try:
                async with asyncio.timeout(LOOK):
                    await self._ending.wait()
            except TimeoutError:
                continue

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        match message.get("type"):
            case "hello":
                self._greeted.set()
            case "disconnect":
                self.reason = str(message.get("reason"))
                self._ending.set()
                self._greeted.set()
            case _:
                self._tasks.start(super().run_message_listeners(message, raw_message))


class Sockets:
    """Every connection, and what keeps each one up."""

    def __init__(self, app: AsyncApp, app_token: str, tasks: Tasks) -> None:
        self._app = app
        self._app_token = app_token
        self._tasks = tasks
        self._connections: dict[int, Connection] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._answering: set[asyncio.Task[Any]] = set()
        self._trouble = ""
        self._is_leaving = False

    async def open(self) -> None:
        """Raises SlackApiError when Slack refuses the token, ClientError or TimeoutError out of its reach."""
        for number in range(CONNECTIONS):
            try:
                self._connections[number] = await self._opened()
            except RefusedError as error:
                self._note(str(error))
        self._keepers = [asyncio.create_task(self._keep(number)) for number in range(CONNECTIONS)]

    async def connected(self) -> int:
        """How many connections are open."""
        return sum([await connection.is_connected() for connection in self._connections.values()])

    async def trouble(self) -> str | None:
        """What keeps Slack from reaching the bot, in words."""
        if await self.connected():
            return None
        mend = MENDS.get(self._trouble, self._trouble)
        return f"Socket Mode is not connected: {mend}" if mend else "Socket Mode is not connected"

    async def close(self) -> None:
        """What has come is answered first; what still comes is left to other replicas."""
        self._is_leaving = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        if self._answering:
            await asyncio.wait(self._answering, timeout=LINGER)
        for connection in self._connections.values():
            await connection.close()  # type: ignore[no-untyped-call]

    async def _keep(self, number: int) -> None:
        """Replace the connection whenever it ends, at once after a steady one, else with growing pauses."""
        loop, failed = asyncio.get_running_loop(), 0
        while True:
            opened_at, before = loop.time(), self._connections.get(number)
            if before is not None:
                await before.ended()
                log.info("socket_ended", reason=before.reason or "cut")
                if loop.time() - opened_at > STEADY:
                    failed = 0
            await asyncio.sleep(_pause(failed))
            failed += 1
            try:
                self._connections[number] = await self._opened()
                self._trouble = ""
            except Exception as error:
                await self._failed(number, error)
                continue
            if before is not None:
                self._tasks.start(_closed(before))

    async def _failed(self, number: int, error: Exception) -> None:
        match error:
            case RefusedError():
                self._note(str(error))
                # Where the old one still counts among the ten, it has to go first.
                if (before := self._connections.pop(number, None)) is not None:
                    self._tasks.start(_closed(before))
            case SlackApiError():
                self._note(f"Slack answers {error_name(error)}")
                await asyncio.sleep(retry_after(error) or 0)
            case ClientError() | TimeoutError() | OSError():
                self._note(f"Slack is out of reach ({type(error).__name__})")
            case _:
                failures.report(error)

    def _note(self, trouble: str) -> None:
        self._trouble = trouble
        log.warning("socket_not_connected", reason=trouble)

    async def _opened(self) -> Connection:
        connection = Connection(self._app, self._app_token, self._answer, self._tasks)
        try:
            await connection.opened()
        except BaseException:
            await connection.close()  # type: ignore[no-untyped-call]
            raise
        return connection

    async def _answer(self, connection: Connection, request: SocketModeRequest) -> None:
        if self._is_leaving or not payloads.is_readable(request.payload):
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  it is called in one
        self._answering.add(task)
        try:
            answer = await run_async_bolt_app(self._app, request)
            await send_async_response(connection, request, answer, 0.0)
        finally:
            self._answering.discard(task)


async def _closed(connection: Connection) -> None:
    """After the acknowledgements that are still due on it."""
    await asyncio.sleep(LINGER if await connection.is_connected() else 0)
    await connection.close()  # type: ignore[no-untyped-call]


def _pause(failed: int) -> float:
    if failed == 0:
        return 0.0
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**failed) * random.uniform(0.5, 1)  # noqa: S311


def _quiet() -> logging.Logger:
    """The SDK tells of connections with their addresses, and of errors with their words."""
    logger = logging.getLogger("slack_sdk.socket_mode")
    logger.setLevel(logging.CRITICAL)
    return logger
