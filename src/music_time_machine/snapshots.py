"""What Spotify's top lists say of a person today, kept under today's local date.

Everything is fetched first, then stored in one transaction; twice on one day changes nothing. The
button, `mtm snapshot` and the timetable all call `take`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import accounts, spotify
from .db import Database, insert_new, table_of, to_millis
from .listens import TrackIds, keep_artists, keep_tracks, record
from .models import Account, Snapshot, SnapshotArtist, SnapshotTrack
from .period import local_day
from .plays import AlbumDetails, ArtistDetails, Kind, Play, Source, TrackDetails, clean_text

RANGES: tuple[spotify.TimeRange, ...] = ("short_term", "medium_term", "long_term")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a snapshot brought: `is_new` is false when today already had one."""

    local_date: date
    is_new: bool
    tracks: int
    artists: int
    plays_added: int
    left_out: int

    @property
    def sentence(self) -> str:
        """The outcome in words, for a flash or a terminal."""
        plays = f"{self.plays_added} new {'play' if self.plays_added == 1 else 'plays'}"
        if not self.is_new:
            return f"Today's snapshot was already there; {plays} came in."
        if self.tracks + self.artists == 0:
            return "Snapshot taken. Spotify has no top lists for you yet: listen for a few days."
        return f"Snapshot taken: {self.tracks} tracks and {self.artists} artists; {plays} came in."


@dataclass(frozen=True, slots=True)
class _Fetched:
    tracks: Mapping[str, spotify.RankedTracks]
    artists: Mapping[str, spotify.RankedArtists]
    plays: spotify.RecentlyPlayed

    @property
    def skipped(self) -> int:
        """Rows that name no track or artist of Spotify's: vanished or local ones."""
        lists = sum(ranked.skipped for ranked in self.tracks.values())
        return lists + sum(ranked.skipped for ranked in self.artists.values()) + self.plays.skipped


def take(db: Database, account: Account, client: spotify.Client, now: datetime) -> Taken:
    """Fetch the three top lists of tracks and of artists and the last plays, and keep them.

    Raises SpotifyError or ReconnectNeeded before anything is written.
    """
    fetched = _fetch(db, account, client)
    day = local_day(now, account.zone)
    with db.write() as session:
        is_new = _keep_lists(session, account, fetched, day, now)
        added = _keep_plays(session, account, fetched.plays.items, now)
    return Taken(
        local_date=day,
        is_new=is_new,
        tracks=len({t.id for ranked in fetched.tracks.values() for t in ranked.items}),
        artists=len({a.id for ranked in fetched.artists.values() for a in ranked.items}),
        plays_added=added,
        left_out=fetched.skipped,
    )


def _fetch(db: Database, account: Account, client: spotify.Client) -> _Fetched:
    try:
        return _Fetched(
            tracks={name: client.top_tracks(name) for name in RANGES},
            artists={name: client.top_artists(name) for name in RANGES},
            plays=client.recently_played(),
        )
    except spotify.Unauthorized:
        raise accounts.refused(db, account) from None


def is_taken(db: Database, account: Account, now: datetime) -> bool:
    """Whether the account's local day of `now` has its snapshot."""
    with db.read() as session:
        return session.get(Snapshot, (account.id, local_day(now, account.zone))) is not None


def latest(db: Database, account: Account) -> datetime | None:
    """When the account's newest snapshot was taken."""
    with db.read() as session:
        statement = (
            select(Snapshot.taken_at)
            .where(Snapshot.account_id == account.id)
            .order_by(Snapshot.local_date.desc())
            .limit(1)
        )
        return session.scalar(statement)


def _keep_lists(
    session: Session, account: Account, fetched: _Fetched, day: date, now: datetime
) -> bool:
    columns = ("account_id", "local_date", "taken_at")
    # The day travels as the column's own type: ISO text on SQLite, a date on PostgreSQL.
    taken = select(Snapshot.taken_at).where(
        Snapshot.account_id == account.id, Snapshot.local_date == day
    )
    if session.scalar(taken) is not None:
        return False
    row = (account.id, day.isoformat(), to_millis(now))
    if insert_new(session, table_of(Snapshot), columns, [row]) == 0:
        return False
    track_ids = keep_tracks(
        session, [track_details(t) for ranked in fetched.tracks.values() for t in ranked.items]
    )
    artist_ids = keep_artists(
        session, [_artist(a) for ranked in fetched.artists.values() for a in ranked.items]
    )
    for name, tracks in fetched.tracks.items():
        places = zip(tracks.ranks, [track_ids[t.id] for t in tracks.items], strict=True)
        _keep_ranks(session, SnapshotTrack, account, day, name, places)
    for name, artists in fetched.artists.items():
        places = zip(artists.ranks, [artist_ids[_artist(a)] for a in artists.items], strict=True)
        _keep_ranks(session, SnapshotArtist, account, day, name, places)
    return True


def _keep_ranks(
    session: Session,
    model: type[SnapshotTrack] | type[SnapshotArtist],
    account: Account,
    day: date,
    time_range: str,
    places: Iterable[tuple[int, int]],
) -> None:
    what = "track_id" if model is SnapshotTrack else "artist_id"
    columns = ("account_id", "local_date", "time_range", "rank", what)
    rows = [(account.id, day.isoformat(), time_range, rank, thing_id) for rank, thing_id in places]
    insert_new(session, table_of(model), columns, rows)


def _keep_plays(
    session: Session, account: Account, played: Sequence[spotify.Play], now: datetime
) -> int:
    keep_tracks(session, [track_details(play.track) for play in played])
    plays = [
        Play(
            source=Source.RECENTLY_PLAYED,
            played_at=play.played_at,
            ms_played=None,
            kind=Kind.TRACK,
            title=clean_text(play.track.name) or "Untitled",
            artist=_first_artist(play.track).name,
            album=clean_text(play.track.album.name) if play.track.album else None,
            spotify_id=play.track.id,
        )
        for play in played
    ]
    return record(session, account, plays, TrackIds(), now).added


def track_details(track: spotify.Track) -> TrackDetails:
    """What the API says of a track, as the catalogue keeps it."""
    album = track.album
    return TrackDetails(
        spotify_id=track.id,
        title=clean_text(track.name) or "Untitled",
        artist=_artist(track.artists[0])
        if track.artists
        else ArtistDetails(None, "Unknown artist"),
        album=AlbumDetails(
            spotify_id=album.id,
            name=clean_text(album.name) or "Untitled",
            release_date=clean_text(album.release_date),
            image_url=album.image_url,
            raw=album.raw,
        )
        if album is not None
        else None,
        duration_ms=track.duration_ms,
        is_explicit=track.explicit,
        isrc=clean_text(track.isrc),
        raw=track.raw,
    )


def _first_artist(track: spotify.Track) -> ArtistDetails:
    """The artist a track is filed under; named in short there, so without picture and payload."""
    if not track.artists:
        return ArtistDetails(None, "Unknown artist")
    first = track.artists[0]
    return ArtistDetails(first.id, clean_text(first.name) or "Unknown artist")


def _artist(artist: spotify.Artist) -> ArtistDetails:
    return ArtistDetails(
        spotify_id=artist.id,
        name=clean_text(artist.name) or "Unknown artist",
        image_url=artist.image_url,
        raw=artist.raw,
    )
