"""The floor: a bare Bolt app that acknowledges, then opens a modal that is always the same.

With DATABASE_URL set it first reads twenty rows of one table. Everything that makes such an app slow for
nothing is off: one HTTP session, tasks of its own, quiet loggers, frozen start-up objects.
"""

import asyncio
import gc
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import uvicorn
import uvloop
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Follow-ups"},
    "close": {"type": "plain_text", "text": "Done"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*INC-1* · Checkout is down"}}],
}

Read = Callable[[], Awaitable[Any]]


def reading(url: str) -> Read:
    """The plainest SELECT of twenty rows there is in SQLModel, through the project's own sessions."""
    from sqlmodel import col, select  # noqa: PLC0415  the floor without a database has none of this

    from storage.database import Database  # noqa: PLC0415
    from storage.models import FollowUp  # noqa: PLC0415

    database = Database(url)
    newest = select(FollowUp).order_by(col(FollowUp.id).desc()).limit(20)

    async def read() -> Any:
        async with database.read() as session:
            return (await session.exec(newest)).all()

    return read


def bolt_app(client: AsyncWebClient, read: Read | None) -> AsyncApp:
    log = logging.getLogger("floor")
    log.setLevel(logging.WARNING)
    app = AsyncApp(
        logger=log,
        client=client,
        signing_secret=os.environ.get("SLACK_SIGNING_SECRET"),
        process_before_response=True,
    )
    tasks: set[asyncio.Task[None]] = set()

    async def show(trigger_id: str) -> None:
        if read is not None:
            await read()
        await client.views_open(trigger_id=trigger_id, view=MODAL)

    async def on_command(ack: Callable[[], Awaitable[Any]], body: dict[str, Any]) -> None:
        await ack()
        task = asyncio.create_task(show(body["trigger_id"]))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    app.command("/incident")(on_command)
    return app


async def serve() -> None:
    url = os.environ.get("DATABASE_URL")
    read = reading(url) if url else None
    quiet = logging.getLogger("floor.client")
    quiet.setLevel(logging.WARNING)
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token=os.environ.pop("SLACK_BOT_TOKEN"),  # Bolt complains when it is told twice
            base_url=os.environ["SLACK_API_URL"],
            session=session,
            logger=quiet,
        )
        app = bolt_app(client, read)
        handler = AsyncSlackRequestHandler(app)
        if app_token := os.environ.get("SLACK_APP_TOKEN"):
            await AsyncSocketModeHandler(app, app_token).connect_async()  # type: ignore[no-untyped-call]
        else:
            await client.auth_test()
        if read is not None:
            await read()

        async def events(request: Request) -> Response:
            return await handler.handle(request)

        async def readyz(_request: Request) -> Response:
            return JSONResponse({"status": "ready"})

        routes = [Route("/slack/events", events, methods=["POST"]), Route("/readyz", readyz)]
        config = uvicorn.Config(
            Starlette(routes=routes),
            port=int(os.environ["PORT"]),
            log_config=None,
            access_log=False,
            lifespan="off",
        )
        gc.collect()
        gc.freeze()
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
