"""Lines of lists: names and covers of artists, albums and tracks, beside how much was played.

Knows how to count plays and add up time by id over columns, and how to ask for names once; hides
the join.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from ..columns import Listens
from ..db import Database
from ..models import Album, Artist, Track


@dataclass(frozen=True, slots=True)
class Line:
    """One artist, album or track of a list. `beside` is what else it is known by: artist or album.

    `cover` is the text that its drawn cover is made from.
    """

    id: int
    title: str
    beside: str | None
    plays: int
    image_url: str | None
    cover: str


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """The plays and the milliseconds of each track, artist or album, by its number."""

    plays: NDArray[np.intp]
    ms: NDArray[np.intp]

    @classmethod
    def of_tracks(cls, listens: Listens) -> "Sums":
        """Those of each track within a run."""
        # Both counts want this type, and would each make it on their own.
        track = listens.track.astype(np.intp)
        size = len(listens.track_ids)
        # Added up as floats, which are exact for the first 285,000 years.
        ms = np.bincount(track, weights=listens.ms, minlength=size)
        return cls(np.bincount(track, minlength=size), ms.astype(np.intp))

    def by(self, numbers: NDArray[np.int32], size: int) -> "Sums":
        """The same by what a track has a number of: its artist, album or recording; -1 is none."""
        played = np.flatnonzero((self.plays > 0) & (numbers >= 0))
        number = numbers[played].astype(np.intp)
        plays, ms = (
            np.bincount(number, weights=sums[played], minlength=size).astype(np.intp)
            for sums in (self.plays, self.ms)
        )
        return Sums(plays, ms)


def top(plays: NDArray[np.intp], ids: NDArray[np.int32], count: int) -> list[tuple[int, int]]:
    """(id, plays) of the most played, of equals the smaller id; none that was not played."""
    order = np.lexsort((ids, -plays))[:count]
    return [(int(ids[at]), int(plays[at])) for at in order if plays[at]]


def plays_by_track(listens: Listens) -> NDArray[np.intp]:
    """The plays of each track, by the track's number."""
    return np.bincount(listens.track, minlength=len(listens.track_ids))


def plays_by(numbers: NDArray[np.int32], tracks: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """The plays (or ms) of each artist or album, from its tracks'; -1 is a track that has none."""
    named = numbers >= 0
    return np.bincount(numbers[named], weights=tracks[named], minlength=size).astype(np.intp)


def track_lines(
    db: Database, tracks: Sequence[tuple[int, int]], *, beside_album: bool = False
) -> tuple[Line, ...]:
    """Lines for (track id, plays), in that order; beside each its artist, or its album."""
    statement = (
        select(
            Track.id,
            Track.title,
            Artist.name.label("artist"),
            Album.name.label("album"),
            Album.image_url,
        )
        .outerjoin(Artist, Artist.id == Track.artist_id)
        .outerjoin(Album, Album.id == Track.album_id)
        .where(Track.id.in_([track_id for track_id, _ in tracks]))
    )
    with db.read() as session:
        rows = {row.id: row for row in session.execute(statement)}
    return tuple(
        Line(
            id=track_id,
            title=rows[track_id].title,
            beside=rows[track_id].album if beside_album else rows[track_id].artist,
            plays=plays,
            image_url=rows[track_id].image_url,
            cover=track_cover(rows[track_id].title, rows[track_id].artist, rows[track_id].album),
        )
        for track_id, plays in tracks
        if track_id in rows
    )


def album_lines(db: Database, albums: Sequence[tuple[int, int]]) -> tuple[Line, ...]:
    """Lines for (album id, plays), in that order; beside each its artist."""
    statement = (
        select(Album.id, Album.name, Album.image_url, Artist.name.label("artist"))
        .outerjoin(Artist, Artist.id == Album.artist_id)
        .where(Album.id.in_([album_id for album_id, _ in albums]))
    )
    with db.read() as session:
        rows = {row.id: row for row in session.execute(statement)}
    return tuple(
        Line(
            id=album_id,
            title=rows[album_id].name,
            beside=rows[album_id].artist,
            plays=plays,
            image_url=rows[album_id].image_url,
            cover=rows[album_id].name + (rows[album_id].artist or ""),
        )
        for album_id, plays in albums
        if album_id in rows
    )


def artist_lines(db: Database, artists: Sequence[tuple[int, int]]) -> tuple[Line, ...]:
    """Lines for (artist id, plays), in that order."""
    statement = select(Artist.id, Artist.name, Artist.image_url).where(
        Artist.id.in_([artist_id for artist_id, _ in artists])
    )
    with db.read() as session:
        rows = {row.id: row for row in session.execute(statement)}
    return tuple(
        Line(
            artist_id,
            rows[artist_id].name,
            None,
            plays,
            rows[artist_id].image_url,
            rows[artist_id].name,
        )
        for artist_id, plays in artists
        if artist_id in rows
    )


def track_cover(title: str, artist: str | None, album: str | None) -> str:
    """What a track's cover is drawn from: its album's name where it has one."""
    return (album or title) + (artist or "")
