"""Whatever people do to a follow-up, in whatever order, it is what its history says."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import catalogue, fields, follow_ups, history, listing, people
from storage.consequences import CARD, STATUS_UPDATES
from storage.database import Database
from storage.errors import ConflictError, NotFoundError, UnavailableError
from storage.follow_ups import Draft
from storage.models import Category, FollowUp, HistoryEntry
from storage.people import SlackUsergroup
from storage.records import Counts, CreatorRecord, Filter, FollowUpRecord, ListQuery, Status
from tests.storage.builders import (
    NOW,
    TEAM,
    a_person,
    an_incident,
    entries_of,
    jobs_waiting,
    look,
    no_jobs,
    run,
)

Wait = Callable[[Coroutine[Any, Any, Any]], Any]
Action = Callable[..., Awaitable[FollowUpRecord]]

PEOPLE = ("Alice", "Bob")
OPEN = {Status.OUTSTANDING}
CLOSED = {Status.COMPLETED, Status.NOT_DOING}

# Values for each column that an edit may name; ids by the names that `Ids` has for them.
VALUES: dict[str, list[Any]] = {
    "title": ["Rotate", "Renew", "%_\\"],
    "description": [None, "Before they expire", "After\n\nthey did"],
    "assignee_id": [None, "Alice", "Bob"],
    "assignee_team_id": [None, "SRE", "Payments"],
    "priority_id": [None, "Urgent", "Low"],
    "category_id": [None, "Detection"],
    "due_on": [None, date(2026, 11, 27), date(2027, 1, 1)],
    "status": [Status.OUTSTANDING, Status.COMPLETED, Status.NOT_DOING],
    "labels": [(), ("a", "B"), ("B", "a"), ("c",)],
}
EDITS = st.fixed_dictionaries({}, optional={name: st.sampled_from(some) for name, some in VALUES.items()})


@dataclass
class Expected:
    """What the follow-up should be by now: its columns by name, and what its history should say."""

    values: dict[str, Any]
    by: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    completed_at: datetime | None = None

    @property
    def status(self) -> Status:
        status: Status = self.values["status"]
        return status

    @property
    def version(self) -> int:
        return len(self.events)


class Life(RuleBasedStateMachine):
    def __init__(self, database: Database, wait: Wait, number: int) -> None:
        super().__init__()
        self.database = database
        self.wait = wait
        self.number = number
        self.people: dict[str, CreatorRecord] = {}
        self.ids: dict[Any, str] = {}
        self.now = NOW
        self.id = ""

    @initialize(values=EDITS)
    def born(self, values: dict[str, Any]) -> None:
        self.people = {name: self.wait(run(self.database, a_person, name)) for name in PEOPLE}
        self.ids = self.wait(run(self.database, ids)) | {name: one.id for name, one in self.people.items()}
        self.incident = self.wait(run(self.database, an_incident, f"inc-{self.number}-life"))
        given = {"title": "Rotate", "priority_id": "Low"} | values | {"status": Status.OUTSTANDING}
        given["priority_id"] = given["priority_id"] or "Low"  # else it would have the default one
        start = dict.fromkeys((*fields.COLUMNS, *VALUES)) | {"labels": ()} | given
        draft = Draft(**{name: value for name, value in self.stored(given).items() if name != "status"})
        self.wait(run(self.database, no_jobs))
        made = self.wait(
            run(self.database, follow_ups.create, self.people["Alice"], self.incident.id, draft, now=self.now)
        )
        self.id = made.id
        self.start = start
        self.expected = Expected(dict(start), ["Alice"], [history.CREATED])
        assert self.consequences() == [CARD]

    def stored(self, values: dict[str, Any]) -> dict[str, Any]:
        """With ids for names."""
        return {
            name: self.ids[value] if name.endswith("_id") and value is not None else value
            for name, value in values.items()
        }

    def consequences(self) -> list[str]:
        waiting = self.wait(jobs_waiting(self.database))
        assert {group for _, group, _ in waiting} <= {self.incident.slack_channel_id}
        return sorted(kind for kind, _, _ in waiting)

    def acts(
        self, action: Action, *args: Any, by: str, allowed: bool, to: dict[str, Any], **more: Any
    ) -> None:
        """Somebody does it: it changes what is different, once, and leaves exactly the jobs that follow."""
        self.wait(run(self.database, no_jobs))
        self.now += timedelta(minutes=1)
        done = run(self.database, action, self.people[by], self.id, *args, now=self.now, **more)
        if not allowed:
            with pytest.raises(UnavailableError) as late:
                self.wait(done)
            assert late.value.current.status is self.expected.status
            assert self.consequences() == []
            return
        self.wait(done)
        now = self.expected
        changed = {name: value for name, value in to.items() if value != now.values[name]}
        assert self.consequences() == self.follows_from(changed)
        if not changed:
            return
        now.values |= changed
        now.by.append(by)
        status = changed.get("status")
        now.events.append(history.STATUS_EVENTS[status] if status else history.CHANGED)
        if status:
            now.completed_at = self.now if status is Status.COMPLETED else None

    def follows_from(self, changed: dict[str, Any]) -> list[str]:
        is_news = "assignee_id" in changed or "status" in changed
        if not changed:
            return []
        return [CARD, STATUS_UPDATES] if is_news and changed.get("status") is not Status.DELETED else [CARD]

    @rule(edit=EDITS, by=st.sampled_from(PEOPLE), knows_version=st.booleans())
    def edit(self, edit: dict[str, Any], by: str, knows_version: bool) -> None:
        self.acts(
            follow_ups.change,
            self.stored(edit),
            by=by,
            allowed=self.expected.status is not Status.DELETED,
            to=edit,
            version=self.expected.version if knows_version else None,
        )

    @rule(behind=st.integers(1, 3), by=st.sampled_from(PEOPLE))
    def edit_what_was_seen_earlier(self, behind: int, by: str) -> None:
        seen = self.expected.version - behind
        if seen < 1 or self.expected.status is Status.DELETED:
            return
        with pytest.raises(ConflictError) as conflict:
            self.wait(
                run(
                    self.database,
                    follow_ups.change,
                    self.people[by],
                    self.id,
                    {"title": "Late"},
                    now=self.now,
                    version=seen,
                )
            )
        assert conflict.value.current.version == self.expected.version
        assert [entry.version for entry in conflict.value.since] == [
            *range(seen + 1, self.expected.version + 1)
        ]

    @rule(by=st.sampled_from(PEOPLE), to=st.sampled_from(PEOPLE))
    def assign(self, by: str, to: str) -> None:
        self.acts(
            follow_ups.assign,
            self.people[to].id,
            by=by,
            allowed=self.expected.status in OPEN,
            to={"assignee_id": to},
        )

    @rule(by=st.sampled_from(PEOPLE))
    def take(self, by: str) -> None:
        free = self.expected.values["assignee_id"] in {None, by}
        allowed = self.expected.status in OPEN and free
        self.acts(follow_ups.take, by=by, allowed=allowed, to={"assignee_id": by})

    @rule(by=st.sampled_from(PEOPLE))
    def complete(self, by: str) -> None:
        self.goes(Status.COMPLETED, follow_ups.complete, OPEN, by)

    @rule(by=st.sampled_from(PEOPLE))
    def not_doing(self, by: str) -> None:
        self.goes(Status.NOT_DOING, follow_ups.mark_not_doing, OPEN, by)

    @rule(by=st.sampled_from(PEOPLE))
    def reopen(self, by: str) -> None:
        self.goes(Status.OUTSTANDING, follow_ups.reopen, CLOSED, by)

    @rule(surely=st.integers(0, 5), by=st.sampled_from(PEOPLE))
    def delete(self, surely: int, by: str) -> None:
        if not surely:
            self.goes(Status.DELETED, follow_ups.delete, OPEN | CLOSED, by)

    def goes(self, status: Status, action: Action, allowed_from: set[Status], by: str) -> None:
        self.acts(action, by=by, allowed=self.expected.status in allowed_from, to={"status": status})

    @invariant()
    def is_what_was_done_to_it(self) -> None:
        if not self.id:
            return
        found: FollowUp = self.wait(look(self.database, row_of, self.id))
        expected = self.stored(self.expected.values)
        assert {name: getattr(found, name) for name in fields.COLUMNS} == {
            name: expected[name] for name in fields.COLUMNS
        }
        shown: FollowUpRecord = self.wait(look(self.database, follow_ups.read, self.id))
        assert shown.labels == expected["labels"]
        assert (shown.due_at is None) == (shown.due_on is None)
        assert found.version == self.expected.version
        assert found.completed_at == self.expected.completed_at
        assert found.updated_at >= found.created_at

    @invariant()
    def is_what_its_history_says(self) -> None:
        if not self.id:
            return
        entries: list[HistoryEntry] = self.wait(entries_of(self.database, self.id))
        assert [entry.version for entry in entries] == [*range(1, self.expected.version + 1)]
        assert [entry.event for entry in entries] == self.expected.events
        assert [entry.actor_id for entry in entries] == [self.people[by].id for by in self.expected.by]
        told = {name: fields.plain(value) for name, value in self.stored(self.start).items()}
        assert self.wait(look(self.database, history.values_at, self.id, 1)).items() <= told.items()
        for entry in entries:
            for column, change in entry.changes.items():
                assert told[column] == change["before"] != change["after"]
                told[column] = change["after"]
        now = self.stored(self.expected.values)
        assert told == {name: fields.plain(value) for name, value in now.items()}

    @invariant()
    def is_listed_where_it_belongs(self) -> None:
        if not self.id:
            return
        status = self.expected.status
        query = ListQuery(Filter.ALL, self.expected.values["title"])
        found = self.wait(
            look(
                self.database, listing.of_incident, self.people["Bob"], self.incident.id, query, now=self.now
            )
        )
        assert [item.id for item in found.items] == [self.id] * (status is not Status.DELETED)
        assert (found.counts.outstanding, found.counts.done) == (status in OPEN, status in CLOSED)
        if status is Status.DELETED:
            with pytest.raises(NotFoundError):
                self.wait(look(self.database, follow_ups.get, self.people["Alice"], self.id))
            assert found.counts == Counts()


async def row_of(session: AsyncSession, follow_up_id: str) -> FollowUp:
    return (await session.exec(select(FollowUp).where(col(FollowUp.id) == follow_up_id))).one()


async def ids(session: AsyncSession) -> dict[Any, str]:
    """Of teams, priorities and categories, by name."""
    groups = [SlackUsergroup("S1", "SRE", "sre"), SlackUsergroup("S2", "Payments", "payments")]
    teams = await people.remember_teams(session, TEAM, groups)
    if not await catalogue.categories(session):
        session.add(Category(name="Detection", rank=1))
        await session.flush()
    found: list[Any] = [*teams, *await catalogue.priorities(session), *await catalogue.categories(session)]
    return {one.name: one.id for one in found}


EXAMPLES = {"sqlite": 15, "postgresql": 6}


def test_a_follow_ups_life(database_url: str, backend: str) -> None:
    """Its own event loop: hypothesis calls rules one after the other, not as coroutines."""
    with asyncio.Runner() as runner:
        database = Database(database_url)
        numbers = iter(range(1, 100_000))
        try:
            run_state_machine_as_test(
                lambda: Life(database, runner.run, next(numbers)),  # type: ignore[arg-type]
                settings=settings(max_examples=EXAMPLES[backend], stateful_step_count=20, deadline=None),
            )
        finally:
            runner.run(database.close())
