"""An incident gets its channel at the moment when a follow-up is added or reopened: its card is posted."""

import asyncio
from collections.abc import Awaitable

from sqlalchemy import text

from storage import declared, follow_ups
from storage.consequences import CARD
from storage.database import Database
from storage.declared import IncidentDraft
from storage.follow_ups import Draft
from storage.records import FollowUpRecord
from tests.storage.builders import (
    API_KEY,
    LATER,
    NOW,
    TEAM,
    a_channel,
    jobs_waiting,
    no_jobs,
    run,
)

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def an_incident_without_a_channel(database: Database) -> str:
    return await run(database, declared.create, API_KEY, IncidentDraft(TEAM, "1", "Payments"), now=NOW)


async def is_waiting(database: Database) -> bool:
    if database.is_sqlite:
        assert database._turn is not None
        return bool(database._turn._waiters)
    async with database.read() as session:
        return bool(await (await session.connection()).scalar(WAITING))


async def while_it_is_tied(
    database: Database, incident_id: str, change: Awaitable[FollowUpRecord]
) -> FollowUpRecord:
    """The change begins when the channel is set, and before that is committed."""
    async with asyncio.timeout(10), asyncio.TaskGroup() as group, database.write() as session:
        await declared.edit(session, API_KEY, incident_id, {}, now=NOW, channel=a_channel())
        changing = group.create_task(_awaited(change))
        while not await is_waiting(database):  # noqa: ASYNC110  the database has no event to wait for
            await asyncio.sleep(0.01)
    return changing.result()


async def _awaited(change: Awaitable[FollowUpRecord]) -> FollowUpRecord:
    return await change


async def cards(database: Database) -> list[str]:
    return [payload["follow_up_id"] for kind, _, payload in await jobs_waiting(database) if kind == CARD]


async def test_what_is_added_meanwhile_has_its_card(database: Database) -> None:
    incident_id = await an_incident_without_a_channel(database)
    adding = run(database, follow_ups.create, API_KEY, incident_id, Draft("Rotate"), now=NOW)

    added = await while_it_is_tied(database, incident_id, adding)

    assert added.incident.slack_channel_id == a_channel().slack_channel_id
    assert await cards(database) == [added.id]


async def test_what_is_reopened_meanwhile_has_its_card(database: Database) -> None:
    incident_id = await an_incident_without_a_channel(database)
    added = await run(database, follow_ups.create, API_KEY, incident_id, Draft("Rotate"), now=NOW)
    await run(database, follow_ups.complete, API_KEY, added.id, now=NOW)
    await run(database, no_jobs)

    reopening = run(database, follow_ups.reopen, API_KEY, added.id, now=LATER)
    await while_it_is_tied(database, incident_id, reopening)

    assert await cards(database) == [added.id]
