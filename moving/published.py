"""The published objects of incident.io, and what our own servers add to them, as storage takes them."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from storage.imports import ImportedFollowUp, ImportedIncident
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

OptionalText = Annotated[str | None, Field(default=None)]


class Published(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class User(Published):
    id: str
    name: str
    slack_user_id: OptionalText

    def record(self) -> PersonRecord:
        return PersonRecord(self.id, self.slack_user_id or "", self.name)


class Named(Published):
    id: str
    name: str


class Alert(Published):
    id: str
    title: str


class Actor(Published):
    user: User | None = None
    api_key: Named | None = None
    workflow: Named | None = None
    alert: Alert | None = None

    def record(self) -> CreatorRecord | None:
        if self.user is not None:
            user = self.user
            return CreatorRecord(CreatorKind.USER, user.id, user.name, user.slack_user_id)
        if self.alert is not None:
            return CreatorRecord(CreatorKind.ALERT, self.alert.id, self.alert.title)
        if self.workflow is not None:
            return CreatorRecord(CreatorKind.WORKFLOW, self.workflow.id, self.workflow.name)
        if self.api_key is not None:
            return CreatorRecord(CreatorKind.API_KEY, self.api_key.id, self.api_key.name)
        return None


class Ranked(Published):
    id: str
    name: str
    rank: int
    description: OptionalText


class Severity(Ranked):
    def record(self) -> SeverityRecord:
        return SeverityRecord(self.id, self.name, self.rank, self.description)


class CatalogEntry(Published):
    external_id: OptionalText


class Team(Published):
    """A team's entry in the catalogue says by `external_id` which Slack user group it is, if it is one."""

    id: str
    name: str
    catalog_entry: CatalogEntry | None = None

    def record(self) -> TeamRecord:
        entry = self.catalog_entry
        return TeamRecord(self.id, (entry and entry.external_id) or "", self.name)


class ExternalIssue(Published):
    """`id` is ours."""

    provider: str
    issue_name: str
    issue_permalink: str
    id: OptionalText

    def record(self) -> ExternalIssueRecord:
        return ExternalIssueRecord(self.provider, self.issue_name, self.issue_permalink, self.id)


class IncidentStatus(Published):
    category: StatusCategory


class Incident(Published):
    id: str
    reference: str
    name: str
    visibility: Visibility
    mode: Mode
    incident_status: IncidentStatus
    created_at: datetime
    updated_at: datetime
    slack_team_id: str = ""
    slack_channel_id: OptionalText
    slack_channel_name: OptionalText
    severity: Severity | None = None
    creator: Actor = Actor()
    summary: OptionalText
    permalink: OptionalText

    def record(self) -> ImportedIncident:
        return ImportedIncident(
            id=self.id,
            reference=self.reference,
            name=self.name,
            slack_team_id=self.slack_team_id,
            slack_channel_id=self.slack_channel_id or None,
            slack_channel_name=self.slack_channel_name or "",
            visibility=self.visibility,
            mode=self.mode,
            status_category=self.incident_status.category,
            severity=self.severity.record() if self.severity else None,
            creator=self.creator.record(),
            summary=self.summary,
            permalink=self.permalink,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


class FollowUp(Published):
    """The category is v3's. `due_on`, `due_zone`, `version` and `source_permalink` are ours."""

    id: str
    incident_id: str
    title: str
    status: Status
    labels: tuple[str, ...] = ()
    creator: Actor = Actor()
    created_at: datetime
    updated_at: datetime
    description: OptionalText
    assignee: User | None = None
    assignee_team: Team | None = None
    priority: Ranked | None = None
    category: Ranked | None = None
    external_issue_reference: ExternalIssue | None = None
    completed_at: datetime | None = None
    due_on: date | None = None
    due_zone: OptionalText
    version: int | None = None
    source_permalink: OptionalText

    def record(self) -> ImportedFollowUp:
        priority, category = self.priority, self.category
        return ImportedFollowUp(
            id=self.id,
            incident_id=self.incident_id,
            title=self.title,
            status=self.status,
            labels=self.labels,
            creator=self.creator.record(),
            created_at=self.created_at,
            updated_at=self.updated_at,
            description=self.description,
            assignee=self.assignee.record() if self.assignee else None,
            assignee_team=self.assignee_team.record() if self.assignee_team else None,
            priority=PriorityRecord(priority.id, priority.name, priority.rank, priority.description)
            if priority
            else None,
            category=CategoryRecord(category.id, category.name, category.rank, category.description)
            if category
            else None,
            external_issue=self.external_issue_reference.record() if self.external_issue_reference else None,
            completed_at=self.completed_at,
            due_on=self.due_on,
            due_zone=self.due_zone,
            source_permalink=self.source_permalink,
            version=self.version,
        )


def refused(error: Any) -> str:
    """What a ValidationError says, without the values."""
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
