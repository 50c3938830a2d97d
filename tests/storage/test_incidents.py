"""Incidents are channels: named and numbered after them, and true to what Slack says of them."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from storage import channel_messages, incidents
from storage.channel_messages import Kind
from storage.database import Database
from storage.errors import InvalidFieldError
from storage.incidents import Channel, matching_prefix, name_from_channel, number_from_channel
from storage.models import ChannelMessage, Incident
from storage.records import Visibility
from tests.storage.builders import (
    LATER,
    NOW,
    PREFIXES,
    TEAM,
    a_channel,
    a_follow_up,
    alice_and_incident,
    an_incident,
    jobs_waiting,
    look,
    run,
)


@pytest.mark.parametrize(
    ("channel_name", "name", "number"),
    [
        ("inc-142-checkout-is-down", "Checkout is down", 142),
        ("inc-142", "Inc-142", 142),
        ("inc-checkout-is-down", "Checkout is down", None),
        ("inc-checkout-500-errors", "Checkout 500 errors", None),
        ("inc-api-v2", "Api v2", None),
        ("inc-db-2-down-1", "Db 2 down 1", None),
        ("inc-142-500-errors", "500 errors", 142),
        ("inc-2026-11-23-db", "Db", None),
        ("inc-20261123-db", "Db", None),
        ("inc-2026-11-23", "Inc-2026-11-23", None),
        ("inc-2026-db", "Db", 2026),
        ("inc-0-db", "Db", None),
        ("inc-007-db", "Db", 7),
        ("inc-1234567-db", "1234567 db", None),
        ("inc-3d-secure-fails", "3d secure fails", None),
        ("inc-", "Inc-", None),
        ("inc-größe-im-checkout", "Größe im checkout", None),
        ("inc-12-日本語", "日本語", 12),
        ("inc-12-under_score", "Under score", 12),
        ("sev-inc-31-mail", "Mail", 31),
        ("checkout-is-down", "Checkout is down", None),
    ],
)
def test_a_channels_name_says_the_incidents_name_and_number(
    channel_name: str, name: str, number: int | None
) -> None:
    prefixes = ("inc-", "sev-", "sev-inc-")

    assert name_from_channel(channel_name, prefixes) == name
    assert number_from_channel(channel_name, prefixes) == number


def test_the_longest_prefix_that_matches_counts() -> None:
    assert matching_prefix("sev-inc-1", ("sev-", "sev-inc-", "inc-")) == "sev-inc-"
    assert matching_prefix("general", ("inc-",)) is None
    assert matching_prefix("general", ()) is None


async def track(database: Database, channel_name: str, **more: Any) -> Incident:
    channel = a_channel(channel_name, **more.pop("channel", {}))
    return await run(database, incidents.track, channel, prefixes=PREFIXES, now=NOW, **more)


async def test_a_tracked_channel_is_an_incident_of_its_number(database: Database) -> None:
    made = await track(
        database, "inc-142-checkout-is-down", channel={"is_private": True, "bot_is_member": False}
    )

    assert (made.number, made.reference, made.name) == (142, "INC-142", "Checkout is down")
    assert (made.channel_id, made.slack_channel_name) == (
        "C-inc-142-checkout-is-down",
        "inc-142-checkout-is-down",
    )
    assert (made.visibility, made.is_archived, made.bot_is_member) == (Visibility.PRIVATE, False, False)
    assert (made.created_at, made.updated_at, made.channel_checked_at) == (NOW, NOW, NOW)
    assert await look(database, incidents.by_id, made.id) == made


async def test_a_channel_is_tracked_once(database: Database) -> None:
    first = await track(database, "inc-142-checkout-is-down")

    assert await track(database, "inc-142-checkout-is-down", name="Something else") == first


async def test_a_number_that_is_taken_becomes_the_next_that_is_free(database: Database) -> None:
    assert (await track(database, "inc-142-checkout")).reference == "INC-142"
    assert (await track(database, "inc-142-again")).reference == "INC-143"
    assert (await track(database, "inc-no-number")).reference == "INC-144"
    assert (await track(database, "inc-7-earlier")).reference == "INC-7"
    assert (await track(database, "other", name="Other")).reference == "INC-145"


async def test_each_workspace_counts_for_itself(database: Database) -> None:
    await track(database, "inc-142-checkout")

    other = await track(database, "inc-142-theirs", channel={"slack_team_id": "T2"})
    first = await track(database, "inc-x", channel={"slack_team_id": "T3"})

    assert (other.reference, first.reference) == ("INC-142", "INC-1")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give the incident a name."),
        (" \u200b\x00", "Give the incident a name."),
        ("x" * 151, "A name has at most 150 characters; this one has 151."),
    ],
)
async def test_a_typed_name_must_be_one(database: Database, name: str, sentence: str) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        await track(database, "general", name=name)

    assert refused.value.errors == {"incident_name": sentence}
    assert await look(database, incidents.by_channel, "C-general") is None


async def test_a_typed_name_is_cleaned_and_kept(database: Database) -> None:
    made = await track(database, "general", name="  Checkout \x00 is\ndown " + "x" * 100)

    assert made.name == "Checkout is down " + "x" * 100


async def test_many_track_the_same_channel_at_once_and_get_the_same_incident(database: Database) -> None:
    made = await asyncio.gather(*(track(database, "inc-142-checkout-is-down") for _ in range(8)))

    assert len({incident.id for incident in made}) == 1
    async with database.read() as session:
        assert len(list(await session.exec(select(Incident)))) == 1


async def test_channels_tracked_at_once_have_numbers_of_their_own(database: Database) -> None:
    names = ["inc-5-a", "inc-5-b", "inc-5-c", "inc-d", "inc-e", "inc-f"]

    made = await asyncio.gather(*(track(database, name) for name in names))

    assert len({incident.number for incident in made}) == len(names)
    assert {f"INC-{incident.number}" for incident in made} == {incident.reference for incident in made}


async def follow(
    database: Database,
    slack_channel_id: str,
    name: str,
    *,
    asked_at: datetime = LATER,
    **described: Any,
) -> Incident | None:
    channel = Channel(TEAM, slack_channel_id, name, **described)
    return await run(
        database, incidents.follow_channel, channel, prefixes=PREFIXES, asked_at=asked_at, now=LATER
    )


async def test_an_incident_follows_its_channels_name_and_keeps_its_reference(database: Database) -> None:
    made = await track(database, "inc-142-checkout-is-down")

    renamed = await follow(database, made.channel_id, "inc-150-payments-are-down")

    assert renamed is not None
    assert (renamed.name, renamed.slack_channel_name) == ("Payments are down", "inc-150-payments-are-down")
    assert (renamed.reference, renamed.number) == ("INC-142", 142)
    assert (renamed.updated_at, renamed.channel_checked_at) == (LATER, LATER)


async def test_a_typed_name_does_not_follow_the_channel(database: Database) -> None:
    made = await track(database, "general", name="Checkout is down")

    renamed = await follow(database, made.channel_id, "inc-9-payments")

    assert renamed is not None
    assert (renamed.name, renamed.slack_channel_name) == ("Checkout is down", "inc-9-payments")


async def test_privacy_archive_and_the_bots_presence_follow_the_channel(database: Database) -> None:
    made = await track(database, "inc-1-x")

    hidden = await follow(
        database, made.channel_id, "inc-1-x", is_private=True, is_archived=True, bot_is_member=False
    )
    assert hidden is not None
    assert (hidden.visibility, hidden.is_archived, hidden.bot_is_member) == (Visibility.PRIVATE, True, False)

    back = await follow(database, made.channel_id, "inc-1-x")
    assert back is not None
    assert (back.visibility, back.is_archived, back.bot_is_member) == (Visibility.PUBLIC, False, True)
    assert await look(database, incidents.by_id, made.id) == back


async def test_an_answer_to_an_earlier_question_makes_nothing_public_again(database: Database) -> None:
    made = await track(database, "inc-1-x")
    await follow(database, made.channel_id, "inc-1-x", is_private=True)

    overtaken = await follow(database, made.channel_id, "inc-1-x", asked_at=NOW)

    assert overtaken is not None
    assert (overtaken.visibility, overtaken.channel_checked_at) == (Visibility.PRIVATE, LATER)


async def test_an_answer_to_an_earlier_question_brings_no_old_name_back(database: Database) -> None:
    made = await track(database, "inc-1-x")
    await follow(database, made.channel_id, "inc-1-new")

    overtaken = await follow(database, made.channel_id, "inc-1-x", asked_at=NOW)

    assert overtaken is not None
    assert (overtaken.slack_channel_name, overtaken.updated_at) == ("inc-1-new", LATER)


async def test_an_answer_that_took_long_changes_the_incident_when_it_comes(database: Database) -> None:
    made = await track(database, "inc-1-x")

    renamed = await follow(database, made.channel_id, "inc-1-new", asked_at=NOW)

    assert renamed is not None
    assert (renamed.updated_at, renamed.channel_checked_at) == (LATER, NOW)


async def test_an_answer_to_an_earlier_question_still_hides_what_is_private(database: Database) -> None:
    made = await track(database, "inc-1-x")
    await follow(database, made.channel_id, "inc-1-x")

    overtaken = await follow(database, made.channel_id, "inc-1-x", asked_at=NOW, is_private=True)

    assert overtaken is not None
    assert (overtaken.visibility, overtaken.channel_checked_at) == (Visibility.PRIVATE, LATER)


async def test_a_channel_that_is_as_it_was_was_only_looked_at(database: Database) -> None:
    made = await track(database, "inc-1-x")

    same = await follow(database, made.channel_id, "inc-1-x")

    assert same is not None
    assert (same.updated_at, same.channel_checked_at) == (NOW, LATER)


async def test_a_channel_that_is_no_incident_is_not_followed(database: Database) -> None:
    assert await follow(database, "C-general", "general") is None


async def test_channels_to_look_at_again_are_the_stale_ones_oldest_first(database: Database) -> None:
    for minutes, name in ((2, "inc-1-b"), (3, "inc-2-a"), (0, "inc-3-fresh"), (9, "inc-4-archived")):
        await run(
            database,
            incidents.track,
            a_channel(name, is_archived="archived" in name),
            prefixes=PREFIXES,
            now=NOW - timedelta(minutes=minutes),
        )

    assert await look(database, incidents.channels_checked_before, NOW) == ["C-inc-2-a", "C-inc-1-b"]


async def test_messages_move_along_when_a_channel_gets_another_id(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await run(database, a_follow_up, alice, incident)
    card = ChannelMessage(
        kind=Kind.CARD,
        incident_id=incident.id,
        follow_up_id=made.id,
        slack_channel_id=incident.channel_id,
        ts="1.1",
        posted_at=NOW,
    )
    await run(database, channel_messages.remember, card)

    await run(database, incidents.move_channel, incident.channel_id, "C-NEW", LATER)

    moved = await look(database, incidents.by_channel, "C-NEW")
    assert moved is not None
    assert (moved.id, moved.reference) == (incident.id, "INC-142")
    assert await look(database, incidents.by_channel, incident.channel_id) is None
    kept = await look(database, channel_messages.card_of, made.id)
    assert kept is not None
    assert (kept.slack_channel_id, kept.ts) == ("C-NEW", "1.1")
    assert {group for _, group, _ in await jobs_waiting(database)} == {"C-NEW"}


async def test_nothing_moves_onto_a_channel_that_is_an_incident_already(database: Database) -> None:
    first = await run(database, an_incident, "inc-1-a")
    second = await run(database, an_incident, "inc-2-b")

    await run(database, incidents.move_channel, first.channel_id, second.channel_id, LATER)
    await run(database, incidents.move_channel, "C-unknown", "C-NEW", LATER)

    for incident in (first, second):
        assert await look(database, incidents.by_channel, incident.channel_id) == incident


async def test_the_incident_of_a_follow_up(database: Database) -> None:
    alice, incident = await alice_and_incident(database)
    made = await run(database, a_follow_up, alice, incident)

    assert await look(database, incidents.of_follow_up, made.id) == incident
    assert await look(database, incidents.of_follow_up, "nothing") is None
