"""Episodes and chapters, apart from the music: how much was listened to, and of which shows."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from ..columns import Listens
from ..db import Database
from .charts import Change
from .counting import MS_AN_HOUR
from .heard import Heard
from .lines import Line, artist_lines, plays_by, plays_by_track, top

SHOWS = 5


@dataclass(frozen=True, slots=True)
class Spoken:
    """`plays` and `hours` of what was spoken, and the shows with most plays (by `Line.plays`)."""

    plays: Change
    hours: Change
    shows: tuple[Line, ...]
    counts: str


def spoken(
    db: Database, archive: Heard, start: date, end: date, before: tuple[date, date] | None
) -> Spoken:
    """What was spoken in these local days, against those before."""
    now = archive.spoken.within(start, end)
    earlier = archive.spoken.within(*before) if before else None
    shows = top(
        plays_by(now.artist, plays_by_track(now), len(now.artist_ids)), now.artist_ids, SHOWS
    )
    return Spoken(
        plays=Change(len(now), None if earlier is None else len(earlier)),
        hours=Change(_hours(now), None if earlier is None else _hours(earlier)),
        shows=artist_lines(db, shows),
        counts="Episodes and chapters, counted by the same rule as music and in no other figure "
        + ("here but the totals." if archive.chosen.rule.episodes else "here."),
    )


def _hours(listens: Listens) -> float:
    return int(listens.ms.sum(dtype=np.int64)) / MS_AN_HOUR
