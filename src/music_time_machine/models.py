"""The tables, and `Account`, the value that travels between the floors instead of a row.

Sharding rules (DESIGN.md): in a per-account table the account id comes first in every primary and
unique key, foreign keys go to the same account's rows or to a shared table, and no id of a
per-account row comes from a sequence. SHARED names the tables that are not per account.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Date,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from .db import Flag, JsonText, UtcMillis

NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

CONSENT_LASTS = timedelta(days=182)
"""How long Spotify lets an app go on before its person must say yes again."""

Small = SmallInteger().with_variant(Integer(), "sqlite")
Big = BigInteger().with_variant(Integer(), "sqlite")


class IsoDate(TypeDecorator[date]):
    """A calendar day: DATE on PostgreSQL, ISO text on SQLite, whose strict tables know no date."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[date] | TypeEngine[str]:
        return Text() if dialect.name == "sqlite" else Date()

    def process_bind_param(self, value: date | None, dialect: Dialect) -> date | str | None:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: date | str | None, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class Base(DeclarativeBase):
    """Every table is strict on SQLite."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's own declaration
        str: Text(),
        int: Integer(),
        bool: Flag(),
        datetime: UtcMillis(),
        date: IsoDate(),
        bytes: LargeBinary(),
    }
    __table_args__: tuple[object, ...] | dict[str, object] = {"sqlite_strict": True}  # noqa: RUF012


# An own cluster key instead of a hidden rowid: a per-account table is read along that key.
CLUSTERED: dict[str, object] = {"sqlite_strict": True, "sqlite_with_rowid": False}


@dataclass(frozen=True, slots=True)
class Account:
    """A person on this server, as the floors hand it to one another.

    `has_own_zone` is false while `zone` is only the server's default.
    """

    id: int
    name: str
    zone: ZoneInfo
    spotify_account_id: str | None
    session_epoch: int
    has_own_zone: bool = False

    @property
    def is_local(self) -> bool:
        """Whether it lives from files alone, with no Spotify behind it."""
        return self.spotify_account_id is None


class AccountRow(Base):
    """`spotify_account_id` is Spotify's immutable `account_id`; None for a local account."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    spotify_account_id: Mapped[str | None] = mapped_column(unique=True)
    spotify_user_id: Mapped[str | None]
    local_name: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    image_url: Mapped[str | None]
    session_epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class Credential(Base):
    """The sealed tokens of a connected account; sealed with a key made from SECRET_KEY.

    `refreshing_until` is the lease of the one caller that is refreshing just now.
    """

    __tablename__ = "credentials"
    __table_args__ = CLUSTERED

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    access_token: Mapped[bytes]
    refresh_token: Mapped[bytes]
    scope: Mapped[str]
    expires_at: Mapped[datetime]
    consented_at: Mapped[datetime]
    refreshing_until: Mapped[datetime | None]
    needs_reconnect: Mapped[bool] = mapped_column(default=False)


class Preference(Base):
    """What a person has chosen; an empty `time_zone` means the server's default.

    The next five say what counts as listened: at least so many seconds, or (when set) that share of
    the track in percent, and whether skipped plays, private sessions and episodes count.
    `is_one_recording`: the same recording under several ids is seen as one. `colours`: the name of
    those that charts are drawn in.
    """

    __tablename__ = "preferences"
    __table_args__ = CLUSTERED

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    time_zone: Mapped[str | None]
    least_seconds: Mapped[int] = mapped_column(Small, default=30)
    least_percent: Mapped[int | None] = mapped_column(Small)
    counts_skipped: Mapped[bool] = mapped_column(default=True)
    counts_private: Mapped[bool] = mapped_column(default=True)
    counts_episodes: Mapped[bool] = mapped_column(default=False)
    is_one_recording: Mapped[bool] = mapped_column(default=True)
    colours: Mapped[str] = mapped_column(default="lamplight")


class Artist(Base):
    """One artist; `key` is the folded name, or Spotify's id where two artists share a name."""

    __tablename__ = "artists"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    spotify_id: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    image_url: Mapped[str | None]
    raw: Mapped[str | None] = mapped_column(JsonText())


class Album(Base):
    """One album; `key` is a digest of artist and name, `spotify_id` the first id seen with it."""

    __tablename__ = "albums"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    spotify_id: Mapped[str | None]
    name: Mapped[str]
    artist_id: Mapped[int | None] = mapped_column(ForeignKey("artists.id"))
    release_date: Mapped[str | None]
    image_url: Mapped[str | None]
    raw: Mapped[str | None] = mapped_column(JsonText())


class Track(Base):
    """Anything that can be heard once: a track, an episode or a chapter (`kind`).

    `key` is `TrackNames.key`; `raw` is the whole payload of Spotify's API once we have seen it.
    `recording` is equal for all ids of one recording: `plays.recording_key` of its names as a rule,
    the smallest of several where an ISRC joins them; only then `names` is its own. `asked_at` is
    when Spotify was last asked for its details; a question under way falls due again in an hour.
    """

    __tablename__ = "tracks"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    spotify_id: Mapped[str | None]
    title: Mapped[str]
    artist_id: Mapped[int | None] = mapped_column(ForeignKey("artists.id"))
    album_id: Mapped[int | None] = mapped_column(ForeignKey("albums.id"))
    duration_ms: Mapped[int | None]
    is_explicit: Mapped[bool | None]
    isrc: Mapped[str | None]
    raw: Mapped[str | None] = mapped_column(JsonText())
    names: Mapped[int | None] = mapped_column(Big)
    recording: Mapped[int] = mapped_column(Big)
    asked_at: Mapped[datetime | None]


_IS_JOINED = Track.names.is_not(None)
Index("ix_tracks_names", Track.names, sqlite_where=_IS_JOINED, postgresql_where=_IS_JOINED)
Index("ix_tracks_recording", Track.recording)
Index(
    "ix_tracks_isrc",
    Track.isrc,
    sqlite_where=Track.isrc.is_not(None),
    postgresql_where=Track.isrc.is_not(None),
)


class Join(Base):
    """A recording that swallowed another, because an ISRC told that they are one.

    Each archive takes it in at its next write: plays that were two may be one.
    """

    __tablename__ = "joins"

    id: Mapped[int] = mapped_column(primary_key=True)
    recording: Mapped[int] = mapped_column(Big)


class Archive(Base):
    """One row an account: `version` rises with every write to its listens, in the same transaction.

    It is the write's clock in milliseconds (or one more than before), so that it never comes again.
    `rewritten` is the last version whose write was more than plays newer than all others: columns
    built since then need only be extended. `sources` has a bit for each source that ever told of a
    play: bit 1 for source 1, and so on. `joins` is the last of `Join` that it has taken in.
    """

    __tablename__ = "archives"
    __table_args__ = CLUSTERED

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Big)
    rewritten: Mapped[int] = mapped_column(Big)
    sources: Mapped[int] = mapped_column(default=0)
    joins: Mapped[int] = mapped_column(default=0)


class Listen(Base):
    """A stored play: who, when, what, how many ms. Every play is here once, as its richest source
    tells it. Clustered by its key, no second index.

    `played_at` is as the source stamped it; `ms_played` of a source that does not tell is the
    track's length, or 0. `nth` counts true repeats that share all the rest: a track looped offline.
    `traits` are the bits of `traits`; `import_id` is the import that brought it, None for the API.
    """

    __tablename__ = "listens"
    __table_args__ = CLUSTERED

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    played_at: Mapped[datetime] = mapped_column(primary_key=True)
    track_id: Mapped[int] = mapped_column(ForeignKey("tracks.id"), primary_key=True)
    ms_played: Mapped[int] = mapped_column(primary_key=True)
    nth: Mapped[int] = mapped_column(Small, primary_key=True)
    source: Mapped[int] = mapped_column(Small, primary_key=True)
    import_id: Mapped[int | None]
    traits: Mapped[int] = mapped_column(Big)


class Echo(Base):
    """What another source, or another file, says of a play that is a listen already.

    The first seven columns are its own, as a `Listen` would have them; the last five name the
    listen it tells of. When that listen is undone, an echo takes its place.
    """

    __tablename__ = "echoes"
    __table_args__ = CLUSTERED

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    played_at: Mapped[datetime] = mapped_column(primary_key=True)
    track_id: Mapped[int] = mapped_column(ForeignKey("tracks.id"), primary_key=True)
    ms_played: Mapped[int] = mapped_column(primary_key=True)
    nth: Mapped[int] = mapped_column(Small, primary_key=True)
    source: Mapped[int] = mapped_column(Small, primary_key=True)
    traits: Mapped[int] = mapped_column(Big, primary_key=True)
    import_id: Mapped[int | None]
    of_played_at: Mapped[datetime]
    of_track_id: Mapped[int]
    of_ms_played: Mapped[int]
    of_nth: Mapped[int] = mapped_column(Small)
    of_source: Mapped[int] = mapped_column(Small)


class Live(Base):
    """How far an account's recently played list has been followed, and what was playing then.

    `newest_at` is the newest stamp Spotify ever listed. `playing` is JSON of what was seen, with
    its own moment; `playing_at` is when Spotify was last asked for it.
    `broken_at` is when the connection was first found refused.
    """

    __tablename__ = "live"
    __table_args__ = CLUSTERED

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    fetched_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    newest_at: Mapped[datetime | None]
    broken_at: Mapped[datetime | None]
    playing_at: Mapped[datetime | None]
    playing: Mapped[str | None]


class Gap(Base):
    """A stretch of time in which plays were likely lost; `reason` is a word of `live.Reason`."""

    __tablename__ = "gaps"
    __table_args__ = CLUSTERED

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]
    reason: Mapped[str]


class Snapshot(Base):
    """What Spotify's top lists said of a person on one local day.

    `import_id` is the import that brought it, None when Spotify was asked.
    """

    __tablename__ = "snapshots"
    __table_args__ = CLUSTERED

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    local_date: Mapped[date] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]
    import_id: Mapped[int | None]


class SnapshotTrack(Base):
    """One place of one list; `time_range` is `short_term`, `medium_term` or `long_term`."""

    __tablename__ = "snapshot_tracks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "local_date"], ["snapshots.account_id", "snapshots.local_date"]
        ),
        CLUSTERED,
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    local_date: Mapped[date] = mapped_column(primary_key=True)
    time_range: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(Small, primary_key=True)
    track_id: Mapped[int] = mapped_column(ForeignKey("tracks.id"))


class SnapshotArtist(Base):
    """One place of one list of artists."""

    __tablename__ = "snapshot_artists"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "local_date"], ["snapshots.account_id", "snapshots.local_date"]
        ),
        CLUSTERED,
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    local_date: Mapped[date] = mapped_column(primary_key=True)
    time_range: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(Small, primary_key=True)
    artist_id: Mapped[int] = mapped_column(ForeignKey("artists.id"))


Index("ix_snapshot_tracks_track_id", SnapshotTrack.account_id, SnapshotTrack.track_id)
Index("ix_snapshot_artists_artist_id", SnapshotArtist.account_id, SnapshotArtist.artist_id)
Index("ix_echoes_of_track_id", Echo.account_id, Echo.of_track_id, Echo.source, Echo.of_source)


class Import(Base):
    """The life of one upload. `id` counts up within the account.

    `stored_as` is the folder of the uploaded files. `aim` is what its person wants: `check` (stop
    after the check and ask), `keep`, `cancel` or `undo`. `cursor` counts what is committed of the
    present stage: plays when running, milliseconds since 1970 when undoing. `worker` and
    `heartbeat_at` are the lease of whoever is working on it. `skipped` is JSON `{reason: rows}`,
    `ignored` a JSON list of names of files that hold no history, `formats` one of formats' titles;
    `forecast` is the dry run as JSON, `known_days` a JSON list of the days of snapshots that were
    there already.
    """

    __tablename__ = "imports"
    __table_args__ = CLUSTERED

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    file_name: Mapped[str]
    stored_as: Mapped[str | None]
    size_bytes: Mapped[int] = mapped_column(Big)
    state: Mapped[str]
    aim: Mapped[str]
    problem: Mapped[str | None]
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    worker: Mapped[str | None]
    heartbeat_at: Mapped[datetime | None]
    cursor: Mapped[int] = mapped_column(Big, default=0)
    files: Mapped[int] = mapped_column(default=0)
    bytes_total: Mapped[int] = mapped_column(Big, default=0)
    bytes_done: Mapped[int] = mapped_column(Big, default=0)
    rows: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[str] = mapped_column(default="{}")
    ignored: Mapped[str] = mapped_column(default="[]")
    formats: Mapped[str] = mapped_column(default="[]")
    forecast: Mapped[str | None]
    known_days: Mapped[str] = mapped_column(default="[]")
    first_played_at: Mapped[datetime | None]
    last_played_at: Mapped[datetime | None]


Index("ix_imports_state", Import.state)


class KnownPlays(Base):
    """The plays of an import that another one had brought before, so that undoing that one keeps
    them: `rows` is a packed array of their keys, one batch a `part`.
    """

    __tablename__ = "known_plays"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "import_id"], ["imports.account_id", "imports.id"]),
        CLUSTERED,
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    rows: Mapped[bytes]


class LeftOutEntry(Base):
    """A row of an import's files that was left out; `reason` is a word of `plays.LeftOut`."""

    __tablename__ = "left_out"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "import_id"], ["imports.account_id", "imports.id"]),
        CLUSTERED,
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    row: Mapped[int]
    reason: Mapped[str]
    text: Mapped[str]


class ServerState(Base):
    """A number this server remembers under a name: until when Spotify asked everybody to wait."""

    __tablename__ = "server_state"
    __table_args__ = CLUSTERED

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Big)


# Not cut by account: copied to every shard, or kept on the coordinator.
SHARED = {"accounts", "artists", "albums", "tracks", "joins", "server_state"}
