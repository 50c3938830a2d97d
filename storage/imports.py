"""One run of an import: where it goes, what it has found so far, and what it has to say."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.incidents import Channel
from storage.models import Imported
from storage.records import (
    CategoryRecord,
    CreatorKind,
    CreatorRecord,
    ExternalIssueRecord,
    Mode,
    PersonRecord,
    PriorityRecord,
    SeverityRecord,
    Status,
    StatusCategory,
    TeamRecord,
    Visibility,
)

# Ids are those of their first release. Who imported stands in the history; the creator stays who it was.
FROM_INCIDENT_IO = CreatorRecord(
    CreatorKind.WORKFLOW, "01KZZZZZZZ0000000000000041", "Import from incident.io", sees_private=True
)
FROM_CSV = CreatorRecord(
    CreatorKind.WORKFLOW, "01KZZZZZZZ0000000000000042", "Import from CSV", sees_private=True
)


class Kind(StrEnum):
    SEVERITY = "severity"
    PERSON = "person"
    TEAM = "team"
    INCIDENT = "incident"
    FOLLOW_UP = "follow_up"


class Outcome(StrEnum):
    """`kept`: changed both there and here, so what is here was left as it is."""

    MADE = "made"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class ImportedIncident:
    """An incident elsewhere. `slack_team_id` is where its channel is."""

    id: str
    reference: str
    name: str
    slack_team_id: str
    created_at: datetime
    updated_at: datetime
    slack_channel_id: str | None = None
    slack_channel_name: str = ""
    visibility: Visibility = Visibility.PRIVATE
    mode: Mode = Mode.STANDARD
    status_category: StatusCategory = StatusCategory.LIVE
    severity: SeverityRecord | None = None
    creator: CreatorRecord | None = None
    summary: str | None = None
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedFollowUp:
    """A follow-up elsewhere. What is unknown of a person or a team in Slack is an empty Slack id."""

    id: str
    incident_id: str
    title: str
    status: Status
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    labels: tuple[str, ...] = ()
    priority: PriorityRecord | None = None
    category: CategoryRecord | None = None
    assignee: PersonRecord | None = None
    assignee_team: TeamRecord | None = None
    creator: CreatorRecord | None = None
    external_issue: ExternalIssueRecord | None = None
    completed_at: datetime | None = None
    due_on: date | None = None
    due_zone: str | None = None
    source_permalink: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What could not be taken over as it was; `words` holds what is not kept here."""

    kind: Kind
    id: str
    name: str
    reason: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an incident is here, and whether its people are of the bot's workspace."""

    id: str
    is_of_our_workspace: bool


@dataclass
class Import:
    """`private_channels` are those that Slack says are private. With `dry_run` nothing is written."""

    actor: CreatorRecord
    slack_team_id: str
    now: datetime
    dry_run: bool = False
    private_channels: dict[str, Channel] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)
    ranked: dict[tuple[str, str], str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    counts: Counter[tuple[Kind, Outcome]] = field(default_factory=Counter)
    remarks: list[Remark] = field(default_factory=list)

    def count(self, kind: Kind, outcome: Outcome) -> None:
        self.counts[kind, outcome] += 1

    def remark(self, kind: Kind, id_: str, name: str, reason: str, words: str = "") -> None:
        self.remarks.append(Remark(kind, id_, name, reason, words))

    def skip(self, kind: Kind, id_: str, name: str, reason: str) -> None:
        self.count(kind, Outcome.SKIPPED)
        self.remark(kind, id_, name, reason)


def digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


async def known(session: AsyncSession, kind: Kind, source_ids: Iterable[str]) -> dict[str, Imported]:
    """What earlier runs made, by the id it has there."""
    query = select(Imported).where(col(Imported.kind) == kind, col(Imported.source_id).in_(source_ids))
    return {one.source_id: one for one in await session.exec(query)}


async def remember(
    session: AsyncSession,
    run: Import,
    kind: Kind,
    ids: tuple[str, str],
    *,
    digest: str,
    before: Imported | None,
) -> None:
    """`ids` are the one there and the one here; `before` is what an earlier run noted."""
    if run.dry_run or (before is not None and before.digest == digest):
        return
    source_id, local_id = ids
    noted = before or Imported(
        kind=kind, source_id=source_id, local_id=local_id, digest=digest, imported_at=run.now
    )
    noted.digest, noted.imported_at = digest, run.now
    session.add(noted)
