"""The API beside a bare FastAPI app of the same bytes, for a minute, and with a thousand times as much."""

import json
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlmodel import col, select

from bench.api_lines import LOAD, SERVER, Contender, Measured, Results, table
from bench.api_load import Answers, Asker
from bench.bots import PRODUCT, Bot, keep_off_the_bots_core, running
from bench.doors import HttpDoor
from bench.postgresql import postgresql
from bench.report import Table
from bench.seed import Backend, Seeded, SqliteFiles, seeded
from bench.slack import Slack
from storage import api_keys
from storage.database import Database
from storage.models import FollowUp, Incident
from storage.records import Status

FLOOR = ("-m", "bench.api_floor")
SIZES = (1_000, 1_000_000)
SIZE = 100_000
ROUNDS = 5
SECONDS = 3.0
WARMING = 2.0
MINUTE = 60.0
KEYS = 64
INCIDENTS = 100
# Of the newest there may be no page of 25 left.
NEWEST = 100
PAGE = 25


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the API: one follow-up or a page of them, at many places, by many keys."""

    show: Sequence[str]
    list: Sequence[str]
    keys: Sequence[str]


async def asked_of(database: Seeded) -> Asked:
    """Places all over the database, none after the other."""
    opened = Database(database.url)
    channels = database.channels[:: max(1, len(database.channels) // INCIDENTS)]
    try:
        async with opened.read() as session:
            found = select(FollowUp.id).join(Incident, col(Incident.id) == col(FollowUp.incident_id))
            there = col(Incident.slack_channel_id).in_(channels), col(FollowUp.status) != Status.DELETED
            ids = sorted(await session.exec(found.where(*there)))[:-NEWEST]
        keys = [await _key(opened, number) for number in range(KEYS)]
    finally:
        await opened.close()
    # A step that shares no factor with their number visits all of them.
    mixed = [ids[index * 7919 % len(ids)] for index in range(len(ids))]
    return Asked(
        show=[f"/v3/follow_ups/{id_}" for id_ in mixed],
        list=[f"/v3/follow_ups?page_size={PAGE}&after={id_}" for id_ in mixed],
        keys=keys,
    )


async def _key(database: Database, number: int) -> str:
    async with database.write() as session:
        now = datetime.now(UTC)
        _, secret = await api_keys.create(session, f"Script {number}", ["actions.view"], now=now)
        return secret


async def recorded(port: int, asked: Asked) -> dict[str, Any]:
    """An answer of middling length for each kind, with its headers."""
    return {
        "show": await _middling(port, asked.show, asked.keys[0]),
        "list": await _middling(port, asked.list, asked.keys[0]),
    }


async def _middling(port: int, paths: Sequence[str], key: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        answers = [await client.get(path) for path in paths[:51]]
    middling = sorted(answers, key=lambda answer: len(answer.raise_for_status().content))[len(answers) // 2]
    by_server = {"content-length", "date", "server"}
    kept = {name: value for name, value in middling.headers.items() if name not in by_server}
    return {"headers": kept, "body": middling.text}


@asynccontextmanager
async def floor(slack: Slack, product: Bot, asked: Asked) -> AsyncIterator[Bot]:
    with tempfile.TemporaryDirectory() as directory:
        answers = Path(directory) / "answers.json"
        answers.write_text(json.dumps(await recorded(_port(product), asked)), encoding="utf-8")
        async with running((*FLOOR, str(answers)), "HTTP", slack, None) as bot:
            yield bot


def _port(bot: Bot) -> int:
    assert isinstance(bot.door, HttpDoor)
    return bot.door.port


async def beside_floor(slack: Slack, database: Seeded) -> tuple[Mapping[Contender, Measured], Answers]:
    """Each round measures every contender, so that what else the machine does falls on all of them."""
    asked = await asked_of(database)
    async with (
        running(PRODUCT, "HTTP", slack, database.url) as product,
        floor(slack, product, asked) as bare,
    ):
        contenders = {
            Contender.SHOW: _measured(product, asked.show, asked),
            Contender.SHOW_FLOOR: _measured(bare, asked.show, asked),
            Contender.LIST: _measured(product, asked.list, asked),
            Contender.LIST_FLOOR: _measured(bare, asked.list, asked),
        }
        for contender in contenders.values():
            await contender.asker.warm_up(WARMING)
        for _ in range(ROUNDS):
            for contender in contenders.values():
                with contender.shares.measured(contender.processes):
                    await contender.asker.ask(SECONDS)
        both = [path for pair in zip(asked.show, asked.list, strict=True) for path in pair]
        print("Measuring the API for a minute …", flush=True)
        minute = Asker(_port(product), both, asked.keys)
        await minute.ask(MINUTE)
        return contenders, minute.answers


def _measured(bot: Bot, paths: Sequence[str], asked: Asked) -> Measured:
    return Measured(
        Asker(_port(bot), paths, asked.keys),
        {SERVER: lambda: [bot.running], LOAD: lambda: [psutil.Process()]},
    )


async def at_sizes(slack: Slack, backend: Backend) -> dict[int, Answers]:
    """Lists, where each round measures every size."""
    async with AsyncExitStack() as stack:
        askers = {}
        for size in SIZES:
            database = await stack.enter_async_context(seeded(backend, size))
            bot = await stack.enter_async_context(running(PRODUCT, "HTTP", slack, database.url))
            asked = await asked_of(database)
            askers[size] = Asker(_port(bot), asked.list, asked.keys)
            await askers[size].warm_up(WARMING)
        for _ in range(ROUNDS):
            for asker in askers.values():
                await asker.ask(SECONDS)
    return {size: asker.answers for size, asker in askers.items()}


async def measure(slack: Slack) -> Table:
    backend = SqliteFiles()
    with keep_off_the_bots_core():
        async with seeded(backend, SIZE) as database:
            print("Measuring the API beside its floor …", flush=True)
            besides, minute = await beside_floor(slack, database)
        sizes = {}
        print("Measuring lists at both sizes …", flush=True)
        sizes["SQLite"] = await at_sizes(slack, backend)
        with postgresql() as server:
            sizes["PostgreSQL"] = await at_sizes(slack, server)
    return table(Results(besides, minute, sizes))
