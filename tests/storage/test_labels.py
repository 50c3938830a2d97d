"""Labels across follow-ups: listed with how many have them, renamed, merged, deleted."""

from dataclasses import replace

import pytest
from sqlmodel import col, select

from storage import catalogue, follow_ups, labels, listing
from storage.database import Database
from storage.errors import InvalidFieldError, NotFoundError
from storage.jobs import Job
from storage.labels import AT_ONCE, RELABEL
from storage.models import Incident, Label
from storage.records import CreatorRecord, Filter, FollowUpRecord, LabelRecord, ListQuery
from tests.storage.builders import (
    API_KEY,
    LATER,
    NOW,
    TEAM,
    a_follow_up,
    alice_and_incident,
    an_incident,
    entries_of,
    jobs_waiting,
    look,
    run,
)

OWNER = replace(API_KEY, sees_private=True)


async def listed(database: Database, actor: CreatorRecord = API_KEY, **more: str) -> dict[str, int]:
    found = await look(database, labels.listed, actor, TEAM, limit=100, **more)
    return {one.name: one.follow_ups for one in found}


async def id_of(database: Database, name: str) -> str:
    async with database.read() as session:
        return (await session.exec(select(Label.id).where(col(Label.name_key) == name.casefold()))).one()


async def rename(database: Database, name: str, new: str, actor: CreatorRecord = API_KEY) -> LabelRecord:
    label_id = await id_of(database, name)
    return await run(database, labels.rename, actor, TEAM, label_id, new, now=LATER)


async def delete(database: Database, name: str, actor: CreatorRecord = API_KEY) -> None:
    await run(database, labels.delete, actor, TEAM, await id_of(database, name), now=LATER)


async def labelled(
    database: Database, alice: CreatorRecord, incident: Incident, *names: str
) -> FollowUpRecord:
    return await run(database, a_follow_up, alice, incident, labels=names)


async def found_by(database: Database, alice: CreatorRecord, incident: Incident, text: str) -> list[str]:
    query = ListQuery(Filter.ALL, text)
    page = await look(database, listing.of_incident, alice, incident.id, query, now=NOW)
    return [item.id for item in page.items]


async def test_they_come_by_name_with_how_many_have_them(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await labelled(database, alice, incident, "TLS", "bug")
    await labelled(database, alice, incident, "bug")
    gone = await labelled(database, alice, incident, "bug", "gone")
    await run(database, follow_ups.delete, alice, gone.id, now=LATER)

    assert await listed(database) == {"bug": 2, "TLS": 1}
    assert list(await listed(database)) == ["bug", "TLS"]
    assert await listed(database, containing="tl") == {"TLS": 1}
    assert await look(database, labels.listed, API_KEY, "T2", limit=100) == ()


async def test_pages_begin_after_a_name_even_one_that_is_gone(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    for name in ("a", "B", "c", "D", "é"):
        await labelled(database, alice, incident, name)
    first = await look(database, labels.listed, API_KEY, TEAM, limit=2)
    await delete(database, "B")
    rest = await look(database, labels.listed, API_KEY, TEAM, limit=10, after=first[-1].name)

    assert [one.name for one in first] == ["a", "B"]
    assert [one.name for one in rest] == ["c", "D", "é"]


async def test_a_new_name_is_a_change_of_each_follow_up(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await labelled(database, alice, incident, "tls", "bug", "page")
    other = await labelled(database, alice, incident, "page")

    renamed = await rename(database, "bug", "Defect")

    after = await look(database, follow_ups.get, alice, made.id)
    assert (renamed.name, renamed.follow_ups) == ("Defect", 1)
    assert (after.labels, after.version, after.updated_at) == (("tls", "Defect", "page"), 2, LATER)
    assert (await look(database, follow_ups.get, alice, other.id)).version == 1
    entry = (await entries_of(database, made.id))[-1]
    assert (entry.actor_id, entry.event) == (API_KEY.id, "changed")
    assert entry.changes["labels"]["before_words"] == "tls, bug, page"
    assert ("card", incident.slack_channel_id) in {job[:2] for job in await jobs_waiting(database)}
    assert await found_by(database, alice, incident, "defect") == [made.id]
    assert await found_by(database, alice, incident, "bug") == []
    assert await listed(database) == {"Defect": 1, "page": 2, "tls": 1}


async def test_onto_a_label_that_is_there_both_are_one(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    both = await labelled(database, alice, incident, "bug", "Defect")
    one = await labelled(database, alice, incident, "bug")
    await labelled(database, alice, incident, "Defect")

    merged = await rename(database, "bug", "DEFECT")

    assert merged == LabelRecord(await id_of(database, "Defect"), "Defect", 3)
    assert (await look(database, follow_ups.get, alice, both.id)).labels == ("Defect",)
    assert (await look(database, follow_ups.get, alice, one.id)).labels == ("Defect",)
    assert await listed(database) == {"Defect": 3}


async def test_another_spelling_is_seen_at_once_and_changes_no_follow_up(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await labelled(database, alice, incident, "tls")

    assert (await rename(database, "tls", "TLS")).name == "TLS"

    found = await look(database, follow_ups.get, alice, made.id)
    assert (found.labels, found.version) == (("TLS",), 1)


async def test_deleted_it_is_taken_off_its_follow_ups(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await labelled(database, alice, incident, "tls", "bug")

    await delete(database, "bug")

    assert (await look(database, follow_ups.get, alice, made.id)).labels == ("tls",)
    assert await found_by(database, alice, incident, "bug") == []
    assert await listed(database) == {"tls": 1}
    with pytest.raises(NotFoundError):
        await delete(database, "bug")


async def test_a_label_of_a_private_incident_is_none_for_a_stranger(database: Database) -> None:
    alice, _ = await alice_and_incident(database)
    private = await run(database, an_incident, "inc-143-breach", private_to=[alice])
    made = await labelled(database, alice, private, "nightfall")

    assert await listed(database) == {}
    for refused in (rename(database, "nightfall", "x"), delete(database, "nightfall")):
        with pytest.raises(NotFoundError):
            await refused
    with pytest.raises(NotFoundError):
        await look(database, labels.get, API_KEY, TEAM, await id_of(database, "nightfall"))
    assert await listed(database, OWNER) == {"nightfall": 1}
    assert await listed(database, alice) == {"nightfall": 1}
    assert (await look(database, follow_ups.get, alice, made.id)).labels == ("nightfall",)


async def test_what_a_stranger_renames_stays_in_private_incidents(database: Database) -> None:
    alice, public = await alice_and_incident(database)
    private = await run(database, an_incident, "inc-143-breach", private_to=[alice])
    hidden = await labelled(database, alice, private, "bug", "nightfall")
    await labelled(database, alice, public, "bug")

    await rename(database, "bug", "defect")
    merged = await rename(database, "defect", "nightfall")

    assert merged.follow_ups == 1  # as if nobody had it
    assert (await look(database, follow_ups.get, alice, hidden.id)).version == 1
    assert await listed(database) == {"nightfall": 1}
    assert await listed(database, OWNER) == {"bug": 1, "nightfall": 2}


@pytest.mark.parametrize("name", ["", " \u200b", "x" * 51])
async def test_a_name_that_is_none_is_refused(database: Database, name: str) -> None:
    alice, incident = await alice_and_incident(database)
    await labelled(database, alice, incident, "bug")
    with pytest.raises(InvalidFieldError) as refused:
        await rename(database, "bug", name)
    assert set(refused.value.errors) == {"name"}


async def test_many_are_changed_some_at_a_time(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = [await labelled(database, alice, incident, "bug") for _ in range(AT_ONCE + 3)]
    await rename(database, "bug", "defect")
    assert await listed(database) == {"bug": 3, "defect": AT_ONCE}
    # Whoever gives it again after that means it.
    await run(database, follow_ups.change, alice, made[0].id, {"labels": ("bug",)}, now=LATER)

    (payload,) = [payload for kind, _, payload in await jobs_waiting(database) if kind == RELABEL]
    async with database.write() as session:
        for job in await session.exec(select(Job).where(col(Job.kind) == RELABEL)):
            await session.delete(job)
    await run(database, labels.go_on, payload, now=LATER)

    assert await listed(database) == {"bug": 1, "defect": AT_ONCE + 2}
    assert [kind for kind, *_ in await jobs_waiting(database) if kind == RELABEL] == []
    assert await look(database, catalogue.labels_in_use, TEAM) == ["bug", "defect"]
