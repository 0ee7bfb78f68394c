"""Every play once: traits, true repeats, echoes, recordings, live, and imports' documents.

Listens are copied into the new shape, tracks get their recording. An import that was under way is
ended: its upload is of the earlier form.
"""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

# Pure, and no model: should the rule change, a migration of that day counts again.
from music_time_machine.plays import recording_key

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = BIG
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
BATCH = 5_000
_Type = sa.types.TypeEngine[str] | sa.types.TypeEngine[int] | sa.types.TypeEngine[bool]


def upgrade() -> None:
    _recordings()
    _listens()
    _echoes()
    _live()
    _imports()
    _documents()
    op.create_table(
        "server_state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_server_state"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    yes, no = ("1", "0") if _is_sqlite() else ("true", "false")
    for name, kind, default in (
        ("least_seconds", SMALL, "30"),
        ("least_percent", SMALL, None),
        ("counts_skipped", FLAG, yes),
        ("counts_private", FLAG, yes),
        ("counts_episodes", FLAG, no),
        ("is_one_recording", FLAG, yes),
    ):
        _add("preferences", name, kind, default)
    op.create_table(
        "joins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recording", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_joins"),
        sqlite_strict=True,
    )
    _add("archives", "joins", sa.Integer(), "0")
    _add("archives", "sources", sa.Integer(), "0")
    op.execute(
        "UPDATE archives SET sources = coalesce((SELECT sum(bit) FROM (SELECT DISTINCT "
        "CASE source WHEN 1 THEN 2 ELSE 4 END AS bit FROM listens "
        "WHERE listens.account_id = archives.account_id) AS bits), 0)"
    )
    _add("snapshots", "import_id", sa.Integer(), None)


def _recordings() -> None:
    _add("tracks", "names", BIG, None)
    _add("tracks", "recording", BIG, "0")
    _add("tracks", "asked_at", MOMENT, None)
    connection = op.get_bind()
    statement = sa.text(
        "SELECT tracks.id, artists.name, tracks.title FROM tracks "
        "LEFT JOIN artists ON artists.id = tracks.artist_id WHERE tracks.id > :after "
        "ORDER BY tracks.id LIMIT :batch"
    )
    change = sa.text("UPDATE tracks SET recording = :recording WHERE id = :id")
    after = 0
    while rows := connection.execute(statement, {"after": after, "batch": BATCH}).all():
        keys = [(row[0], recording_key(row[1], row[2])) for row in rows]
        connection.execute(change, [{"id": track_id, "recording": key} for track_id, key in keys])
        after = rows[-1][0]
    op.execute("UPDATE tracks SET key = substr(key, 7) WHERE kind = 'track'")
    op.execute("UPDATE albums SET key = substr(key, 1, 16)")
    joined = sa.text("names IS NOT NULL")
    op.create_index(
        "ix_tracks_names", "tracks", ["names"], sqlite_where=joined, postgresql_where=joined
    )
    op.create_index("ix_tracks_recording", "tracks", ["recording"])
    told = sa.text("isrc IS NOT NULL")
    op.create_index("ix_tracks_isrc", "tracks", ["isrc"], sqlite_where=told, postgresql_where=told)


def _listens() -> None:
    op.execute("CREATE TEMPORARY TABLE old_listens AS SELECT * FROM listens")
    op.drop_table("listens")
    op.create_table(
        "listens",
        *_play_columns(),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("traits", BIG, nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "played_at", "track_id", "ms_played", "nth", "source", name="pk_listens"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_listens_account_id"),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name="fk_listens_track_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    code = "unicode" if _is_sqlite() else "ascii"
    country = (
        f"CASE WHEN length(country) = 2 AND country BETWEEN 'AA' AND 'ZZ' THEN "
        f"({code}(substr(country, 1, 1)) - 65) * 26 + {code}(substr(country, 2, 1)) - 64 "
        "ELSE 0 END"
    )
    parts = [
        country,
        "(CASE source WHEN 2 THEN 1 ELSE 0 END) << 10",
        *(
            f"(CASE WHEN {name} IS NULL THEN 0 WHEN {name} {test} THEN 2 ELSE 1 END) << {bit}"
            for name, bit in (("shuffle", 11), ("skipped", 13), ("offline", 15), ("incognito", 17))
            for test in ("= 1" if _is_sqlite() else "",)
        ),
        *(
            f"(CAST(CASE WHEN {name} IS NULL THEN 0 ELSE {name} + 1 END AS BIGINT) << {bit})"
            for name, bit in (("reason_end", 19), ("platform", 24), ("reason_start", 28))
        ),
    ]
    traits = " + ".join(f"({part})" for part in parts)
    op.execute(
        "INSERT INTO listens (account_id, played_at, track_id, ms_played, nth, source, import_id, "  # noqa: S608
        "traits) SELECT account_id, played_at, track_id, ms_played, 0, source, import_id, "
        f"{traits} FROM old_listens ORDER BY account_id, played_at, track_id, ms_played"
    )
    op.execute("DROP TABLE old_listens")


def _echoes() -> None:
    op.create_table(
        "echoes",
        *_play_columns(),
        sa.Column("traits", BIG, nullable=False, autoincrement=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("of_played_at", MOMENT, nullable=False),
        sa.Column("of_track_id", sa.Integer(), nullable=False),
        sa.Column("of_ms_played", sa.Integer(), nullable=False),
        sa.Column("of_nth", SMALL, nullable=False),
        sa.Column("of_source", SMALL, nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id",
            "played_at",
            "track_id",
            "ms_played",
            "nth",
            "source",
            "traits",
            name="pk_echoes",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_echoes_account_id"),
        sa.ForeignKeyConstraint(["track_id"], ["tracks.id"], name="fk_echoes_track_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _play_columns() -> list[sa.Column[int]]:
    return [
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("played_at", MOMENT, nullable=False, autoincrement=False),
        sa.Column("track_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("ms_played", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("nth", SMALL, nullable=False, autoincrement=False),
        sa.Column("source", SMALL, nullable=False, autoincrement=False),
    ]


def _live() -> None:
    op.create_table(
        "live",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("fetched_at", MOMENT, nullable=True),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("newest_at", MOMENT, nullable=True),
        sa.Column("broken_at", MOMENT, nullable=True),
        sa.Column("playing_at", MOMENT, nullable=True),
        sa.Column("playing", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_live"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_live_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gaps",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("started_at", MOMENT, nullable=False, autoincrement=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "started_at", name="pk_gaps"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_gaps_account_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _imports() -> None:
    op.execute(
        "UPDATE imports SET state = 'failed', stored_as = NULL, worker = NULL, problem = "
        "'This program was brought up to date meanwhile. Upload the file once more: nothing is "
        "doubled.' WHERE state IN ('waiting', 'checking', 'running')"
    )
    for name, kind, default in (
        ("aim", sa.Text(), "'keep'"),
        ("checked_at", MOMENT, None),
        ("cursor", BIG, "0"),
        ("formats", sa.Text(), "'[]'"),
        ("forecast", sa.Text(), None),
        ("known_days", sa.Text(), "'[]'"),
    ):
        _add("imports", name, kind, default)
    op.drop_column("imports", "file_index")
    op.drop_column("imports", "row_index")


def _documents() -> None:
    for table, last, columns in (
        ("known_plays", "part", [sa.Column("rows", sa.LargeBinary(), nullable=False)]),
        (
            "left_out",
            "number",
            [
                sa.Column("file_name", sa.Text(), nullable=False),
                sa.Column("row", sa.Integer(), nullable=False),
                sa.Column("reason", sa.Text(), nullable=False),
                sa.Column("text", sa.Text(), nullable=False),
            ],
        ),
    ):
        op.create_table(
            table,
            sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
            sa.Column("import_id", sa.Integer(), nullable=False, autoincrement=False),
            sa.Column(last, sa.Integer(), nullable=False, autoincrement=False),
            *columns,
            sa.PrimaryKeyConstraint("account_id", "import_id", last, name=f"pk_{table}"),
            sa.ForeignKeyConstraint(
                ["account_id", "import_id"],
                ["imports.account_id", "imports.id"],
                name=f"fk_{table}_account_id_import_id",
            ),
            sqlite_strict=True,
            sqlite_with_rowid=False,
        )


def _add(table: str, name: str, kind: _Type, default: str | None) -> None:
    """A column more; one with a default may not be empty."""
    text = None if default is None else sa.text(default)
    op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=text))


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    raise CommandError("There is no way back but a backup from before: plays would be lost.")
