"""A company's worth of incidents and follow-ups, put straight into the tables."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel, select
from ulid import ULID

from bench.slack import TEAM
from storage.database import Database
from storage.fields import search_text
from storage.models import (
    Category,
    ExternalIssue,
    FollowUp,
    FollowUpLabel,
    Incident,
    Label,
    Person,
    Priority,
    Severity,
    Team,
)
from storage.records import CreatorKind, Status

PER_INCIDENT = 100
PEOPLE = 200
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


@dataclass(frozen=True, slots=True)
class Seeded:
    url: str
    follow_ups: int
    channels: Sequence[str]
    users: Sequence[str]


@dataclass(slots=True)
class Rows:
    """What is to be inserted, table by table; the same for every run."""

    now: datetime
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311
    tables: dict[type[SQLModel], list[Row]] = field(default_factory=dict)

    def add(self, table: type[SQLModel], at: datetime, **values: Any) -> str:
        id_ = str(ULID.from_datetime(at))
        self.tables.setdefault(table, []).append({"id": id_, **values})
        return id_


async def seed(path: Path, incidents: int) -> Seeded:
    url = f"sqlite+aiosqlite:///{path}"
    database = Database(url)
    try:
        await database.migrate()
        async with database.write() as session:
            priorities = list(await session.exec(select(Priority.id)))
            categories = list(await session.exec(select(Category.id)))
            severities = list(await session.exec(select(Severity.id)))
            rows = Rows(datetime.now(UTC))
            _workspace(rows)
            for number in range(1, incidents + 1):
                began = rows.now - timedelta(days=1 + 700 * (1 - number / incidents))
                known = {"priorities": priorities, "categories": categories}
                _incident(rows, number, began, severities=severities, known=known)
            connection = await session.connection()
            for table, values in rows.tables.items():
                for chunk in _chunks(values):
                    await connection.execute(insert(table), chunk)
    finally:
        await database.close()
    return Seeded(
        url,
        len(rows.tables[FollowUp]),
        [row["slack_channel_id"] for row in rows.tables[Incident]],
        [row["slack_user_id"] for row in rows.tables[Person]],
    )


def _chunks(values: list[Row], size: int = 5_000) -> Iterator[list[Row]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _workspace(rows: Rows) -> None:
    long_ago = rows.now - timedelta(days=900)
    for number in range(PEOPLE):
        rows.add(
            Person,
            long_ago,
            slack_team_id=TEAM,
            slack_user_id=f"U{number:08}",
            name=f"Person {number}",
            timezone=("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC")[number % 4],
            refreshed_at=rows.now,
        )
    for number in range(10):
        rows.add(
            Team,
            long_ago,
            slack_team_id=TEAM,
            slack_usergroup_id=f"S{number:08}",
            name=f"Team {number}",
            handle=f"team-{number}",
        )
    for name in LABELS:
        rows.add(Label, long_ago, slack_team_id=TEAM, name=name, name_key=name)


def _incident(
    rows: Rows, number: int, began: datetime, *, severities: list[str], known: dict[str, list[str]]
) -> None:
    incident_id = rows.add(
        Incident,
        began,
        slack_team_id=TEAM,
        number=number,
        reference=f"INC-{number}",
        name=f"Checkout is down in region {number}",
        slack_channel_id=f"C{number:08}",
        slack_channel_name=f"inc-{number:08}",
        severity_id=rows.chance.choice(severities) if severities else None,
        channel_checked_at=rows.now,
        created_at=began,
        updated_at=began,
    )
    for minute in range(PER_INCIDENT):
        _follow_up(rows, incident_id, began + timedelta(minutes=minute), **known)


def _follow_up(
    rows: Rows, incident_id: str, at: datetime, priorities: list[str], categories: list[str]
) -> None:
    chance = rows.chance
    status = chance.choice(STATUSES)
    creator = chance.choice(rows.tables[Person])
    title = f"{chance.choice(VERBS)} {chance.choice(NOUNS)} #{chance.randrange(1000)}"
    labels = chance.sample(range(len(LABELS)), chance.randint(1, 3)) if chance.random() < 1 / 3 else []
    due_on = (rows.now + timedelta(days=chance.randint(-20, 60))).date() if chance.random() < 0.6 else None
    issue_id = None
    if chance.random() < 0.25:
        name = f"ENG-{chance.randrange(100_000)}"
        issue_id = rows.add(
            ExternalIssue,
            at,
            provider="linear",
            issue_name=name,
            issue_permalink=f"https://linear.app/bench/issue/{name}",
        )
    follow_up_id = rows.add(
        FollowUp,
        at,
        incident_id=incident_id,
        title=title,
        description=WHY if chance.random() < 0.5 else None,
        status=status,
        priority_id=chance.choice(priorities),
        category_id=chance.choice(categories) if categories and chance.random() < 0.3 else None,
        assignee_id=chance.choice(rows.tables[Person])["id"] if chance.random() < 0.8 else None,
        assignee_team_id=chance.choice(rows.tables[Team])["id"] if chance.random() < 0.2 else None,
        creator_kind=CreatorKind.USER,
        creator_id=creator["id"],
        creator_name=creator["name"],
        external_issue_id=issue_id,
        due_on=due_on,
        due_zone="Europe/Berlin" if due_on else None,
        due_at=datetime.combine(due_on + timedelta(days=1), time.min, tzinfo=UTC) if due_on else None,
        source_permalink=None,
        search_text=search_text(title, None, [LABELS[label] for label in labels]),
        version=1,
        created_at=at,
        updated_at=at,
        completed_at=at + timedelta(days=3) if status is Status.COMPLETED else None,
    )
    label_rows = rows.tables.setdefault(FollowUpLabel, [])
    for position, label in enumerate(labels):
        label_rows.append(
            {
                "follow_up_id": follow_up_id,
                "label_id": rows.tables[Label][label]["id"],
                "position": position,
            }
        )
