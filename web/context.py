"""What every route works with."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from outgoing.targets import Targets
from storage.api_keys import KeyRecord
from storage.database import Database
from storage.incidents import Channel
from storage.once import Once
from storage.records import CreatorRecord, Placed, TeamRecord
from storage.secrets import Keyring


class Slack(Protocol):
    """What the API asks of Slack, through the bot. Those that wait for Slack raise UnansweredError."""

    @property
    def team_id(self) -> str: ...

    @property
    def prefixes(self) -> tuple[str, ...]: ...

    async def channel(self, slack_channel_id: str) -> Channel | None:
        """The channel, unless the bot can't see it."""

    async def meet(self, slack_user_id: str) -> None:
        """Whoever Slack knows by that id is known here from now on."""

    async def teams(self) -> list[TeamRecord]:
        """Slack's user groups."""

    async def check_incident(self, incident_id: str) -> None:
        """Before an incident is changed: who may see it is no older than a minute."""

    async def check_follow_up(self, follow_up_id: str) -> None:
        """The same, by one of its follow-ups."""

    async def recheck(self, shown: Sequence[Placed]) -> bool:
        """Before incidents are shown: whether they are public is no older than a minute.

        True when Slack was asked about one: then what was read before may hold no longer.
        """


@dataclass(frozen=True, slots=True)
class Context:
    """`slack` is None while the bot is starting or has stopped: then nothing is answered.

    `keyring` seals secrets; `targets` says where webhooks may go. Whoever counts everything holds `counting`:
    SQLite is read by two threads, and lists need one.
    """

    database: Database
    slack: Callable[[], Slack | None]
    clock: Callable[[], datetime]
    public_url: str | None = None
    keyring: Keyring = field(default_factory=lambda: Keyring({}))
    targets: Targets = field(default_factory=Targets)
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a key: what it works with, who acts, and when.

    `once` is there under an Idempotency-Key. So a route asks nothing of Slack after it has begun to write.
    """

    context: Context
    slack: Slack
    key: KeyRecord
    now: datetime
    once: Once | None = None

    @property
    def database(self) -> Database | Once:
        return self.once or self.context.database

    async def step(self, part: int, work: Callable[..., Awaitable[bytes]]) -> bytes:
        """One transaction of several. Under an Idempotency-Key it is done once, with its result.

        `work` is given the session; `part` counts from 1.
        """
        if self.once is not None:
            return await self.once.step(part, work)
        async with self.context.database.write() as session:
            return await work(session)

    @property
    def actor(self) -> CreatorRecord:
        return self.key.actor
