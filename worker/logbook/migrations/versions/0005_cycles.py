"""What was inferred of each payer's payment cycle, kept between sweeps."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "cycle",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("beliefs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "payer_id"),
    )
