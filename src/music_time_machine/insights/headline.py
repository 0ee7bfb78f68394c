"""What the page says first: who these months sound like, and which earlier year they resemble.

Likeness is the cosine between the plays of each artist in the last 90 days and in a calendar year.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from ..columns import Listens, calendar_day, day_number
from ..db import Database
from ..models import Artist
from .plays import most_played, plays_by_artist

RECENT_DAYS = 90
OLD_DAYS = 365
FAVOURITES = 10
# A year of a few plays is like anything, and a likeness that nobody would hear is none.
FEWEST_PLAYS = 50
FAINTEST_LIKENESS = 0.1


@dataclass(frozen=True, slots=True)
class Headline:
    """`artist` has most plays since `since` (the last 90 days, with `plays` of them).

    `year` is the earlier year whose mix of artists is nearest, None when none is near. Of the
    `favourites`, the artists most played in the month of `month` (ten at most), `old_friends` were
    first heard more than a year ago and `newly_met` first in the last 90 days.
    """

    artist: str
    image_url: str | None
    plays: int
    since: date
    year: int | None
    month: date
    favourites: int
    old_friends: int
    newly_met: int


def headline(db: Database, music: Listens, today: date) -> Headline | None:
    """The headline of these 90 days; None when no artist was heard in them."""
    since = today - timedelta(days=RECENT_DAYS - 1)
    recent = music.within(since, today)
    top = most_played(recent, 1)
    if not top:
        return None
    with db.read() as session:
        artist = session.execute(
            select(Artist.name, Artist.image_url).where(Artist.id == int(music.artist_ids[top[0]]))
        ).one()
    plays = plays_by_artist(recent)
    month = today.replace(day=1)
    favourites = np.array(most_played(recent.within(month, today), FAVOURITES), np.intp)
    met = music.artist_first_day()[favourites]
    return Headline(
        artist=artist.name,
        image_url=artist.image_url,
        plays=int(plays[top[0]]),
        since=since,
        year=_nearest_year(music, plays, since),
        month=month,
        favourites=len(favourites),
        old_friends=int((met < day_number(today - timedelta(days=OLD_DAYS))).sum()),
        newly_met=int((met >= day_number(since)).sum()),
    )


def _nearest_year(music: Listens, recent: NDArray[np.intp], since: date) -> int | None:
    """The calendar year before that of `since` that is most like `recent`; of equals the later."""
    if recent.sum() < FEWEST_PLAYS:
        return None
    first = calendar_day(int(music.day[0])).year
    best, nearest = FAINTEST_LIKENESS, None
    for year in range(first, since.year):
        plays = plays_by_artist(music.within(date(year, 1, 1), date(year, 12, 31)))
        if plays.sum() >= FEWEST_PLAYS and (likeness := _cosine(plays, recent)) >= best:
            best, nearest = likeness, year
    return nearest


def _cosine(some: NDArray[np.intp], others: NDArray[np.intp]) -> float:
    lengths = math.sqrt(float(some @ some)) * math.sqrt(float(others @ others))
    return float(some @ others) / lengths
