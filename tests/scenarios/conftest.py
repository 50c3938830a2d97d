"""The whole product beside a playground, as people meet it: only the wire between the two is shared."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from sqlmodel import col, select
from starlette.types import Receive, Scope, Send

from app import App
from bot.context import Context
from bot.schedules import SCHEDULES
from playground import Person, Playground, seed
from playground.serving import LocalServer
from playground.surfaces import Modal
from settings import Settings
from storage.jobs import Job, State

ROOT = Path(__file__).parents[2]
SECRETS: dict[str, Any] = {"slack_bot_token": "xoxb-scenario", "slack_signing_secret": "scenario"}

# For what the two transports might answer differently; and for what matters most.
OVER_BOTH_TRANSPORTS = pytest.mark.parametrize("transport", ["http", "socket"])


@dataclass
class Clock:
    """The time it is, until a test lets some pass."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def passes(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@dataclass
class InTurn:
    """A load balancer before the replicas that are ready; the playground is behind the first."""

    apps: list[App]
    asked: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith("/playground"):
            await self.apps[0].asgi(scope, receive, send)
            return
        ready = [app for app in self.apps if app._bot is not None] or self.apps
        self.asked += 1
        await ready[self.asked % len(ready)].asgi(scope, receive, send)


@dataclass
class Scenario:
    apps: list[App]
    slack: Playground
    clock: Clock = field(default_factory=Clock)

    @property
    def app(self) -> App:
        return self.apps[0]

    @property
    def today(self) -> date:
        """Where Maya and her colleagues are, a day begins while it is still yesterday in UTC."""
        return self.clock().astimezone(ZoneInfo("Europe/Stockholm")).date()

    @property
    def maya(self) -> Person:
        return self.person(seed.MAYA)

    @property
    def priya(self) -> Person:
        return self.person(seed.PRIYA)

    @property
    def tom(self) -> Person:
        return self.person(seed.TOM)

    @property
    def rosa(self) -> Person:
        """Of another workspace, in one shared channel."""
        return self.person(seed.STRANGER, "inc-139-webhook-delays")

    def person(self, who: str, channel: str = "inc-142-checkout") -> Person:
        return Person(self.slack, who).in_channel(channel)

    @property
    def context(self) -> Context:
        return self.contexts[0]

    @property
    def contexts(self) -> list[Context]:
        """Of the replicas that run."""
        return [app._bot.context for app in self.apps if app._bot is not None]

    async def jobs(self, kind: str | None = None) -> list[Job]:
        """Oldest first, without those that only come round."""
        query = select(Job).where(col(Job.kind).not_in(SCHEDULES)).order_by(col(Job.id))
        async with self.app.database.read() as session:
            return [job for job in await session.exec(query) if kind in {None, job.kind}]

    async def is_quiet(self) -> None:
        """Waits until nothing is under way: no event, no task and no job."""
        async with asyncio.timeout(30):
            while await self._is_busy():  # noqa: ASYNC110  the three have no event in common
                await asyncio.sleep(0.01)

    async def _is_busy(self) -> bool:
        if self.slack.events._tasks or any(context.tasks._running for context in self.contexts):
            return True
        return any(job.state in {State.READY, State.LEASED} for job in await self.jobs())


async def adds(person: Person, title: str, **fields: Any) -> None:
    """Adds a follow-up in the channel the person looks at."""
    await person.types(f"/incident follow-up {title}")
    form = await person.modal("New follow-up")
    await form.shows("Due date")
    assert await form.submits(**fields) == {}


async def list_of(person: Person) -> Modal:
    """The list of the channel the person looks at, opened anew."""
    for modal in person.modals[:1]:
        await modal.closes(everything=True)
    await person.types("/incident follow-ups")
    return await person.modal("Follow-ups")


@pytest.fixture
def transport() -> str:
    """HTTP, unless a test is parametrised over both."""
    return "http"


@pytest.fixture
def command() -> str:
    return "/incident"


@pytest.fixture
def replicas() -> int:
    return 1


@pytest.fixture
def more_settings() -> dict[str, Any]:
    """None, unless a test has some."""
    return {}


@pytest.fixture
async def scenario(
    database_url: str, transport: str, command: str, replicas: int, more_settings: dict[str, Any]
) -> AsyncIterator[Scenario]:
    server = LocalServer()
    over_sockets = {"slack_app_token": "xapp-scenario"} if transport == "socket" else {}
    settings = Settings(
        _env_file=None,
        **SECRETS | over_sockets,
        slack_api_url=f"{server.url}/playground/slack/api/",
        slack_command=command,
        database_url=database_url,
        **more_settings,
    )
    slack = Playground(
        yaml.safe_load((ROOT / "manifest.yml").read_text()),
        signing_secret="scenario",
        bot_token="xoxb-scenario",
        app_token="xapp-scenario",
        base_url=f"{server.url}/playground",
        request_url=f"{server.url}/slack/events",
        transport="socket" if transport == "socket" else "http",
        command=command,
    )
    clock = Clock()
    apps = [App(settings, clock) for _ in range(replicas)]
    apps[0].asgi.mount("/playground", slack.asgi)
    async with slack:
        await server.start(InTurn(apps))
        for app in apps:
            await app.start()
        yield Scenario(apps, slack, clock)
        for app in apps:
            await app.stop()
    await server.stop()
    assert slack.problems == []
