"""What every listener and job works with."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.interactions import Reader
from bot.tasks import Tasks
from storage.database import Database
from storage.deliveries import Deliveries

# Of the looks at channels for which nobody waits.
LOOKS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is, as `auth.test` says."""

    slack_team_id: str
    slack_user_id: str
    slack_bot_id: str


@dataclass(frozen=True, slots=True)
class Context:
    database: Database
    client: AsyncWebClient
    identity: Identity
    clock: Callable[[], datetime]
    deliveries: Deliveries
    command: str = "/incident"
    prefixes: tuple[str, ...] = ("inc-", "incident-")
    readers: dict[str, tuple[datetime, Reader]] = field(default_factory=dict)
    channels_checked: dict[str, datetime] = field(default_factory=dict)
    channels_confirmed: dict[str, datetime] = field(default_factory=dict)
    rate_limited: dict[str, datetime] = field(default_factory=dict)
    rechecks: deque[datetime] = field(default_factory=deque)
    teams_asked: dict[str, datetime] = field(default_factory=dict)
    tasks: Tasks = field(default_factory=Tasks)
    looking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LOOKS_AT_ONCE))
