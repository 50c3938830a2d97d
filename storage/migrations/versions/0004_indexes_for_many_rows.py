"""Indexes for many rows: lists in any status, a label's last use, a channel's last message"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("ix_follow_up_incident", "follow_up", ["incident_id", "id"])
    op.create_index("ix_follow_up_assignee", "follow_up", ["assignee_id", "id"])
    op.create_index("ix_channel_message_posted", "channel_message", ["slack_channel_id", "posted_at"])
    op.create_index("ix_follow_up_label_label", "follow_up_label", ["label_id", "follow_up_id"])
    op.drop_index("ix_follow_up_label_label_id", "follow_up_label")


def downgrade() -> None:
    op.create_index("ix_follow_up_label_label_id", "follow_up_label", ["label_id"])
    op.drop_index("ix_follow_up_label_label", "follow_up_label")
    op.drop_index("ix_channel_message_posted", "channel_message")
    op.drop_index("ix_follow_up_assignee", "follow_up")
    op.drop_index("ix_follow_up_incident", "follow_up")
