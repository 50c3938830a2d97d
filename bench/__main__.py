"""`make bench`: the product beside its floors, in one run on one machine."""

import asyncio
import gc
import logging
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench import report
from bench.bots import FLOOR, PRODUCT, Bot, keep_off_the_bots_core, running
from bench.load import Load
from bench.report import Contender, Memory
from bench.seed import Seeded, seed
from bench.slack import Slack

ROUNDS = 4
ONE_BY_ONE = 150
MANY = 600
STARTS = 5
TRANSPORTS = ("HTTP", "Socket Mode")


@dataclass(frozen=True, slots=True)
class Databases:
    large: Seeded
    small: Seeded


async def speeds(slack: Slack, databases: Databases, transport: str) -> dict[Contender, Load]:
    """Each round measures every contender, so that what else the machine does falls on all of them."""
    large, small = databases.large, databases.small
    contenders = {
        Contender.FLOOR: (FLOOR, None, large),
        Contender.FLOOR_READING: (FLOOR, large.url, large),
        Contender.PRODUCT: (PRODUCT, large.url, large),
        Contender.PRODUCT_SMALL: (PRODUCT, small.url, small),
    }
    async with AsyncExitStack() as stack:
        loads = {}
        for contender, (program, url, seeded) in contenders.items():
            bot = await stack.enter_async_context(running(program, transport, slack, url))
            loads[contender] = Load(slack, bot.door, seeded)
            await loads[contender].warm_up()
            await bot.settle()
        for _ in range(ROUNDS):
            for load in loads.values():
                await load.one_by_one(ONE_BY_ONE)
            for load in loads.values():
                await load.many(MANY)
    return loads


async def memory(slack: Slack, seeded: Seeded) -> Memory:
    async with running(PRODUCT, "HTTP", slack, seeded.url) as bot:
        load = Load(slack, bot.door, seeded)
        at_start = bot.mebibytes
        after_5000 = await _after(bot, load, 5_000)
        return Memory(at_start, after_5000, await _after(bot, load, 5_000))


async def _after(bot: Bot, load: Load, commands: int) -> float:
    await load.many(commands)
    await bot.settle()
    return bot.mebibytes


async def starts(slack: Slack, seeded: Seeded) -> list[float]:
    seconds = []
    for _ in range(STARTS):
        async with running(PRODUCT, "HTTP", slack, seeded.url) as bot:
            seconds.append(bot.seconds_to_start)
    return seconds


async def main() -> None:
    keep_off_the_bots_core()
    with tempfile.TemporaryDirectory() as directory:
        print("Seeding …", flush=True)
        large = await seed(Path(directory) / "large.db", incidents=1_000)
        small = await seed(Path(directory) / "small.db", incidents=10)
        databases = Databases(large, small)
        gc.collect()
        gc.freeze()
        async with Slack() as slack:
            results = report.Results()
            for transport in TRANSPORTS:
                print(f"Measuring over {transport} …", flush=True)
                results.speeds[transport] = await speeds(slack, databases, transport)
            print("Measuring memory and start …", flush=True)
            results.memory = await memory(slack, large)
            results.starts = await starts(slack, large)
    print(report.console(results))
    report.write(results)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
