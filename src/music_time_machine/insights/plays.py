"""Questions about plays: each over one slice of the columns, the latest ones by their key in SQL.

Each takes the plays that count; only the latest ones are all that were, of any kind.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from ..columns import Listens, day_number
from ..db import Database
from ..models import Account, Album, Artist, Listen, Track
from ..plays import Kind
from .charts import Buckets, ChartData, highest
from .counting import length_words


@dataclass(frozen=True, slots=True)
class LatestPlay:
    """One of the newest plays; `played_at` is UTC as the source stamped it."""

    track_id: int
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
            Track.id,
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
        .order_by(
            Listen.played_at.desc(),
            Listen.track_id.desc(),
            Listen.ms_played.desc(),
            Listen.nth.desc(),
            Listen.source.desc(),
        )
        .limit(count)
    )
    with db.read() as session:
        return tuple(
            LatestPlay(
                track_id=row.id,
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


def bars(buckets: Buckets, values: tuple[int | None, ...], lengths: Iterable[int]) -> ChartData:
    """Plays a bucket; `lengths` are the ms that were played in each."""
    return ChartData(
        kind="bar",
        labels=buckets.labels,
        keys=buckets.keys,
        values=values,
        unit="plays",
        series="Plays",
        highlights=highest(values, but=buckets.now),
        now=buckets.now,
        contexts=tuple(
            length_words(ms) if value else "" for ms, value in zip(lengths, values, strict=True)
        ),
    )


def discoveries(music: Listens, buckets: Buckets) -> tuple[int, ...]:
    """Tracks whose first play that counts it was, by bucket."""
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
