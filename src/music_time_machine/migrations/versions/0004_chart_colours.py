"""The colours that a person's charts are drawn in; whoever has chosen none has those of before."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    colours = sa.Column("colours", sa.Text(), nullable=False, server_default="lamplight")
    op.add_column("preferences", colours)


def downgrade() -> None:
    op.drop_column("preferences", "colours")
