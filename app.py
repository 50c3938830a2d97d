"""The program: settings in, everything put together, served until told to stop."""

import asyncio
import gc
import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import structlog
import uvloop
from slack_sdk.errors import SlackApiError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

import logs
import metrics
import server
import settings as settings_
from bot.bot import Bot
from bot.client import SlackClient
from bot.context import Context, Identity
from bot.lookups import Lookups
from bot.slack_errors import error_name
from deferred import Deferred
from settings import Settings, SettingsError
from storage.database import Database, DatabaseUnusableError
from storage.deliveries import Deliveries
from storage.leases import ClaimedJob
from storage.webhook_deliveries import WEBHOOK
from storage.worker import Completion

if TYPE_CHECKING:
    from web.webhooks import Webhooks

SLACK_TIMEOUT = 10
LAST_CALL = 1.0
WEBHOOKS_AT_ONCE = 8
API_PREFIXES = ("/v1/", "/v2/", "/v3/", "/mcp", "/openapi.json", "/docs/api")

log = structlog.get_logger("app")


def now() -> datetime:
    return datetime.now(UTC)


def to_json(value: Any) -> bytes:
    """A list of twenty is 20 kB: json takes seven times as long, but it takes half a surrogate pair too."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()


def _freeze() -> None:
    """What lives until the end need not be looked at by each garbage collection."""
    gc.collect()
    gc.freeze()


class App:
    """One process: the database, the bot, and the routes that lead to it."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = now) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.asgi = Starlette(
            routes=[
                Route("/slack/events", self.slack_events, methods=["POST"]),
                Route("/healthz", self.healthz),
                Route("/readyz", self.readyz),
                Route("/metrics", self.metrics),
                Deferred(API_PREFIXES, self._api),
            ]
        )
        self._clock = clock
        self._bot: Bot | None = None
        self._session: aiohttp.ClientSession | None = None
        self._webhooks: Webhooks | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Raises SettingsError when Slack refuses a token."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=SLACK_TIMEOUT), json_serialize_bytes=to_json
        )
        client = SlackClient(
            token=self.settings.slack_bot_token,
            base_url=self.settings.slack_api_url,
            timeout=SLACK_TIMEOUT,
            session=self._session,
            # The SDK's own retry may post a message twice when only the reply was lost. Jobs retry.
            retry_handlers=[],
        )
        context = Context(
            database=self.database,
            client=client,
            identity=await _identity(client),
            clock=self._clock,
            deliveries=Deliveries(self.database),
            command=self.settings.slack_command,
            prefixes=self.settings.incident_channel_prefixes,
        )
        bot = Bot(
            context,
            signing_secret=self.settings.slack_signing_secret,
            app_token=self.settings.slack_app_token,
            others={WEBHOOK: self._send_webhook},
            shares={WEBHOOK: WEBHOOKS_AT_ONCE},
        )
        await _open(bot)
        self._bot = bot
        _freeze()

    async def stop(self) -> None:
        bot, self._bot = self._bot, None
        if bot is not None:
            await bot.stop()
        if self._webhooks is not None:
            await self._webhooks.close()
        if self._session is not None:
            await self._session.close()
        try:
            async with asyncio.timeout(LAST_CALL):
                await self.database.close()
        except TimeoutError:
            log.warning("database_left_open")  # it does not answer, or not in time

    def _api(self) -> ASGIApp:
        from web.api import api  # noqa: PLC0415  whoever only serves Slack has no use for it
        from web.context import Context as ApiContext  # noqa: PLC0415

        loaded = api(
            ApiContext(
                self.database,
                self._lookups,
                self._clock,
                self.settings.public_url,
                self.settings.keyring,
                self.settings.webhook_targets,
            )
        )
        _freeze()
        return loaded

    async def _send_webhook(self, job: ClaimedJob) -> Completion | None:
        async with self._turn:
            if self._webhooks is None:
                self._webhooks = await asyncio.to_thread(self._open_webhooks)
        return await self._webhooks.send(job)

    def _open_webhooks(self) -> "Webhooks":
        from web.webhooks import Webhooks  # noqa: PLC0415  0.2 s that few installations need

        return Webhooks(
            self.database,
            self.settings.keyring,
            self.settings.webhook_targets,
            slack=self._lookups,
            clock=self._clock,
        )

    def _lookups(self) -> Lookups | None:
        return self._bot.lookups if self._bot is not None else None

    async def slack_events(self, request: Request) -> Response:
        if self._bot is None:
            return Response(status_code=503)
        return await self._bot.answer(request)

    async def healthz(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """200 when people can be served; else 503 with what is in the way."""
        if self._bot is None:
            return JSONResponse({"status": "unready", "troubles": ["it is starting"]}, 503)
        troubles = await self._bot.troubles()
        if troubles:
            return JSONResponse({"status": "unready", "troubles": troubles}, 503)
        return JSONResponse({"status": "ready"})

    async def metrics(self, _request: Request) -> Response:
        state = await metrics.database(self.database, self._clock())
        sockets = await self._bot.socket_connections() if self._bot is not None else 0
        return Response(metrics.exposed(state, sockets), media_type=metrics.CONTENT_TYPE)


REFUSALS = {
    "account_inactive",
    "invalid_auth",
    "not_allowed_token_type",
    "not_authed",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
}
MENDS = {
    "SLACK_BOT_TOKEN": "copy the Bot User OAuth Token, xoxb-…, from OAuth & Permissions again; "
    "reinstall the app if it was removed",
    "SLACK_APP_TOKEN": "make an app-level token with connections:write under Basic Information "
    "and switch Socket Mode on",
}


@contextmanager
def _blaming(variable: str) -> Iterator[None]:
    """What Slack answers at the start, as one line: the token is to blame only when Slack says so."""
    try:
        yield
    except SlackApiError as error:
        name = error_name(error)
        if name in REFUSALS:
            raise SettingsError(f"{variable} is refused by Slack ({name}): {MENDS[variable]}.") from None
        raise SettingsError(
            f"Slack does not answer as it should ({name}): start again in a minute."
        ) from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SettingsError(
            f"SLACK_API_URL can't be reached ({type(error).__name__}): check the network, then start again."
        ) from None


async def _identity(client: SlackClient) -> Identity:
    with _blaming("SLACK_BOT_TOKEN"):
        answer = await client.auth_test()
    return Identity(answer["team_id"], answer["user_id"], answer["bot_id"])


async def _open(bot: Bot) -> None:
    with _blaming("SLACK_APP_TOKEN"):
        try:
            await bot.start()
        except BaseException:
            await bot.stop()
            raise


async def serve(settings: Settings) -> None:
    asyncio.get_running_loop().set_exception_handler(logs.unhandled)
    try:
        listening = server.bound(settings.host, settings.port)
    except OSError as error:
        raise SettingsError(
            f"PORT {settings.port} on HOST {settings.host} can't be listened on ({error.strerror}): "
            "stop what uses it, or set another PORT."
        ) from None
    settings = settings.model_copy(update={"port": listening.getsockname()[1]})
    if settings.has_slack_credentials:
        app = App(settings)
        await _serve(app, listening, f"http://{settings.host}:{settings.port}", app.stop)
        return
    import demo  # noqa: PLC0415  the playground is not loaded beside real Slack

    demo.require_loopback(settings)
    settings = demo.pointed_at_playground(settings)
    async with demo.playground(settings) as playground:
        app = App(settings)
        app.asgi.mount("/playground", playground.asgi)
        app.asgi.router.routes.append(Route("/", lambda _request: RedirectResponse("/playground/")))
        await app.database.migrate()
        await demo.fill(app.database, playground)

        async def leave() -> None:
            """While the bot's Slack is still there: it is served from here. The page's streams never end."""
            await app.stop()
            playground.stream.close()

        await _serve(app, listening, f"{playground.base_url}/", leave)


async def _serve(app: App, listening: socket.socket, address: str, leave: server.Step) -> None:
    async def start() -> None:
        await app.start()
        log.info("ready", address=address)

    await app.database.migrate()
    try:
        await server.run(app.asgi, listening, start=start, leave=leave)
    finally:
        await app.stop()


def main() -> None:
    """Without arguments it serves, and loads nothing of the commands."""
    try:
        if sys.argv[1:]:
            import command_line  # noqa: PLC0415

            command_line.program()
        else:
            run()
    except (SettingsError, DatabaseUnusableError) as error:
        sys.exit(str(error))


def run() -> None:
    settings = settings_.load()
    logs.to_stderr(settings.log_level)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except KeyboardInterrupt:
        return
    except (SettingsError, DatabaseUnusableError):
        raise
    except Exception as error:
        log.critical("stopped", exc_info=error)
        sys.exit(1)


if __name__ == "__main__":
    main()
