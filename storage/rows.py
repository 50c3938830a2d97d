"""A follow-up as it is read, for whoever only writes it out: a record of it costs more than its SELECT."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from storage.records import Visibility

# As JSON has it, or as orjson writes it.
Day = date | str
Moment = datetime | str


class FollowUpRow(NamedTuple):
    """The columns of FOLLOW_UP_ROWS. `labels` are joined by SEPARATOR; the last three are its incident’s."""

    id: str
    title: str
    status: str
    creator_kind: str
    creator_id: str
    creator_name: str
    version: int
    created_at: Moment
    updated_at: Moment
    description: str | None
    due_on: Day | None
    due_zone: str | None
    due_at: Moment | None
    source_permalink: str | None
    completed_at: Moment | None
    labels: str | None
    priority_id: str | None
    priority_name: str
    priority_rank: int
    priority_description: str | None
    category_id: str | None
    category_name: str
    category_rank: int
    category_description: str | None
    assignee_id: str | None
    assignee_slack_user_id: str
    assignee_name: str
    team_id: str | None
    team_name: str
    person_name: str | None
    person_slack_user_id: str | None
    issue_provider: str | None
    issue_name: str
    issue_permalink: str
    issue_id: str
    incident_id: str
    slack_channel_id: str | None
    visibility: str
    is_archived: bool


class Place(NamedTuple):
    """Where an incident is, and who may see it."""

    slack_channel_id: str | None
    visibility: Visibility
    is_archived: bool


def places(found: Iterable[FollowUpRow]) -> list[Place]:
    """Of the incidents they belong to, each once."""
    return [
        Place(row.slack_channel_id, Visibility(row.visibility), bool(row.is_archived))
        for row in {row.incident_id: row for row in found}.values()
    ]
