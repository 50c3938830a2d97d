"""The bot put together: its doors, its listeners, its jobs; opened and closed in order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from types import MappingProxyType

import structlog
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from starlette.requests import Request
from starlette.responses import Response

from bot import channel_updates, events, relabelling, schedules, webhook_notices
from bot.context import Context
from bot.gateway import Gateway, bolt_app
from bot.lookups import Lookups
from bot.measured import REFUSALS, REQUESTS
from bot.slack_errors import as_job_error, retry_after
from bot.sockets import Sockets
from storage.leases import ClaimedJob
from storage.trouble import DatabaseTroubleError, Trouble
from storage.worker import NO_SHARES, Completion, Handler, JobError, NotYetError, Worker

# With two for handing back and one for hanging up: within ten, the patience of most who run containers.
DRAIN = 6.0
PATIENCE = 2.0

log = structlog.get_logger("bot")

Work = Callable[[Context, ClaimedJob], Awaitable[Completion | None]]

HANDLERS: Mapping[str, Work] = MappingProxyType(
    {
        **channel_updates.HANDLERS,
        **events.HANDLERS,
        **relabelling.HANDLERS,
        **schedules.HANDLERS,
        **webhook_notices.HANDLERS,
    }
)


async def attempt(context: Context, work: Work, job: ClaimedJob) -> Completion | None:
    """What Slack or the way there refuses, in the worker's words."""
    try:
        return await work(context, job)
    except SlackApiError as error:
        if (seconds := retry_after(error)) is not None:
            raise NotYetError(context.clock() + timedelta(seconds=seconds)) from error
        raise as_job_error(error) from error
    except ClientError as error:
        raise JobError(f"Slack can't be reached ({type(error).__name__})") from error


NO_HANDLERS: Mapping[str, Handler] = MappingProxyType({})


class Bot:
    """`others` are jobs that are not about Slack, done by the same worker; `shares` is the room they have."""

    def __init__(
        self,
        context: Context,
        *,
        signing_secret: str | None = None,
        app_token: str | None = None,
        others: Mapping[str, Handler] = NO_HANDLERS,
        shares: Mapping[str, int] = NO_SHARES,
    ) -> None:
        self.context = context
        self.lookups = Lookups(context)
        app = bolt_app(context)
        handlers: dict[str, Handler] = {
            kind: partial(attempt, context, work) for kind, work in HANDLERS.items()
        }
        handlers |= others
        self.worker = Worker(context.database, handlers, shares=shares, clock=context.clock)
        self._gateway = Gateway(app, signing_secret) if signing_secret else None
        self._sockets = Sockets(app, app_token, context.tasks) if app_token else None

    async def start(self) -> None:
        await schedules.start(self.context)
        await self.worker.start()
        if self._sockets is not None:
            await self._sockets.open()

    async def stop(self) -> None:
        """Take nothing new, finish what is running, hand back what is left. Tasks and jobs share the time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DRAIN
        working = asyncio.create_task(self.worker.stop(DRAIN))
        if self._sockets is not None:
            await self._sockets.close()
        await self.context.tasks.drain(deadline - loop.time())
        await working
        await self.context.tasks.drain(deadline - loop.time())  # what the last jobs began

    async def answer(self, request: Request) -> Response:
        """`POST /slack/events`. Without a signing secret there is no such door."""
        if self._gateway is None:
            return Response(status_code=404)
        answer = await self._gateway(request)
        if answer.status_code in REFUSALS:
            REQUESTS.labels("unknown", REFUSALS[answer.status_code]).inc()
        return answer

    async def socket_connections(self) -> int:
        return 0 if self._sockets is None else await self._sockets.connected()

    async def troubles(self) -> list[str]:
        """What keeps the bot from its work, in words for whoever runs it."""
        troubles = []
        if self._sockets is not None and (trouble := await self._sockets.trouble()):
            troubles.append(trouble)
        if not self.worker.is_running:
            troubles.append("the worker is not running")
        try:
            async with asyncio.timeout(PATIENCE):
                await self.context.database.ping()
        except DatabaseTroubleError as error:
            troubles.append(str(error))
        except Exception as error:
            log.warning("database_not_answering", error=type(error).__name__)
            troubles.append(f"the database {self.context.database.write_trouble or Trouble.GONE}")
        return troubles
