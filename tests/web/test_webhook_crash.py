"""A process that dies between the receiver's answer and its own commit sends the same event again."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from storage import webhook_endpoints
from storage.database import Database
from storage.records import DeliveryState
from tests.outgoing.receiver import OK, receiver
from tests.storage.builders import alice_and_follow_up, look
from tests.storage.webhooks import KEY, KEYRING, an_endpoint
from tests.web.sending import attempted

SENDER = """
import asyncio, sys
from datetime import timedelta
from outgoing.targets import Targets
from storage.database import Database
from storage.secrets import Keyring
from storage.worker import Worker, utc_now
from tests.web.sending import NoNews
from web.webhooks import Webhooks

async def main():
    database = Database(sys.argv[1])
    webhooks = Webhooks(
        database, Keyring.parse(sys.argv[2]), Targets.allowing(["127.0.0.1"]), slack=NoNews, clock=utc_now
    )

    async def send(job):
        completion = await webhooks.send(job)
        if sys.argv[3] == "dies":
            print("answered", flush=True)
            await asyncio.sleep(60)
        return completion

    await Worker(database, {"webhook": send}, lease=timedelta(seconds=0.5)).start()
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def sender(database_url: str, how: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", SENDER, database_url, KEY, how),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )


async def test_a_kill_between_the_answer_and_the_commit_repeats_the_event_under_its_id(
    database: Database, database_url: str
) -> None:
    async with receiver(OK) as receiving, asyncio.timeout(60):
        endpoint = await an_endpoint(
            database, "public_incident.follow_up_created_v2", url=receiving.url, now=datetime.now(UTC)
        )
        await alice_and_follow_up(database)
        dying = await sender(database_url, "dies")
        assert dying.stdout is not None
        await dying.stdout.readuntil(b"answered\n")
        dying.kill()
        await dying.wait()

        living = await sender(database_url, "lives")
        delivery = await attempted(database)
        living.kill()
        await living.wait()

    first, second = receiving.received
    (secret,) = await look(database, webhook_endpoints.secrets_of, KEYRING, endpoint.id, datetime.now(UTC))
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery.id
    assert Webhook(secret).verify(second.body, second.headers) == json.loads(first.body)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
