"""`/incident follow-ups` beside its floors, in one run on one machine."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from bench.bots import FLOOR, PRODUCT, Bot, keep_off_the_bots_core, running
from bench.command_lines import Contender, Memory, Results, table
from bench.load import Load
from bench.report import Table
from bench.seed import Seeded, SqliteFiles, seeded
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
            loads[contender] = Load(slack, bot.door, seeded.channels, seeded.users)
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
        load = Load(slack, bot.door, seeded.channels, seeded.users)
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


async def measure(slack: Slack) -> Table:
    backend = SqliteFiles()
    async with seeded(backend, 100_000) as large, seeded(backend, 1_000) as small:
        with keep_off_the_bots_core():
            databases = Databases(large, small)
            speed = {}
            for transport in TRANSPORTS:
                print(f"Measuring the command over {transport} …", flush=True)
                speed[transport] = await speeds(slack, databases, transport)
            print("Measuring memory and start …", flush=True)
            used = await memory(slack, large)
            return table(Results(used, await starts(slack, large), speed))
