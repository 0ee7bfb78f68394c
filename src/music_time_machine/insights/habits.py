"""Questions about habits: sessions, obsessions, skips, devices, and where the plays came from.

All are asked of tallies that are kept beside the plays, and so cost days or sessions and not plays;
only names are asked of the database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from ..columns import calendar_day, day_number
from ..db import Database
from ..traits import FALSE, TRUE, Device
from .charts import Buckets, ChartData, foremost
from .counting import length_words
from .heard import Heard
from .history import SOURCE_WORDS
from .lines import Line, track_lines
from .tallies import WEEK_DAYS, Repeats, SessionRuns, repeats

NOT_TOLD = "Not told"
DEVICE_WORDS = {
    Device.ANDROID: "Android",
    Device.IOS: "iPhone and iPad",
    Device.WINDOWS: "Windows",
    Device.MACOS: "Mac",
    Device.LINUX: "Linux",
    Device.WEB: "Web player",
    Device.CAST: "Cast",
    Device.SPEAKER: "Speaker or TV",
    Device.OTHER: "Other",
}
SESSION = "A session ends when nothing plays for 30 minutes."
SKIPPED = (
    "Of all plays of music, however short, whose source says whether you skipped them, as "
    "Spotify's extended history does."
)
DEVICES = "The plays that count, by what they were played on."
ORIGINS = "Every play of music and episodes, however short, under the source that says most of it."


@dataclass(frozen=True, slots=True)
class Session:
    """One session: aware UTC moments, its plays, and the ms of these, without the rests.

    `day` is the local day that its first play is stamped with, which may begin the day before.
    """

    start: datetime
    end: datetime
    plays: int
    ms: int
    day: date


@dataclass(frozen=True, slots=True)
class Sessions:
    """`median_ms` is from the start of a session to its end, rests included; 0 of none.

    `longest` is the longest from start to end, of equals the one with most plays, then the earlier;
    `others` is how many are as long. A session belongs to the day of its first play; stamps of
    Spotify's exports are the ends of plays, all others their starts.
    """

    count: int
    median_ms: int
    longest: Session | None
    others: int = 0
    counts: str = SESSION


@dataclass(frozen=True, slots=True)
class Obsession:
    """The track with most `plays` within seven days in a row, the `first` and the `last` of them.

    Of equals the one that was played longest, then the earlier, then the smaller id. The plays of
    `line` are the same.
    """

    line: Line
    plays: int
    first: date
    last: date
    counts: str = (
        "The track played most within seven days in a row, at least five times; of equals the one "
        "heard longest."
    )


@dataclass(frozen=True, slots=True)
class Skipping:
    """`known`: plays whose source tells whether they were skipped; `skipped`: those that were.

    The chart tells the same in percent a bucket, a hole where nothing is known.
    """

    known: int
    skipped: int
    chart: ChartData
    counts: str

    @property
    def percent(self) -> float | None:
        """How many in a hundred were skipped; None where nothing is known."""
        return _percent(self.skipped, self.known)


def sessions(archive: Heard, start: date, end: date) -> Sessions:
    """The sessions whose first play lies within these days."""
    every = archive.tallies.sessions
    ours = np.flatnonzero((every.day >= day_number(start)) & (every.day <= day_number(end)))
    if not len(ours):
        return Sessions(0, 0, None)
    lengths = every.end[ours] - every.start[ours]
    most = ours[lengths == lengths.max()]
    return Sessions(
        count=len(ours),
        median_ms=int(np.median(lengths)),
        longest=_session(every, int(most[np.argmax(every.plays[most])])),
        others=len(most) - 1,
    )


def obsession(db: Database, archive: Heard, start: date, end: date) -> Obsession | None:
    """The track that was played most within a week of these days; None with none five times."""
    week = timedelta(days=WEEK_DAYS - 1)
    # A week that begins later than the last whole one is a part of that.
    last_week = max(start, end - week)
    every = archive.tallies.repeats
    low, high = np.searchsorted(every.day, [day_number(start), day_number(last_week)])
    found = _weeks(every, int(low), int(high))
    late = repeats(archive.recordings.within(last_week, end))
    found += _weeks(late, 0, len(late.day))
    if not found:
        return None
    plays, _, first, track_id, last = min(found)
    (line,) = track_lines(db, [(track_id, -plays)])
    return Obsession(line, -plays, calendar_day(first), calendar_day(last))


def skipping(archive: Heard, start: date, end: date, buckets: Buckets) -> Skipping:
    """How much was skipped, of all plays whose source tells, whether they count or not."""
    every = archive.tallies.skips
    heard, skipped = every.within(start, end).by_code[0][[FALSE, TRUE]].tolist()
    by_bucket = every.in_buckets(buckets)[0][:, [FALSE, TRUE]].tolist()
    return Skipping(
        known=heard + skipped,
        skipped=skipped,
        chart=ChartData(
            kind="line",
            labels=buckets.labels,
            keys=buckets.keys,
            values=tuple(_percent(some, some + others) for others, some in by_bucket),
            unit="%",
            series="Skipped",
            now=buckets.now,
            contexts=tuple(
                f"{some:,} of {some + others:,} plays" if some + others else ""
                for others, some in by_bucket
            ),
        ),
        counts=SKIPPED,
    )


def devices(archive: Heard, start: date, end: date) -> ChartData:
    """The plays on each kind of device, most first; what no source tells comes last."""
    plays, ms = archive.tallies.devices.within(start, end).by_code
    told = [(words, int(plays[code]), int(ms[code])) for code, words in DEVICE_WORDS.items()]
    return _lying([*_most_first(told), (NOT_TOLD, int(plays[0]), int(ms[0]))])


def origins(archive: Heard, start: date, end: date) -> ChartData:
    """All plays by the source that they rest on, most first."""
    plays, ms = archive.tallies.sources.within(start, end).by_code
    by_words: dict[str, tuple[int, int]] = {}
    for source, words in SOURCE_WORDS.items():
        before = by_words.get(words, (0, 0))
        by_words[words] = before[0] + int(plays[source]), before[1] + int(ms[source])
    return _lying(_most_first((words, *amount) for words, amount in by_words.items()))


def _session(every: SessionRuns, at: int) -> Session:
    return Session(
        start=_moment(every.start[at]),
        end=_moment(every.end[at]),
        plays=int(every.plays[at]),
        ms=int(every.ms[at]),
        day=calendar_day(int(every.day[at])),
    )


def _moment(ms: np.int64) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(ms))


def _weeks(every: Repeats, low: int, high: int) -> list[tuple[int, int, int, int, int]]:
    """The best of some of these weeks, so that the smallest comes first."""
    plays = every.plays[low:high]
    most = low + np.flatnonzero(plays == plays.max(initial=0))
    told = (-every.plays, -every.ms, every.day, every.track_id, every.last)
    return list(zip(*(values[most].tolist() for values in told), strict=True))


def _percent(some: int, of: int) -> float | None:
    return round(100 * some / of, 1) if of else None


def _most_first(told: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """By plays, then time; of equals in the order in which they are given."""
    return sorted(told, key=lambda each: (-each[1], -each[2]))


def _lying(told: Sequence[tuple[str, int, int]]) -> ChartData:
    """Lying bars of (words, plays, ms), without those that have no play."""
    bars = [each for each in told if each[1]]
    return ChartData(
        kind="barh",
        labels=tuple(words for words, _, _ in bars),
        values=tuple(plays for _, plays, _ in bars),
        unit="plays",
        series="Plays",
        highlights=foremost([plays for _, plays, _ in bars]),
        contexts=tuple(length_words(ms) for _, _, ms in bars),
    )
