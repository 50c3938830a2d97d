"""A follow-up's life: who changed what, what was refused and why, and what two people do at once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import col, select

from storage import catalogue, follow_ups, history, people
from storage.columns import new_id
from storage.database import Database
from storage.errors import ConflictError, InvalidFieldError, NotFoundError, UnavailableError
from storage.follow_ups import Draft
from storage.models import Category, FollowUp, HistoryEntry
from storage.people import SlackUsergroup
from storage.records import CreatorKind, FollowUpRecord, Status
from tests.storage.builders import (
    API_KEY,
    LATER,
    NOW,
    TEAM,
    a_follow_up,
    a_person,
    alice_and_follow_up,
    alice_and_incident,
    entries_of,
    look,
    run,
)

Action = Callable[..., Awaitable[FollowUpRecord]]

CLOSED = [follow_ups.complete, follow_ups.mark_not_doing]


async def test_a_new_follow_up_is_all_that_was_asked_for(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    bob = await run(database, a_person, "Bob", timezone="Europe/Berlin")
    (team,) = await run(database, people.remember_teams, TEAM, [SlackUsergroup("S1", "Platform", "platform")])
    urgent = (await look(database, catalogue.priorities))[0]
    async with database.write() as session:
        category = Category(name="Detection", rank=1)
        session.add(category)
    draft = Draft(
        title="  Rotate \t the\ncerts ",
        description="  Before they expire\n\n- all three ",
        priority_id=urgent.id,
        category_id=category.id,
        assignee_id=bob.id,
        assignee_team_id=team.id,
        labels=("TLS", "bug"),
        due_on=date(2026, 11, 27),
        due_zone="Europe/Berlin",
        source_permalink="https://acme.slack.com/archives/C1/p1",
    )

    made = await run(database, follow_ups.create, alice, incident.id, draft, now=NOW)

    assert made == await look(database, follow_ups.get, alice, made.id)
    assert (made.title, made.description) == ("Rotate the certs", "Before they expire\n\n- all three")
    assert (made.status, made.version, made.completed_at) == (Status.OUTSTANDING, 1, None)
    assert (made.created_at, made.updated_at) == (NOW, NOW)
    assert made.priority == urgent
    assert made.category is not None
    assert made.category.name == "Detection"
    assert made.assignee is not None
    assert (made.assignee.id, made.assignee.name, made.assignee.timezone) == (bob.id, "Bob", "Europe/Berlin")
    assert made.assignee_team == team
    assert made.labels == ("TLS", "bug")
    assert (made.due_on, made.due_zone) == (date(2026, 11, 27), "Europe/Berlin")
    assert made.source_permalink == "https://acme.slack.com/archives/C1/p1"
    assert made.creator == alice
    assert made.incident.reference == "INC-142"


async def test_a_title_is_enough(database: Database) -> None:
    _, made = await alice_and_follow_up(database)

    assert made.priority is not None
    assert (made.priority.name, made.priority.is_default) == ("Medium", True)
    assert (made.description, made.category, made.assignee, made.assignee_team) == (None, None, None, None)
    assert (made.labels, made.due_on, made.due_zone, made.due_at) == ((), None, None, None)


async def test_an_api_key_can_add_one_and_is_its_creator(database: Database) -> None:
    _, incident = await alice_and_incident(database)

    made = await run(database, a_follow_up, API_KEY, incident)

    assert made.creator == API_KEY


async def test_the_creator_goes_by_the_name_they_have_now(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    await run(database, a_person, "Alice B.", slack_user_id=alice.slack_user_id)

    assert (await look(database, follow_ups.get, alice, made.id)).creator.name == "Alice B."


async def test_no_follow_up_is_added_to_an_incident_that_does_not_exist(database: Database) -> None:
    alice, _ = await alice_and_incident(database)

    with pytest.raises(NotFoundError):
        await run(database, follow_ups.create, alice, new_id(), Draft("Rotate"), now=NOW)


async def test_all_that_is_wrong_is_said_at_once_and_nothing_is_kept(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    draft = Draft(
        title=" ",
        description="d" * 3_001,
        priority_id=new_id(),
        category_id=new_id(),
        assignee_id=new_id(),
        assignee_team_id=new_id(),
        labels=("x" * 51,),
        due_on=date(2026, 11, 22),
    )

    with pytest.raises(InvalidFieldError) as refused:
        await run(database, follow_ups.create, alice, incident.id, draft, now=NOW)

    assert set(refused.value.errors) == {
        "title",
        "description",
        "priority_id",
        "category_id",
        "assignee_id",
        "assignee_team_id",
        "labels",
        "due_on",
    }
    assert await everything(database, FollowUp) == await everything(database, HistoryEntry) == []


async def everything(database: Database, table: Any) -> list[Any]:
    async with database.read() as session:
        return list(await session.exec(select(table)))


async def test_a_change_says_who_when_from_what_to_what_raw_and_in_words(database: Database) -> None:
    alice, made = await alice_and_follow_up(database, labels=("tls",))
    bob = await run(database, a_person, "Bob")
    medium, urgent = made.priority, (await look(database, catalogue.priorities))[0]
    assert medium is not None
    changes = {
        "title": "Rotate all certs",
        "assignee_id": bob.id,
        "priority_id": urgent.id,
        "labels": ("tls", "Bug"),
        "due_on": date(2026, 11, 27),
    }

    changed = await run(database, follow_ups.change, bob, made.id, changes, now=LATER)

    assert (changed.title, changed.version, changed.updated_at) == ("Rotate all certs", 2, LATER)
    assert changed.created_at == NOW
    first, second = await entries_of(database, made.id)
    assert (first.event, first.actor_id, first.version, first.changes) == ("created", alice.id, 1, {})
    assert (second.event, second.actor_kind, second.actor_id) == ("changed", CreatorKind.USER, bob.id)
    assert (second.actor_name, second.at, second.version) == ("Bob", LATER, 2)
    assert {name: (was["before"], was["after"]) for name, was in second.changes.items()} == {
        "title": ("Rotate the certs", "Rotate all certs"),
        "assignee_id": (None, bob.id),
        "priority_id": (medium.id, urgent.id),
        "labels": (["tls"], ["tls", "Bug"]),
        "due_on": (None, "2026-11-27"),
    }
    (_, told) = await look(database, history.of_follow_up, made.id)
    assert (told.actor_name, told.actor_slack_user_id, told.title) == ("Bob", "UBOB", "Rotate all certs")
    assert {change.field: (change.before, change.after) for change in told.changes} == {
        "title": ("Rotate the certs", "Rotate all certs"),
        "assignee": (None, "Bob"),
        "priority": ("Medium", "Urgent"),
        "labels": ("tls", "tls, Bug"),
        "due_on": (None, "2026-11-27"),
    }


SAME: list[dict[str, Any]] = [
    {"title": " Rotate  the certs"},
    {"description": ""},
    {"labels": ["TLS", "bug"]},
    {"labels": ("tls", "Bug")},
    {"due_on": date(2026, 11, 27), "due_zone": "Asia/Tokyo"},
    {"status": Status.OUTSTANDING},
    {"assignee_id": None},
    {},
]


async def test_a_change_without_a_difference_writes_nothing(database: Database) -> None:
    alice, made = await alice_and_follow_up(database, labels=("TLS", "bug"), due_on=date(2026, 11, 27))

    for same in SAME:
        assert await run(database, follow_ups.change, alice, made.id, same, now=LATER) == made, same
    assert len(await entries_of(database, made.id)) == 1


async def test_labels_of_different_case_are_one_and_keep_the_first_spelling(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    await run(database, a_follow_up, alice, incident, labels=("Straße",))

    made = await run(database, a_follow_up, alice, incident, labels=("zoo", "STRASSE", "Zoo", " ", "apple"))

    assert made.labels == ("zoo", "Straße", "apple")
    assert await look(database, catalogue.labels_in_use, TEAM) == ["apple", "Straße", "zoo"]


async def test_the_order_of_labels_is_kept_and_may_change(database: Database) -> None:
    alice, made = await alice_and_follow_up(database, labels=("c", "a", "b"))
    assert made.labels == ("c", "a", "b")

    changed = await run(database, follow_ups.change, alice, made.id, {"labels": ("b", "c")}, now=LATER)

    assert changed.labels == ("b", "c")
    assert changed.version == 2


async def test_a_follow_up_can_be_made_and_given_other_labels_in_one_transaction(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    async with database.write() as session:
        made = await a_follow_up(session, alice, incident, labels=("a", "b"))
        changed = await follow_ups.change(session, alice, made.id, {"labels": ["b", "a"]}, now=LATER)

    assert changed.labels == ("b", "a")


async def test_clearing_a_due_date_clears_its_zone_and_instant(database: Database) -> None:
    alice, made = await alice_and_follow_up(database, due_on=date(2026, 11, 27), due_zone="Asia/Tokyo")

    changed = await run(database, follow_ups.change, alice, made.id, {"due_on": None}, now=LATER)

    assert (changed.due_on, changed.due_zone, changed.due_at) == (None, None, None)


async def test_a_new_due_date_is_in_the_zone_of_whoever_sets_it(database: Database) -> None:
    alice, made = await alice_and_follow_up(database, due_on=date(2026, 11, 27), due_zone="Asia/Tokyo")
    moved = {"due_on": date(2026, 11, 28), "due_zone": "Europe/Berlin"}

    changed = await run(database, follow_ups.change, alice, made.id, moved, now=LATER)

    assert (changed.due_on, changed.due_zone) == (date(2026, 11, 28), "Europe/Berlin")


async def test_an_old_date_can_stay_and_can_be_set_later_on(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)

    changed = await run(database, follow_ups.change, alice, made.id, {"due_on": date(2026, 11, 1)}, now=LATER)

    assert changed.is_overdue(LATER)


async def test_what_is_refused_by_now_may_stay_as_it_is(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    bob = await run(database, a_person, "Bob")
    (team,) = await run(database, people.remember_teams, TEAM, [SlackUsergroup("S1", "Platform", "platform")])
    made = await run(database, a_follow_up, alice, incident, assignee_id=bob.id, assignee_team_id=team.id)
    await run(database, a_person, "Bob", is_deleted=True)
    await run(database, people.remember_teams, TEAM, [])

    form = {"title": "Rotate all certs", "assignee_id": bob.id, "assignee_team_id": team.id}
    changed = await run(database, follow_ups.change, alice, made.id, form, now=LATER)

    assert (changed.title, changed.assignee, changed.assignee_team) == (
        "Rotate all certs",
        made.assignee,
        team,
    )


async def test_a_refused_change_leaves_everything_as_it_was(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)

    with pytest.raises(InvalidFieldError) as refused:
        await run(
            database, follow_ups.change, alice, made.id, {"description": "new", "title": "\u200b"}, now=LATER
        )

    assert set(refused.value.errors) == {"title"}
    assert await look(database, follow_ups.get, alice, made.id) == made


async def test_a_change_of_the_version_that_is_current_holds(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)

    changed = await run(
        database, follow_ups.change, alice, made.id, {"title": "B"}, now=LATER, version=made.version
    )

    assert (changed.title, changed.version) == ("B", 2)


async def test_a_conflict_tells_how_it_was_and_what_happened_since(database: Database) -> None:
    alice, made = await alice_and_follow_up(database, description="as it was", labels=("tls",))
    bob = await run(database, a_person, "Bob")
    await run(database, follow_ups.change, bob, made.id, {"title": "B", "labels": ("x",)}, now=LATER)
    await run(database, follow_ups.change, alice, made.id, {"title": "C"}, now=LATER)
    await run(database, follow_ups.complete, bob, made.id, now=LATER)

    with pytest.raises(ConflictError) as conflict:
        await run(database, follow_ups.change, alice, made.id, {"title": "D"}, now=LATER, version=1)

    base, current, since = conflict.value.base, conflict.value.current, conflict.value.since
    assert (base["title"], base["description"], base["labels"]) == ("Rotate the certs", "as it was", ["tls"])
    assert (base["status"], base["assignee_id"]) == ("outstanding", None)
    assert (current.title, current.status, current.version) == ("C", Status.COMPLETED, 4)
    assert [(entry.actor_name, entry.event, entry.version) for entry in since] == [
        ("Bob", "changed", 2),
        ("Alice", "changed", 3),
        ("Bob", "completed", 4),
    ]


async def test_a_conflict_from_the_middle_knows_only_what_came_after(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    for title in ("B", "C", "D"):
        await run(database, follow_ups.change, alice, made.id, {"title": title}, now=LATER)

    with pytest.raises(ConflictError) as conflict:
        await run(database, follow_ups.change, alice, made.id, {"title": "E"}, now=LATER, version=3)

    assert conflict.value.base["title"] == "C"
    assert [entry.changes[0].after for entry in conflict.value.since] == ["D"]


@pytest.mark.parametrize("close", CLOSED)
async def test_closing_and_reopening(database: Database, close: Action) -> None:
    alice, made = await alice_and_follow_up(database)

    closed = await run(database, close, alice, made.id, now=LATER)
    reopened = await run(database, follow_ups.reopen, alice, made.id, now=LATER)

    completed = close is follow_ups.complete
    assert closed.status is (Status.COMPLETED if completed else Status.NOT_DOING)
    assert closed.completed_at == (LATER if completed else None)
    assert (reopened.status, reopened.completed_at, reopened.version) == (Status.OUTSTANDING, None, 3)
    events = [entry.event for entry in await look(database, history.of_follow_up, made.id)]
    assert events == ["created", "completed" if completed else "not_doing", "reopened"]


async def test_a_form_may_change_the_status_and_more_at_once(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)

    closed = await run(
        database, follow_ups.change, alice, made.id, {"title": "B", "status": "completed"}, now=LATER
    )

    assert (closed.title, closed.status, closed.completed_at) == ("B", Status.COMPLETED, LATER)
    (_, entry) = await look(database, history.of_follow_up, made.id)
    assert entry.event == "completed"
    assert [(change.field, change.after) for change in entry.changes] == [
        ("title", "B"),
        ("status", "Completed"),
    ]


async def test_from_completed_to_not_doing_it_was_not_completed(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    await run(database, follow_ups.complete, alice, made.id, now=LATER)

    changed = await run(database, follow_ups.change, alice, made.id, {"status": Status.NOT_DOING}, now=LATER)

    assert changed.completed_at is None


REFUSED = {
    Status.OUTSTANDING: [follow_ups.reopen],
    Status.COMPLETED: [follow_ups.complete, follow_ups.mark_not_doing, follow_ups.take],
    Status.NOT_DOING: [follow_ups.complete, follow_ups.mark_not_doing, follow_ups.take],
    Status.DELETED: [
        follow_ups.complete,
        follow_ups.mark_not_doing,
        follow_ups.reopen,
        follow_ups.take,
        follow_ups.delete,
    ],
}
FIRST = {
    Status.OUTSTANDING: None,
    Status.COMPLETED: ("Bob", "completed"),
    Status.NOT_DOING: ("Bob", "not_doing"),
    Status.DELETED: ("Bob", "deleted"),
}


@pytest.mark.parametrize("status", Status)
async def test_what_comes_too_late_is_told_who_was_first(database: Database, status: Status) -> None:
    alice, made = await alice_and_follow_up(database)
    bob = await run(database, a_person, "Bob")
    await run(database, follow_ups.change, bob, made.id, {"status": status}, now=LATER)

    for action in REFUSED[status]:
        with pytest.raises(UnavailableError) as late:
            await run(database, action, alice, made.id, now=LATER)
        assert late.value.current.status is status
        last = late.value.last
        assert (last and (last.actor_name, last.event)) == FIRST[status]


async def test_closed_work_is_not_assigned(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    for status in (Status.COMPLETED, Status.NOT_DOING, Status.DELETED):
        await run(database, follow_ups.change, alice, made.id, {"status": status}, now=LATER)

        with pytest.raises(UnavailableError):
            await run(database, follow_ups.assign, alice, made.id, alice.id, now=LATER)


async def test_assigning_from_one_to_another(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    bob = await run(database, a_person, "Bob")

    await run(database, follow_ups.assign, alice, made.id, alice.id, now=LATER)
    changed = await run(database, follow_ups.assign, alice, made.id, bob.id, now=LATER)

    assert changed.assignee is not None
    assert changed.assignee.name == "Bob"
    (change,) = (await look(database, history.of_follow_up, made.id))[-1].changes
    assert (change.field, change.before, change.after) == ("assignee", "Alice", "Bob")


async def test_what_someone_has_is_not_taken_from_them(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    bob = await run(database, a_person, "Bob")
    await run(database, follow_ups.take, bob, made.id, now=LATER)

    with pytest.raises(UnavailableError) as late:
        await run(database, follow_ups.take, alice, made.id, now=LATER)

    assert late.value.current.assignee is not None
    assert late.value.current.assignee.name == "Bob"
    assert late.value.last is not None
    assert (late.value.last.actor_name, late.value.last.at) == ("Bob", LATER)


async def test_who_completed_it_matters_more_than_who_has_it(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    bob, carol = await run(database, a_person, "Bob"), await run(database, a_person, "Carol")
    await run(database, follow_ups.take, bob, made.id, now=LATER)
    await run(database, follow_ups.complete, carol, made.id, now=LATER)

    with pytest.raises(UnavailableError) as late:
        await run(database, follow_ups.take, alice, made.id, now=LATER)

    assert late.value.last is not None
    assert (late.value.last.actor_name, late.value.last.event) == ("Carol", "completed")


async def test_taking_what_is_mine_already_changes_nothing(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)
    taken = await run(database, follow_ups.take, alice, made.id, now=LATER)

    assert await run(database, follow_ups.take, alice, made.id, now=LATER) == taken


async def test_an_api_key_takes_nothing(database: Database) -> None:
    _, made = await alice_and_follow_up(database)

    with pytest.raises(InvalidFieldError) as refused:
        await run(database, follow_ups.take, API_KEY, made.id, now=LATER)

    assert set(refused.value.errors) == {"assignee_id"}


@pytest.mark.parametrize("before", [Status.OUTSTANDING, Status.COMPLETED, Status.NOT_DOING])
async def test_what_is_deleted_is_gone_for_good(database: Database, before: Status) -> None:
    alice, made = await alice_and_follow_up(database)
    await run(database, follow_ups.change, alice, made.id, {"status": before}, now=LATER)

    deleted = await run(database, follow_ups.delete, alice, made.id, now=LATER)

    assert (deleted.status, deleted.completed_at) == (Status.DELETED, None)
    with pytest.raises(NotFoundError):
        await look(database, follow_ups.get, alice, made.id)
    for change in ({"title": "B"}, {"status": Status.OUTSTANDING}, {}):
        with pytest.raises(UnavailableError):
            await run(database, follow_ups.change, alice, made.id, change, now=LATER)
    assert (await look(database, follow_ups.read, made.id)).status is Status.DELETED


async def test_two_changes_at_once_both_hold(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)

    await asyncio.gather(
        run(database, follow_ups.change, alice, made.id, {"title": "B"}, now=LATER),
        run(database, follow_ups.change, alice, made.id, {"description": "why"}, now=LATER),
        run(database, follow_ups.change, alice, made.id, {"labels": ("tls",)}, now=LATER),
        run(database, follow_ups.complete, alice, made.id, now=LATER),
    )

    now = await look(database, follow_ups.get, alice, made.id)
    assert (now.title, now.description, now.labels, now.status) == ("B", "why", ("tls",), Status.COMPLETED)
    assert [entry.version for entry in await entries_of(database, made.id)] == [1, 2, 3, 4, 5]


async def test_of_two_changes_to_the_same_version_one_holds(database: Database) -> None:
    alice, made = await alice_and_follow_up(database)

    outcomes = await asyncio.gather(
        *(
            run(database, follow_ups.change, alice, made.id, {"title": title}, now=LATER, version=1)
            for title in "BCDE"
        ),
        return_exceptions=True,
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ConflictError"] * 3 + [
        "FollowUpRecord"
    ]
    assert len(await entries_of(database, made.id)) == 2


@pytest.mark.parametrize("action", [follow_ups.complete, follow_ups.take, follow_ups.delete])
async def test_of_many_clicks_at_once_one_counts(database: Database, action: Action) -> None:
    _, made = await alice_and_follow_up(database)
    clickers = [await run(database, a_person, f"Person {number}") for number in range(5)]

    outcomes = await asyncio.gather(
        *(run(database, action, clicker, made.id, now=LATER) for clicker in clickers), return_exceptions=True
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, UnavailableError)]
    assert len(refused) == 4
    (_, counted) = await entries_of(database, made.id)
    assert {error.last.actor_name for error in refused if error.last} == {counted.actor_name}


async def test_many_use_the_same_new_labels_at_once(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    labels = [f"label {number}" for number in range(8)]

    made = await asyncio.gather(
        *(
            run(database, a_follow_up, alice, incident, labels=tuple(labels[turn:] + labels[:turn]))
            for turn in range(6)
        )
    )

    assert [follow_up.labels[0] for follow_up in made] == labels[:6]
    assert await look(database, catalogue.labels_in_use, TEAM) == labels


async def test_the_row_is_as_the_record_says(database: Database) -> None:
    """Search and due dates are kept in columns that no record shows."""
    alice, made = await alice_and_follow_up(database, labels=("TLS",))
    await run(database, follow_ups.change, alice, made.id, {"title": "ROTATE all"}, now=LATER)

    async with database.read() as session:
        row = (await session.exec(select(FollowUp).where(col(FollowUp.id) == made.id))).one()

    assert row.search_text.split() == ["rotate", "all", "tls"]
