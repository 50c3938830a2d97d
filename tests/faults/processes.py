"""`python app.py` as processes of their own beside a playground in this one, and a balancer before them."""

import asyncio
import os
import random
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from playground import Playground
from playground.serving import LocalServer
from tests.faults.waiting import until

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
# What waits for half a minute in earnest waits for seconds; what crashes do is the same.
HURRIED = """
import runpy, sys
from datetime import timedelta
from bot import posting
from storage import worker
from storage.pacing import Budget
worker.Worker.__init__.__kwdefaults__["lease"] = timedelta(seconds=3)
posting.CUT_SHORT = worker.CUT_SHORT = timedelta(seconds=2)
posting.A_POST_EVERY = timedelta(seconds=0.05)
posting.CHANNEL_EDIT_EVERY = timedelta(seconds=0.05)
posting.EDITS = Budget("chat.update", every=timedelta(seconds=0.02), burst=10)
posting.LOOKS = Budget("conversations.history", every=timedelta(seconds=0.02), burst=10)
runpy.run_path("app.py", run_name="__main__")
"""
AS_IT_IS = 'import runpy; runpy.run_path("app.py", run_name="__main__")'


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Replica:
    """One process, which can be killed and started again at the same address."""

    environment: dict[str, str]
    program: str
    log: Path
    port: int = field(default_factory=free_port)
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SLACK_")}
        own = {"PORT": str(self.port), "PYTHONPATH": str(ROOT), "LOG_LEVEL": "WARNING"}
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", self.program, cwd=ROOT, env=kept | own | self.environment, stderr=log
            )
        await until(self.is_ready, within=START_SECONDS)

    async def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, self.log.read_text()[-2000:]
        return (await self.readyz())[0] == 200

    async def readyz(self) -> tuple[int, str]:
        """(0, "") when nobody listens."""
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
                session.get(f"{self.url}/readyz") as answer,
            ):
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def terminate(self) -> float:
        """How many seconds it took to leave after SIGTERM."""
        assert self.process is not None
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(30):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            raise
        return loop.time() - began


@dataclass
class Deployment:
    slack: Playground
    replicas: Sequence[Replica]
    acknowledged: int = 0


@asynccontextmanager
async def deployed(
    directory: Path, database_url: str, *, replicas: int = 1, program: str = HURRIED
) -> AsyncIterator[Deployment]:
    server = LocalServer()
    slack = Playground(
        yaml.safe_load((ROOT / "manifest.yml").read_text()),
        signing_secret="chaos",
        bot_token="xoxb-chaos",
        app_token="xapp-chaos",
        base_url=f"{server.url}/playground",
        request_url=f"{server.url}/slack/events",
    )
    environment = {
        "SLACK_BOT_TOKEN": "xoxb-chaos",
        "SLACK_SIGNING_SECRET": "chaos",
        "SLACK_API_URL": f"{server.url}/playground/slack/api/",
        "DATABASE_URL": database_url,
    }
    started = [Replica(environment, program, directory / f"{number}.log") for number in range(replicas)]
    balanced = Route("/slack/events", Balancer(started).forward, methods=["POST"])
    async with slack:
        await server.start(Starlette(routes=[Mount("/playground", slack.asgi), balanced]))
        try:
            await asyncio.gather(*(replica.start() for replica in started))
            yield Deployment(slack, started)
        finally:
            for replica in started:
                if replica.process is not None and replica.process.returncode is None:
                    replica.process.kill()
                    await replica.process.wait()
    await server.stop()


class Balancer:
    """Gives each request to any replica; 503 when that one is not there or dies over it."""

    def __init__(self, replicas: Sequence[Replica]) -> None:
        self._replicas = replicas

    async def forward(self, request: Request) -> Response:
        to = random.choice(self._replicas)  # noqa: S311
        body = await request.body()
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
                session.post(f"{to.url}/slack/events", data=body, headers=request.headers) as answer,
            ):
                kind = answer.headers.get("content-type")
                return Response(await answer.read(), answer.status, media_type=kind)
        except (aiohttp.ClientError, TimeoutError):
            return Response(status_code=503)
