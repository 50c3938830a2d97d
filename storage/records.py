"""What storage hands out: plain values with every name resolved, safe to keep once the session has closed."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol


class Status(StrEnum):
    OUTSTANDING = "outstanding"
    COMPLETED = "completed"
    NOT_DOING = "not_doing"
    DELETED = "deleted"


class CreatorKind(StrEnum):
    USER = "user"
    API_KEY = "api_key"
    WORKFLOW = "workflow"
    ALERT = "alert"


class Visibility(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"


class Mode(StrEnum):
    STANDARD = "standard"
    RETROSPECTIVE = "retrospective"
    TEST = "test"
    TUTORIAL = "tutorial"
    STREAM = "stream"


class StatusCategory(StrEnum):
    TRIAGE = "triage"
    DECLINED = "declined"
    MERGED = "merged"
    CANCELED = "canceled"
    LIVE = "live"
    LEARNING = "learning"
    CLOSED = "closed"
    PAUSED = "paused"


class DeliveryState(StrEnum):
    """`withheld`: not sent, because the incident turned private and the endpoint hears nothing of those."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHHELD = "withheld"


class Filter(StrEnum):
    """The list's filters, as people see them."""

    OUTSTANDING = "outstanding"
    MINE = "mine"
    OVERDUE = "overdue"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class PersonRecord:
    id: str
    slack_user_id: str
    name: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class TeamRecord:
    id: str
    slack_usergroup_id: str
    name: str


@dataclass(frozen=True, slots=True)
class PriorityRecord:
    """`rank` orders priorities, the most pressing first: Urgent is 1."""

    id: str
    name: str
    rank: int
    description: str | None = None
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class CategoryRecord:
    id: str
    name: str
    rank: int
    description: str | None = None


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """`follow_ups` is how many have it of those that whoever asks may see."""

    id: str
    name: str
    follow_ups: int


@dataclass(frozen=True, slots=True)
class ExternalIssueRecord:
    """`id` is None until it is kept."""

    provider: str
    issue_name: str
    issue_permalink: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class CreatorRecord:
    """Exactly one of a user, an API key, a workflow or an alert; `slack_user_id` is set for a user.

    `sees_private` is for an API key whose scopes include private incidents, and for what it acts as.
    """

    kind: CreatorKind
    id: str
    name: str
    slack_user_id: str | None = None
    sees_private: bool = False


@dataclass(frozen=True, slots=True)
class SeverityRecord:
    """`rank` orders severities, the least severe first."""

    id: str
    name: str
    rank: int
    description: str | None = None


class Placed(Protocol):
    """What says where an incident is, and who may see it."""

    @property
    def slack_channel_id(self) -> str | None: ...

    @property
    def visibility(self) -> Visibility: ...

    @property
    def is_archived(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """Without a channel, its channel's id is None and the name empty."""

    id: str
    reference: str
    name: str
    slack_team_id: str
    slack_channel_id: str | None
    slack_channel_name: str
    visibility: Visibility = Visibility.PUBLIC
    mode: Mode = Mode.STANDARD
    status_category: StatusCategory = StatusCategory.LIVE
    severity: str | None = None
    is_archived: bool = False

    @property
    def channel_id(self) -> str:
        """Where there must be a channel. Raises LookupError where there is none."""
        if self.slack_channel_id is None:
            raise LookupError(f"{self.reference} has no channel")
        return self.slack_channel_id


@dataclass(frozen=True, slots=True)
class IncidentDetails:
    """An incident as the API shows it. `creator` is None where a channel made it."""

    incident: IncidentRecord
    created_at: datetime
    updated_at: datetime
    severity: SeverityRecord | None = None
    creator: CreatorRecord | None = None
    summary: str | None = None
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUpRecord:
    """`due_at` is the instant at which the day `due_on` ends in `due_zone`: overdue from then on."""

    id: str
    title: str
    status: Status
    incident: IncidentRecord
    creator: CreatorRecord
    version: int
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    labels: tuple[str, ...] = ()
    priority: PriorityRecord | None = None
    category: CategoryRecord | None = None
    assignee: PersonRecord | None = None
    assignee_team: TeamRecord | None = None
    external_issue: ExternalIssueRecord | None = None
    due_on: date | None = None
    due_zone: str | None = None
    due_at: datetime | None = None
    source_permalink: str | None = None
    completed_at: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        return self.status is Status.OUTSTANDING and self.due_at is not None and self.due_at <= now


@dataclass(frozen=True, slots=True)
class Counts:
    """Deleted follow-ups are in none of these; `done` is completed and not doing together."""

    outstanding: int = 0
    overdue: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which follow-ups a list shows. A cursor is the id of an item at the page's edge."""

    filter: Filter = Filter.OUTSTANDING
    text: str = ""
    older_than: str | None = None
    newer_than: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of follow-ups, newest first. `incident` is None for a list across incidents."""

    query: ListQuery
    counts: Counts
    items: tuple[FollowUpRecord, ...] = ()
    has_older: bool = False
    has_newer: bool = False
    incident: IncidentRecord | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One field's change, in words a person reads: names, not ids; None where the field was or is empty."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """`event` is created, changed, completed, not_doing, reopened, deleted or moved.

    `is_taken` says that the actor assigned it to themselves: names alone can't tell, two people share one.
    `is_elsewhere`: since then, the follow-up was moved to another incident.
    """

    id: str
    follow_up_id: str
    title: str
    actor_name: str
    actor_slack_user_id: str | None
    event: str
    at: datetime
    version: int
    changes: tuple[Change, ...] = field(default=())
    is_taken: bool = False
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One column's change, as it is stored: ids and plain values, with the words of that time beside them."""

    column: str
    before: Any
    after: Any
    before_words: str | None
    after_words: str | None


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """A row of history for programs: who acted by kind and id, and what changed by column and value."""

    id: str
    event: str
    at: datetime
    version: int
    actor: CreatorRecord
    changes: tuple[ColumnChange, ...] = ()


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """Where webhooks are sent. Unless `allow_private_incidents`, it hears only the ids of private ones."""

    id: str
    url: str
    description: str
    events: tuple[str, ...]
    allow_private_incidents: bool
    owner: CreatorRecord
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One event on its way to one endpoint. `error` says in words why the last attempt failed."""

    id: str
    endpoint_id: str
    event: str
    follow_up_id: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    response_status: int | None = None
    error: str | None = None
    duration_ms: int | None = None
    attempted_at: datetime | None = None
    next_attempt_at: datetime | None = None
