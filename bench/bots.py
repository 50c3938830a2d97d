"""Bots as processes of their own, each on one processor core where that is asked for and can be done."""

import asyncio
import os
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.doors import SECRET, Door, HttpDoor, SocketDoor
from bench.slack import Slack

ROOT = Path(__file__).parent.parent
START_LIMIT = 30
IDLE = 0.1
# structlog takes up rich where it finds it. Only the tests' packages bring it, so the product has it hidden.
PRODUCT = (
    "-c",
    "import runpy, sys; sys.modules['rich'] = None; runpy.run_path('app.py', run_name='__main__')",
)
FLOOR = ("-m", "bench.floor")

_READY = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Bot:
    process: Process
    door: Door
    seconds_to_start: float

    @property
    def running(self) -> psutil.Process:
        return psutil.Process(self.process.pid)

    @property
    def mebibytes(self) -> float:
        return float(self.running.memory_info().rss) / 2**20

    async def settle(self) -> None:
        """Wait until the bot has done what its first commands left it, such as looking at each channel."""
        while await self._busy(0.5) > IDLE:
            pass

    async def _busy(self, seconds: float) -> float:
        process = self.running
        before = process.cpu_times()
        await asyncio.sleep(seconds)
        after = process.cpu_times()
        return float(after.user + after.system - before.user - before.system) / seconds


@asynccontextmanager
async def running(
    program: tuple[str, ...],
    transport: str,
    slack: Slack,
    database_url: str | None,
    *,
    own_core: bool = True,
) -> AsyncIterator[Bot]:
    port = _free_port()
    app_token = f"xapp-{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SLACK_")},
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_API_URL": slack.api_url,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        **({"DATABASE_URL": database_url} if database_url else {}),
        **({"SLACK_SIGNING_SECRET": SECRET} if transport == "HTTP" else {"SLACK_APP_TOKEN": app_token}),
    }
    if database_url is None:
        environment.pop("DATABASE_URL", None)
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, *program, cwd=ROOT, env=environment)
    if own_core and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, {cores()[-1]})
    door = HttpDoor(port) if transport == "HTTP" else SocketDoor(slack, app_token)
    try:
        async with asyncio.timeout(START_LIMIT):
            while not await _is_ready(port):
                if process.returncode is not None:
                    raise RuntimeError(f"{' '.join(program)} ended with {process.returncode}")
                await asyncio.sleep(0.005)
        yield Bot(process, door, time.perf_counter() - started)
    finally:
        door.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()


def cores() -> list[int]:
    """The cores this process may use; the last is the bot's."""
    if not hasattr(os, "sched_getaffinity"):
        return list(range(os.cpu_count() or 1))
    return sorted(_ALLOWED)


_ALLOWED = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


@contextmanager
def keep_off_the_bots_core() -> Iterator[None]:
    """The load and the stand-in for Slack leave the last core to the bot."""
    if not hasattr(os, "sched_setaffinity") or len(cores()) == 1:
        yield
        return
    os.sched_setaffinity(0, set(cores()[:-1]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, _ALLOWED)


async def _is_ready(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(_READY)
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
