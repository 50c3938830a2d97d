"""Whatever people do to a follow-up, in whatever order, it is what its history says."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from storage import follow_ups, history, listing
from storage.database import Database
from storage.errors import ConflictError, NotFoundError, UnavailableError
from storage.models import HistoryEntry
from storage.records import Counts, CreatorRecord, Filter, FollowUpRecord, ListQuery, Status
from tests.storage.builders import LATER, NOW, a_follow_up, a_person, an_incident, entries_of, look, run

Wait = Callable[[Coroutine[Any, Any, Any]], Any]
Action = Callable[..., Awaitable[FollowUpRecord]]

PEOPLE = ("Alice", "Bob")
TITLES = ("Rotate", "Renew", "%_\\")
OPEN = {Status.OUTSTANDING}
CLOSED = {Status.COMPLETED, Status.NOT_DOING}


@dataclass
class Expected:
    """What the follow-up should be by now."""

    title: str
    status: Status = Status.OUTSTANDING
    assignee: str | None = None
    labels: tuple[str, ...] = ()
    version: int = 1


class Life(RuleBasedStateMachine):
    def __init__(self, database: Database, wait: Wait, number: int) -> None:
        super().__init__()
        self.database = database
        self.wait = wait
        self.number = number
        self.people: dict[str, CreatorRecord] = {}
        self.expected = Expected("Rotate")
        self.id = ""

    @initialize()
    def born(self) -> None:
        self.people = {name: self.wait(run(self.database, a_person, name)) for name in PEOPLE}
        self.incident = self.wait(run(self.database, an_incident, f"inc-{self.number}-life"))
        self.id = self.wait(run(self.database, a_follow_up, self.people["Alice"], self.incident, "Rotate")).id

    def attempt(self, allowed: bool, action: Action, *args: Any, by: str = "Alice", **more: Any) -> bool:
        done = run(self.database, action, self.people[by], self.id, *args, now=LATER, **more)
        if allowed:
            self.wait(done)
        else:
            with pytest.raises(UnavailableError) as late:
                self.wait(done)
            assert late.value.current.status is self.expected.status
        return allowed

    @rule(
        title=st.sampled_from(TITLES),
        labels=st.permutations(["a", "B"]),
        by=st.sampled_from(PEOPLE),
    )
    def edit(self, title: str, labels: list[str], by: str) -> None:
        now = self.expected
        changes = {"title": title, "labels": labels}
        if self.attempt(now.status is not Status.DELETED, follow_ups.change, changes, by=by):
            if (title, tuple(labels)) != (now.title, now.labels):
                now.version += 1
            now.title, now.labels = title, tuple(labels)

    @rule()
    def edit_what_was_seen_earlier(self) -> None:
        if self.expected.version == 1 or self.expected.status is Status.DELETED:
            return
        with pytest.raises(ConflictError) as conflict:
            self.attempt(True, follow_ups.change, {"title": "Late"}, version=self.expected.version - 1)
        assert conflict.value.current.version == self.expected.version
        assert [entry.version for entry in conflict.value.since] == [self.expected.version]

    @rule(by=st.sampled_from(PEOPLE), to=st.sampled_from(PEOPLE))
    def assign(self, by: str, to: str) -> None:
        allowed = self.expected.status in OPEN
        if self.attempt(allowed, follow_ups.assign, self.people[to].id, by=by):
            self.has(to)

    @rule(by=st.sampled_from(PEOPLE))
    def take(self, by: str) -> None:
        allowed = self.expected.status in OPEN and self.expected.assignee in {None, by}
        if self.attempt(allowed, follow_ups.take, by=by):
            self.has(by)

    def has(self, name: str) -> None:
        if self.expected.assignee != name:
            self.expected.assignee = name
            self.expected.version += 1

    @rule()
    def complete(self) -> None:
        self.go(Status.COMPLETED, follow_ups.complete, OPEN)

    @rule()
    def not_doing(self) -> None:
        self.go(Status.NOT_DOING, follow_ups.mark_not_doing, OPEN)

    @rule()
    def reopen(self) -> None:
        self.go(Status.OUTSTANDING, follow_ups.reopen, CLOSED)

    @rule(surely=st.integers(0, 5))
    def delete(self, surely: int) -> None:
        if not surely:
            self.go(Status.DELETED, follow_ups.delete, OPEN | CLOSED)

    def go(self, status: Status, action: Action, allowed_from: set[Status]) -> None:
        if self.attempt(self.expected.status in allowed_from, action):
            self.expected.status = status
            self.expected.version += 1

    @invariant()
    def is_what_was_done_to_it(self) -> None:
        if not self.id:
            return
        found, expected = self.wait(look(self.database, follow_ups.read, self.id)), self.expected
        assert (found.title, found.status, found.labels) == (expected.title, expected.status, expected.labels)
        assert (found.assignee.name if found.assignee else None) == expected.assignee
        assert found.version == expected.version
        assert (found.completed_at is not None) == (found.status is Status.COMPLETED)
        assert found.updated_at == (NOW if found.version == 1 else LATER)

    @invariant()
    def is_what_its_history_says(self) -> None:
        if not self.id:
            return
        entries: list[HistoryEntry] = self.wait(entries_of(self.database, self.id))
        told: dict[str, Any] = {"title": "Rotate", "status": "outstanding", "assignee_id": None, "labels": []}
        assert self.wait(look(self.database, history.values_at, self.id, 1)).items() <= told.items()
        for version, entry in enumerate(entries, 1):
            assert entry.version == version
            for column, change in entry.changes.items():
                assert told[column] == change["before"] != change["after"]
                told[column] = change["after"]
        has = self.expected.assignee
        assert told == {
            "title": self.expected.title,
            "status": self.expected.status.value,
            "assignee_id": self.people[has].id if has else None,
            "labels": list(self.expected.labels),
        }
        assert len(entries) == self.expected.version

    @invariant()
    def is_listed_where_it_belongs(self) -> None:
        if not self.id:
            return
        status = self.expected.status
        found = self.wait(
            look(
                self.database,
                listing.of_incident,
                self.people["Bob"],
                self.incident.id,
                ListQuery(Filter.ALL, self.expected.title),
                now=NOW,
            )
        )
        assert [item.id for item in found.items] == [self.id] * (status is not Status.DELETED)
        assert found.counts == Counts(outstanding=status in OPEN, done=status in CLOSED)
        if status is Status.DELETED:
            with pytest.raises(NotFoundError):
                self.wait(look(self.database, follow_ups.get, self.people["Alice"], self.id))


def test_a_follow_ups_life(database_url: str) -> None:
    """Its own event loop: hypothesis calls rules one after the other, not as coroutines."""
    with asyncio.Runner() as runner:
        database = Database(database_url)
        numbers = iter(range(1, 100_000))
        try:
            run_state_machine_as_test(
                lambda: Life(database, runner.run, next(numbers)),  # type: ignore[arg-type]
                settings=settings(max_examples=8, stateful_step_count=15, deadline=None),
            )
        finally:
            runner.run(database.close())
