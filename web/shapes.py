"""The published objects that v2 and v3 have in common. A key without a value is left out of the answer."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from storage.records import CreatorKind, CreatorRecord, FollowUpRecord, PersonRecord, Status


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class User(Shape):
    id: str
    name: str
    slack_user_id: str | None = None
    role: Literal["viewer", "responder", "administrator", "owner", "unset"] = "unset"


class NamedActor(Shape):
    id: str
    name: str


class AlertActor(Shape):
    id: str
    title: str


class Actor(Shape):
    """One of the four; none where nobody is known to have made it."""

    user: User | None = None
    api_key: NamedActor | None = None
    workflow: NamedActor | None = None
    alert: AlertActor | None = None


class Team(Shape):
    id: str
    name: str


class Ranked(Shape):
    """A priority or a category."""

    id: str
    name: str
    rank: int
    description: str | None = None


class ExternalIssue(Shape):
    """`id` is ours: what external_issue_reference_id can name."""

    id: str | None
    provider: str
    issue_name: str
    issue_permalink: str


class FollowUp(Shape):
    """`due_on`, `due_zone`, `due_at`, `version` and `source_permalink` are ours."""

    id: str
    incident_id: str
    title: str
    status: Status
    labels: tuple[str, ...]
    creator: Actor
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    assignee: User | None = None
    assignee_team: Team | None = None
    priority: Ranked | None = None
    external_issue_reference: ExternalIssue | None = None
    completed_at: datetime | None = None
    due_on: date | None = None
    due_zone: str | None = None
    due_at: datetime | None = None
    version: int
    source_permalink: str | None = None


class PaginationMeta(Shape):
    page_size: int
    after: str | None = None


def user(person: PersonRecord) -> User:
    return User(id=person.id, name=person.name, slack_user_id=person.slack_user_id)


def actor(creator: CreatorRecord) -> Actor:
    if creator.kind is CreatorKind.USER:
        return Actor(user=User(id=creator.id, name=creator.name, slack_user_id=creator.slack_user_id))
    if creator.kind is CreatorKind.ALERT:
        return Actor(alert=AlertActor(id=creator.id, title=creator.name))
    named = NamedActor(id=creator.id, name=creator.name)
    return Actor(workflow=named) if creator.kind is CreatorKind.WORKFLOW else Actor(api_key=named)


def follow_up_values(found: FollowUpRecord) -> dict[str, object]:
    """The values of FollowUp, for it or for a shape that has more."""
    priority, team, issue = found.priority, found.assignee_team, found.external_issue
    return {
        "id": found.id,
        "incident_id": found.incident.id,
        "title": found.title,
        "status": found.status,
        "labels": found.labels,
        "creator": actor(found.creator),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "description": found.description,
        "assignee": user(found.assignee) if found.assignee else None,
        "assignee_team": Team(id=team.id, name=team.name) if team else None,
        "priority": Ranked(
            id=priority.id, name=priority.name, rank=priority.rank, description=priority.description
        )
        if priority
        else None,
        "external_issue_reference": ExternalIssue(
            id=issue.id,
            provider=issue.provider,
            issue_name=issue.issue_name,
            issue_permalink=issue.issue_permalink,
        )
        if issue
        else None,
        "completed_at": found.completed_at,
        "due_on": found.due_on,
        "due_zone": found.due_zone,
        "due_at": found.due_at,
        "version": found.version,
        "source_permalink": found.source_permalink,
    }
