"""Signed commands while strangers knock: 500 unsigned requests a second, from a process of their own."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.bots import PRODUCT, ROOT, keep_off_the_bots_core, running
from bench.doors import HttpDoor
from bench.load import Load, Timings
from bench.report import Line, Table, milliseconds, p50, p99, times
from bench.seed import Seeded, SqliteFiles, seeded
from bench.slack import Slack

FOLLOW_UPS = 10_000
A_SECOND = 500
ROUNDS = 4
COMMANDS = 150
CONNECTIONS = 10
LONGEST = 120
BODY = b"command=/incident&text=" + b"x" * 500
REQUEST = (
    b"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"X-Slack-Request-Timestamp: %d\r\nX-Slack-Signature: v0=" + b"0" * 64 + b"\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)


@dataclass(frozen=True, slots=True)
class Attacked:
    """Commands one by one, in milliseconds; rounds with and without the attack alternate."""

    quiet: Timings
    attacked: Timings
    refused_a_second: float


async def attack(slack: Slack, database: Seeded) -> Attacked:
    """The product over HTTP. Raises RuntimeError when an unsigned request is answered otherwise than 401."""
    async with running(PRODUCT, "HTTP", slack, database.url) as bot:
        assert isinstance(bot.door, HttpDoor)
        people = (database.channels, database.users)
        quiet, attacked, rates = Load(slack, bot.door, *people), Load(slack, bot.door, *people), []
        await quiet.warm_up()
        await bot.settle()
        for _ in range(ROUNDS):
            await quiet.one_by_one(COMMANDS)
            async with knocking(bot.door.port) as refused:
                await attacked.one_by_one(COMMANDS)
            rates.append(refused.a_second)
        return Attacked(quiet.timings, attacked.timings, sum(rates) / len(rates))


@dataclass(slots=True)
class Refused:
    a_second: float = 0.0


@asynccontextmanager
async def knocking(port: int) -> AsyncIterator[Refused]:
    """How many requests a second were refused stands there once it is over."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.attack", str(port), cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    refused = Refused()
    try:
        async with asyncio.timeout(20):
            await process.stdout.readline()  # the first have been refused
        yield refused
    finally:
        process.stdin.close()
        answered = await process.stdout.read()
        if await process.wait() != 0:
            raise RuntimeError("an unsigned request was not refused")
        refused.a_second = float(answered.split()[-1])


async def knock(port: int) -> None:
    """Knock until standard input ends, or for two minutes; then print how many a second were refused."""
    over = asyncio.Event()
    waiting = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    waiting.add_done_callback(lambda _: over.set())
    asyncio.get_running_loop().call_later(LONGEST, over.set)
    began = time.perf_counter()
    counts = await asyncio.gather(*(_knock_on_one(port, over) for _ in range(CONNECTIONS)))
    print(sum(counts) / (time.perf_counter() - began), flush=True)


async def _knock_on_one(port: int, over: asyncio.Event) -> int:
    loop, refused = asyncio.get_running_loop(), 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = loop.time()
    while not over.is_set():
        writer.write(REQUEST % (int(time.time()), len(BODY), BODY))
        status, _, _ = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
        if b" 401 " not in status:
            raise RuntimeError(f"an unsigned request was answered {status.decode()}")
        refused += 1
        if refused == 1:
            print("refused", flush=True)
        due += CONNECTIONS / A_SECOND
        await asyncio.sleep(max(0.0, due - loop.time()))
    writer.close()
    return refused


async def measure(slack: Slack) -> Table:
    async with seeded(SqliteFiles(), FOLLOW_UPS) as database:
        with keep_off_the_bots_core():
            print("Measuring under unsigned requests …", flush=True)
            return table(await attack(slack, database))


def table(found: Attacked) -> Table:
    def line(
        what: str, read: Callable[[Timings], float], target: str = "", most: float | None = None
    ) -> Line:
        quiet, attacked = read(found.quiet), read(found.attacked)
        met = None if most is None else attacked <= most
        return Line(what, (milliseconds(attacked), milliseconds(quiet)), times(attacked / quiet), target, met)

    return Table(
        "attack",
        ("attacked", "quiet"),
        (
            line("acknowledged p50", lambda timings: p50(timings.acknowledged)),
            line("acknowledged p99", lambda timings: p99(timings.acknowledged)),
            line("list opened p50", lambda timings: p50(timings.opened)),
            line("list opened p99", lambda timings: p99(timings.opened), "≤ 25 ms", 25),
            Line("unsigned requests/s, refused", (f"{found.refused_a_second:.0f}", "")),
        ),
    )


if __name__ == "__main__":
    asyncio.run(knock(int(sys.argv[1])))
