"""A worker that sends webhooks from a database to receivers on this machine. Slack has no news."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from outgoing.targets import Targets
from storage.database import Database
from storage.records import DeliveryRecord, Placed
from storage.secrets import Keyring
from storage.webhook_deliveries import WEBHOOK
from storage.worker import Worker, utc_now
from tests.storage.webhooks import KEYRING, deliveries
from web.webhooks import Webhooks


class NoNews:
    """What is known of each channel is fresh."""

    async def recheck(self, shown: Sequence[Placed]) -> bool:
        return False


@asynccontextmanager
async def sending(
    database: Database,
    *,
    keyring: Keyring = KEYRING,
    allowed: Sequence[str] = ("127.0.0.1",),
    slack: Callable[[], NoNews | None] = NoNews,
    clock: Callable[[], datetime] = utc_now,
) -> AsyncIterator[None]:
    webhooks = Webhooks(database, keyring, Targets.allowing(allowed), slack=slack, clock=clock)
    worker = Worker(database, {WEBHOOK: webhooks.send}, shares={WEBHOOK: 8}, clock=clock)
    await worker.start()
    try:
        yield
    finally:
        await worker.stop(timeout=1)
        await webhooks.close()


async def attempted(database: Database, times: int = 1) -> DeliveryRecord:
    """The only delivery, once it has been attempted so often."""
    async with asyncio.timeout(20):
        while True:
            (delivery,) = await deliveries(database)
            if delivery.attempts >= times or delivery.next_attempt_at is None:
                return delivery
            await asyncio.sleep(0.01)
