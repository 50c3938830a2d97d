"""Initial tables"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DEAD = sa.text("state = 'dead'")
READY = sa.text("state = 'ready'")
LEASED = sa.text("state = 'leased'")
GROUPED = sa.text("group_key IS NOT NULL AND state IN ('ready', 'leased')")
OUTSTANDING = sa.text("status = 'outstanding'")
UNANNOUNCED = sa.text("announced_at IS NULL")
PRIORITIES = [  # ids are those of their first release; other tables may already point at them
    {"id": "01KZZZZZZZ0000000000000001", "name": "Urgent", "rank": 1, "is_default": False},
    {"id": "01KZZZZZZZ0000000000000002", "name": "High", "rank": 2, "is_default": False},
    {"id": "01KZZZZZZZ0000000000000003", "name": "Medium", "rank": 3, "is_default": True},
    {"id": "01KZZZZZZZ0000000000000004", "name": "Low", "rank": 4, "is_default": False},
]
TABLES = [
    "category",
    "channel_member",
    "external_issue",
    "job",
    "label",
    "person",
    "priority",
    "severity",
    "team",
    "incident",
    "follow_up",
    "channel_message",
    "follow_up_label",
    "history_entry",
]


def upgrade() -> None:
    op.create_table(
        "category",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_category"),
        sa.UniqueConstraint("name", name="uq_category_name"),
    )
    op.create_table(
        "channel_member",
        sa.Column("slack_channel_id", sa.String(), nullable=False),
        sa.Column("slack_user_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("slack_channel_id", "slack_user_id", name="pk_channel_member"),
    )
    op.create_table(
        "external_issue",
        sa.Column("id", Id(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("issue_name", sa.String(), nullable=False),
        sa.Column("issue_permalink", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_external_issue"),
    )
    op.create_table(
        "job",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=True),
        sa.Column("coalesce_key", sa.String(), nullable=True),
        sa.Column("group_key", sa.String(), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("run_at", UTCDateTime(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("lease", Id(), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("dedupe_key", name="uq_job_dedupe_key"),
    )
    op.create_index("ix_job_dead", "job", ["id"], sqlite_where=DEAD, postgresql_where=DEAD)
    op.create_index("ix_job_due", "job", ["run_at"], sqlite_where=READY, postgresql_where=READY)
    op.create_index(
        "ix_job_group", "job", ["group_key", "id"], sqlite_where=GROUPED, postgresql_where=GROUPED
    )
    op.create_index("ix_job_lease", "job", ["lease_until"], sqlite_where=LEASED, postgresql_where=LEASED)
    op.create_index(
        "uq_job_coalesce", "job", ["coalesce_key"], unique=True, sqlite_where=READY, postgresql_where=READY
    )

    op.create_table(
        "label",
        sa.Column("id", Id(), nullable=False),
        sa.Column("slack_team_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_label"),
        sa.UniqueConstraint("slack_team_id", "name_key", name="uq_label_slack_team_id_name_key"),
    )
    op.create_table(
        "person",
        sa.Column("id", Id(), nullable=False),
        sa.Column("slack_team_id", sa.String(), nullable=False),
        sa.Column("slack_user_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("is_bot", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("is_guest", sa.Boolean(), nullable=False),
        sa.Column("is_stranger", sa.Boolean(), nullable=False),
        sa.Column("refreshed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("slack_team_id", "slack_user_id", name="uq_person_slack_team_id_slack_user_id"),
    )
    priority = op.create_table(
        "priority",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_priority"),
        sa.UniqueConstraint("name", name="uq_priority_name"),
    )
    op.create_table(
        "severity",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_severity"),
        sa.UniqueConstraint("name", name="uq_severity_name"),
    )
    op.create_table(
        "team",
        sa.Column("id", Id(), nullable=False),
        sa.Column("slack_team_id", sa.String(), nullable=False),
        sa.Column("slack_usergroup_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_team"),
        sa.UniqueConstraint(
            "slack_team_id", "slack_usergroup_id", name="uq_team_slack_team_id_slack_usergroup_id"
        ),
    )
    op.create_table(
        "incident",
        sa.Column("id", Id(), nullable=False),
        sa.Column("slack_team_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_follows_channel", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.String(), nullable=True),
        sa.Column("slack_channel_id", sa.String(), nullable=False),
        sa.Column("slack_channel_name", sa.String(), nullable=False),
        sa.Column("permalink", sa.String(), nullable=True),
        sa.Column("visibility", sa.String(20), nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("status_category", sa.String(20), nullable=False),
        sa.Column("severity_id", Id(), nullable=True),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("bot_is_member", sa.Boolean(), nullable=False),
        sa.Column("members_checked_at", UTCDateTime(), nullable=True),
        sa.Column("channel_checked_at", UTCDateTime(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["severity_id"], ["severity.id"], name="fk_incident_severity_id_severity"),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        sa.UniqueConstraint("slack_channel_id", name="uq_incident_slack_channel_id"),
        sa.UniqueConstraint("slack_team_id", "number", name="uq_incident_slack_team_id_number"),
        sa.UniqueConstraint("slack_team_id", "reference", name="uq_incident_slack_team_id_reference"),
    )
    op.create_table(
        "follow_up",
        sa.Column("id", Id(), nullable=False),
        sa.Column("incident_id", Id(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("priority_id", Id(), nullable=True),
        sa.Column("category_id", Id(), nullable=True),
        sa.Column("assignee_id", Id(), nullable=True),
        sa.Column("assignee_team_id", Id(), nullable=True),
        sa.Column("creator_kind", sa.String(20), nullable=False),
        sa.Column("creator_id", Id(), nullable=False),
        sa.Column("creator_name", sa.String(), nullable=False),
        sa.Column("external_issue_id", Id(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_zone", sa.String(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("source_permalink", sa.String(), nullable=True),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("completed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["person.id"], name="fk_follow_up_assignee_id_person"),
        sa.ForeignKeyConstraint(["assignee_team_id"], ["team.id"], name="fk_follow_up_assignee_team_id_team"),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name="fk_follow_up_category_id_category"),
        sa.ForeignKeyConstraint(
            ["external_issue_id"], ["external_issue.id"], name="fk_follow_up_external_issue_id_external_issue"
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_follow_up_incident_id_incident"),
        sa.ForeignKeyConstraint(["priority_id"], ["priority.id"], name="fk_follow_up_priority_id_priority"),
        sa.PrimaryKeyConstraint("id", name="pk_follow_up"),
    )
    op.create_index(
        "ix_follow_up_assignee_due",
        "follow_up",
        ["assignee_id", "due_at"],
        sqlite_where=OUTSTANDING,
        postgresql_where=OUTSTANDING,
    )
    op.create_index("ix_follow_up_assignee_status", "follow_up", ["assignee_id", "status", "id"])
    op.create_index(
        "ix_follow_up_incident_due",
        "follow_up",
        ["incident_id", "due_at"],
        sqlite_where=OUTSTANDING,
        postgresql_where=OUTSTANDING,
    )
    op.create_index("ix_follow_up_incident_status", "follow_up", ["incident_id", "status", "id"])

    op.create_table(
        "channel_message",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("incident_id", Id(), nullable=False),
        sa.Column("follow_up_id", Id(), nullable=True),
        sa.Column("slack_channel_id", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.Column("history_ids", sa.JSON(), nullable=False),
        sa.Column("posted_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_up.id"], name="fk_channel_message_follow_up_id_follow_up"
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name="fk_channel_message_incident_id_incident"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_channel_message"),
    )
    op.create_index("ix_channel_message_follow_up", "channel_message", ["follow_up_id", "kind"])
    op.create_index("ix_channel_message_incident", "channel_message", ["incident_id", "kind", "id"])

    op.create_table(
        "follow_up_label",
        sa.Column("follow_up_id", Id(), nullable=False),
        sa.Column("label_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_up.id"], name="fk_follow_up_label_follow_up_id_follow_up"
        ),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name="fk_follow_up_label_label_id_label"),
        sa.PrimaryKeyConstraint("follow_up_id", "label_id", name="pk_follow_up_label"),
    )
    op.create_index("ix_follow_up_label_label_id", "follow_up_label", ["label_id"])

    op.create_table(
        "history_entry",
        sa.Column("id", Id(), nullable=False),
        sa.Column("follow_up_id", Id(), nullable=False),
        sa.Column("incident_id", Id(), nullable=False),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("actor_id", Id(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("announced_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_up.id"], name="fk_history_entry_follow_up_id_follow_up"
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name="fk_history_entry_incident_id_incident"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_history_entry"),
    )
    op.create_index("ix_history_entry_follow_up", "history_entry", ["follow_up_id", "id"])
    op.create_index(
        "ix_history_entry_unannounced",
        "history_entry",
        ["incident_id", "id"],
        sqlite_where=UNANNOUNCED,
        postgresql_where=UNANNOUNCED,
    )
    op.bulk_insert(priority, PRIORITIES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
