"""What Slack has sent is known for an hour, to every replica, unless the work it asked for was undone."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import deliveries
from storage.database import Database
from storage.deliveries import Deliveries, RepeatedDeliveryError
from storage.models import Delivery
from tests.storage.builders import LATER, NOW, look, run


async def known(database: Database) -> int:
    async with database.read() as session:
        return (await session.exec(select(func.count()).select_from(Delivery))).one()


async def test_the_first_is_the_first(database: Database) -> None:
    known_here = Deliveries(database)
    assert await known_here.is_first("1.2.a", NOW)
    assert not await known_here.is_first("1.2.a", LATER)
    assert await known_here.is_first("1.2.b", LATER)


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_replicas_know_what_the_others_were_sent(database: Database) -> None:
    replicas = [Deliveries(database) for _ in range(5)]
    firsts = await asyncio.gather(*(replica.is_first("1.2.a", NOW) for replica in replicas))
    assert sorted(firsts) == [False, False, False, False, True]


async def test_what_was_only_shown_may_not_be_changed_by(database: Database) -> None:
    known_here = Deliveries(database)
    assert await known_here.is_first("1.2.a", NOW)
    with pytest.raises(RepeatedDeliveryError):
        await run(database, known_here.begin, "1.2.a", LATER)


async def test_a_change_is_known_once_it_is_stored(database: Database) -> None:
    first, second = Deliveries(database), Deliveries(database)
    await run(database, first.begin, "1.2.a", NOW)
    with pytest.raises(RepeatedDeliveryError):
        await run(database, second.begin, "1.2.a", LATER)


async def test_a_change_that_was_undone_may_come_again(database: Database) -> None:
    known_here = Deliveries(database)

    async def undone(session: AsyncSession) -> None:
        await known_here.begin(session, "1.2.a", NOW)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await run(database, undone)
    await run(database, known_here.begin, "1.2.a", LATER)


async def test_who_comes_second_waits_for_how_the_first_ends(database: Database) -> None:
    known_here, begun, ended = Deliveries(database), asyncio.Event(), asyncio.Event()

    async def undone() -> None:
        async with database.write() as session:
            await known_here.begin(session, "1.2.a", NOW)
            begun.set()
            await ended.wait()
            raise OSError("gone")

    first = asyncio.create_task(undone())
    await begun.wait()
    second = asyncio.create_task(run(database, known_here.begin, "1.2.a", LATER))
    await asyncio.wait({second}, timeout=0.1)
    assert not second.done()
    ended.set()
    with pytest.raises(OSError, match="gone"):
        await first
    await second
    assert await known(database) == 1


async def test_it_is_forgotten_after_an_hour(database: Database) -> None:
    known_here = Deliveries(database)
    await run(database, known_here.begin, "old", NOW)
    await run(database, known_here.begin, "new", LATER)
    assert await known_here.is_first("shown", NOW)
    assert await swept(database, NOW + timedelta(hours=1, seconds=1)) >= 1
    assert await look(database, lambda session: session.get(Delivery, "new")) is not None
    assert await look(database, lambda session: session.get(Delivery, "old")) is None
    assert await known_here.is_first("shown", NOW + timedelta(hours=1, seconds=1))


async def swept(database: Database, now: datetime) -> int:
    return await run(database, deliveries.sweep, before=now - deliveries.KEPT)
