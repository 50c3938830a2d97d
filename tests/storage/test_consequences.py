"""What follows from a change: a card, sometimes a line in the channel, never without the change itself."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlmodel import select

from storage import consequences, follow_ups
from storage.consequences import CARD, SETTLE, STATUS_UPDATES
from storage.database import Database
from storage.errors import InvalidFieldError, UnavailableError
from storage.jobs import Job
from storage.records import CreatorRecord, FollowUpRecord, Status
from tests.storage.builders import (
    API_KEY,
    LATER,
    a_follow_up,
    a_person,
    alice_and_follow_up,
    alice_and_incident,
    jobs_waiting,
    no_jobs,
    run,
)

CHANNEL = "C-inc-142-checkout-is-down"


async def kinds(database: Database) -> list[str]:
    return [kind for kind, _, _ in await jobs_waiting(database)]


async def test_a_new_follow_up_gets_a_card_and_no_line(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)

    assert await jobs_waiting(database) == [
        (CARD, CHANNEL, {"follow_up_id": made.id, "actor_kind": "user", "actor_id": alice.id})
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"status": Status.COMPLETED}, True),
        ({"status": Status.NOT_DOING}, True),
        ({"status": Status.DELETED}, False),
        ({"title": "B"}, False),
        ({"description": "why"}, False),
        ({"labels": ("tls",)}, False),
        ({"title": "B", "status": "completed"}, True),
    ],
)
async def test_every_change_brings_the_card_up_to_date_and_some_are_announced(
    database: Database, change: dict[str, Any], told: bool
) -> None:
    alice, made = await alice_and_follow_up(database)
    await run(database, no_jobs)

    await run(database, follow_ups.change, alice, made.id, change, now=LATER)

    assert await kinds(database) == [CARD, STATUS_UPDATES][: 1 + told]


async def test_assigning_unassigning_and_reopening_are_announced(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    actions: list[tuple[Callable[[], Awaitable[FollowUpRecord]], bool]] = [
        (lambda: run(database, follow_ups.take, alice, made.id, now=LATER), True),
        (lambda: run(database, follow_ups.change, alice, made.id, {"assignee_id": None}, now=LATER), True),
        (lambda: run(database, follow_ups.complete, alice, made.id, now=LATER), True),
        (lambda: run(database, follow_ups.reopen, alice, made.id, now=LATER), True),
    ]
    for act, told in actions:
        await run(database, no_jobs)
        await act()
        assert await kinds(database) == [CARD, STATUS_UPDATES][: 1 + told]


async def test_a_line_waits_for_the_burst_to_settle_and_names_the_actor(database: Database) -> None:
    _, made = await alice_and_follow_up(database)
    await run(database, no_jobs)

    await run(database, follow_ups.complete, API_KEY, made.id, now=LATER)

    actor = {"actor_kind": "api_key", "actor_id": API_KEY.id}
    assert await jobs_waiting(database) == [
        (CARD, CHANNEL, {"follow_up_id": made.id, **actor}),
        (STATUS_UPDATES, CHANNEL, {"incident_id": made.incident.id, **actor}),
    ]
    async with database.read() as session:
        run_at = {job.kind: job.run_at for job in await session.exec(select(Job))}
    assert run_at == {CARD: LATER, STATUS_UPDATES: LATER + SETTLE}


async def test_a_burst_is_one_card_each_and_one_line(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = [await run(database, a_follow_up, alice, incident, f"Work {number}") for number in range(3)]

    for follow_up in made:
        await run(database, follow_ups.take, alice, follow_up.id, now=LATER)
        await run(database, follow_ups.complete, alice, follow_up.id, now=LATER)

    assert sorted(await kinds(database)) == [CARD] * 3 + [STATUS_UPDATES]


async def test_nothing_follows_from_a_change_that_changes_nothing(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    await run(database, no_jobs)

    await run(database, follow_ups.change, alice, made.id, {"title": made.title}, now=LATER)

    assert await kinds(database) == []


async def test_nothing_follows_from_what_is_refused(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    await run(database, follow_ups.complete, alice, made.id, now=LATER)
    await run(database, no_jobs)

    with pytest.raises(UnavailableError):
        await run(database, follow_ups.complete, alice, made.id, now=LATER)
    with pytest.raises(InvalidFieldError):
        await run(database, follow_ups.change, alice, made.id, {"title": ""}, now=LATER)

    assert await kinds(database) == []


async def test_nothing_follows_from_a_transaction_that_rolls_back(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    database.jobs_ready.clear()

    async def create_and_fail(actor: CreatorRecord) -> None:
        async with database.write() as session:
            await a_follow_up(session, actor, incident)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await create_and_fail(alice)

    assert await jobs_waiting(database) == []
    assert not database.jobs_ready.is_set()


async def test_a_change_wakes_the_worker(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    database.jobs_ready.clear()

    await run(database, follow_ups.complete, alice, made.id, now=LATER)

    assert database.jobs_ready.is_set()


async def test_a_follow_up_born_assigned_is_told_by_its_card(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    bob = await run(database, a_person, "Bob")

    await run(database, a_follow_up, alice, incident, assignee_id=bob.id)

    assert await kinds(database) == [consequences.CARD]
