"""`python app.py` in a process of its own."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
START_SECONDS = 120
STOP_SECONDS = 60


@asynccontextmanager
async def running(directory: Path, **environment: str) -> "AsyncIterator[Program]":
    """With the demonstration's workspace; without a complaint in its log."""
    program = Program(directory, **environment)
    await program.start()
    yield program
    await program.stop()
    assert program.complaints == [], "\n".join(program.complaints)


class Program:
    """Keeps its data in `directory`, and its port over a restart.

    `complaints` are the lines of its log that are not for information, those said while it stops included.
    """

    def __init__(self, directory: Path, **environment: str) -> None:
        self.address = ""
        self.complaints: list[str] = []
        self._directory = directory
        self._environment = environment
        self._port = "0"
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "app.py"),
            cwd=self._directory,  # where there is no .env
            env=self._environ(),
            stderr=PIPE,
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                self.address = await self._ready()
        except BaseException:
            self._process.kill()
            raise
        self._port = str(urlsplit(self.address).port)
        self._reading = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """As Ctrl-C does."""
        if self._process is None or self._reading is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._reading
                assert await self._process.wait() == 0
        except TimeoutError:
            self._process.kill()
            raise
        self._process = None

    def _environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SLACK_")}
        return kept | {
            "PORT": self._port,
            "DATABASE_URL": f"sqlite+aiosqlite:///{self._directory / 'follow-ups.db'}",
            "PLAYGROUND_STATE": str(self._directory / "playground.json"),
            **self._environment,
        }

    async def _ready(self) -> str:
        """The address to look at, as the log says it."""
        async for line in self._lines:
            said = self._heard(line)
            if said.get("event") == "ready":
                return str(said["address"])
        raise AssertionError(f"the program ended before it was ready: {self.complaints}")

    async def _listen(self) -> None:
        async for line in self._lines:
            self._heard(line)

    @property
    def _lines(self) -> asyncio.StreamReader:
        assert self._process is not None
        assert self._process.stderr is not None
        return self._process.stderr

    def _heard(self, line: bytes) -> dict[str, Any]:
        """A line of the log. Whatever is no line of JSON, or not for information, is a complaint."""
        try:
            said: dict[str, Any] = json.loads(line)
        except ValueError:
            said = {}
        if said.get("level") not in {"info", "debug"}:
            self.complaints.append(line.decode().rstrip())
        return said
