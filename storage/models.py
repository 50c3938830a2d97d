"""The tables. Rules live beside them: follow_ups, incidents, people, access."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.columns import Id, UTCDateTime, enum_column, new_id
from storage.records import CreatorKind, DeliveryState, Mode, Status, StatusCategory, Visibility

OUTSTANDING = text("status = 'outstanding'")


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Person(SQLModel, table=True):
    """A Slack user, as `users.info` last described them."""

    __table_args__ = (UniqueConstraint("slack_team_id", "slack_user_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    slack_team_id: str
    slack_user_id: str
    name: str
    timezone: str = "UTC"
    is_bot: bool = False
    is_deleted: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    refreshed_at: datetime = Field(sa_type=UTCDateTime)


class Team(SQLModel, table=True):
    """A Slack user group."""

    __table_args__ = (UniqueConstraint("slack_team_id", "slack_usergroup_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    slack_team_id: str
    slack_usergroup_id: str
    name: str
    handle: str
    is_deleted: bool = False


class Severity(SQLModel, table=True):
    """`rank` as the published API has it: the lower, the less severe. A priority's is the other way round."""

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    name: str = Field(unique=True)
    description: str | None = None
    rank: int


class Priority(SQLModel, table=True):
    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    name: str = Field(unique=True)
    description: str | None = None
    rank: int
    is_default: bool = False


class Category(SQLModel, table=True):
    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    name: str = Field(unique=True)
    description: str | None = None
    rank: int


class Incident(SQLModel, table=True):
    """`members_checked_at` is when `channel_member` last matched Slack; only private incidents need it.

    One that the API made may have no channel, until it is tied to one. Who made it is known of those only.
    """

    __table_args__ = (
        UniqueConstraint("slack_team_id", "reference"),
        UniqueConstraint("slack_team_id", "number"),
        UniqueConstraint("slack_channel_id"),
        UniqueConstraint("creator_id", "idempotency_key"),
        Index("ix_incident_created", "created_at", "id"),
        # Not of the usual modes: SQLite would begin with these incidents, and sort all their follow-ups.
        _partial("ix_incident_mode", "mode", "id", where="mode NOT IN ('standard', 'retrospective')"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    slack_team_id: str
    number: int
    reference: str
    name: str
    name_follows_channel: bool = True
    summary: str | None = None
    slack_channel_id: str | None = None
    slack_channel_name: str = ""
    permalink: str | None = None
    visibility: Visibility = Field(default=Visibility.PUBLIC, sa_type=enum_column(Visibility))
    mode: Mode = Field(default=Mode.STANDARD, sa_type=enum_column(Mode))
    status_category: StatusCategory = Field(default=StatusCategory.LIVE, sa_type=enum_column(StatusCategory))
    severity_id: str | None = Field(default=None, foreign_key="severity.id", sa_type=Id)
    creator_kind: CreatorKind | None = Field(default=None, sa_type=enum_column(CreatorKind))
    creator_id: str | None = Field(default=None, sa_type=Id)
    creator_name: str | None = None
    idempotency_key: str | None = None
    is_archived: bool = False
    bot_is_member: bool = True
    members_checked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    channel_checked_at: datetime = Field(sa_type=UTCDateTime)
    created_at: datetime = Field(sa_type=UTCDateTime)
    updated_at: datetime = Field(sa_type=UTCDateTime)

    @property
    def channel_id(self) -> str:
        """Where there must be a channel. Raises LookupError where there is none."""
        if self.slack_channel_id is None:
            raise LookupError(f"{self.reference} has no channel")
        return self.slack_channel_id


class ChannelMember(SQLModel, table=True):
    """Who is in a private incident's channel."""

    __tablename__ = "channel_member"

    slack_channel_id: str = Field(primary_key=True)
    slack_user_id: str = Field(primary_key=True)


class ExternalIssue(SQLModel, table=True):
    __tablename__ = "external_issue"

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    provider: str
    issue_name: str
    issue_permalink: str


class FollowUp(SQLModel, table=True):
    """`due_at` is when `due_on` ends in `due_zone`; `search_text` is what search looks in, casefolded."""

    __tablename__ = "follow_up"
    __table_args__ = (
        # The newest of whatever status. Without these PostgreSQL may walk through all there are, in order.
        Index("ix_follow_up_incident", "incident_id", "id"),
        Index("ix_follow_up_assignee", "assignee_id", "id"),
        Index("ix_follow_up_created_id", "created_at", "id"),
        Index("ix_follow_up_updated_id", "updated_at", "id"),
        Index("ix_follow_up_due", "due_on", "id"),
        Index("ix_follow_up_status", "status", "id"),
        Index("ix_follow_up_priority", "priority_id", "id"),
        Index("ix_follow_up_category", "category_id", "id"),
        Index("ix_follow_up_creator_kind", "creator_kind", "id"),
        _partial("ix_follow_up_overdue", "status", "due_at", "id", where="status = 'outstanding'"),
        _partial("ix_follow_up_assigned", "id", where="assignee_id IS NOT NULL"),
        _partial("ix_follow_up_unassigned", "id", where="assignee_id IS NULL"),
        _partial("ix_follow_up_with_issue", "id", where="external_issue_id IS NOT NULL"),
        _partial("ix_follow_up_without_issue", "id", where="external_issue_id IS NULL"),
        Index("ix_follow_up_team", "assignee_team_id", "id"),
        Index("ix_follow_up_incident_status", "incident_id", "status", "id"),
        Index("ix_follow_up_assignee_status", "assignee_id", "status", "id"),
        Index(
            "ix_follow_up_incident_due",
            "incident_id",
            "due_at",
            sqlite_where=OUTSTANDING,
            postgresql_where=OUTSTANDING,
        ),
        Index(
            "ix_follow_up_assignee_due",
            "assignee_id",
            "due_at",
            sqlite_where=OUTSTANDING,
            postgresql_where=OUTSTANDING,
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    incident_id: str = Field(foreign_key="incident.id", sa_type=Id)
    title: str
    description: str | None = None
    status: Status = Field(default=Status.OUTSTANDING, sa_type=enum_column(Status))
    priority_id: str | None = Field(default=None, foreign_key="priority.id", sa_type=Id)
    category_id: str | None = Field(default=None, foreign_key="category.id", sa_type=Id)
    assignee_id: str | None = Field(default=None, foreign_key="person.id", sa_type=Id)
    assignee_team_id: str | None = Field(default=None, foreign_key="team.id", sa_type=Id)
    creator_kind: CreatorKind = Field(sa_type=enum_column(CreatorKind))
    creator_id: str = Field(sa_type=Id)
    creator_name: str
    external_issue_id: str | None = Field(default=None, foreign_key="external_issue.id", sa_type=Id)
    due_on: date | None = None
    due_zone: str | None = None
    due_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    source_permalink: str | None = None
    search_text: str
    version: int = 1
    created_at: datetime = Field(sa_type=UTCDateTime)
    updated_at: datetime = Field(sa_type=UTCDateTime)
    completed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Label(SQLModel, table=True):
    """A label in use in a workspace; `name_key` is the casefolded name, so that `Bug` and `bug` are one."""

    __table_args__ = (UniqueConstraint("slack_team_id", "name_key"),)

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    slack_team_id: str
    name: str
    name_key: str


class FollowUpLabel(SQLModel, table=True):
    __tablename__ = "follow_up_label"
    __table_args__ = (Index("ix_follow_up_label_label", "label_id", "follow_up_id"),)

    follow_up_id: str = Field(primary_key=True, foreign_key="follow_up.id", sa_type=Id)
    label_id: str = Field(primary_key=True, foreign_key="label.id", sa_type=Id)
    position: int


class HistoryEntry(SQLModel, table=True):
    """One change, append-only. `announced_at` is None while the incident's channel has still to be told."""

    __tablename__ = "history_entry"
    __table_args__ = (
        Index("ix_history_entry_follow_up", "follow_up_id", "id"),
        Index(
            "ix_history_entry_unannounced",
            "incident_id",
            "id",
            sqlite_where=text("announced_at IS NULL"),
            postgresql_where=text("announced_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    follow_up_id: str = Field(foreign_key="follow_up.id", sa_type=Id)
    incident_id: str = Field(foreign_key="incident.id", sa_type=Id)
    actor_kind: CreatorKind = Field(sa_type=enum_column(CreatorKind))
    actor_id: str = Field(sa_type=Id)
    actor_name: str
    event: str
    version: int
    changes: dict[str, Any] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=UTCDateTime)
    announced_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ChannelMessage(SQLModel, table=True):
    """What the bot posts where: a follow-up's card, or a message of status updates (`history_ids`).

    It is written before Slack is asked. `ts` is empty until it is known that Slack has the message.
    """

    __tablename__ = "channel_message"
    __table_args__ = (
        Index("ix_channel_message_follow_up", "follow_up_id", "kind"),
        Index("ix_channel_message_incident", "incident_id", "kind", "id"),
        Index("ix_channel_message_posted", "slack_channel_id", "posted_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    kind: str
    incident_id: str = Field(foreign_key="incident.id", sa_type=Id)
    follow_up_id: str | None = Field(default=None, foreign_key="follow_up.id", sa_type=Id)
    slack_channel_id: str
    ts: str
    history_ids: list[str] = Field(default_factory=list, sa_type=JSON)
    posted_at: datetime = Field(sa_type=UTCDateTime)


class KeptAnswer(SQLModel, table=True):
    """What a key of the API was answered under an Idempotency-Key: the whole, or a part of what took several
    transactions. The body is in `body`, or encrypted in `sealed`.
    """

    __tablename__ = "kept_answer"
    __table_args__ = (UniqueConstraint("api_key_id", "key", "part"),)

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    api_key_id: str = Field(sa_type=Id)
    key: str
    part: int
    fingerprint: str
    sees_private: bool
    status: int | None = None
    etag: str | None = None
    body: str | None = None
    sealed: str | None = None
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)


class Delivery(SQLModel, table=True):
    """Something Slack has sent, under the key by which it is known again."""

    key: str = Field(primary_key=True)
    received_at: datetime = Field(sa_type=UTCDateTime)


class Pace(SQLModel, table=True):
    """Something that is done only so often is spent until then: see `storage/pacing`."""

    key: str = Field(primary_key=True)
    until: datetime = Field(sa_type=UTCDateTime, index=True)


class WebhookEndpoint(SQLModel, table=True):
    """`failing_since` is the first failure since something last got through."""

    __tablename__ = "webhook_endpoint"

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    url: str
    description: str = ""
    events: list[str] = Field(sa_type=JSON)
    allow_private_incidents: bool = False
    owner_kind: CreatorKind = Field(sa_type=enum_column(CreatorKind))
    owner_id: str = Field(sa_type=Id)
    owner_name: str
    disabled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    disabled_reason: str | None = None
    failing_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_at: datetime = Field(sa_type=UTCDateTime)
    updated_at: datetime = Field(sa_type=UTCDateTime)


class WebhookSecret(SQLModel, table=True):
    """One of an endpoint's signing secrets, encrypted. The newest has no `expires_at`."""

    __tablename__ = "webhook_secret"

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    endpoint_id: str = Field(foreign_key="webhook_endpoint.id", sa_type=Id, index=True)
    sealed: str
    expires_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_at: datetime = Field(sa_type=UTCDateTime)


class WebhookDelivery(SQLModel, table=True):
    """One event on its way to one endpoint; the id is its `webhook-id`. What was sent is not kept."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_endpoint", "endpoint_id", "id"),
        Index("ix_webhook_delivery_created", "created_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    endpoint_id: str = Field(foreign_key="webhook_endpoint.id", sa_type=Id)
    event: str
    follow_up_id: str = Field(foreign_key="follow_up.id", sa_type=Id)
    state: DeliveryState = Field(default=DeliveryState.PENDING, sa_type=enum_column(DeliveryState))
    attempts: int = 0
    response_status: int | None = None
    error: str | None = None
    duration_ms: int | None = None
    attempted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    next_attempt_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_at: datetime = Field(sa_type=UTCDateTime)


class Imported(SQLModel, table=True):
    """What an import made here of something elsewhere; `digest` is of the values that it gave it.

    A digest that differs from the record's own values means that the record has been changed here since.
    """

    kind: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True, sa_type=Id)
    local_id: str = Field(sa_type=Id)
    digest: str
    imported_at: datetime = Field(sa_type=UTCDateTime)
