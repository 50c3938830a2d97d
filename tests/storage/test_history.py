"""History: append-only, in the order of versions, in words."""

from datetime import timedelta

import pytest
import time_machine
from sqlmodel import col, select

from storage import channel_messages, follow_ups, history, incidents
from storage.database import Database
from storage.errors import ConflictError
from storage.models import HistoryEntry
from storage.records import Change, Status
from tests.storage.builders import (
    API_KEY,
    LATER,
    NOW,
    a_follow_up,
    a_person,
    alice_and_follow_up,
    alice_and_incident,
    look,
    run,
)


async def test_nothing_that_happened_is_lost_or_rewritten(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    await run(database, follow_ups.change, alice, made.id, {"description": "why"}, now=LATER)
    await run(database, follow_ups.complete, alice, made.id, now=LATER)
    before = await look(database, history.of_follow_up, made.id)

    await run(database, follow_ups.reopen, alice, made.id, now=LATER)
    await run(database, follow_ups.delete, alice, made.id, now=LATER)

    after = await look(database, history.of_follow_up, made.id)
    assert after[:3] == before
    assert [entry.event for entry in after] == ["created", "changed", "completed", "reopened", "deleted"]
    assert [entry.version for entry in after] == [1, 2, 3, 4, 5]


async def test_every_status_reads_in_words(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    for status in (Status.NOT_DOING, Status.COMPLETED, Status.OUTSTANDING, Status.DELETED):
        await run(database, follow_ups.change, alice, made.id, {"status": status}, now=LATER)

    told = [entry.changes for entry in await look(database, history.of_follow_up, made.id)]

    assert told == [
        (),
        (Change("status", "Outstanding", "Not doing"),),
        (Change("status", "Not doing", "Completed"),),
        (Change("status", "Completed", "Outstanding"),),
        (Change("status", "Outstanding", "Deleted"),),
    ]


async def test_words_stay_when_people_are_renamed_but_actors_go_by_their_new_name(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    bob = await run(database, a_person, "Bob")
    await run(database, follow_ups.assign, alice, made.id, bob.id, now=LATER)
    await run(database, a_person, "Robert", slack_user_id="UBOB")
    await run(database, a_person, "Alicia", slack_user_id="UALICE")

    (_, entry) = await look(database, history.of_follow_up, made.id)

    assert entry.actor_name == "Alicia"
    assert entry.changes == (Change("assignee", None, "Bob"),)


async def test_an_api_key_is_named_as_it_was(database: Database) -> None:
    _, made = await alice_and_follow_up(database)

    await run(database, follow_ups.complete, API_KEY, made.id, now=LATER)

    entry = (await look(database, history.of_follow_up, made.id))[-1]
    assert (entry.actor_name, entry.actor_slack_user_id) == ("Deploy script", None)


async def test_a_clock_that_goes_back_does_not_turn_history_around(database: Database) -> None:
    """Replicas' clocks differ, and ids are made from them."""
    alice, made = await alice_and_follow_up(database)
    bob = await run(database, a_person, "Bob")
    with time_machine.travel(NOW + timedelta(days=3_650), tick=False):
        await run(database, follow_ups.complete, alice, made.id, now=LATER)
    with time_machine.travel(NOW + timedelta(days=3_649), tick=False):
        await run(database, follow_ups.reopen, bob, made.id, now=LATER)
        await run(database, follow_ups.change, bob, made.id, {"title": "B"}, now=LATER)

    events = [entry.event for entry in await look(database, history.of_follow_up, made.id)]
    last = await look(database, history.last_status_change, made.id)
    base = await look(database, history.values_at, made.id, 1)

    assert events == ["created", "completed", "reopened", "changed"]
    assert last is not None
    assert last.actor_name == "Bob"
    assert base == {"status": "outstanding", "title": "Rotate the certs"}


async def test_a_conflict_says_the_same_however_the_clock_went(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    for days, title in ((30, "B"), (20, "C"), (10, "D")):
        with time_machine.travel(NOW + timedelta(days=3_650 + days), tick=False):
            await run(database, follow_ups.change, alice, made.id, {"title": title}, now=LATER)

    with pytest.raises(ConflictError) as conflict:
        await run(database, follow_ups.change, alice, made.id, {"title": "E"}, now=LATER, version=2)

    assert conflict.value.base["title"] == "B"
    assert [entry.changes[0].after for entry in conflict.value.since] == ["C", "D"]


async def test_the_values_of_a_version_are_those_it_had(database: Database) -> None:
    alice, made = await alice_and_follow_up(database, labels=("a",))
    await run(database, follow_ups.change, alice, made.id, {"labels": ("b",)}, now=LATER)
    await run(database, follow_ups.change, alice, made.id, {"labels": ("c",), "title": "C"}, now=LATER)

    assert await look(database, history.values_at, made.id, 1) == {
        "labels": ["a"],
        "title": "Rotate the certs",
    }
    assert await look(database, history.values_at, made.id, 2) == {
        "labels": ["b"],
        "title": "Rotate the certs",
    }
    assert await look(database, history.values_at, made.id, 3) == {}


async def test_last_change_is_of_that_column(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    bob = await run(database, a_person, "Bob")
    await run(database, follow_ups.take, bob, made.id, now=LATER)
    await run(database, follow_ups.change, alice, made.id, {"title": "B"}, now=LATER)

    taken = await look(database, history.last_change, made.id, "assignee_id")

    assert taken is not None
    assert (taken.actor_name, taken.version) == ("Bob", 2)
    assert await look(database, history.last_change, made.id, "priority_id") is None


async def test_taking_is_told_from_assigning_to_a_namesake(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    namesake = await run(database, a_person, "Alice", slack_user_id="UALICE2")
    await run(database, follow_ups.take, alice, made.id, now=LATER)
    await run(database, follow_ups.assign, alice, made.id, namesake.id, now=LATER)
    await run(database, follow_ups.change, alice, made.id, {"assignee_id": None}, now=LATER)

    told = await look(database, history.of_follow_up, made.id)

    assert [entry.is_taken for entry in told] == [False, True, False, False]


async def test_a_channel_is_told_of_its_own_incident_and_of_each_change_once(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    other = await run(
        database,
        incidents.track,
        incidents.Channel("T1", "C-other", "inc-7-other"),
        prefixes=("inc-",),
        now=NOW,
    )
    for place in (incident, other):
        made = await run(database, a_follow_up, alice, place)
        await run(database, follow_ups.take, alice, made.id, now=LATER)
        await run(database, follow_ups.change, alice, made.id, {"title": "B"}, now=LATER)
        await run(database, follow_ups.complete, alice, made.id, now=LATER)

    news = await look(database, history.unannounced, incident.id)
    await run(database, channel_messages.mark_announced, [news[0].id], LATER)

    assert [entry.event for entry in news] == ["changed", "completed"]
    assert await look(database, history.unannounced, incident.id) == news[1:]
    assert len(await look(database, history.unannounced, other.id)) == 2
    assert await look(database, history.by_ids, [news[1].id, news[0].id]) == news
    async with database.read() as session:
        told = await session.exec(select(HistoryEntry).where(col(HistoryEntry.id) == news[0].id))
        assert told.one().announced_at == LATER
