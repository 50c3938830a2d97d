"""`python app.py` beside a Slack that the test has: for what only the real process shows."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from starlette.applications import Starlette
from starlette.routing import Mount

from playground import Playground
from playground.doors import Transport
from playground.serving import LocalServer

ROOT = Path(__file__).parents[1]
START_SECONDS = 60


@dataclass
class Running:
    process: Process
    slack: Playground
    address: str
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text()


@asynccontextmanager
async def running(
    directory: Path, *, bot_token: str, signing_secret: str, app_token: str, transport: Transport, **more: str
) -> AsyncIterator[Running]:
    port, server = _free_port(), LocalServer()
    address, log_path = f"http://127.0.0.1:{port}", directory / "log"
    manifest: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
    slack = Playground(
        manifest,
        signing_secret=signing_secret,
        bot_token=bot_token,
        app_token=app_token,
        base_url=f"{server.url}/playground",
        request_url=f"{address}/slack/events",
        transport=transport,
    )
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SLACK_")},
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": bot_token,
        "SLACK_SIGNING_SECRET": signing_secret,
        "PORT": str(port),
        "DATABASE_URL": f"sqlite+aiosqlite:///{directory / 'own.db'}",
        **({"SLACK_APP_TOKEN": app_token} if transport == "socket" else {}),
        **more,
    }
    async with slack:
        await server.start(Starlette(routes=[Mount("/playground", slack.asgi)]))
        with log_path.open("w") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(ROOT / "app.py"), cwd=directory, env=environment, stderr=log, stdout=log
            )
        running = Running(process, slack, address, log_path)
        try:
            await _ready(running)
            yield running
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
    await server.stop()


async def _ready(running: Running) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
        while True:
            assert running.process.returncode is None, running.log
            try:
                async with session.get(f"{running.address}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
