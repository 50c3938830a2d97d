"""What a follow-up can be given: priorities, categories, and the labels in use."""

from storage import catalogue, follow_ups
from storage.catalogue import OFFERED
from storage.database import Database
from storage.models import Category, Incident
from storage.records import CreatorRecord
from tests.storage.builders import (
    API_KEY,
    LATER,
    TEAM,
    a_follow_up,
    a_person,
    alice_and_follow_up,
    alice_and_incident,
    an_incident,
    look,
    run,
)


async def test_priorities_come_the_most_pressing_first_and_one_is_the_default(database: Database) -> None:
    priorities = await look(database, catalogue.priorities)

    assert [(priority.name, priority.rank) for priority in priorities] == [
        ("Urgent", 1),
        ("High", 2),
        ("Medium", 3),
        ("Low", 4),
    ]
    assert [priority.name for priority in priorities if priority.is_default] == ["Medium"]


async def test_categories_come_in_their_order(database: Database) -> None:
    assert await look(database, catalogue.categories) == []
    async with database.write() as session:
        session.add_all(
            [
                Category(name="B", rank=1),
                Category(name="C", rank=0, description="why"),
                Category(name="A", rank=1),
            ]
        )

    categories = await look(database, catalogue.categories)

    assert [(category.name, category.description) for category in categories] == [
        ("C", "why"),
        ("A", None),
        ("B", None),
    ]


async def label(database: Database, alice: CreatorRecord, incident: Incident, *names: str) -> str:
    return (await run(database, a_follow_up, alice, incident, labels=names)).id


async def test_labels_are_offered_by_what_was_typed(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await label(database, alice, incident, "TLS", "100%", "a_b", "Größe", "back\\slash")

    async def offered(typed: str) -> list[str]:
        return await look(database, catalogue.labels_in_use, TEAM, typed)

    assert await offered("") == ["100%", "a_b", "back\\slash", "Größe", "TLS"]
    assert await offered(" tl ") == ["TLS"]
    assert await offered("GRÖSSE") == ["Größe"]
    assert await offered("%") == ["100%"]
    assert await offered("_") == ["a_b"]
    assert await offered("\\") == ["back\\slash"]
    assert await offered("\x00nothing") == []
    assert await look(database, catalogue.labels_in_use, "T2") == []


async def test_a_label_that_nothing_has_any_more_is_not_offered(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    kept = await label(database, alice, incident, "kept", "dropped")
    gone = await label(database, alice, incident, "gone")
    await run(database, follow_ups.change, alice, kept, {"labels": ("kept",)}, now=LATER)
    await run(database, follow_ups.delete, alice, gone, now=LATER)

    assert await look(database, catalogue.labels_in_use, TEAM) == ["kept"]


async def test_a_label_is_spelled_as_it_is_seen(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await label(database, alice, incident, "Bug")
    other = await run(database, a_follow_up, alice, incident, labels=("bUG",))
    changed = await run(database, follow_ups.change, alice, made, {"labels": ("bug",)}, now=LATER)

    assert other.labels == changed.labels == ("Bug",)
    assert changed.version == 1


async def test_a_label_that_comes_back_is_spelled_as_it_is_typed(database: Database) -> None:
    """Who had it before may have had it where it can't be seen."""
    alice, made = await alice_and_follow_up(database, labels=("Bug",))
    await run(database, follow_ups.change, alice, made.id, {"labels": ()}, now=LATER)

    again = await run(database, follow_ups.change, alice, made.id, {"labels": ("bUG",)}, now=LATER)

    assert again.labels == ("bUG",)


async def test_the_spelling_of_a_private_incidents_label_is_not_told(database: Database) -> None:
    alice, public = await alice_and_incident(database)
    bob = await run(database, a_person, "Bob")
    private = await run(database, an_incident, "inc-143-breach", private_to=[alice])
    for number, actor in enumerate((API_KEY, bob)):
        secret, typed = f"ProjectNightfall{number}", f"projectnightfall{number}"
        hidden = await label(database, alice, private, secret)
        made = await run(database, a_follow_up, actor, public, labels=(typed,))
        other = await run(database, a_follow_up, actor, public)
        changed = await run(database, follow_ups.change, actor, other.id, {"labels": (typed,)}, now=LATER)

        assert made.labels == changed.labels == (typed,)
        assert typed in await look(database, catalogue.labels_in_use, TEAM, actor=actor)
        found = await look(database, follow_ups.get, alice, hidden)
        assert found.labels[0].casefold() == typed


async def test_no_more_labels_are_offered_than_a_slack_menu_holds(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    for batch in range(0, 120, 20):
        await label(database, alice, incident, *(f"label {number:03}" for number in range(batch, batch + 20)))

    assert await look(database, catalogue.labels_in_use, TEAM) == [f"label {n:03}" for n in range(OFFERED)]
