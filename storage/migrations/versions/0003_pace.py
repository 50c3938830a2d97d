"""How often something may be done, shared by replicas."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UTCDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "pace",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_pace"),
    )
    op.create_index("ix_pace_until", "pace", ["until"])


def downgrade() -> None:
    op.drop_table("pace")
