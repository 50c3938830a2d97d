"""A server to import from, an empty database to import into, and the program that serves that one."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import App
from bot import directory
from moving.from_incident_io import Mover
from moving.incident_io import IncidentIo
from playground import seed
from storage import api_keys
from storage.api_keys import SCOPES
from storage.database import Database
from storage.imports import FROM_INCIDENT_IO, Import
from storage.records import Mode
from tests.conftest import Templates, migrate, new_database
from tests.web.conftest import (
    Key,
    Server,
    command,
    more_settings,
    replicas,
    scenario,
    server,
    transport,
)

__all__ = ["command", "more_settings", "replicas", "scenario", "server", "transport"]

Answers = dict[str, list[dict[str, Any]]]


@pytest.fixture
async def target_url(backend: str, templates: Templates, tmp_path: Path) -> AsyncIterator[str]:
    """Migrated, and empty."""
    if backend == "sqlite":
        yield f"sqlite+aiosqlite:///{shutil.copy(templates.sqlite, tmp_path / 'target.db')}"
    else:
        async with new_database(templates.server, "template1") as url:
            await migrate(url)
            yield url


@pytest.fixture
async def target(target_url: str) -> AsyncIterator[Database]:
    database = Database(target_url)
    yield database
    await database.close()


@pytest.fixture
async def key(server: Server) -> Key:
    return await server.key(*SCOPES, name="Importer")


Bring = Callable[..., Any]


@pytest.fixture
def bring(server: Server, key: Key, target: Database) -> Bring:
    """Imports everything, as the command does."""

    async def bring(
        *,
        dry_run: bool = False,
        told: Any = lambda *_: None,
        team: str = seed.TEAM_ID,
        asks_slack: bool = True,
    ) -> Import:
        run = Import(FROM_INCIDENT_IO, team, server.scenario.clock(), dry_run)
        async with IncidentIo(server.base_url, key.secret) as source:
            channel_of = partial(directory.channel, server.scenario.context) if asks_slack else None
            await Mover(source, target, run, told=told, channel_of=channel_of).move()
        return run

    return bring


def reader(base_url: str, secret: str, **more: Any) -> httpx.AsyncClient:
    """Not held to the contract, which has no incident of mode stream."""
    return httpx.AsyncClient(base_url=base_url, headers={"Authorization": f"Bearer {secret}"}, **more)


@asynccontextmanager
async def served(server: Server, url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The program with that database, beside the same Slack, and a key that sees everything."""
    settings = server.scenario.app.settings.model_copy(update={"database_url": url})
    app = App(settings, server.scenario.clock)
    await app.start()
    try:
        async with app.database.write() as session:
            _, secret = await api_keys.create(session, "Reader", list(SCOPES), now=server.scenario.clock())
        async with reader("http://target", secret, transport=httpx.ASGITransport(app=app.asgi)) as http:
            yield http
    finally:
        await app.stop()


async def source_answers(key: Key) -> Answers:
    async with reader(key.base_url, key.secret) as http:
        return await everything(http)


async def everything(http: httpx.AsyncClient) -> Answers:
    """All that the API answers, by id."""
    answers: Answers = {}
    for name, path, queries in (
        ("follow_ups", "/v3/follow_ups", [{"incident_mode": mode.value} for mode in Mode]),
        ("incidents", "/v2/incidents", [{"mode[one_of]": mode.value} for mode in Mode]),
        ("users", "/v2/users", [{}]),
        ("severities", "/v1/severities", [{}]),
        ("teams", "/v3/teams", [{}]),
    ):
        found: list[dict[str, Any]] = []
        for query in queries:
            sized = {} if name == "severities" else {"page_size": "250"}
            said = await http.get(path, params=query | sized)
            assert said.status_code == 200, said.text
            found += said.json()[name]
        answers[name] = sorted(found, key=lambda one: str(one["id"]))
    return answers
