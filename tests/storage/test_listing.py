"""Lists: what each filter and search shows, what the counts count, and pages that nothing is lost between."""

import asyncio
from datetime import date, datetime, timedelta

import pytest

from storage import follow_ups, listing
from storage.columns import new_id
from storage.database import Database
from storage.errors import NotFoundError
from storage.limits import PAGE_SIZE
from storage.models import Incident
from storage.records import Counts, CreatorRecord, Filter, FollowUpRecord, Listing, ListQuery, Status
from storage.searching import WORDS
from tests.storage.builders import (
    LATER,
    NOW,
    a_follow_up,
    a_person,
    alice_and_incident,
    an_incident,
    look,
    many_follow_ups,
    run,
)

NEXT_WEEK = NOW + timedelta(days=7)


async def listed(
    database: Database,
    actor: CreatorRecord,
    incident: Incident,
    query: ListQuery | None = None,
    *,
    now: datetime = NOW,
) -> Listing:
    return await look(database, listing.of_incident, actor, incident.id, query or ListQuery(), now=now)


def titles(found: Listing) -> list[str]:
    return [item.title for item in found.items]


async def one_of_each(database: Database, alice: CreatorRecord, incident: Incident) -> None:
    bob = await run(database, a_person, "Bob")
    soon = date(2026, 11, 27)
    due = {"late": soon, "mine and late": soon, "late but done": soon, "due later": date(2026, 12, 24)}
    has = {"mine": alice.id, "mine and late": alice.id, "mine but done": alice.id, "bob's": bob.id}
    becomes = {
        "late but done": Status.COMPLETED,
        "mine but done": Status.COMPLETED,
        "not doing": Status.NOT_DOING,
        "deleted": Status.DELETED,
    }
    for title in dict.fromkeys(["plain", *due, *has, *becomes]):
        made = await run(
            database, a_follow_up, alice, incident, title, due_on=due.get(title), assignee_id=has.get(title)
        )
        if title in becomes:
            await run(database, follow_ups.change, alice, made.id, {"status": becomes[title]}, now=LATER)


EXPECTED = {
    Filter.OUTSTANDING: "bob's|mine|due later|mine and late|late|plain",
    Filter.MINE: "mine|mine and late",
    Filter.OVERDUE: "mine and late|late",
    Filter.DONE: "not doing|mine but done|late but done",
    Filter.ALL: "not doing|bob's|mine but done|mine|due later|late but done|mine and late|late|plain",
}


async def test_each_filter_shows_its_own_newest_first(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await one_of_each(database, alice, incident)
    other = await run(database, an_incident, "inc-9-other")
    await run(database, a_follow_up, alice, other, "elsewhere", assignee_id=alice.id)

    for shown in Filter:
        found = await listed(database, alice, incident, ListQuery(shown), now=NEXT_WEEK)
        assert "|".join(titles(found)) == EXPECTED[shown]
        assert found.counts == Counts(outstanding=6, overdue=2, done=3)
        assert found.incident is not None
        assert found.incident.reference == "INC-142"
        assert (found.has_older, found.has_newer) == (False, False)
        channel_id = incident.channel_id
        of_channel = await look(
            database, listing.of_channel, alice, channel_id, ListQuery(shown), now=NEXT_WEEK
        )
        assert of_channel == found


async def test_counts_agree_wherever_they_are_asked_for(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await one_of_each(database, alice, incident)

    heading = await look(database, listing.incident_in_channel, incident.channel_id, NEXT_WEEK)

    assert heading is not None
    assert (heading[0].id, heading[1]) == (incident.id, Counts(outstanding=6, overdue=2, done=3))
    assert await look(database, listing.outstanding_in, incident.id) == 6


async def test_a_day_that_is_not_over_is_not_overdue(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await run(database, a_follow_up, alice, incident, due_on=date(2026, 11, 23), due_zone="Asia/Tokyo")
    assert made.due_at is not None
    overdue = ListQuery(Filter.OVERDUE)

    before = await listed(database, alice, incident, overdue, now=made.due_at - timedelta(microseconds=1))
    after = await listed(database, alice, incident, overdue, now=made.due_at)

    assert (before.items, before.counts.overdue) == ((), 0)
    assert (after.items, after.counts.overdue) == ((made,), 1)


async def test_a_persons_list_is_theirs_across_incidents(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    bob = await run(database, a_person, "Bob")
    other = await run(database, an_incident, "inc-9-other")
    first = await run(database, a_follow_up, bob, incident, "first", assignee_id=alice.id)
    await run(database, a_follow_up, alice, incident, "made by, not for, Alice", assignee_id=bob.id)
    second = await run(
        database, a_follow_up, bob, other, "second", assignee_id=alice.id, due_on=date(2026, 11, 23)
    )
    done = await run(database, a_follow_up, bob, other, "done", assignee_id=alice.id)
    done = await run(database, follow_ups.complete, bob, done.id, now=LATER)

    mine = await look(database, listing.of_person, alice, ListQuery(), now=NEXT_WEEK)
    closed = await look(database, listing.of_person, alice, ListQuery(Filter.DONE), now=NEXT_WEEK)

    assert mine.items == (second, first)
    assert mine.counts == closed.counts == Counts(outstanding=2, overdue=1, done=1)
    assert mine.incident is None
    assert closed.items == (done,)


SEARCHED = [
    ("certs", ["Rotate the CERTS"]),
    ("CERTS rotate", ["Rotate the CERTS"]),
    ("otat", ["Rotate the CERTS"]),
    ("rotate alarm", []),
    ("expire", ["Rotate the CERTS"]),
    ("TLS", ["Rotate the CERTS"]),
    ("STRASSE", ["Straße ÄNDERN"]),
    ("ändern", ["Straße ÄNDERN"]),
    ("a\u0308ndern", ["Straße ÄNDERN"]),
    ("ΣΊΣΥΦΟΣ", ["σίσυφος"]),
    ("%", ["100% a_b"]),
    ("_", ["100% a_b"]),
    ("a_b", ["100% a_b"]),
    ("axb", []),
    ("\\", ["C:\\new /x"]),
    ("c:\\n", ["C:\\new /x"]),
    ("/x", ["C:\\new /x"]),
    ("'\"; --", []),
    ("   ", ["C:\\new /x", "100% a_b", "σίσυφος", "Straße ÄNDERN", "Rotate the CERTS"]),
]


async def test_search_finds_every_word_anywhere_whatever_its_case(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await run(
        database, a_follow_up, alice, incident, "Rotate the CERTS", description="They Expire", labels=("tls",)
    )
    for title in ("Straße ÄNDERN", "σίσυφος", "100% a_b", "C:\\new /x"):
        await run(database, a_follow_up, alice, incident, title)

    for text, expected in SEARCHED:
        found = await listed(database, alice, incident, ListQuery(text=text))
        assert titles(found) == expected, text
        assert found.counts.outstanding == 5


async def test_search_keeps_to_the_filter_and_follows_changes(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await run(database, a_follow_up, alice, incident, "Rotate the certs", labels=("old",))
    await run(database, a_follow_up, alice, incident, "Rotate the logs")

    await run(
        database, follow_ups.change, alice, made.id, {"title": "Renew certs", "labels": ("new",)}, now=LATER
    )
    await run(database, follow_ups.complete, alice, made.id, now=LATER)

    async def found(text: str, shown: Filter) -> list[str]:
        return titles(await listed(database, alice, incident, ListQuery(shown, text)))

    assert await found("certs", Filter.OUTSTANDING) == []
    assert await found("new certs", Filter.DONE) == ["Renew certs"]
    assert await found("rotate", Filter.ALL) == ["Rotate the logs"]
    assert await found("old", Filter.ALL) == []


async def test_a_page_of_text_is_searched_by_its_first_words(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await run(database, a_follow_up, alice, incident, " ".join(f"w{word}" for word in range(WORDS)))

    found = await listed(
        database, alice, incident, ListQuery(text=" ".join(f"w{word}" for word in range(1_500)))
    )

    assert found.items == (made,)


async def older(database: Database, alice: CreatorRecord, incident: Incident, page: Listing) -> Listing:
    query = ListQuery(page.query.filter, page.query.text, older_than=page.items[-1].id)
    return await listed(database, alice, incident, query)


async def newer(database: Database, alice: CreatorRecord, incident: Incident, page: Listing) -> Listing:
    query = ListQuery(page.query.filter, page.query.text, newer_than=page.items[0].id)
    return await listed(database, alice, incident, query)


async def test_5000_are_all_seen_once_while_others_add_and_complete(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    ids = await run(database, many_follow_ups, alice, incident, 5_000)
    page = await listed(database, alice, incident)
    assert page.counts.outstanding == 5_000
    seen = [item.id for item in page.items]
    completed: set[str] = set()

    while page.has_older:
        if len(seen) % 500 == 0:
            behind, ahead = seen[-2], ids[min(len(seen) + 30, len(ids) - 1)]
            completed |= {behind, ahead, page.items[-1].id}
            await asyncio.gather(
                run(database, a_follow_up, alice, incident, "New"),
                *(
                    run(database, follow_ups.complete, alice, id_, now=LATER)
                    for id_ in {behind, ahead, page.items[-1].id}
                ),
            )
        page = await older(database, alice, incident, page)
        seen += [item.id for item in page.items]

    assert len(seen) == len(set(seen))
    assert set(ids) - completed <= set(seen) <= set(ids)
    assert seen == sorted(seen, reverse=True)


async def test_5000_can_be_paged_back_from_the_oldest_to_the_newest(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    ids = await run(database, many_follow_ups, alice, incident, 5_000)
    page = await listed(database, alice, incident, ListQuery(newer_than="0"))
    up = [page.items]

    while page.has_newer:
        page = await newer(database, alice, incident, page)
        up.append(page.items)

    assert {len(items) for items in up} == {PAGE_SIZE}
    assert [item.id for items in reversed(up) for item in items] == ids
    assert page.has_older


async def test_the_last_page_is_what_is_left(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await run(database, many_follow_ups, alice, incident, PAGE_SIZE + 1)

    first = await listed(database, alice, incident)
    last = await older(database, alice, incident, first)

    assert (len(first.items), first.has_older, first.has_newer) == (PAGE_SIZE, True, False)
    assert (len(last.items), last.has_older, last.has_newer) == (1, False, True)


async def test_a_full_page_alone_has_no_neighbours(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await run(database, many_follow_ups, alice, incident, PAGE_SIZE)

    only = await listed(database, alice, incident)

    assert (len(only.items), only.has_older, only.has_newer) == (PAGE_SIZE, False, False)


async def test_newer_than_the_second_page_is_the_first_even_when_much_was_added(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await run(database, many_follow_ups, alice, incident, 3 * PAGE_SIZE)
    first = await listed(database, alice, incident)
    second = await older(database, alice, incident, first)
    await run(database, many_follow_ups, alice, incident, PAGE_SIZE)

    back = await newer(database, alice, incident, second)

    assert back.items == first.items
    assert (back.has_older, back.has_newer) == (True, True)


async def test_a_cursor_at_an_item_that_is_gone_still_marks_its_place(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    ids = await run(database, many_follow_ups, alice, incident, 3 * PAGE_SIZE)
    first = await listed(database, alice, incident)
    await run(database, follow_ups.delete, alice, first.items[-1].id, now=LATER)

    second = await older(database, alice, incident, first)

    assert [item.id for item in second.items] == ids[PAGE_SIZE : 2 * PAGE_SIZE]


async def test_a_cursor_with_nothing_beyond_falls_back_to_the_first_page(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    ids = await run(database, many_follow_ups, alice, incident, PAGE_SIZE + 5)
    first = await listed(database, alice, incident)
    stale = [
        ListQuery(older_than=ids[-1]),
        ListQuery(newer_than=ids[0]),
        ListQuery(newer_than=ids[PAGE_SIZE - 1]),  # fewer than a page: the first page, filled up
        ListQuery(older_than="0"),
        ListQuery(newer_than=new_id()),
        ListQuery(older_than=ids[-1], newer_than="zzz"),
    ]

    for query in stale:
        assert await listed(database, alice, incident, query) == first


async def test_an_empty_list_is_a_page_too(database: Database) -> None:
    alice, incident = await alice_and_incident(database)

    found = await listed(database, alice, incident, ListQuery(older_than=new_id()))

    assert (found.items, found.counts, found.query) == ((), Counts(), ListQuery())
    assert (found.has_older, found.has_newer) == (False, False)


async def test_nothing_is_listed_where_there_is_no_incident(database: Database) -> None:
    alice, _ = await alice_and_incident(database)

    assert await look(database, listing.of_channel, alice, "C-general", ListQuery(), now=NOW) is None
    assert await look(database, listing.incident_in_channel, "C-general", NOW) is None
    with pytest.raises(NotFoundError):
        await look(database, listing.of_incident, alice, new_id(), ListQuery(), now=NOW)


async def test_a_listed_follow_up_is_the_one_that_get_gives(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made: FollowUpRecord = await run(
        database,
        a_follow_up,
        alice,
        incident,
        description="why",
        labels=("c", "a", "b"),
        assignee_id=alice.id,
        due_on=date(2026, 11, 27),
        due_zone="Europe/Berlin",
    )

    assert (await listed(database, alice, incident)).items == (made,)
