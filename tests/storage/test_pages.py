"""Lists across incidents: every filter and order, page by page, as if all were read and sorted."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from storage import catalogue, follow_ups, walking
from storage.database import Database
from storage.models import Category
from storage.narrowing import Narrowing
from storage.ordering import Ordering, Sort, cursor
from storage.page_queries import PageQuery
from storage.pages import filtered_page, page
from storage.records import CreatorKind, CreatorRecord, FollowUpRecord, Status
from storage.text import searchable
from tests.storage.builders import (
    API_KEY,
    NOW,
    a_follow_up,
    a_person,
    an_incident,
    many_follow_ups,
    run,
)
from tests.storage.plans import plan_of

OWNER = replace(API_KEY, sees_private=True)
ALERT = CreatorRecord(CreatorKind.ALERT, "01KALERT000000000000000001", "Expiry", sees_private=True)
CATEGORY = "01KCATEG0RY000000000000001"
TODAY = NOW.date()
WORDS = ("Rotate", "certs", "ΣΊΣΥΦΟΣ", "100%", "a_b", "é", "ok")

Holds = Callable[[FollowUpRecord], bool]


@pytest.fixture
async def stored(database: Database) -> list[FollowUpRecord]:
    """Eighty of all kinds, in three incidents of which one is private, as a key for all sees them."""
    chance = random.Random(7)  # noqa: S311
    alice = await run(database, a_person, "Alice")
    incidents = [await run(database, an_incident, f"inc-{number}") for number in (1, 2)]
    incidents.append(await run(database, an_incident, "inc-3", private_to=[alice]))
    async with database.write() as session:
        session.add(Category(id=CATEGORY, name="Process", rank=1))
        priorities = [one.id for one in await catalogue.priorities(session)]
    for number in range(80):
        made = await run(
            database,
            a_follow_up,
            chance.choice((alice, ALERT, OWNER)),
            chance.choice(incidents),
            " ".join(chance.sample(WORDS, 2)),
            assignee_id=chance.choice((None, alice.id)),
            priority_id=chance.choice(priorities[:2]),
            category_id=chance.choice((None, CATEGORY)),
            labels=tuple(chance.sample(("tls", "Docs", "late"), chance.randrange(3))),
            due_on=chance.choice((None, TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=9))),
        )
        later = NOW + timedelta(hours=chance.randrange(9))
        if number % 3 == 0:  # which it can't be made without
            await run(database, follow_ups.change, OWNER, made.id, {"priority_id": None}, now=later)
        status = chance.choice((Status.OUTSTANDING, Status.OUTSTANDING, Status.COMPLETED, Status.NOT_DOING))
        if number % 20 == 0:
            await run(database, follow_ups.delete, OWNER, made.id, now=later)
        elif status is not Status.OUTSTANDING:
            await run(database, follow_ups.change, OWNER, made.id, {"status": status}, now=later)
    ids = await everything(database, OWNER, PageQuery(200))
    async with database.read() as session:
        stored = [await follow_ups.read(session, follow_up_id) for follow_up_id in ids]
    assert {one.priority is None for one in stored} == {one.due_on is None for one in stored} == {True, False}
    return stored


async def everything(database: Database, actor: CreatorRecord, query: PageQuery) -> list[str]:
    """Page after page: their ids."""
    found: list[str] = []
    while True:
        some = await page(database, actor, query)
        found += [one.id for one in some]
        if len(some) < query.limit:
            return found
        query = replace(query, after=cursor(query.order, some[-1]))


def day(found: FollowUpRecord) -> date:
    return found.due_on or date.max


def contains(*words: str) -> Holds:
    def holds(found: FollowUpRecord) -> bool:
        text = searchable("\n".join((found.title, found.description or "", *found.labels)))
        return all(searchable(word) in text for word in words)

    return holds


TWO_DAYS_ON = NOW + timedelta(days=2)


def is_overdue(found: FollowUpRecord) -> bool:
    return found.status is Status.OUTSTANDING and found.due_at is not None and found.due_at <= TWO_DAYS_ON


FILTERS: dict[str, tuple[dict[str, Any], Holds]] = {
    "one status": ({"statuses": (Status.COMPLETED,)}, lambda one: one.status is Status.COMPLETED),
    "two": (
        {"statuses": (Status.COMPLETED, Status.NOT_DOING)},
        lambda one: one.status is not Status.OUTSTANDING,
    ),
    "assigned": ({"is_assigned": True}, lambda one: one.assignee is not None),
    "unassigned": ({"is_assigned": False}, lambda one: one.assignee is None),
    "category": ({"category_id": CATEGORY}, lambda one: one.category is not None),
    "label": ({"labels": ("docs",)}, lambda one: "Docs" in one.labels),
    "labels": ({"labels": ("TLS", "docs")}, lambda one: {"Docs", "tls"} <= set(one.labels)),
    "no such label": ({"labels": ("tls", "nothing")}, lambda _: False),
    "alerts": ({"creator_kind": CreatorKind.ALERT}, lambda one: one.creator.kind is CreatorKind.ALERT),
    "workflows": ({"creator_kind": CreatorKind.WORKFLOW}, lambda _: False),
    "due from": (
        {"due": (TODAY + timedelta(days=1), None)},
        lambda one: one.due_on is not None and one.due_on > TODAY,
    ),
    "due until": ({"due": (None, TODAY)}, lambda one: day(one) <= TODAY),
    "due on": ({"due": (TODAY, TODAY)}, lambda one: day(one) == TODAY),
    "overdue": ({"overdue": (True, TWO_DAYS_ON)}, is_overdue),
    "not overdue": ({"overdue": (False, TWO_DAYS_ON)}, lambda one: not is_overdue(one)),
    "with an issue": ({"has_external_issue": True}, lambda one: one.external_issue is not None),
    "without": ({"has_external_issue": False}, lambda one: one.external_issue is None),
    "a word": ({"text": "OTAT"}, contains("otat")),
    "words": ({"text": "certs rotate"}, contains("certs", "rotate")),
    "a short word": ({"text": "É"}, contains("é")),
    "short and long": ({"text": "ok certs"}, contains("ok", "certs")),
    "of another alphabet": ({"text": "σίσυφος"}, contains("σίσυφοσ")),
    "a percent sign": ({"text": "100%"}, contains("100%")),
    "an underscore": ({"text": "a_b"}, contains("a_b")),
    "a quotation mark": ({"text": 'rot"ate'}, lambda _: False),
    "a word of a label": ({"text": "late tls"}, contains("late", "tls")),
    "much": (
        {"statuses": (Status.OUTSTANDING,), "labels": ("tls",), "text": "certs", "is_assigned": True},
        lambda one: (
            one.status is Status.OUTSTANDING
            and "tls" in one.labels
            and contains("certs")(one)
            and one.assignee is not None
        ),
    ),
}
KEYS: dict[Sort | None, Callable[[FollowUpRecord], Any]] = {
    None: lambda one: one.id,
    Sort.CREATED_AT: lambda one: (one.created_at, one.id),
    Sort.UPDATED_AT: lambda one: (one.updated_at, one.id),
    Sort.DUE_ON: lambda one: (one.due_on, one.id),
    Sort.PRIORITY: lambda one: one.priority and (one.priority.rank, one.priority.id, one.id),
}
IS_EMPTY: dict[Sort, Callable[[FollowUpRecord], bool]] = {
    Sort.DUE_ON: lambda one: one.due_on is None,
    Sort.PRIORITY: lambda one: one.priority is None,
}
ORDERS = [Ordering(sort, is_descending) for sort in KEYS for is_descending in (False, True)]


def in_order(found: list[FollowUpRecord], order: Ordering) -> list[str]:
    """Those without a value last, both ways."""
    is_empty = IS_EMPTY.get(order.sort, lambda _: False) if order.sort else lambda _: False
    with_value = [one for one in found if not is_empty(one)]
    without = [one for one in found if is_empty(one)]
    with_value.sort(key=KEYS[order.sort], reverse=order.is_descending)
    without.sort(key=KEYS[None], reverse=order.is_descending)
    return [one.id for one in with_value + without]


WAYS = {"as few": (500, 50_000, 40), "as many": (0, 50_000, 1), "as too many": (0, 0, 1)}


@pytest.mark.parametrize("way", WAYS)
async def test_each_filter_in_each_order_is_as_if_all_were_read_and_sorted(
    database: Database, stored: list[FollowUpRecord], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether an index finds few or many, which are read in different ways."""
    for name, value in zip(("FEW", "MANY", "LOOKED_AT"), WAYS[way], strict=True):
        monkeypatch.setattr(walking, name, value)
    monkeypatch.setattr(walking, "MERGED", 3)
    for at, (name, (narrowed, holds)) in enumerate(FILTERS.items()):
        # Each way takes its third of all pairs in pages of their own; together they take each pair once.
        for order in ORDERS[(at + list(WAYS).index(way)) % len(WAYS) :: len(WAYS)]:
            query = PageQuery(12, narrowed=Narrowing(**narrowed), order=order)
            found = await everything(database, OWNER, query)
            assert found == in_order([one for one in stored if holds(one)], order), (name, order)


async def found(database: Database, words: str) -> list[str]:
    query = PageQuery(25, narrowed=Narrowing(text=words))
    return [one.title for one in await page(database, OWNER, query)]


async def test_words_are_found_in_what_a_follow_up_says_now(database: Database) -> None:
    alice, incident = await run(database, a_person, "Alice"), await run(database, an_incident)
    made = await run(database, a_follow_up, alice, incident, "Rotate the certs", labels=("tls",))
    await run(database, a_follow_up, alice, incident, "Document it")

    await run(database, follow_ups.change, alice, made.id, {"title": "Renew them"}, now=NOW)
    await run(database, follow_ups.change, alice, made.id, {"labels": ("edge",)}, now=NOW)

    for words, titles in (("rotate", []), ("tls", []), ("renew", ["Renew them"]), ("edge", ["Renew them"])):
        assert await found(database, words) == titles, words


async def test_the_index_of_words_is_kept_whoever_writes(database: Database) -> None:
    """An older program during an upgrade knows nothing of it. VACUUM renumbers SQLite's rows."""
    alice, incident = await run(database, a_person, "Alice"), await run(database, an_incident)
    await run(database, many_follow_ups, alice, incident, 12)
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(text("DELETE FROM follow_up WHERE title IN ('Work 0', 'Work 5')"))
        await connection.execute(
            text("UPDATE follow_up SET title = 'Rest', search_text = 'rest' WHERE title = 'Work 7'")
        )
    async with database._writers.connect() as raw:
        connection = await raw.execution_options(isolation_level="AUTOCOMMIT")
        if database.is_sqlite:
            await connection.exec_driver_sql("COMMIT")
        await connection.exec_driver_sql("VACUUM")

    assert await found(database, "rest") == ["Rest"]
    assert await found(database, "work") == [f"Work {number}" for number in (1, 2, 3, 4, 6, 8, 9, 10, 11)]


async def test_words_are_looked_up_and_not_looked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the first of the order, all is found by the index."""
    monkeypatch.setattr(walking, "LOOKED_AT", 0)
    alice, incident = await run(database, a_person, "Alice"), await run(database, an_incident)
    await run(database, a_follow_up, alice, incident, "Rotate the certs")

    plan = await plan_of(
        database,
        lambda session: filtered_page(session, OWNER, PageQuery(5, narrowed=Narrowing(text="certs"))),
    )

    assert plan.used & {"follow_up_search", "ix_follow_up_trigrams"}
    assert "follow_up_search" not in plan.whole
