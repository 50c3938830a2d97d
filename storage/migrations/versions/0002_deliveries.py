"""What Slack has sent already"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_delivery"),
    )


def downgrade() -> None:
    op.drop_table("delivery")
