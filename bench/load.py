"""Commands as Slack sends them, and how long each took."""

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.doors import Door
from bench.payloads import command, next_id
from bench.slack import Slack

IN_FLIGHT = 16
WARMING = 300
PAUSE = 0.008  # longer than the fake Slack's latency: the bot has finished one command before the next


@dataclass(slots=True)
class Timings:
    """Milliseconds from sending a command: to its acknowledgement, and to its modal's `views.open`."""

    acknowledged: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


class Load:
    """`/incident follow-ups` by many people, each time in another channel."""

    def __init__(self, slack: Slack, door: Door, channels: Sequence[str], users: Sequence[str]) -> None:
        self.timings = Timings()
        self._slack = slack
        self._door = door
        self._users = users
        self._channel_count = len(channels)
        self._channels = itertools.cycle(random.Random(7).sample(channels, len(channels)))  # noqa: S311

    async def one_by_one(self, count: int) -> None:
        for _ in range(count):
            acknowledged, opened = await self._one()
            self.timings.acknowledged.append(acknowledged)
            self.timings.opened.append(opened)
            await asyncio.sleep(PAUSE)

    async def many(self, count: int) -> float:
        """Commands a second, the next sent when one of those in flight has its modal."""
        left = iter(range(count))

        async def keep_sending() -> None:
            for _ in left:
                await self._one()

        started = time.perf_counter()
        await asyncio.gather(*(keep_sending() for _ in range(IN_FLIGHT)))
        rate = count / (time.perf_counter() - started)
        self.timings.rates.append(rate)
        return rate

    async def warm_up(self) -> None:
        """At least one command in each channel, not counted."""
        await self.many(max(self._channel_count, WARMING))
        self.timings = Timings()

    async def _one(self) -> tuple[float, float]:
        trigger_id, channel = next_id("T"), next(self._channels)
        user = self._users[hash(trigger_id) % len(self._users)]
        opened = self._slack.awaited("views.open", trigger_id)
        sent = time.perf_counter()
        acknowledged = await self._door.send(command(user, channel, "follow-ups", trigger_id))
        async with asyncio.timeout(10):
            seen = await opened
        return (acknowledged.at - sent) * 1000, (seen.at - sent) * 1000
