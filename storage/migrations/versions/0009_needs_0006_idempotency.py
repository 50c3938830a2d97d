"""Answers kept under an Idempotency-Key"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UTCDateTime

revision = "0009_needs_0006"
down_revision = "0008_needs_0006"


def upgrade() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("id", Id(), nullable=False),
        sa.Column("api_key_id", Id(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("sees_private", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("sealed", sa.String(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kept_answer"),
        sa.UniqueConstraint("api_key_id", "key", "part", name="uq_kept_answer_api_key_id_key_part"),
    )
    op.create_index("ix_kept_answer_created_at", "kept_answer", ["created_at"])


def downgrade() -> None:
    op.drop_table("kept_answer")
