"""The first tables: accounts, catalogue, listens, snapshots, imports, preferences.

Written out in plain SQLAlchemy types: a migration must not change when the models do.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite"s strict tables know INTEGER, TEXT and BLOB; PostgreSQL gets the exact type.
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = BIG
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")
JSON = JSONB().with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("spotify_account_id", sa.Text(), nullable=True),
        sa.Column("spotify_user_id", sa.Text(), nullable=True),
        sa.Column("local_name", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("local_name", name="uq_accounts_local_name"),
        sa.UniqueConstraint("spotify_account_id", name="uq_accounts_spotify_account_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "artists",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("spotify_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("raw", JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_artists"),
        sa.UniqueConstraint("key", name="uq_artists_key"),
        sa.UniqueConstraint("spotify_id", name="uq_artists_spotify_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "albums",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("spotify_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("artist_id", sa.Integer(), nullable=True),
        sa.Column("release_date", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("raw", JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_albums"),
        sa.UniqueConstraint("key", name="uq_albums_key"),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_albums_artist_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "archives",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("rewritten", BIG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_archives"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_archives_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "credentials",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("access_token", sa.LargeBinary(), nullable=False),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("consented_at", MOMENT, nullable=False),
        sa.Column("refreshing_until", MOMENT, nullable=True),
        sa.Column("needs_reconnect", FLAG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_credentials"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_credentials_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "imports",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("stored_as", sa.Text(), nullable=True),
        sa.Column("size_bytes", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("heartbeat_at", MOMENT, nullable=True),
        sa.Column("file_index", sa.Integer(), nullable=False),
        sa.Column("row_index", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes_total", BIG, nullable=False),
        sa.Column("bytes_done", BIG, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Text(), nullable=False),
        sa.Column("ignored", sa.Text(), nullable=False),
        sa.Column("first_played_at", MOMENT, nullable=True),
        sa.Column("last_played_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name="pk_imports"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_imports_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_imports_state", "imports", ["state"])
    op.create_table(
        "preferences",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_preferences"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_preferences_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshots",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("local_date", DAY, nullable=False, autoincrement=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "local_date", name="pk_snapshots"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_snapshots_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshot_artists",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("local_date", DAY, nullable=False, autoincrement=False),
        sa.Column("time_range", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("rank", SMALL, nullable=False, autoincrement=False),
        sa.Column("artist_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "local_date", "time_range", "rank", name="pk_snapshot_artists"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "local_date"],
            ["snapshots.account_id", "snapshots.local_date"],
            name="fk_snapshot_artists_account_id_local_date",
        ),
        sa.ForeignKeyConstraint(
            ["artist_id"], ["artists.id"], name="fk_snapshot_artists_artist_id"
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tracks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("spotify_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("artist_id", sa.Integer(), nullable=True),
        sa.Column("album_id", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("is_explicit", FLAG, nullable=True),
        sa.Column("isrc", sa.Text(), nullable=True),
        sa.Column("raw", JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tracks"),
        sa.UniqueConstraint("key", name="uq_tracks_key"),
        sa.ForeignKeyConstraint(["album_id"], ["albums.id"], name="fk_tracks_album_id"),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_tracks_artist_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "listens",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("played_at", MOMENT, nullable=False, autoincrement=False),
        sa.Column("track_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("ms_played", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("source", SMALL, nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("reason_start", SMALL, nullable=True),
        sa.Column("reason_end", SMALL, nullable=True),
        sa.Column("shuffle", FLAG, nullable=True),
        sa.Column("skipped", FLAG, nullable=True),
        sa.Column("offline", FLAG, nullable=True),
        sa.Column("incognito", FLAG, nullable=True),
        sa.Column("platform", SMALL, nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "account_id", "played_at", "track_id", "ms_played", name="pk_listens"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_listens_account_id"),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name="fk_listens_track_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshot_tracks",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("local_date", DAY, nullable=False, autoincrement=False),
        sa.Column("time_range", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("rank", SMALL, nullable=False, autoincrement=False),
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "local_date", "time_range", "rank", name="pk_snapshot_tracks"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "local_date"],
            ["snapshots.account_id", "snapshots.local_date"],
            name="fk_snapshot_tracks_account_id_local_date",
        ),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name="fk_snapshot_tracks_track_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in (
        "snapshot_tracks",
        "listens",
        "tracks",
        "snapshot_artists",
        "snapshots",
        "preferences",
        "imports",
        "credentials",
        "archives",
        "albums",
        "artists",
        "accounts",
    ):
        op.drop_table(table)
