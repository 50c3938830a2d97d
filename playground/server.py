"""The playground: a workspace, Slack's side of the wire, and the page's, put together."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from playground import persistence, seed
from playground.acts import Acts
from playground.client_api import ClientApi, Gallery
from playground.clock import Clock
from playground.dispatch import Dispatch
from playground.doors import Doors, HttpDoor, Transport
from playground.events import Events
from playground.faults import Faults
from playground.modals import Modals
from playground.payloads import Payloads
from playground.records import Json
from playground.registration import Registration
from playground.socket_mode import Sockets
from playground.stream import Stream
from playground.tickets import Tickets
from playground.web_api import Tokens, WebApi
from playground.web_call import ReceivedCall
from playground.workspace import Workspace

ACK_SECONDS: Final = 3.0


class Playground:
    """A local Slack workspace with one app in it, described by a manifest.

    The app is reached at `request_url` or over Socket Mode, as `transport` says, and reaches the workspace
    below `base_url`: `…/slack/api/` is the Web API. `state_path` keeps the workspace over a restart. Start it
    with `async with`, or with start() and stop(); serve `asgi` where `base_url` points.
    """

    def __init__(
        self,
        manifest: Json,
        *,
        signing_secret: str,
        bot_token: str,
        app_token: str,
        base_url: str = "http://127.0.0.1:3000/playground",
        request_url: str | None = None,
        state_path: Path | None = None,
        gallery: Gallery | None = None,
        transport: Transport = "http",
        command: str | None = None,
        ack_seconds: float = ACK_SECONDS,
    ) -> None:
        base_url = base_url.rstrip("/")
        self.base_url = base_url
        self.registration = Registration(manifest, command)
        self.clock = Clock()
        state = persistence.read(state_path) or seed.state(self.registration.bot_name, self.clock.time())
        self.workspace = Workspace(state, self.clock)
        self.faults = Faults()
        self.modals = Modals(self.workspace)
        self.tickets = Tickets(self.clock, base_url)
        self.sockets = Sockets(base_url, ack_seconds, self.workspace.changes)
        self.http = HttpDoor(request_url, signing_secret, self.clock, ack_seconds)
        self.doors = Doors(transport, self.http, self.sockets, self.faults)
        self.events = Events(self.workspace, self.registration, self.doors, self.faults)
        self.dispatch = Dispatch(self.workspace, self.registration, self.modals, self.tickets, self.doors)
        self.acts = Acts(self.workspace, self.modals)
        self.stream = Stream(self.workspace, self.modals, Payloads(self.workspace, self.registration))
        self._keeper = persistence.Keeper(state_path, state)
        self.workspace.changes.listeners.append(self._keeper.soon)
        self.web_api = WebApi(
            Tokens(bot_token, app_token),
            workspace=self.workspace,
            registration=self.registration,
            modals=self.modals,
            tickets=self.tickets,
            sockets=self.sockets,
            faults=self.faults,
        )
        self.client_api = ClientApi(
            workspace=self.workspace,
            registration=self.registration,
            acts=self.acts,
            dispatch=self.dispatch,
            stream=self.stream,
            gallery=gallery,
        )
        self.asgi = self._application()

    @property
    def api_url(self) -> str:
        """For `AsyncWebClient(base_url=…)`."""
        return f"{self.base_url}/slack/api/"

    @property
    def bot_user(self) -> str:
        return seed.BOT

    @property
    def calls(self) -> list[ReceivedCall]:
        """Every Web API call received, oldest first."""
        return self.web_api.calls

    @property
    def problems(self) -> list[str]:
        """What the app answered that Slack would not have accepted."""
        return self.dispatch.problems

    def calls_of(self, method: str) -> list[ReceivedCall]:
        return [call for call in self.calls if call.method == method]

    async def start(self) -> None:
        await self.http.start()

    async def stop(self) -> None:
        """Ends the page's streams and the app's sockets, and saves."""
        self.stream.close()
        await self.events.stop()
        await self.sockets.drop()
        await self.http.stop()
        self._keeper.now()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/slack/api/{method}", self.web_api.serve, methods=["GET", "POST"]),
                Route("/slack/response/{token}", self._reply, methods=["POST"]),
                WebSocketRoute("/slack/socket", self.sockets.serve),
                *self.client_api.routes(),
            ]
        )

    async def _reply(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return PlainTextResponse("invalid_payload", 400)
        status, text = self.dispatch.replies.through_url(str(request.path_params["token"]), body)
        return PlainTextResponse(text, status)
