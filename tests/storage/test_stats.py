"""Figures about follow-ups: against numbers worked out by hand, and against a model in Python."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from storage import catalogue, people, stats
from storage.columns import new_id
from storage.database import Database
from storage.models import FollowUp, FollowUpLabel, Incident
from storage.people import SlackUsergroup
from storage.records import CreatorRecord, Mode, PriorityRecord, Status, TeamRecord
from storage.stats import Figures, StatsQuery
from tests.storage.builders import API_KEY, NOW, TEAM, a_person, an_incident, look, run

KEY_THAT_SEES_ALL = replace(API_KEY, sees_private=True)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Made:
    """A follow-up as its figures see it. `took` is from created to completed."""

    incident_id: str
    status: Status = Status.OUTSTANDING
    created_at: datetime = NOW
    took: timedelta | None = None
    priority_id: str | None = None
    team_id: str | None = None
    due_at: datetime | None = None

    @property
    def completed_at(self) -> datetime | None:
        return None if self.took is None else self.created_at + self.took


async def insert_all(database: Database, made: Sequence[Made]) -> None:
    rows = [
        {
            "id": new_id(),
            "incident_id": one.incident_id,
            "title": "Work",
            "search_text": "work",
            "status": one.status,
            "creator_kind": API_KEY.kind,
            "creator_id": API_KEY.id,
            "creator_name": API_KEY.name,
            "version": 1,
            "priority_id": one.priority_id,
            "assignee_team_id": one.team_id,
            "due_at": one.due_at,
            "created_at": one.created_at,
            "updated_at": NOW,
            "completed_at": one.completed_at,
        }
        for one in made
    ]
    async with database.write() as session:
        connection = await session.connection()
        if rows:
            await connection.execute(insert(FollowUp), rows)


async def nothing_left(database: Database) -> None:
    async with database.write() as session:
        connection = await session.connection()
        for table in (FollowUpLabel, FollowUp):
            await connection.execute(delete(table))


@dataclass
class Place:
    alice: CreatorRecord
    public: Incident
    private: Incident
    priorities: list[PriorityRecord]
    teams: list[TeamRecord]


@pytest.fixture
async def place(database: Database) -> Place:
    alice = await run(database, a_person, "Alice")
    groups = [SlackUsergroup("S1", "SRE", "sre"), SlackUsergroup("S2", "Payments", "payments")]
    return Place(
        alice,
        await run(database, an_incident),
        await run(database, an_incident, "inc-143-breach", private_to=[alice]),
        await look(database, catalogue.priorities),
        sorted(await run(database, people.remember_teams, TEAM, groups), key=lambda team: team.name),
    )


async def of(database: Database, actor: CreatorRecord = KEY_THAT_SEES_ALL, **query: Any) -> stats.Stats:
    return await look(database, stats.stats, actor, StatsQuery(**query), now=NOW)


async def test_the_figures_are_those_worked_out_by_hand(database: Database, place: Place) -> None:
    urgent, high = place.priorities[:2]
    payments, sre = place.teams
    here = place.public.id
    done = Made(here, Status.COMPLETED, NOW - 10 * HOUR, priority_id=urgent.id, team_id=sre.id)
    await insert_all(
        database,
        [
            replace(done, took=1 * HOUR),
            replace(done, took=2 * HOUR, team_id=payments.id),
            replace(done, took=4 * HOUR, priority_id=None),
            replace(done, took=7 * HOUR + timedelta(microseconds=1)),
            Made(here, due_at=NOW, priority_id=high.id),
            Made(here, due_at=NOW + timedelta(microseconds=1)),
            Made(here, Status.NOT_DOING, due_at=NOW - HOUR),
            Made(here, Status.DELETED, due_at=NOW - HOUR),
        ],
    )

    found = await of(database)

    assert found.total == Figures(2, 4, 1, 1, 3 * 3600)
    assert found.by_priority == (
        (urgent, Figures(0, 3, 0, 0, 2 * 3600)),
        (high, Figures(1, 0, 0, 1, None)),
        (None, Figures(1, 1, 1, 0, 4 * 3600)),
    )
    assert found.by_team == (
        (payments, Figures(0, 1, 0, 0, 2 * 3600)),
        (sre, Figures(0, 3, 0, 0, 4 * 3600)),
        (None, Figures(2, 0, 1, 1, None)),
    )


async def test_a_median_is_exact_to_the_microsecond(database: Database, place: Place) -> None:
    """Halfway between the two in the middle."""
    took = [timedelta(days=400, microseconds=999_999), timedelta(days=400, seconds=1)]
    begun = datetime.fromisoformat("2026-03-28T23:59:59.999999+00:00")
    await insert_all(database, [Made(place.public.id, Status.COMPLETED, begun, took=each) for each in took])
    assert (await of(database)).total.median_seconds == 400 * 86_400 + 0.9999995


async def test_nothing_gives_zeros_and_no_median(database: Database, place: Place) -> None:
    found = await of(database, incident_id=place.public.id)
    assert found == stats.Stats(Figures(), (), (), 0, 0)


async def test_a_period_counts_what_was_created_and_what_was_completed_in_it(
    database: Database, place: Place
) -> None:
    before = NOW - timedelta(days=30)
    await insert_all(
        database,
        [
            Made(place.public.id, Status.COMPLETED, before, took=timedelta(days=30)),
            Made(place.public.id, Status.COMPLETED, before, took=HOUR),
            Made(place.public.id, Status.OUTSTANDING, NOW),
            Made(place.public.id, Status.NOT_DOING, NOW - timedelta(microseconds=1)),
        ],
    )
    query, today = StatsQuery(), (NOW, NOW + HOUR)

    found = await look(database, stats.stats, API_KEY, query, now=NOW, period=today)

    assert (found.created_in_period, found.completed_in_period) == (1, 1)
    assert found.total.completed == 2
    ever = await of(database)
    assert (ever.created_in_period, ever.completed_in_period) == (4, 2)


async def test_modes_that_lists_leave_out_count_only_when_asked_for(database: Database, place: Place) -> None:
    async with database.write() as session:
        drill = await an_incident(session, "inc-144-drill")
        drill.mode = Mode.TEST
        session.add(drill)
    await insert_all(database, [Made(drill.id), Made(place.public.id), Made(place.public.id)])

    assert (await of(database)).total.outstanding == 2
    assert (await of(database, mode=Mode.TEST)).total.outstanding == 1


async def test_everybody_counts_what_they_may_see(database: Database, place: Place) -> None:
    stranger = await run(database, a_person, "Mallory", is_stranger=True)
    bob = await run(database, a_person, "Bob")
    done = Made(place.private.id, Status.COMPLETED, took=HOUR, priority_id=place.priorities[0].id)
    await insert_all(database, [Made(place.public.id), done])
    of_public = Figures(outstanding=1)

    for actor, expected in (
        (KEY_THAT_SEES_ALL, Figures(1, 1, 0, 0, 3600)),
        (place.alice, Figures(1, 1, 0, 0, 3600)),
        (API_KEY, of_public),
        (bob, of_public),
        (stranger, Figures()),
    ):
        found = await of(database, actor)
        assert found.total == expected, actor
        assert all(one is None for one, _ in found.by_priority) is (expected.completed == 0)
    assert (await of(database, API_KEY, incident_id=place.private.id)) == stats.Stats(Figures(), (), (), 0, 0)


def figures(made: Iterable[Made]) -> Figures:
    every = list(made)
    took = [one.took for one in every if one.status is Status.COMPLETED and one.took is not None]
    micros = [each // timedelta(microseconds=1) for each in took]
    late = [one for one in every if one.status is Status.OUTSTANDING and one.due_at and one.due_at <= NOW]
    return Figures(
        outstanding=sum(one.status is Status.OUTSTANDING for one in every),
        completed=sum(one.status is Status.COMPLETED for one in every),
        not_doing=sum(one.status is Status.NOT_DOING for one in every),
        overdue=len(late),
        median_seconds=statistics.median(micros) / 1_000_000 if micros else None,
    )


def grouped(made: Sequence[Made], known: Sequence[Any], of_one: Callable[[Made], str | None]) -> Any:
    groups = [*known, None]
    found = [(one, [each for each in made if of_one(each) == (one and one.id)]) for one in groups]
    return tuple((one, figures(members)) for one, members in found if members)


TIMES = st.integers(-50, 50).map(lambda minutes: NOW + timedelta(minutes=minutes, microseconds=minutes % 3))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_the_figures_are_those_of_a_model(
    database: Database, place: Place, data: st.DataObject
) -> None:
    await nothing_left(database)
    one = st.builds(
        Made,
        st.sampled_from([place.public.id, place.private.id]),
        st.sampled_from(Status),
        TIMES,
        st.none(),
        st.sampled_from([None, *(one.id for one in place.priorities[:2])]),
        st.sampled_from([None, *(one.id for one in place.teams)]),
        st.none() | TIMES,
    )
    drawn = data.draw(st.lists(one, max_size=12))
    took = [timedelta(microseconds=data.draw(st.integers(0, 10_000_000))) for _ in drawn]
    made = [
        replace(each, took=length) if each.status is Status.COMPLETED else each
        for each, length in zip(drawn, took, strict=True)
    ]
    actor = data.draw(st.sampled_from([API_KEY, KEY_THAT_SEES_ALL]))
    created = data.draw(st.tuples(st.none() | TIMES, st.none() | TIMES))
    team_id = data.draw(st.sampled_from([None, place.teams[0].id]))
    await insert_all(database, made)

    seen = [
        each
        for each in made
        if each.status is not Status.DELETED
        and (actor.sees_private or each.incident_id == place.public.id)
        and team_id in {None, each.team_id}
        and (created[0] is None or each.created_at >= created[0])
        and (created[1] is None or each.created_at <= created[1])
    ]
    found = await of(database, actor, created=created, assignee_team_id=team_id)

    assert found.total == figures(seen)
    assert found.by_priority == grouped(seen, place.priorities, lambda each: each.priority_id)
    assert found.by_team == grouped(seen, place.teams, lambda each: each.team_id)
    assert found.created_in_period == len(seen)
    assert found.completed_in_period == sum(each.took is not None for each in seen)
