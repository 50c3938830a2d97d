"""Incidents without a channel; who made them; severities; indexes for pages across incidents"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.columns import Id

revision = "0006_needs_0006"
down_revision = "0005"

# Ranks as published: the lower, the less severe.
SEVERITIES: list[dict[str, Any]] = [
    {
        "id": "01KZZZZZZZ0000000000000011",
        "name": "Minor",
        "description": "Few are affected, or there is a way around.",
        "rank": 1,
    },
    {
        "id": "01KZZZZZZZ0000000000000012",
        "name": "Major",
        "description": "Many are affected, or something important is degraded.",
        "rank": 2,
    },
    {
        "id": "01KZZZZZZZ0000000000000013",
        "name": "Critical",
        "description": "Something essential is down, or data is lost or exposed.",
        "rank": 3,
    },
]
severity = sa.table(
    "severity", sa.column("id"), sa.column("name"), sa.column("description"), sa.column("rank")
)


def upgrade() -> None:
    with op.batch_alter_table("incident") as incident:
        incident.alter_column("slack_channel_id", existing_type=sa.String(), nullable=True)
        incident.add_column(sa.Column("creator_kind", sa.String(20), nullable=True))
        incident.add_column(sa.Column("creator_id", Id(), nullable=True))
        incident.add_column(sa.Column("creator_name", sa.String(), nullable=True))
        incident.add_column(sa.Column("idempotency_key", sa.String(), nullable=True))
        incident.create_unique_constraint(
            "uq_incident_creator_id_idempotency_key", ["creator_id", "idempotency_key"]
        )
        incident.create_index("ix_incident_created", ["created_at", "id"])
    op.create_index("ix_follow_up_team", "follow_up", ["assignee_team_id", "id"])
    op.create_index("ix_follow_up_created", "follow_up", ["created_at"])
    op.create_index("ix_follow_up_updated", "follow_up", ["updated_at"])
    known = {str(name).casefold() for name in op.get_bind().scalars(sa.select(severity.c.name))}
    op.bulk_insert(severity, [one for one in SEVERITIES if one["name"].casefold() not in known])


def downgrade() -> None:
    op.drop_index("ix_follow_up_updated", "follow_up")
    op.drop_index("ix_follow_up_created", "follow_up")
    op.drop_index("ix_follow_up_team", "follow_up")
    with op.batch_alter_table("incident") as incident:
        incident.drop_index("ix_incident_created")
        incident.drop_constraint("uq_incident_creator_id_idempotency_key", type_="unique")
        incident.drop_column("idempotency_key")
        incident.drop_column("creator_name")
        incident.drop_column("creator_id")
        incident.drop_column("creator_kind")
        incident.alter_column("slack_channel_id", existing_type=sa.String(), nullable=False)
