"""A guest is where they are in the channel, and nowhere else; nothing of one workspace is another's."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import col, select

from storage import access, catalogue, follow_ups, listing, people
from storage.database import Database
from storage.errors import InvalidFieldError, NotFoundError
from storage.follow_ups import Draft
from storage.incidents import Channel, track
from storage.models import FollowUp, Incident
from storage.people import SlackUsergroup
from storage.records import CreatorRecord, Filter, FollowUpRecord, ListQuery
from tests.storage.builders import LATER, NOW, PREFIXES, TEAM, a_follow_up, a_person, an_incident, look, run

ALL = ListQuery(Filter.ALL)
THEIRS = "T2"


@dataclass
class Cast:
    alice: CreatorRecord
    other: CreatorRecord
    incident: Incident
    follow_up: FollowUpRecord


async def cast(database: Database, **other: Any) -> Cast:
    alice = await run(database, a_person, "Alice")
    incident = await run(database, an_incident)
    follow_up = await run(database, a_follow_up, alice, incident, labels=("layoffs",))
    return Cast(alice, await run(database, a_person, "Olga", **other), incident, follow_up)


async def sees(database: Database, actor: CreatorRecord, on: Cast) -> list[bool]:
    """By each way of looking."""
    ways: tuple[tuple[Any, tuple[Any, ...], dict[str, Any]], ...] = (
        (follow_ups.get, (on.follow_up.id,), {}),
        (listing.incident, (on.incident.id,), {}),
        (listing.of_incident, (on.incident.id, ALL), {"now": NOW}),
        (access.require_incident, (on.incident.id,), {}),
        (access.require_follow_up, (on.follow_up.id,), {}),
    )
    seen = []
    for look_at, args, more in ways:
        try:
            await run(database, look_at, actor, *args, **more)
        except NotFoundError:
            seen.append(False)
        else:
            seen.append(True)
    labels = await look(database, catalogue.labels_in_use, TEAM, actor=actor)
    return [*seen, "layoffs" in labels]


async def test_a_guest_sees_a_public_incident_from_within_its_channel_only(database: Database) -> None:
    on = await cast(database, is_guest=True)
    assert not any(await sees(database, on.other, on))

    await run(database, access.replace_channels, TEAM, "UOLGA", [on.incident.channel_id, "C-unknown"])
    assert all(await sees(database, on.other, on))

    await run(database, access.replace_channels, TEAM, "UOLGA", [])
    assert not any(await sees(database, on.other, on))


@pytest.mark.parametrize("kind", ["is_stranger", "is_bot", "is_deleted"])
async def test_who_is_not_of_the_workspace_sees_nothing_even_from_within_the_channel(
    database: Database, kind: str
) -> None:
    on = await cast(database, **{kind: True})
    await run(database, access.replace_channels, TEAM, "UOLGA", [on.incident.channel_id])

    assert not any(await sees(database, on.other, on))


async def test_who_is_of_another_workspace_sees_nothing_of_this_one(database: Database) -> None:
    on = await cast(database, slack_team_id=THEIRS)
    await run(database, access.replace_channels, THEIRS, "UOLGA", [on.incident.channel_id])

    assert not any(await sees(database, on.other, on))
    assert all(await sees(database, on.alice, on))


async def test_what_a_guest_has_to_do_is_listed_where_they_are_in_the_channel(database: Database) -> None:
    on = await cast(database, is_guest=True)
    channel_id = on.incident.channel_id
    await run(database, access.replace_channels, TEAM, "UOLGA", [channel_id])
    await run(database, follow_ups.assign, on.alice, on.follow_up.id, on.other.id, now=LATER)
    mine = await look(database, listing.of_person, on.other, ALL, now=NOW)
    assert [item.id for item in mine.items] == [on.follow_up.id]

    await run(database, access.remove_member, channel_id, "UOLGA")
    mine = await look(database, listing.of_person, on.other, ALL, now=NOW)
    assert (mine.items, mine.counts.outstanding) == ((), 0)


async def test_work_is_not_given_to_a_guest_who_could_not_see_it(database: Database) -> None:
    on = await cast(database, is_guest=True)

    with pytest.raises(InvalidFieldError, match="a guest who is not in this channel"):
        await run(database, follow_ups.assign, on.alice, on.follow_up.id, on.other.id, now=LATER)
    with pytest.raises(InvalidFieldError, match="Olga is a guest"):
        await run(database, a_follow_up, on.alice, on.incident, assignee_id=on.other.id)


async def test_people_and_teams_of_another_workspace_do_not_exist_for_a_follow_up(database: Database) -> None:
    on = await cast(database, slack_team_id=THEIRS)
    groups = [SlackUsergroup("S9", "Theirs", "theirs")]
    (team,) = await run(database, people.remember_teams, THEIRS, groups)
    foreign = {"assignee_id": on.other.id, "assignee_team_id": team.id}

    for column, value in foreign.items():
        with pytest.raises(InvalidFieldError) as refused:
            await run(database, follow_ups.change, on.alice, on.follow_up.id, {column: value}, now=LATER)
        assert set(refused.value.errors) == {column}
        assert "Olga" not in str(refused.value)
        assert "Theirs" not in str(refused.value)
    with pytest.raises(InvalidFieldError) as refused:
        await run(database, a_follow_up, on.alice, on.incident, **foreign)
    assert set(refused.value.errors) == set(foreign)
    assert await look(database, follow_ups.get, on.alice, on.follow_up.id) == on.follow_up


async def test_a_guests_channels_are_kept_only_where_they_matter(database: Database) -> None:
    """Of tracked channels of the workspace, and exactly those they are in now."""
    on = await cast(database, is_guest=True)
    foreign = Channel(THEIRS, "C-theirs", "inc-7-theirs")
    await run(database, track, foreign, prefixes=PREFIXES, now=NOW)
    ours = on.incident.channel_id

    await run(database, access.replace_channels, TEAM, "UOLGA", [ours, "C-theirs", "C-untracked"])

    assert await look(database, access.is_member, ours, "UOLGA")
    assert not await look(database, access.is_member, "C-theirs", "UOLGA")
    assert not await look(database, access.is_member, "C-untracked", "UOLGA")
    assert not await look(database, access.is_member, ours, "UALICE")


async def test_who_has_something_private_is_known(database: Database) -> None:
    on = await cast(database)
    private = await run(database, an_incident, "inc-9-private", private_to=[on.alice])

    assert await look(database, access.has_private, on.alice)
    assert not await look(database, access.has_private, on.other)
    theirs = await run(database, a_follow_up, on.alice, private)
    async with database.write() as session:
        row = (await session.exec(select(FollowUp).where(col(FollowUp.id) == theirs.id))).one()
        row.assignee_id = on.other.id
        session.add(row)
    assert await look(database, access.has_private, on.other)


async def test_a_forged_draft_tells_nothing_of_whose_id_it_is(database: Database) -> None:
    """Somebody else's, one's own of another incident, or no id at all: each makes a new follow-up."""
    on = await cast(database)
    elsewhere = await run(database, an_incident, "inc-8-elsewhere")
    own = await run(database, a_follow_up, on.other, elsewhere)

    for forged in (on.follow_up.id, own.id, "x", "", "I" * 26, "0" * 300, on.follow_up.id.lower()):
        draft = Draft("Forged", id=forged)
        made = await run(database, follow_ups.create, on.other, on.incident.id, draft, now=NOW)
        assert made.id != forged
        assert (made.title, made.creator, made.incident.id) == ("Forged", on.other, on.incident.id)
    assert await look(database, follow_ups.get, on.alice, on.follow_up.id) == on.follow_up
