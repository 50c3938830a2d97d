"""What each field accepts, and when a due day is over."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import select

from storage import fields, follow_ups, history, incidents, listing, people
from storage.catalogue import clean_labels
from storage.columns import new_id
from storage.database import Database
from storage.errors import InvalidFieldError
from storage.models import FollowUp
from storage.people import SlackUsergroup
from storage.records import CreatorRecord, Filter, FollowUpRecord, ListQuery
from storage.text import is_blank
from tests.storage.builders import (
    NOW,
    PREFIXES,
    TEAM,
    a_channel,
    a_follow_up,
    a_person,
    alice_and_incident,
    look,
    run,
)

INVISIBLE = [
    "",
    "   ",
    "\n\t",
    "\u00a0\u3000\u2003",
    "\u200b",
    "\u200d\ufeff\u2060",
    "\u00ad",
    "\u202e",
    "\x00\x07",
    "\ud83d",
    "\ufe0f",
    "\u3164",
    "\u2800",
]


async def refusals(database: Database, **values: Any) -> dict[str, str]:
    async with database.write() as session:
        try:
            await fields.valid(session, values, TEAM)
        except InvalidFieldError as error:
            return error.errors
    return {}


@pytest.mark.parametrize("title", INVISIBLE)
def test_a_title_that_nobody_would_see_is_refused(title: str) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        fields.VALID["title"](title)

    assert refused.value.errors == {"title": "Give the follow-up a title."}


@pytest.mark.parametrize("title", ["é", "日本", "🔥", "👩‍💻", "\U0001fae8", "-", "a\u200b", "०", "\ue000"])
def test_a_title_that_anyone_would_see_is_kept(title: str) -> None:
    assert fields.VALID["title"](title) == title


def test_a_title_of_255_characters_fits_and_of_256_does_not() -> None:
    assert fields.VALID["title"]("é" * 255) == "é" * 255
    with pytest.raises(InvalidFieldError) as refused:
        fields.VALID["title"]("é" * 256)

    assert "255" in refused.value.errors["title"]
    assert "256" in refused.value.errors["title"]


def test_a_title_is_one_line_and_as_long_as_people_see_it() -> None:
    assert fields.VALID["title"]("  Fix\r\n the\t  alert \u00a0now ") == "Fix the alert now"
    assert fields.VALID["title"]("e\u0301" * 255) == "é" * 255


def test_a_description_keeps_its_lines_and_fits_in_a_slack_block() -> None:
    assert fields.VALID["description"](" a\r\n\tb\x00\n ") == "a\n\tb"
    assert fields.VALID["description"]("d" * 3_000) == "d" * 3_000
    with pytest.raises(InvalidFieldError) as refused:
        fields.VALID["description"]("d" * 3_001)
    assert "3,001" in refused.value.errors["description"]


@pytest.mark.parametrize("description", [None, "", " \n ", "\x00"])
def test_an_empty_description_is_none(description: str | None) -> None:
    assert fields.VALID["description"](description) is None


def test_twenty_labels_fit_and_one_more_does_not() -> None:
    twenty = [f"label {number}" for number in range(20)]
    assert clean_labels([*twenty, "LABEL 7"]) == tuple(twenty)

    with pytest.raises(InvalidFieldError) as refused:
        clean_labels([*twenty, "one more"])

    assert refused.value.errors == {"labels": "A follow-up has at most 20 labels; these are 21."}


def test_a_label_of_50_characters_fits_and_of_51_does_not() -> None:
    assert clean_labels(["x" * 50]) == ("x" * 50,)
    with pytest.raises(InvalidFieldError) as refused:
        clean_labels(["x" * 51])

    assert "51" in refused.value.errors["labels"]


@pytest.mark.parametrize("label", INVISIBLE)
def test_a_label_that_nobody_would_see_is_left_out(label: str) -> None:
    assert clean_labels(["tls", label]) == ("tls",)


def test_labels_are_cleaned_without_joining_words() -> None:
    given = [" front\u00a0end ", "a\tb\nc", "bug", "b\u200bug", "\U0001fae8", "日本\u3000語", "x\x1fy"]

    assert clean_labels(given) == ("front end", "a b c", "bug", "\U0001fae8", "日本 語", "xy")


@pytest.mark.parametrize("year", [1, 1999, 2101, 9999])
def test_absurd_years_are_refused(year: int) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        fields.VALID["due_on"](date(year, 6, 1))

    assert str(year) in refused.value.errors["due_on"]


@pytest.mark.parametrize(
    ("described", "sentence"),
    [
        ({"is_bot": True}, "Mallory is a bot. Pick a person."),
        ({"is_deleted": True}, "Mallory has left Slack. Pick someone else."),
        ({"is_stranger": True}, "Mallory belongs to another workspace. Pick someone of yours."),
    ],
)
async def test_not_everyone_can_be_assigned(
    database: Database, described: dict[str, bool], sentence: str
) -> None:
    mallory = await run(database, a_person, "Mallory", **described)

    assert await refusals(database, assignee_id=mallory.id) == {"assignee_id": sentence}


async def test_a_guest_can_be_assigned(database: Database) -> None:
    guest = await run(database, a_person, "Guest", is_guest=True)

    assert await refusals(database, assignee_id=guest.id) == {}


async def test_an_id_that_nothing_has_is_refused(database: Database) -> None:
    unknown = {column: new_id() for column in fields.KNOWN}
    assert set(unknown) == {"assignee_id", "assignee_team_id", "priority_id", "category_id"}

    assert set(await refusals(database, **unknown)) == set(unknown)


async def test_a_team_that_vanished_from_slack_is_refused(database: Database) -> None:
    (team,) = await run(database, people.remember_teams, TEAM, [SlackUsergroup("S1", "Platform", "platform")])
    assert await refusals(database, assignee_team_id=team.id) == {}

    await run(database, people.remember_teams, TEAM, [])

    assert set(await refusals(database, assignee_team_id=team.id)) == {"assignee_team_id"}


@pytest.mark.parametrize(
    ("zone", "now", "first"),
    [
        ("UTC", "2026-11-23T11:00", date(2026, 11, 23)),
        ("Pacific/Kiritimati", "2026-11-23T11:00", date(2026, 11, 24)),
        ("Pacific/Kiritimati", "2026-11-23T09:59", date(2026, 11, 23)),
        ("Pacific/Pago_Pago", "2026-11-23T10:59", date(2026, 11, 22)),
        ("America/New_York", "2026-11-24T04:59", date(2026, 11, 23)),
        ("Mars/Olympus_Mons", "2026-11-23T23:59", date(2026, 11, 23)),
    ],
)
async def test_the_first_day_that_can_be_due_is_today_where_the_actor_is(
    database: Database, zone: str, now: str, first: date
) -> None:
    alice, incident = await alice_and_incident(database)
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    async def due(day: date) -> FollowUpRecord:
        draft = follow_ups.Draft("Rotate", due_on=day, due_zone=zone)
        return await run(database, follow_ups.create, alice, incident.id, draft, now=moment)

    made = await due(first)

    assert made.due_on == first
    assert not made.is_overdue(moment)
    with pytest.raises(InvalidFieldError) as refused:
        await due(first.replace(day=first.day - 1))
    assert set(refused.value.errors) == {"due_on"}


@pytest.mark.parametrize(
    ("day", "zone", "over"),
    [
        ("2026-11-27", "UTC", "2026-11-28T00:00"),
        ("2026-11-27", "Asia/Kolkata", "2026-11-27T18:30"),
        ("2026-11-27", "Pacific/Kiritimati", "2026-11-27T10:00"),
        ("2026-10-24", "Europe/Berlin", "2026-10-24T22:00"),  # summer time still
        ("2026-10-25", "Europe/Berlin", "2026-10-25T23:00"),  # a day of 25 hours
        ("2027-03-28", "Europe/Berlin", "2027-03-28T22:00"),  # a day of 23 hours
        ("2027-04-29", "Africa/Cairo", "2027-04-29T22:00"),  # the midnight that ends it does not exist
        ("2026-10-31", "America/Havana", "2026-11-01T04:00"),  # the midnight that ends it comes twice
        ("2026-12-31", "Mars/Olympus_Mons", "2027-01-01T00:00"),
        ("2100-12-31", "America/New_York", "2101-01-01T05:00"),
    ],
)
def test_a_day_is_over_at_the_midnight_that_ends_it(day: str, zone: str, over: str) -> None:
    due = fields.due(date.fromisoformat(day), zone)

    assert due["due_on"] == date.fromisoformat(day)
    assert due["due_at"] == datetime.fromisoformat(over).replace(tzinfo=UTC)


async def test_overdue_from_the_instant_the_day_is_over(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await run(
        database, a_follow_up, alice, incident, due_on=date(2026, 11, 23), due_zone="Europe/Berlin"
    )

    assert made.due_at == datetime(2026, 11, 23, 23, tzinfo=UTC)
    assert not made.is_overdue(datetime(2026, 11, 23, 22, 59, 59, 999_999, tzinfo=UTC))
    assert made.is_overdue(datetime(2026, 11, 23, 23, tzinfo=UTC))


DIRT = "a\x00b\x1bc\x7fd\x9fe\ud800f\udfffg"


async def test_nothing_unstorable_reaches_the_database(database: Database) -> None:
    alice: CreatorRecord = await run(database, a_person, f"Alice {DIRT}", slack_user_id="U1")
    (team,) = await run(database, people.remember_teams, TEAM, [SlackUsergroup("S1", f"Team {DIRT}", "t")])
    incident = await run(
        database, incidents.track, a_channel("x"), prefixes=PREFIXES, now=NOW, name=f"Checkout {DIRT}"
    )
    made = await run(
        database,
        a_follow_up,
        alice,
        incident,
        f"Title {DIRT}",
        description=f"D {DIRT}",
        labels=(f"l {DIRT}",),
    )
    changed = await run(database, follow_ups.change, alice, made.id, {"title": f"New {DIRT}"}, now=NOW)

    assert (made.title, made.description, made.labels) == ("Title abcdefg", "D abcdefg", ("l abcdefg",))
    assert (made.creator.name, team.name, incident.name) == (
        "Alice abcdefg",
        "Team abcdefg",
        "Checkout abcdefg",
    )
    assert changed.title == "New abcdefg"
    (change,) = (await look(database, history.of_follow_up, made.id))[-1].changes
    assert change.after == "New abcdefg"
    found = await look(
        database, listing.of_incident, alice, incident.id, ListQuery(Filter.ALL, f"new {DIRT}"), now=NOW
    )
    assert found.items == (changed,)


async def test_what_slack_can_send_is_kept_as_it_is(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    title = "<@U1> *bold* & “quotes” \\ ' \" % _ 🔥 العربية"

    made = await run(database, a_follow_up, alice, incident, title)

    assert made.title == title
    async with database.read() as session:
        assert (await session.exec(select(FollowUp.title))).one() == title


@pytest.mark.parametrize("text", INVISIBLE)
def test_blank_is_what_nobody_sees(text: str) -> None:
    assert is_blank(text.replace("\ud83d", ""))
