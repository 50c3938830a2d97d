"""The product at three sizes: one replica on SQLite, and on PostgreSQL one and two."""

import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil
from sqlalchemy import update

from bench.bots import PRODUCT, running
from bench.claims import commit_to_claim
from bench.doors import Turns
from bench.load import Load
from bench.postgresql import PostgreSQL, postgresql
from bench.report import Table
from bench.scale_lines import Figures, Setup, table
from bench.seed import Backend, Seeded, SqliteFiles, seeded
from bench.shares import Processes, Shares
from bench.slack import Slack
from bench.visits import Visits
from storage.database import Database
from storage.models import Incident

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS = 3
ONE_BY_ONE = 100
MANY = 600
VISITS = 30
WARMING_VISITS = 3
CLAIMS = 150
CHANNELS = 200
USERS = 200


@dataclass(frozen=True, slots=True)
class Contender:
    """Replicas on a database of one size, and what is asked of them."""

    figures: Figures
    processes: Mapping[str, Processes]

    async def warm_up(self) -> None:
        await self.figures.load.warm_up()
        await self.figures.visits.warm_up(WARMING_VISITS)

    async def carry(self) -> None:
        with self.figures.shares.measured(self.processes):
            await self.figures.load.many(MANY)

    async def visit(self) -> None:
        await self.figures.load.one_by_one(ONE_BY_ONE)
        await self.figures.visits.repeat(VISITS)


async def measure(slack: Slack) -> Table:
    found: dict[Setup, dict[int, Figures]] = {}
    found[Setup.SQLITE] = await _sizes(slack, SqliteFiles(), Setup.SQLITE)
    with postgresql() as server:
        for setup in (Setup.POSTGRESQL, Setup.REPLICAS):
            found[setup] = await _sizes(slack, server, setup)
    return table(found, cores=os.cpu_count() or 1)


async def _sizes(slack: Slack, backend: Backend, setup: Setup) -> dict[int, Figures]:
    """Each round measures every size, so that what else the machine does falls on all of them."""
    async with AsyncExitStack() as stack:
        contenders = {}
        for size in SIZES:
            database = await stack.enter_async_context(seeded(backend, size))
            print(f"Measuring {setup.value} with {size:,} follow-ups …", flush=True)
            contenders[size] = await _contender(stack, slack, backend, database, setup)
        for _ in range(ROUNDS):
            for contender in contenders.values():
                await contender.carry()
            for contender in contenders.values() if setup.is_visited else ():
                await contender.visit()
    return {size: contender.figures for size, contender in contenders.items()}


async def _contender(
    stack: AsyncExitStack, slack: Slack, backend: Backend, database: Seeded, setup: Setup
) -> Contender:
    await _channels_are_known(database)
    claims = {}
    if setup.is_visited:
        for by_a_replica in {False, setup.replicas > 1}:
            claims[by_a_replica] = await commit_to_claim(database.url, CLAIMS, by_a_replica=by_a_replica)
    bots = [
        await stack.enter_async_context(running(PRODUCT, "HTTP", slack, database.url, own_core=False))
        for _ in range(setup.replicas)
    ]
    door = Turns([bot.door for bot in bots])
    channels = database.channels[:: max(1, len(database.channels) // CHANNELS)]
    users = database.users[:USERS]
    figures = Figures(
        load=Load(slack, door, channels, users),
        visits=Visits(slack, door, channels, users),
        shares=Shares(),
        claims=claims,
        seconds_to_seed=database.seconds,
    )
    processes: dict[str, Processes] = {
        "the bots": lambda: [bot.running for bot in bots],
        "the load": lambda: [psutil.Process()],
    }
    if isinstance(backend, PostgreSQL):
        processes["PostgreSQL"] = backend.processes
    contender = Contender(figures, processes)
    await contender.warm_up()
    for bot in bots:
        await bot.settle()
    return contender


async def _channels_are_known(database: Seeded) -> None:
    """Slack was asked about each channel a moment ago: what is measured is not how often it is asked."""
    opened = Database(database.url)
    try:
        async with opened.write() as session:
            soon = datetime.now(UTC) + timedelta(hours=1)
            await session.exec(update(Incident).values(channel_checked_at=soon))
    finally:
        await opened.close()
