"""A company's incidents and follow-ups as rows, the same in each run."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from ulid import ULID

from bench.slack import TEAM
from storage import consequences
from storage.channel_messages import Kind
from storage.fields import search_text
from storage.jobs import State
from storage.records import CreatorKind, Status

PER_INCIDENT = 100
FEWEST_PEOPLE = 20
INCIDENTS_TO_A_PERSON = 5
BATCH = 50
FOLLOW_UPS_TO_A_JOB = 100
LABELS = ("tls", "alerting", "docs", "capacity", "runbook", "security", "customer", "on-call", "database")
VERBS = ("Rotate", "Document", "Alert on", "Automate", "Load-test", "Move", "Retry", "Cap", "Rehearse")
NOUNS = (
    "the edge certificates",
    "checkout’s queue",
    "failover of eu-2",
    "the payment client <v4.2>",
    "the status page",
    "alert routing",
)
WHY = "Found while we looked for the cause; *nobody* owns it yet. See the timeline at 14:05 & 14:20."
STATUSES = (Status.OUTSTANDING,) * 9 + (Status.COMPLETED,) * 8 + (Status.NOT_DOING,) * 2 + (Status.DELETED,)

Row = dict[str, Any]
# By table.
Batch = dict[str, list[Row]]


def channel(number: int) -> str:
    return f"C{number:08}"


def users(incidents: int) -> list[str]:
    return [f"U{number:08}" for number in range(max(FEWEST_PEOPLE, incidents // INCIDENTS_TO_A_PERSON))]


@lru_cache(maxsize=16)
def _time_part(at: datetime) -> str:
    return str(ULID.from_datetime(at))[:10]


@lru_cache(maxsize=100_000)
def _searched(title: str, labels: tuple[str, ...]) -> str:
    return search_text(title, None, labels)


@dataclass(slots=True)
class Company:
    """`batches` are to be inserted in order; `shipped` has the ids of what the product ships with."""

    incidents: int
    now: datetime
    shipped: dict[str, list[str]]
    people: list[Row] = field(default_factory=list)
    teams: list[Row] = field(default_factory=list)
    labels: list[Row] = field(default_factory=list)
    _chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def batches(self) -> Iterator[Batch]:
        self._hire()
        yield {"person": self.people, "team": self.teams, "label": self.labels}
        for first in range(1, self.incidents + 1, BATCH):
            batch: Batch = {}
            for number in range(first, min(first + BATCH, self.incidents + 1)):
                self._incident(number, batch)
            yield batch
        yield {"job": [self._done_job() for _ in range(self.incidents * PER_INCIDENT // FOLLOW_UPS_TO_A_JOB)]}

    def _id(self, at: datetime) -> str:
        """A ULID whose random part only counts."""
        return f"{_time_part(at)}{next(self._numbers):016}"

    def _hire(self) -> None:
        long_ago = self.now - timedelta(days=900)
        self.people = [
            {
                "id": self._id(long_ago),
                "slack_team_id": TEAM,
                "slack_user_id": user,
                "name": f"Person {number}",
                "timezone": ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC")[number % 4],
                "refreshed_at": self.now,
            }
            for number, user in enumerate(users(self.incidents))
        ]
        self.teams = [
            {
                "id": self._id(long_ago),
                "slack_team_id": TEAM,
                "slack_usergroup_id": f"S{number:08}",
                "name": f"Team {number}",
                "handle": f"team-{number}",
            }
            for number in range(10)
        ]
        self.labels = [
            {"id": self._id(long_ago), "slack_team_id": TEAM, "name": name, "name_key": name}
            for name in LABELS
        ]

    def _incident(self, number: int, batch: Batch) -> None:
        began = self.now - timedelta(days=1 + 700 * (1 - number / self.incidents))
        incident = {
            "id": self._id(began),
            "slack_team_id": TEAM,
            "number": number,
            "reference": f"INC-{number}",
            "name": f"Checkout is down in region {number}",
            "slack_channel_id": channel(number),
            "slack_channel_name": f"inc-{number:08}",
            "channel_checked_at": self.now,
            "created_at": began,
            "updated_at": began,
        }
        batch.setdefault("incident", []).append(incident)
        for minute in range(PER_INCIDENT):
            self._follow_up(incident, began + timedelta(minutes=minute), batch)

    def _follow_up(self, incident: Row, at: datetime, batch: Batch) -> None:
        chance = self._chance
        creator = chance.choice(self.people)
        title = f"{chance.choice(VERBS)} {chance.choice(NOUNS)} #{chance.randrange(1000)}"
        labels = chance.sample(self.labels, chance.randint(1, 3)) if chance.random() < 1 / 3 else []
        status = chance.choice(STATUSES)
        follow_up = {
            "id": self._id(at),
            "incident_id": incident["id"],
            "title": title,
            "description": WHY if chance.random() < 0.5 else None,
            "status": status,
            "priority_id": chance.choice(self.shipped["priority"]),
            "assignee_id": chance.choice(self.people)["id"] if chance.random() < 0.8 else None,
            "assignee_team_id": chance.choice(self.teams)["id"] if chance.random() < 0.2 else None,
            "creator_kind": CreatorKind.USER,
            "creator_id": creator["id"],
            "creator_name": creator["name"],
            "external_issue_id": self._issue(at, batch) if chance.random() < 0.25 else None,
            **self._due(),
            "search_text": _searched(title, tuple(label["name"] for label in labels)),
            "created_at": at,
            "updated_at": at,
            "completed_at": at + timedelta(days=3) if status is Status.COMPLETED else None,
        }
        batch.setdefault("follow_up", []).append(follow_up)
        batch.setdefault("follow_up_label", []).extend(
            {"follow_up_id": follow_up["id"], "label_id": label["id"], "position": position}
            for position, label in enumerate(labels)
        )
        batch.setdefault("history_entry", []).append(self._created(follow_up))
        batch.setdefault("channel_message", []).append(self._card(follow_up, incident))

    def _due(self) -> Row:
        if self._chance.random() >= 0.6:
            return {}
        due_on: date = (self.now + timedelta(days=self._chance.randint(-20, 60))).date()
        due_at = datetime.combine(due_on + timedelta(days=1), time.min, tzinfo=UTC)
        return {"due_on": due_on, "due_zone": "Europe/Berlin", "due_at": due_at}

    def _issue(self, at: datetime, batch: Batch) -> str:
        name = f"ENG-{self._chance.randrange(100_000)}"
        permalink = f"https://linear.app/bench/issue/{name}"
        issue = {"id": self._id(at), "provider": "linear", "issue_name": name, "issue_permalink": permalink}
        batch.setdefault("external_issue", []).append(issue)
        return str(issue["id"])

    def _created(self, follow_up: Row) -> Row:
        at = follow_up["created_at"]
        return {
            "id": self._id(at),
            "follow_up_id": follow_up["id"],
            "incident_id": follow_up["incident_id"],
            "actor_kind": CreatorKind.USER,
            "actor_id": follow_up["creator_id"],
            "actor_name": follow_up["creator_name"],
            "event": "created",
            "version": 1,
            "changes": {},
            "at": at,
            "announced_at": at,
        }

    def _card(self, follow_up: Row, incident: Row) -> Row:
        at = follow_up["created_at"]
        return {
            "id": self._id(at),
            "kind": Kind.CARD,
            "incident_id": incident["id"],
            "follow_up_id": follow_up["id"],
            "slack_channel_id": incident["slack_channel_id"],
            "ts": f"{at.timestamp():.6f}",
            "history_ids": [],
            "posted_at": at,
        }

    def _done_job(self) -> Row:
        """One of the last day, which is how long they are kept."""
        at = self.now - timedelta(seconds=self._chance.randrange(80_000))
        return {
            "id": self._id(at),
            "kind": consequences.CARD,
            "payload": {},
            "group_key": channel(self._chance.randint(1, self.incidents)),
            "state": State.DONE,
            "run_at": at,
            "attempts": 1,
            "max_attempts": 25,
            "created_at": at,
            "done_at": at,
        }
