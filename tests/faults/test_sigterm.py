"""SIGTERM: the process leaves within ten seconds, whatever hangs; what it held is done by the next one."""

import sqlite3
from pathlib import Path

import pytest
from sqlmodel import select

from playground import Person, seed
from storage.database import Database
from storage.jobs import Job
from tests.faults.processes import AS_IT_IS, deployed
from tests.faults.tally import Tally, tally
from tests.faults.test_chaos import unfinished
from tests.faults.waiting import until
from tests.scenarios.conftest import adds

# What the machine may add when it is busy with other things.
GRACE = 10 + 5


async def test_a_hung_call_is_handed_back_and_made_once(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with deployed(tmp_path, database_url, program=AS_IT_IS) as deployment:
        slack, (replica,) = deployment.slack, deployment.replicas
        maya = Person(slack, seed.MAYA).in_channel("inc-142-checkout")
        slack.faults.add("chat.postMessage", "hung", delay=60)
        await adds(maya, "Rotate the certs")
        await maya.channel.shows("Rotate the certs", within=20)  # posted, but the bot does not hear so
        assert await replica.terminate() < GRACE
        async with database.read() as session:
            (card,) = (await session.exec(select(Job).where(Job.kind == "card"))).all()
        assert (card.state, card.lease) == ("ready", None)

        await replica.start()

        async def settled() -> bool:
            return await unfinished(database) == 0

        await until(settled, within=60)
        assert await tally(database, slack) == Tally()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_a_hung_database_does_not_keep_it(database_url: str, tmp_path: Path) -> None:
    async with deployed(tmp_path, database_url, program=AS_IT_IS) as deployment:
        (replica,) = deployment.replicas
        maya = Person(deployment.slack, seed.MAYA).in_channel("inc-142-checkout")
        await adds(maya, "Rotate the certs")
        card = await maya.channel.shows("Rotate the certs", within=20)
        other = sqlite3.connect(database_url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await card.clicks("Complete")
        assert await replica.terminate() < GRACE
        other.execute("ROLLBACK")
        other.close()
