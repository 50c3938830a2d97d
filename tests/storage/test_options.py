"""Priorities and categories: made, changed and deleted."""

import asyncio
from typing import Any

import pytest

from storage import catalogue, follow_ups, options
from storage.database import Database
from storage.errors import InUseError, InvalidFieldError, NotFoundError
from storage.limits import OPTION_NAME_LIMIT, OPTIONS_LIMIT
from storage.options import CATEGORIES, PRIORITIES
from storage.records import CategoryRecord, PriorityRecord
from tests.storage.builders import (
    API_KEY,
    LATER,
    a_follow_up,
    a_person,
    alice_and_follow_up,
    alice_and_incident,
    an_incident,
    look,
    run,
)


async def names(database: Database) -> list[tuple[str, bool]]:
    return [(one.name, one.is_default) for one in await look(database, catalogue.priorities)]


async def a_category(database: Database, name: str, **more: Any) -> CategoryRecord:
    return await run(database, options.create, CATEGORIES, {"name": name, **more})


async def a_priority(database: Database, name: str, **more: Any) -> PriorityRecord:
    return await run(database, options.create, PRIORITIES, {"name": name, **more})


async def test_a_new_one_is_the_last_unless_it_has_a_rank(database: Database) -> None:
    await a_priority(database, "  Some \n day ")
    await a_priority(database, "Page me", rank=0, description=" now ")

    found = await look(database, catalogue.priorities)

    assert [one.name for one in found] == ["Page me", "Urgent", "High", "Medium", "Low", "Some day"]
    assert (found[0].description, found[-1].rank) == ("now", 5)


async def test_one_is_the_default_at_most(database: Database) -> None:
    made = await a_priority(database, "Some day", is_default=True)
    assert [name for name, is_default in await names(database) if is_default] == ["Some day"]

    urgent = (await look(database, catalogue.priorities))[0]
    await run(database, options.change, PRIORITIES, urgent.id, {"is_default": True})
    assert [name for name, is_default in await names(database) if is_default] == ["Urgent"]
    await run(database, options.change, PRIORITIES, urgent.id, {"is_default": False})
    assert [name for name, is_default in await names(database) if is_default] == []
    assert (await look(database, options.get, PRIORITIES, made.id)).is_default is False


async def test_a_new_name_is_read_by_the_next_who_looks(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    assert made.priority
    await run(database, options.change, PRIORITIES, made.priority.id, {"name": "Soon", "description": None})

    found = await look(database, follow_ups.get, alice, made.id)

    assert (found.priority and found.priority.name, found.version) == ("Soon", 1)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "uRGENT"}, "name"),
        ({"name": " "}, "name"),
        ({"name": "\u200b"}, "name"),
        ({"name": "x" * (OPTION_NAME_LIMIT + 1)}, "name"),
        ({"name": "Soon", "rank": -1}, "rank"),
        ({"name": "Soon", "rank": 10_001}, "rank"),
        ({"name": "Soon", "description": "x" * 501}, "description"),
    ],
)
async def test_what_slack_could_not_show_and_names_that_are_there_are_refused(
    database: Database, values: dict[str, Any], field: str
) -> None:
    before = await look(database, catalogue.priorities)
    with pytest.raises(InvalidFieldError) as refused:
        await run(database, options.create, PRIORITIES, values)
    assert set(refused.value.errors) == {field}
    low = before[-1]
    with pytest.raises(InvalidFieldError):
        await run(database, options.change, PRIORITIES, low.id, values)
    assert await look(database, catalogue.priorities) == before


async def test_one_may_be_spelled_otherwise_and_a_category_named_as_a_priority(database: Database) -> None:
    low = (await look(database, catalogue.priorities))[-1]
    assert (await run(database, options.change, PRIORITIES, low.id, {"name": "LOW"})).name == "LOW"
    assert (await a_category(database, "low")).rank == 1


async def test_no_more_are_made_than_a_select_holds(database: Database) -> None:
    for number in range(OPTIONS_LIMIT):
        await a_category(database, f"Category {number}")
    with pytest.raises(InvalidFieldError, match="99"):
        await a_category(database, "One more")


async def test_of_two_who_make_the_same_at_once_one_is_refused(database: Database) -> None:
    made = await asyncio.gather(
        *(a_category(database, name, rank=1) for name in ("Process", "PROCESS")), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in made) == ["CategoryRecord", "InvalidFieldError"]
    assert len(await look(database, catalogue.categories)) == 1


async def test_one_in_use_is_kept_and_it_is_said_by_how_many(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    private = await run(database, an_incident, "inc-143-breach", private_to=[alice])
    category = await a_category(database, "Process")
    made = [
        await run(database, a_follow_up, alice, place, category_id=category.id)
        for place in (incident, incident, private)
    ]

    with pytest.raises(InUseError, match="2 follow-ups have it"):
        await run(database, options.delete, API_KEY, CATEGORIES, category.id)
    with pytest.raises(InUseError, match="3 follow-ups have it"):
        await run(database, options.delete, alice, CATEGORIES, category.id)
    for one in made[:2]:
        await run(database, follow_ups.change, alice, one.id, {"category_id": None}, now=LATER)
    with pytest.raises(InUseError, match="may not see") as hidden:
        await run(database, options.delete, API_KEY, CATEGORIES, category.id)

    assert hidden.value.count == 0
    assert await look(database, catalogue.categories) == [category]


async def test_what_only_deleted_follow_ups_have_can_go(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    category = await a_category(database, "Process")
    made = await run(database, a_follow_up, alice, incident, category_id=category.id)
    await run(database, follow_ups.delete, alice, made.id, now=LATER)

    await run(database, options.delete, API_KEY, CATEGORIES, category.id)

    assert await look(database, catalogue.categories) == []
    with pytest.raises(NotFoundError):
        await run(database, options.delete, API_KEY, CATEGORIES, category.id)
    with pytest.raises(InvalidFieldError, match="no longer exists"):
        await run(database, a_follow_up, alice, incident, category_id=category.id)


async def test_whoever_is_using_one_that_is_being_deleted_wins_or_is_told(database: Database) -> None:
    """Never an error of the database's, and never a follow-up with what isn't there."""
    alice = await run(database, a_person, "Alice")
    incident = await run(database, an_incident)
    for number in range(5):
        category = await a_category(database, f"Category {number}")
        outcomes = await asyncio.gather(
            run(database, a_follow_up, alice, incident, category_id=category.id),
            run(database, options.delete, API_KEY, CATEGORIES, category.id),
            return_exceptions=True,
        )
        failed = [one for one in outcomes if isinstance(one, BaseException)]
        assert len(failed) == 1
        assert isinstance(failed[0], InUseError | InvalidFieldError)
