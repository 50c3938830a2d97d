"""What imports made"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Id, UTCDateTime

revision = "0008_needs_0006"
down_revision = "0007_needs_0006"


def upgrade() -> None:
    op.create_table(
        "imported",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source_id", Id(), nullable=False),
        sa.Column("local_id", Id(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("imported_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "source_id", name="pk_imported"),
    )


def downgrade() -> None:
    op.drop_table("imported")
