"""What each insight asks of plays, by NumPy alone: the least that an answer can cost.

One question a function, over arrays that are loaded already, for all time; nothing is named, worded
or laid out as a chart, and nothing is remembered from one question to the next.
"""

import numpy as np
from numpy.typing import NDArray

from music_time_machine.columns import Listens
from music_time_machine.traits import Trait

Counts = NDArray[np.intp] | NDArray[np.float64]
BEST = 10
WEEK_DAYS, WEEK_HOURS = 7, 168
SILENCE_SECONDS, SHORT_MS = 30 * 60, 30_000
SOURCE_SHIFT = np.uint32(28)


def by_day(music: Listens) -> tuple[Counts, Counts]:
    """Plays, and ms, of each day."""
    return np.bincount(music.day), np.bincount(music.day, weights=music.ms)


def by_hour_of_day(music: Listens) -> Counts:
    """Plays of each hour of the day."""
    hours: Counts = by_hour_of_week(music).reshape(WEEK_DAYS, 24).sum(axis=0)
    return hours


def by_weekday(music: Listens) -> Counts:
    """Plays of each day of the week."""
    days: Counts = by_hour_of_week(music).reshape(WEEK_DAYS, 24).sum(axis=1)
    return days


def by_hour_of_week(music: Listens) -> Counts:
    """Plays of each hour of the week."""
    return np.bincount(music.hour, minlength=WEEK_HOURS)


def longest_streak(music: Listens) -> int:
    """The most days in a row that have a play."""
    silent = np.flatnonzero(np.bincount(music.day) == 0)
    return int(np.diff(silent, prepend=-1).max(initial=0))


def busiest_day(music: Listens) -> int:
    """The day with most plays."""
    return int(np.bincount(music.day).argmax())


def sessions(music: Listens) -> tuple[int, float, int]:
    """How many sessions, their median length, and which is the longest."""
    gaps = np.flatnonzero(np.diff(music.when) > SILENCE_SECONDS)
    first, last = np.append(0, gaps + 1), np.append(gaps, len(music) - 1)
    lengths = music.when[last] - music.when[first]
    return len(lengths), float(np.median(lengths)), int(lengths.argmax())


def obsession(music: Listens) -> tuple[int, int]:
    """The track with most plays in seven days in a row, and how many these are."""
    order = np.argsort(music.track, kind="stable")
    place = music.track[order].astype(np.int64) << 16 | music.day[order]
    plays = np.searchsorted(place, place + WEEK_DAYS) - np.arange(len(place))
    best = int(plays.argmax())
    return int(music.track[order[best]]), int(plays[best])


def too_short(music: Listens) -> tuple[int, int]:
    """The plays of less than half a minute, and their ms."""
    short = music.ms[music.ms < SHORT_MS]
    return len(short), int(short.sum(dtype=np.int64))


def skipped_by_day(music: Listens) -> Counts:
    """How many plays of each day do not tell whether they were skipped, were not, and were."""
    return np.bincount(music.day.astype(np.int32) << 2 | _bits(music, Trait.SKIPPED, 3))


def devices(music: Listens) -> tuple[Counts, Counts]:
    """Plays and ms of each kind of device."""
    device = _bits(music, Trait.DEVICE, 15)
    return np.bincount(device), np.bincount(device, weights=music.ms)


def origins(music: Listens) -> Counts:
    """Plays of each source."""
    return np.bincount(music.traits >> SOURCE_SHIFT)


def _bits(music: Listens, trait: Trait, mask: int) -> NDArray[np.int32]:
    """A trait of each play: some bits of one number."""
    shift = np.uint32(trait - Trait.ASSUMED)
    return (music.traits >> shift & np.uint32(mask)).astype(np.int32)


def tops(music: Listens) -> tuple[Counts, ...]:
    """The tracks, artists and albums with most plays, from the sums of tracks, in no order."""
    plays = np.bincount(music.track, minlength=len(music.track_ids))
    ms = np.bincount(music.track, weights=music.ms, minlength=len(music.track_ids))
    found = [np.argpartition(-plays, BEST)[:BEST]]
    for owner in (music.artist, music.album):
        named = owner >= 0
        sums = [np.bincount(owner[named], weights=each[named]) for each in (plays, ms)]
        found.append(np.argpartition(-sums[0], BEST)[:BEST])
    return tuple(found)


def discoveries(music: Listens) -> Counts:
    """How many tracks were new on each day."""
    return np.bincount(music.first_day)


def new_by_day(music: Listens) -> tuple[Counts, Counts]:
    """Plays of each day, and of these those of tracks that were first heard on that day."""
    is_new = music.first_day[music.track] == music.day
    return np.bincount(music.day), np.bincount(music.day[is_new])


def concentration(music: Listens) -> int:
    """How few artists make half the listening time."""
    ms = np.bincount(music.track, weights=music.ms, minlength=len(music.track_ids))
    named = music.artist >= 0
    shares = np.sort(np.bincount(music.artist[named], weights=ms[named]))[::-1].cumsum()
    return int(np.searchsorted(shares, shares[-1] / 2)) + 1


def diversity(music: Listens) -> Counts:
    """The effective number of artists of each month, taken as thirty days."""
    month = (music.day - music.day.min()) // np.uint16(30)
    size = len(music.artist_ids) + 1  # plays that name no artist come last in each month
    artist = np.where(music.artist < 0, size - 1, music.artist)[music.track]
    plays = np.bincount(month.astype(np.int32) * np.int32(size) + artist)
    plays = np.pad(plays, (0, -len(plays) % size)).reshape(-1, size)[:, :-1]
    shares = plays / np.maximum(plays.sum(axis=1, keepdims=True), 1)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    effective: Counts = np.exp(-(shares * logs).sum(axis=1))
    return effective
