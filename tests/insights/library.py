"""A small library to listen to: how tests say what was heard, and what a snapshot listed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from msgspec import structs
from sqlalchemy import select

from music_time_machine import rankings
from music_time_machine.db import Database
from music_time_machine.listens import TrackIds, keep_artists, keep_tracks, record
from music_time_machine.models import Account, Album, Artist, Track
from music_time_machine.plays import (
    AlbumDetails,
    ArtistDetails,
    Kind,
    Play,
    Source,
    TrackDetails,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Song:
    """Something to listen to; `id` is the end of its Spotify id, None where no source tells one."""

    title: str
    artist: str | None = "Mirelle"
    album: str | None = "Copper Sky"
    id: str | None = None
    kind: Kind = Kind.TRACK

    def play(self, at: datetime, ms: int = 180_000) -> Play:
        """One play of it, as a row of an export."""
        return Play(
            source=Source.EXTENDED_HISTORY, played_at=at, ms_played=ms, kind=self.kind,
            title=self.title, artist=self.artist, album=self.album, spotify_id=self.spotify_id,
        )  # fmt: skip

    @property
    def spotify_id(self) -> str | None:
        """All 22 characters."""
        return None if self.id is None else self.id.rjust(22, "0")


def hear(db: Database, account: Account, plays: Iterable[Play]) -> None:
    """Store the plays as an import would."""
    with db.write() as session:
        record(session, account, list(plays), TrackIds(), NOW)


def told_by(source: Source, play: Play) -> Play:
    """The same play as another source tells it."""
    return structs.replace(play, source=source, spotify_id=None)


def list_songs(
    db: Database,
    account: Account,
    day: date,
    tracks: Mapping[str, Sequence[Song]],
    artists: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Keep a snapshot of these lists, in order of rank; every song needs an id."""
    with db.write() as session:
        songs = {song for ranked in tracks.values() for song in ranked}
        ids = keep_tracks(session, [_details(song) for song in songs])
        names = {name for ranked in (artists or {}).values() for name in ranked}
        people = keep_artists(session, [ArtistDetails(None, name) for name in names])
        rankings.keep(
            session,
            account,
            day,
            datetime.combine(day, time(12), UTC),
            {
                key: [(n, ids[song.spotify_id or ""]) for n, song in enumerate(ranked, 1)]
                for key, ranked in tracks.items()
            },
            {
                key: [(n, people[ArtistDetails(None, name)]) for n, name in enumerate(ranked, 1)]
                for key, ranked in (artists or {}).items()
            },
        )


def _details(song: Song) -> TrackDetails:
    assert song.spotify_id is not None
    return TrackDetails(
        spotify_id=song.spotify_id,
        title=song.title,
        artist=ArtistDetails(None, song.artist or "Unknown artist"),
        album=None if song.album is None else AlbumDetails(None, song.album),
        duration_ms=200_000,
    )


def track_id(db: Database, song: Song) -> int:
    """Our id of a song."""
    statement = select(Track.id).where(Track.title == song.title)
    if song.spotify_id is not None:
        statement = statement.where(Track.spotify_id == song.spotify_id)
    with db.read() as session:
        return session.scalars(statement).one()


def artist_id(db: Database, name: str) -> int:
    """Our id of an artist or a show."""
    with db.read() as session:
        return session.scalars(select(Artist.id).where(Artist.name == name)).one()


def album_id(db: Database, name: str) -> int:
    """Our id of an album."""
    with db.read() as session:
        return session.scalars(select(Album.id).where(Album.name == name)).one()
