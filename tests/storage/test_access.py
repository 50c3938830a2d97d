"""Alice opened the incident, Bob is in its channel, Charlie is not. Nor is an API key in any channel."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, catalogue, follow_ups, incidents, listing
from storage.database import Database
from storage.errors import ConflictError, InvalidFieldError, NotFoundError, UnavailableError
from storage.follow_ups import Draft
from storage.incidents import Channel
from storage.models import ChannelMember, Incident
from storage.records import Counts, CreatorKind, CreatorRecord, Filter, FollowUpRecord, ListQuery
from tests.storage.builders import (
    API_KEY,
    LATER,
    NOW,
    PREFIXES,
    TEAM,
    a_channel,
    a_follow_up,
    a_person,
    an_incident,
    jobs_waiting,
    look,
    no_jobs,
    run,
)

ALL = ListQuery(Filter.ALL)


@dataclass
class Cast:
    alice: CreatorRecord
    bob: CreatorRecord
    charlie: CreatorRecord
    incident: Incident
    follow_up: FollowUpRecord


async def cast(database: Database, *, private: bool) -> Cast:
    alice = await run(database, a_person, "Alice")
    bob = await run(database, a_person, "Bob")
    charlie = await run(database, a_person, "Charlie")
    incident = await run(database, an_incident, private_to=[alice, bob] if private else None)
    follow_up = await run(database, a_follow_up, alice, incident, labels=("layoffs",))
    return Cast(alice, bob, charlie, incident, follow_up)


Act = Callable[[AsyncSession, CreatorRecord, Cast], Awaitable[Any]]

# Each can follow the ones before it.
ACTS: list[Act] = [
    lambda session, actor, on: follow_ups.get(session, actor, on.follow_up.id),
    lambda session, actor, on: listing.incident(session, actor, on.incident.id),
    lambda session, actor, on: listing.of_incident(session, actor, on.incident.id, ALL, now=NOW),
    lambda session, actor, on: access.require_incident(session, actor, on.incident.id),
    lambda session, actor, on: access.require_follow_up(session, actor, on.follow_up.id),
    lambda session, actor, on: follow_ups.create(session, actor, on.incident.id, Draft("Mine"), now=LATER),
    lambda session, actor, on: follow_ups.change(
        session, actor, on.follow_up.id, {"title": f"By {actor.name}"}, now=LATER
    ),
    lambda session, actor, on: follow_ups.change(session, actor, on.follow_up.id, {}, now=LATER, version=1),
    lambda session, actor, on: follow_ups.assign(session, actor, on.follow_up.id, on.bob.id, now=LATER),
    lambda session, actor, on: follow_ups.take(session, actor, on.follow_up.id, now=LATER),
    lambda session, actor, on: follow_ups.mark_not_doing(session, actor, on.follow_up.id, now=LATER),
    lambda session, actor, on: follow_ups.reopen(session, actor, on.follow_up.id, now=LATER),
    lambda session, actor, on: follow_ups.complete(session, actor, on.follow_up.id, now=LATER),
    lambda session, actor, on: follow_ups.delete(session, actor, on.follow_up.id, now=LATER),
]


async def let_in(database: Database, actor: CreatorRecord, on: Cast) -> list[bool]:
    """For each act, whether the actor learns that there is something; each act is undone."""
    outcomes = []
    for act in ACTS:
        try:
            async with database.write() as session:
                await act(session, actor, on)
                await session.rollback()
        except NotFoundError:
            outcomes.append(False)
        except (ConflictError, InvalidFieldError, UnavailableError):
            outcomes.append(True)
        else:
            outcomes.append(True)
    return outcomes


async def test_everyone_may_do_everything_in_a_public_incident(database: Database) -> None:
    on = await cast(database, private=False)

    for actor in (on.alice, on.bob, on.charlie, API_KEY):
        assert await let_in(database, actor, on) == [True] * len(ACTS)


async def test_only_members_may_do_anything_in_a_private_incident(database: Database) -> None:
    on = await cast(database, private=True)
    await run(database, no_jobs)

    assert await let_in(database, on.alice, on) == [True] * len(ACTS)
    assert await let_in(database, on.bob, on) == [True] * len(ACTS)
    assert await let_in(database, on.charlie, on) == [False] * len(ACTS)
    assert await let_in(database, API_KEY, on) == [False] * len(ACTS)
    assert await look(database, follow_ups.get, on.alice, on.follow_up.id) == on.follow_up
    assert await jobs_waiting(database) == []


async def test_members_can_really_do_it(database: Database) -> None:
    on = await cast(database, private=True)
    acts: list[Callable[..., Awaitable[FollowUpRecord]]] = [
        follow_ups.take,
        follow_ups.complete,
        follow_ups.reopen,
        follow_ups.delete,
    ]

    done = [await run(database, act, on.bob, on.follow_up.id, now=LATER) for act in acts]

    assert [follow_up.version for follow_up in done] == [2, 3, 4, 5]


@pytest.mark.parametrize("kind", [CreatorKind.API_KEY, CreatorKind.WORKFLOW, CreatorKind.ALERT])
async def test_only_people_are_in_channels(database: Database, kind: CreatorKind) -> None:
    """Not even with a member's Slack id."""
    on = await cast(database, private=True)
    impostor = CreatorRecord(kind, on.alice.id, on.alice.name, on.alice.slack_user_id)

    assert await let_in(database, impostor, on) == [False] * len(ACTS)
    channel_id = on.incident.channel_id
    assert await look(database, listing.of_channel, impostor, channel_id, ALL, now=NOW) is None


async def test_a_person_without_a_slack_id_is_in_no_channel(database: Database) -> None:
    on = await cast(database, private=True)

    with pytest.raises(NotFoundError):
        await look(
            database, follow_ups.get, CreatorRecord(CreatorKind.USER, on.alice.id, "Alice"), on.follow_up.id
        )


async def test_a_member_of_another_private_channel_is_a_stranger_here(database: Database) -> None:
    on = await cast(database, private=True)
    await run(database, an_incident, "inc-9-other", private_to=[on.charlie])

    assert await let_in(database, on.charlie, on) == [False] * len(ACTS)


async def test_a_channels_list_is_for_whoever_slack_says_stands_in_it(database: Database) -> None:
    on = await cast(database, private=True)

    found = await look(database, listing.of_channel, on.bob, on.incident.channel_id, ListQuery(), now=NOW)

    assert found is not None
    assert found.items == (on.follow_up,)


async def test_a_private_incidents_work_goes_to_its_members_only(database: Database) -> None:
    on = await cast(database, private=True)

    with pytest.raises(InvalidFieldError, match="Charlie is not in this private channel"):
        await run(database, follow_ups.assign, on.alice, on.follow_up.id, on.charlie.id, now=LATER)
    with pytest.raises(InvalidFieldError, match="Charlie is not in this private channel"):
        await run(database, a_follow_up, on.alice, on.incident, assignee_id=on.charlie.id)
    assigned = await run(database, follow_ups.assign, on.alice, on.follow_up.id, on.bob.id, now=LATER)
    assert assigned.assignee is not None
    assert assigned.assignee.name == "Bob"


async def test_what_someone_who_left_was_assigned_is_not_in_their_own_list(database: Database) -> None:
    on = await cast(database, private=True)
    channel_id = on.incident.channel_id
    charlie_in_slack = on.charlie.slack_user_id or ""
    await run(database, access.replace_channels, TEAM, charlie_in_slack, [channel_id])
    public = await run(database, an_incident, "inc-7-public")
    seen = await run(database, a_follow_up, on.alice, public, assignee_id=on.charlie.id)
    await run(database, follow_ups.assign, on.alice, on.follow_up.id, on.charlie.id, now=LATER)
    await run(database, access.remove_member, channel_id, charlie_in_slack)

    mine = await look(database, listing.of_person, on.charlie, ALL, now=NOW)

    assert mine.items == (seen,)
    assert mine.counts == Counts(outstanding=1)


async def test_membership_counts_from_the_moment_it_is_known(database: Database) -> None:
    on = await cast(database, private=True)
    channel_id = on.incident.channel_id

    await run(database, access.replace_channels, TEAM, "UCHARLIE", [channel_id])
    assert all(await let_in(database, on.charlie, on))

    await run(database, access.replace_channels, TEAM, "UCHARLIE", [channel_id])
    await run(database, access.remove_member, channel_id, "UCHARLIE")
    assert not any(await let_in(database, on.charlie, on))
    assert all(await let_in(database, on.bob, on))


async def test_members_are_replaced_by_exactly_those_given(database: Database) -> None:
    on = await cast(database, private=True)

    await run(database, replace, ["UCHARLIE", "UALICE", "UALICE"], NOW)

    assert await members(database) == {"UALICE", "UCHARLIE"}
    assert not any(await let_in(database, on.bob, on))
    assert (await incident_now(database)).members_checked_at == NOW


async def replace(session: AsyncSession, slack_user_ids: list[str], now: Any) -> None:
    incident = await incidents.by_channel(session, "C-inc-142-checkout-is-down")
    assert incident is not None
    await access.replace_members(session, incident, slack_user_ids, now)


async def members(database: Database, channel_id: str = "C-inc-142-checkout-is-down") -> set[str]:
    query = select(ChannelMember.slack_user_id).where(col(ChannelMember.slack_channel_id) == channel_id)
    async with database.read() as session:
        return set(await session.exec(query))


async def incident_now(database: Database) -> Incident:
    async with database.read() as session:
        return (await session.exec(select(Incident))).one()


async def test_members_matched_twice_at_once_are_those_of_one_of_the_answers(database: Database) -> None:
    await cast(database, private=True)
    answers = [{f"U{number}", f"U{number + 1}"} for number in range(6)]

    await asyncio.gather(*(run(database, replace, sorted(answer), NOW) for answer in answers))

    assert await members(database) in answers


async def test_the_same_member_may_join_twice_at_once(database: Database) -> None:
    on = await cast(database, private=True)
    channel_id = on.incident.channel_id

    await asyncio.gather(
        *(run(database, access.replace_channels, TEAM, "UDAVE", [channel_id]) for _ in range(5)),
        run(database, replace, ["UALICE", "UDAVE"], NOW),
    )

    assert "UDAVE" in await members(database)


async def test_a_channel_that_the_bot_lost_is_nobodys_to_see(database: Database) -> None:
    for private in (False, True):
        on = await cast(database, private=private)
        async with database.write() as session:
            incident = await incidents.by_channel(session, on.incident.channel_id)
            assert incident is not None
            await incidents.lose_channel(session, incident, LATER)

        for actor in (on.alice, on.bob, on.charlie, API_KEY):
            assert not any(await let_in(database, actor, on))
        assert (await incident_now(database)).members_checked_at is None


async def follow(database: Database, **described: Any) -> None:
    seen = a_channel(**described)
    await run(database, incidents.follow_channel, seen, prefixes=PREFIXES, asked_at=LATER, now=LATER)


async def test_a_channel_that_turns_private_lets_nobody_in_until_slack_says_who(database: Database) -> None:
    on = await cast(database, private=True)
    await follow(database)
    assert all(await let_in(database, on.charlie, on))

    await follow(database, is_private=True)

    for actor in (on.alice, on.bob, on.charlie):
        assert not any(await let_in(database, actor, on))
    assert (await incident_now(database)).members_checked_at is None


async def test_a_private_channel_that_stays_private_keeps_its_members(database: Database) -> None:
    on = await cast(database, private=True)

    await follow(database, is_private=True, is_archived=True)

    assert all(await let_in(database, on.bob, on))


async def test_members_move_along_when_a_channel_gets_another_id(database: Database) -> None:
    on = await cast(database, private=True)

    await run(database, incidents.move_channel, on.incident.channel_id, "C-NEW", LATER)

    assert await members(database, "C-NEW") == {"UALICE", "UBOB"}
    assert await members(database) == set()
    assert all(await let_in(database, on.bob, on))
    assert not any(await let_in(database, on.charlie, on))


async def test_labels_of_a_private_incident_are_offered_to_its_members_only(database: Database) -> None:
    on = await cast(database, private=True)

    async def offered(actor: CreatorRecord | None) -> list[str]:
        return await look(database, catalogue.labels_in_use, TEAM, "lay", actor=actor)

    assert await offered(on.bob) == ["layoffs"]
    assert await offered(on.charlie) == await offered(API_KEY) == await offered(None) == []


async def test_a_new_private_incident_is_seen_by_nobody_yet(database: Database) -> None:
    alice = await run(database, a_person, "Alice")
    channel = Channel(TEAM, "C1", "inc-1-secret", is_private=True)
    incident = await run(database, incidents.track, channel, prefixes=PREFIXES, now=NOW)

    with pytest.raises(NotFoundError):
        await look(database, listing.incident, alice, incident.id)
