"""How much of the music is new, how few artists make most of it, and how mixed it is.

Each is one pass over the plays: tracks are numbered as they were first heard, so what is new in a
stretch of days is a run of numbers. Hides that whole months and years are asked for only once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..columns import Listens, calendar_day, day_number
from ..period import months_before
from .charts import Buckets, ChartData, Unit, highest, with_holes
from .heard import Heard
from .kept import Kept
from .plays import discoveries, tracks_heard_by
from .tops import played, told_by

# Where an archive begins everything is new: its first months are no discovery worth a mark.
UNSETTLED_MONTHS = 6

_Share = tuple[int, int]
_Mix = tuple[float | None, int]
_Answer = TypeVar("_Answer")
_news: Kept[dict[date, _Share]] = Kept()
_mixes: Kept[dict[date, _Mix]] = Kept()


@dataclass(frozen=True, slots=True)
class NewAndKnown:
    """`percent_new` of the plays are of tracks first heard within the period.

    The chart has the same share for each bucket, of the tracks first heard within that bucket. None
    where nothing was played, or where the archive begins: there all is new to it.
    """

    percent_new: float | None
    chart: ChartData
    counts: str


@dataclass(frozen=True, slots=True)
class Concentration:
    """`artists_for_half`, the fewest that make half the time listened to, of all `artists` heard.

    That is `percent` of them. 0 where no artist was heard, or none for a time that is known.
    """

    artists: int
    artists_for_half: int
    percent: float
    counts: str


def discoveries_chart(
    archive: Heard, buckets: Buckets, snapshot_day: date | None = None
) -> ChartData:
    """The tracks whose first play that counts it was, a bucket; a hole outside the archive.

    `snapshot_day` is that of the last snapshot, up to which no play is a true zero.
    """
    music, everything = archive.recordings, archive.everything
    last = max((day for day in (everything.last_day, snapshot_day) if day), default=None)
    values = with_holes(discoveries(music, buckets), buckets.between(everything.first_day, last))
    settles = months_before(everything.first_day or date.min, -UNSETTLED_MONTHS - 1)
    settled = [
        value if start >= settles else None
        for start, value in zip(buckets.starts, values, strict=True)
    ]
    return ChartData(
        kind="bar",
        labels=buckets.labels,
        keys=buckets.keys,
        values=values,
        unit="new tracks",
        series="Discoveries",
        highlights=highest(settled, but=buckets.now),
        now=buckets.now,
        contexts=tuple(
            f"{known:,} known by then" if value is not None else ""
            for known, value in zip(tracks_heard_by(music, buckets), values, strict=True)
        ),
    )


def discoveries_counts(archive: Heard, buckets: Buckets) -> str:
    """What `discoveries_chart` counts."""
    return f"Each track once, by the {buckets.unit} of its first play. {told_by(archive)}."


def new_and_known(archive: Heard, start: date, end: date, buckets: Buckets) -> NewAndKnown:
    """How much of what was played was new, from `start` to `end` and in each bucket."""
    music = _in_order_of_first_day(archive.recordings)
    begins = calendar_day(int(music.first_day[0])) if len(music.first_day) else date.max
    of_all = _new_plays(music, replace(buckets, starts=(start,), end=end)) if start > begins else ()
    in_each = _of_each(_news, archive, buckets, partial(_new_plays, music), (0, 0))
    return NewAndKnown(
        percent_new=_percent(*of_all[0]) if of_all else None,
        chart=ChartData(
            kind="line",
            labels=buckets.labels,
            keys=buckets.keys,
            values=tuple(
                _percent(new, plays) if start > begins else None
                for start, (new, plays) in zip(buckets.starts, in_each, strict=True)
            ),
            unit="%",
            series="New to you",
            now=buckets.now,
            contexts=tuple(
                f"{new:,} of {plays:,} plays" if plays else "" for new, plays in in_each
            ),
        ),
        counts=f"The line: how many percent of each {buckets.unit}'s plays were of tracks first "
        f"heard then. {told_by(archive)}.",
    )


def concentration(archive: Heard, start: date, end: date) -> Concentration:
    """How few artists make half the time listened to from `start` to `end`."""
    music = archive.music
    sums = played(archive, start, end).by(music.artist, len(music.artist_ids))
    artists = int(np.count_nonzero(sums.plays))
    longest = np.cumsum(np.sort(sums.ms)[::-1])
    total = int(longest[-1]) if artists else 0
    half = int(np.searchsorted(2 * longest, total)) + 1 if total else 0
    return Concentration(
        artists=artists,
        artists_for_half=half,
        percent=round(100 * half / artists, 1) if artists else 0.0,
        counts=f"It takes no more for half of the time you listened. {told_by(archive)}.",
    )


def diversity(archive: Heard, buckets: Buckets) -> ChartData:
    """How many artists, each heard as often as the others, were as mixed as those of each bucket.

    It is e to the entropy of the artists' shares of the plays; a hole where none was played.
    """
    mixes = _of_each(_mixes, archive, buckets, partial(_mixes_of, archive.music), (None, 0))
    return ChartData(
        kind="line",
        labels=buckets.labels,
        keys=buckets.keys,
        values=tuple(value for value, _ in mixes),
        unit="artists",
        series="As mixed as",
        now=buckets.now,
        contexts=tuple(f"{artists:,} heard in all" if artists else "" for _, artists in mixes),
    )


def diversity_counts(archive: Heard) -> str:
    """What `diversity` counts."""
    return (
        "As mixed as this many artists would be if you played each of them equally often; one "
        f"favourite makes it small. {told_by(archive)}."
    )


def _of_each(
    kept: Kept[dict[date, _Answer]],
    archive: Heard,
    buckets: Buckets,
    ask: Callable[[Buckets], list[_Answer]],
    nothing: _Answer,
) -> list[_Answer]:
    """What `ask` says of each bucket; of whole months and years of the archive it is asked once."""
    if buckets.unit in ("day", "week") or len(buckets.starts) == 1 or not len(archive.music):
        return ask(buckets)

    def ask_of_all() -> dict[date, _Answer]:
        every = _every(buckets.unit, archive.music)
        return dict(zip(every.starts, ask(every), strict=True))

    answers = kept.find(archive, buckets.unit, ask_of_all)
    # The first and the last one may be less than their month or year.
    first, *whole, last = buckets.starts
    of_first = ask(replace(buckets, starts=(first,), end=buckets.starts[1] - timedelta(days=1)))
    of_last = ask(replace(buckets, starts=(last,)))
    return [*of_first, *(answers.get(start, nothing) for start in whole), *of_last]


def _every(unit: Unit, listens: Listens) -> Buckets:
    """The months or the years of all these plays."""
    first, last = (calendar_day(int(day)) for day in (listens.day.min(), listens.day.max()))
    if unit == "month":
        return Buckets.months(first, last)
    years = range(first.year, last.year + 1)
    return Buckets(unit, tuple(date(year, 1, 1) for year in years), last)


def _mixes_of(music: Listens, buckets: Buckets) -> list[_Mix]:
    """(e to the entropy of the artists' shares, how many artists) of each bucket."""
    music = music.within(buckets.starts[0], buckets.end)
    nobody = len(music.artist_ids)
    artist = np.where(music.artist < 0, nobody, music.artist)
    plays = [
        np.bincount(artist.take(tracks), minlength=nobody + 1)[:nobody]
        for tracks in _tracks_of_each(music, buckets)
    ]
    # The logarithms of whole numbers are looked up: a tenth of what it takes to ask for each.
    number = np.arange(max(int(some.max(initial=0)) for some in plays) + 1)
    number_log_number = number * np.log(number.clip(1))
    return [
        (_effective(int(some.sum()), number_log_number.take(some)), int(np.count_nonzero(some)))
        for some in plays
    ]


def _effective(total: int, parts: NDArray[np.float64]) -> float | None:
    """How many equal shares are as mixed; `parts` are n log n of each share's plays."""
    return round(math.exp(math.log(total) - float(parts.sum()) / total), 1) if total else None


def _new_plays(music: Listens, buckets: Buckets) -> list[_Share]:
    """(plays of tracks first heard within it, all plays) of each bucket.

    The tracks are numbered in order of their first day.
    """
    edges = [day_number(day) for day in (*buckets.starts, buckets.end + timedelta(days=1))]
    numbers = np.searchsorted(music.first_day, edges).tolist()
    within = music.within(buckets.starts[0], buckets.end)
    return [
        (int(np.count_nonzero((tracks >= low) & (tracks < high))), len(tracks))
        for tracks, (low, high) in zip(
            _tracks_of_each(within, buckets), pairwise(numbers), strict=True
        )
    ]


def _tracks_of_each(listens: Listens, buckets: Buckets) -> list[NDArray[np.int32]]:
    """The tracks of the plays of each bucket; there are none outside of all."""
    track, day = listens.track, listens.day
    if (day[1:] < day[:-1]).any():
        # Clocks set back across midnight: a bucket's plays do not lie side by side.
        track = track[np.argsort(day, kind="stable")]
    return np.split(track, np.cumsum(buckets.totals(day))[:-1])


def _in_order_of_first_day(listens: Listens) -> Listens:
    """The same plays with tracks numbered by `first_day`; only plays and that are right then."""
    first_day = listens.first_day
    if (first_day[1:] >= first_day[:-1]).all():
        return listens
    # Clocks set back across midnight: the later heard track has the earlier day.
    order = np.argsort(first_day, kind="stable")
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    return replace(listens, track=number[listens.track], first_day=first_day[order])


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
