"""Questions about plays: each over one slice of the columns, the latest ones by their key in SQL.

Every music play counts, however short; what was spoken is shown among the latest plays only.
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from ..columns import Columns, Listens, day_number
from ..db import Database
from ..models import Account, Album, Artist, Listen, Track
from ..plays import Kind
from .charts import Buckets, ChartData, highest, with_holes

MS_A_MINUTE = 60_000
MS_AN_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class LatestPlay:
    """One of the newest plays; `played_at` is UTC as the source stamped it."""

    title: str
    artist: str | None
    album: str | None
    image_url: str | None
    played_at: datetime
    ms_played: int
    kind: Kind


def latest(db: Database, account: Account, count: int) -> tuple[LatestPlay, ...]:
    """The newest plays of any kind, newest first."""
    statement = (
        select(
            Track.title,
            Artist.name.label("artist"),
            Album.name.label("album"),
            Album.image_url,
            Listen.played_at,
            Listen.ms_played,
            Track.kind,
        )
        .join_from(Listen, Track, Track.id == Listen.track_id)
        .outerjoin(Artist, Artist.id == Track.artist_id)
        .outerjoin(Album, Album.id == Track.album_id)
        .where(Listen.account_id == account.id)
        .order_by(Listen.played_at.desc(), Listen.track_id.desc(), Listen.ms_played.desc())
        .limit(count)
    )
    with db.read() as session:
        return tuple(
            LatestPlay(
                title=row.title,
                artist=row.artist,
                album=row.album,
                image_url=row.image_url,
                played_at=row.played_at,
                ms_played=row.ms_played,
                kind=Kind(row.kind),
            )
            for row in session.execute(statement)
        )


def plays_chart(columns: Columns, buckets: Buckets, snapshot_day: date | None) -> ChartData:
    """Music plays a bucket; a hole outside what the archive covers.

    It covers the days from the first play to the last one, or to `snapshot_day`, the last snapshot:
    a snapshot brings the latest plays, so that a stretch without any is a true zero.
    """
    music = columns.music.within(buckets.starts[0], buckets.end)
    last = max((day for day in (columns.last_day, snapshot_day) if day), default=None)
    covered = buckets.between(columns.first_day, last)
    values = with_holes(buckets.totals(music.day), covered)
    lengths = buckets.totals(music.day, music.ms)
    return ChartData(
        kind="bar",
        labels=buckets.labels,
        values=values,
        unit="plays",
        series="Plays",
        highlights=highest(values, but=buckets.now),
        now=buckets.now,
        contexts=tuple(
            _listened(ms) if value else "" for ms, value in zip(lengths, values, strict=True)
        ),
    )


def hours_played(listens: Listens) -> float:
    """The hours that were played in all."""
    return int(listens.ms.sum(dtype=np.uint64)) / MS_AN_HOUR


def discoveries(music: Listens, buckets: Buckets) -> tuple[int, ...]:
    """Tracks heard for the first time ever, by bucket."""
    return buckets.totals(music.first_day)


def tracks_heard_by(music: Listens, buckets: Buckets) -> tuple[int, ...]:
    """How many different tracks had been heard by the end of each bucket."""
    before = int((music.first_day < day_number(buckets.starts[0])).sum())
    return tuple(accumulate(discoveries(music, buckets), initial=before))[1:]


def plays_by_artist(listens: Listens) -> NDArray[np.intp]:
    """The plays of each artist, by the artist's number; plays that name no artist are left out."""
    artist = listens.artist[listens.track]
    return np.bincount(artist[artist >= 0], minlength=len(listens.artist_ids))


def most_played(listens: Listens, count: int) -> tuple[int, ...]:
    """The numbers of the artists with most plays, then most time, then known for longest."""
    artist = listens.artist[listens.track]
    named = artist >= 0
    size = len(listens.artist_ids)
    plays = np.bincount(artist[named], minlength=size)
    ms = np.bincount(artist[named], weights=listens.ms[named], minlength=size)
    order = np.lexsort((np.arange(size), -ms, -plays))
    return tuple(int(number) for number in order[:count] if plays[number])


def _listened(ms: int) -> str:
    """A length in words, as exact as one would say it."""
    minutes, hours = round(ms / MS_A_MINUTE), round(ms / MS_AN_HOUR)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} {'minute' if minutes == 1 else 'minutes'}"
    return f"{hours:,} {'hour' if hours == 1 else 'hours'}"
