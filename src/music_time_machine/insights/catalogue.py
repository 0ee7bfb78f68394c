"""Everything the page of one artist, one album or one track shows, each in one value.

Of one account's archive: what it has neither played nor in a snapshot is not found, whoever else
has. Plays come from the columns, places from the snapshots.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from sqlalchemy import ColumnElement, Row, select

from ..columns import Listens
from ..db import Database
from ..errors import NotFound
from ..models import Account, Album, Artist, Track
from ..period import local_day
from ..plays import Kind
from .charts import ChartData, highest
from .counting import counted
from .heard import Heard, heard
from .history import History, months_of, part_of
from .lines import (
    Line,
    album_lines,
    plays_by,
    plays_by_track,
    top,
    track_cover,
    track_lines,
)
from .ranks import RankChart, artist_ranks, listed_tracks, track_ranks

TOP_TRACKS = 10
TOP_ALBUMS = 10
MOST_TRACKS = 500


@dataclass(frozen=True, slots=True)
class ArtistPage:
    """An artist, or a show or book whose parts were heard (`is_spoken`).

    `tracks` and `albums` are how many different ones were heard, by the plays that count;
    `discoveries` are their tracks by the month in which they were first heard.
    """

    id: int
    name: str
    image_url: str | None
    is_spoken: bool
    history: History
    tracks: int
    albums: int
    discoveries: ChartData
    top_tracks: tuple[Line, ...]
    top_albums: tuple[Line, ...]
    ranks: tuple[RankChart, ...]


@dataclass(frozen=True, slots=True)
class AlbumPage:
    """An album; `lines` are its tracks, the most played first, or where none counts all known."""

    id: int
    name: str
    artist_id: int | None
    artist: str | None
    image_url: str | None
    release_date: str | None
    history: History
    lines: tuple[Line, ...]
    ranks: tuple[RankChart, ...]


@dataclass(frozen=True, slots=True)
class TrackPage:
    """A track, an episode or a chapter. `editions` are all ids of the recording in this archive.

    With `is_one_recording` the figures are those of all of them, else those of this id alone.
    """

    id: int
    title: str
    kind: Kind
    artist_id: int | None
    artist: str | None
    album_id: int | None
    album: str | None
    image_url: str | None
    cover: str
    release_date: str | None
    duration_ms: int | None
    history: History
    is_one_recording: bool
    editions: tuple[Line, ...]
    ranks: tuple[RankChart, ...]


def artist(db: Database, account: Account, artist_id: int, now: datetime) -> ArtistPage:
    """The page of an artist. Raises NotFound."""
    with db.read() as session:
        row = session.execute(
            select(Artist.name, Artist.image_url).where(Artist.id == artist_id)
        ).first()
    if row is None:
        raise _not_found("artist")
    archive, today = heard(db, account), local_day(now, account.zone)
    listens, is_spoken = _of_artist(archive, artist_id)
    ranks = artist_ranks(db, account, artist_id)
    known = listens.track_ids.tolist() or _listed(db, account, Track.artist_id == artist_id)
    if not (known or ranks):
        raise _not_found("artist")
    part = part_of(db, account, archive, listens, today)
    tracks = _as_seen(archive, part.counted)
    return ArtistPage(
        id=artist_id,
        name=row.name,
        image_url=row.image_url,
        is_spoken=is_spoken,
        history=part.history,
        tracks=len(tracks.track_ids),
        albums=len(part.counted.album_ids),
        discoveries=_discoveries(tracks, today),
        top_tracks=track_lines(
            db, _most_played(tracks, known, TOP_TRACKS), beside_album=not is_spoken
        ),
        top_albums=album_lines(db, _top_albums(part.counted)),
        ranks=ranks,
    )


def album(db: Database, account: Account, album_id: int, now: datetime) -> AlbumPage:
    """The page of an album. Raises NotFound."""
    statement = (
        select(
            Album.name,
            Album.artist_id,
            Album.image_url,
            Album.release_date,
            Artist.name.label("artist"),
        )
        .outerjoin(Artist, Artist.id == Album.artist_id)
        .where(Album.id == album_id)
    )
    with db.read() as session:
        row = session.execute(statement).first()
    if row is None:
        raise _not_found("album")
    archive, today = heard(db, account), local_day(now, account.zone)
    music = archive.everything.music
    number = np.flatnonzero(music.album_ids == album_id)
    listens = music.only(np.isin(music.album, number)[music.track])
    known = listens.track_ids.tolist() or _listed(db, account, Track.album_id == album_id)
    if not known:
        raise _not_found("album")
    part = part_of(db, account, archive, listens, today)
    return AlbumPage(
        id=album_id,
        name=row.name,
        artist_id=row.artist_id,
        artist=row.artist,
        image_url=row.image_url,
        release_date=row.release_date,
        history=part.history,
        lines=track_lines(db, _most_played(_as_seen(archive, part.counted), known, MOST_TRACKS)),
        ranks=track_ranks(db, account, known),
    )


def track(db: Database, account: Account, track_id: int, now: datetime) -> TrackPage:
    """The page of a track, an episode or a chapter. Raises NotFound."""
    row = _track_row(db, track_id)
    if row is None:
        raise _not_found("track")
    archive, today = heard(db, account), local_day(now, account.zone)
    everything = archive.everything
    listens = everything.music if row.kind == Kind.TRACK else everything.spoken
    with db.read() as session:
        ids = session.scalars(select(Track.id).where(Track.recording == row.recording)).all()
    played = listens.only(np.isin(listens.track_ids, ids)[listens.track])
    known = set(played.track_ids.tolist())
    if not known.issuperset(ids):
        known.update(_listed(db, account, Track.id.in_(ids)))
    if track_id not in known:
        raise _not_found("track")
    is_one = archive.chosen.is_one_recording
    own = played if is_one else played.only((played.track_ids == track_id)[played.track])
    return TrackPage(
        id=track_id,
        title=row.title,
        kind=Kind(row.kind),
        artist_id=row.artist_id,
        artist=row.artist,
        album_id=row.album_id,
        album=row.album,
        image_url=row.image_url,
        cover=track_cover(row.title, row.artist, row.album),
        release_date=row.release_date,
        duration_ms=row.duration_ms,
        history=part_of(db, account, archive, own, today).history,
        is_one_recording=is_one,
        editions=_editions(db, archive, played, known),
        ranks=track_ranks(db, account, sorted(known) if is_one else [track_id]),
    )


_TrackRow = Row[
    str,
    str,
    int,
    int | None,
    str | None,
    int | None,
    str | None,
    str | None,
    str | None,
    int | None,
]


def _track_row(db: Database, track_id: int) -> _TrackRow | None:
    statement = (
        select(
            Track.title,
            Track.kind,
            Track.recording,
            Track.artist_id,
            Artist.name.label("artist"),
            Track.album_id,
            Album.name.label("album"),
            Album.image_url,
            Album.release_date,
            Track.duration_ms,
        )
        .outerjoin(Artist, Artist.id == Track.artist_id)
        .outerjoin(Album, Album.id == Track.album_id)
        .where(Track.id == track_id)
    )
    with db.read() as session:
        return session.execute(statement).first()


def _editions(db: Database, archive: Heard, played: Listens, known: set[int]) -> tuple[Line, ...]:
    """The ids of a recording with the plays of each that count, the most played first."""
    counts = counted(played, archive.chosen.rule).listens
    plays = dict.fromkeys(known, 0)
    plays.update(zip(counts.track_ids.tolist(), plays_by_track(counts).tolist(), strict=True))
    ordered = sorted(plays.items(), key=lambda pair: (-pair[1], pair[0]))
    return track_lines(db, ordered, beside_album=True)


def _of_artist(archive: Heard, artist_id: int) -> tuple[Listens, bool]:
    """All plays of an artist, or of a show, and whether it is a show."""
    everything = archive.everything
    for listens, is_spoken in ((everything.music, False), (everything.spoken, True)):
        number = np.flatnonzero(listens.artist_ids == artist_id)
        if len(number):
            return listens.only((listens.artist == number[0])[listens.track]), is_spoken
    return Listens.none(), False


def _listed(db: Database, account: Account, which: ColumnElement[bool]) -> list[int]:
    """Those of these tracks that the account's snapshots name."""
    with db.read() as session:
        return list(
            session.scalars(select(Track.id).where(Track.id.in_(listed_tracks(account)), which))
        )


def _as_seen(archive: Heard, listens: Listens) -> Listens:
    return listens.as_recordings() if archive.chosen.is_one_recording else listens


def _most_played(tracks: Listens, known: Sequence[int], count: int) -> list[tuple[int, int]]:
    """The tracks with most plays that count; where there is none, any that are known."""
    played = top(plays_by_track(tracks), tracks.track_ids, count)
    return played or [(track_id, 0) for track_id in known[:count]]


def _top_albums(listens: Listens) -> list[tuple[int, int]]:
    plays = plays_by(listens.album, plays_by_track(listens), len(listens.album_ids))
    return top(plays, listens.album_ids, TOP_ALBUMS)


def _discoveries(tracks: Listens, today: date) -> ChartData:
    buckets = months_of(tracks, today)
    values = buckets.totals(tracks.first_day)
    return ChartData(
        kind="bar",
        labels=buckets.labels,
        keys=buckets.keys,
        values=values,
        unit="tracks",
        series="First heard",
        highlights=highest(values, but=buckets.now),
        now=buckets.now,
    )


def _not_found(what: str) -> NotFound:
    return NotFound(f"There is no such {what} in your archive.")
