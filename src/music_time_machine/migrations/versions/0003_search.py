"""What searching and the pages of artists and tracks need: an index of names, and three of ids.

The index of names (FTS5 on SQLite, a text vector on PostgreSQL) starts empty. Neither keeps the
names themselves, and FTS5 no places of words either: only which words, where.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


INDEXES = (
    ("snapshot_tracks", "track_id"),
    ("snapshot_artists", "artist_id"),
    ("echoes", "of_track_id", "source", "of_source"),
)


def upgrade() -> None:
    for table, *columns in INDEXES:
        op.create_index(f"ix_{table}_{columns[0]}", table, ["account_id", *columns])
    if op.get_bind().dialect.name == "sqlite":
        # Names come as words that are cut already: this tokenizer only splits at blanks then.
        op.execute(
            "CREATE VIRTUAL TABLE search USING fts5"
            "(words, content='', detail=none, columnsize=0, tokenize='ascii')"
        )
        return
    op.execute("CREATE TABLE search (number bigint NOT NULL, words tsvector NOT NULL)")
    op.execute("ALTER TABLE search ADD CONSTRAINT pk_search PRIMARY KEY (number)")
    op.execute("CREATE INDEX ix_search_words ON search USING gin (words)")


def downgrade() -> None:
    for table, *columns in INDEXES:
        op.drop_index(f"ix_{table}_{columns[0]}", table)
    op.execute("DROP TABLE search")
    op.execute("DELETE FROM server_state WHERE name LIKE 'search_%'")
