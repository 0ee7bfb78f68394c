"""What was played most in a stretch of days: tracks, artists and albums, by plays or by time.

Each stands beside its place in another stretch, the one before. Hides that all lists, in both
orders, come from two sums over the plays of a stretch, and that those of all plays are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..columns import day_number
from ..db import Database
from .heard import Heard
from .kept import Kept
from .lines import Line, Sums, album_lines, artist_lines, track_lines

By = Literal["plays", "time"]
NO_DAYS = (date.max, date.min)


@dataclass(frozen=True, slots=True)
class Top:
    """A line of a list, and its `place` in it; 1 is the first.

    `movement` is `up 4`, `down 2` or `same`; `new` for what was never heard before these days,
    `back` for what was, but not in the stretch before; empty where none of its kind was then.
    """

    line: Line
    plays: int
    ms: int
    place: int
    place_before: int | None
    plays_before: int
    ms_before: int
    movement: str


@dataclass(frozen=True, slots=True)
class Tops:
    """The most played of each kind, most first; `counts` says what counts."""

    tracks: tuple[Top, ...]
    artists: tuple[Top, ...]
    albums: tuple[Top, ...]
    by: By
    counts: str


def tops(
    db: Database,
    archive: Heard,
    start: date,
    end: date,
    before: tuple[date, date] | None,
    by: By,
    count: int = 10,
) -> Tops:
    """The `count` most played from `start` to `end`, and how they stood in the days of `before`.

    Of equals that with more time (or plays) comes first, then the smaller id. Tracks are recordings
    where the person sees them as one. What names no artist or no album is only among the tracks.
    """
    now, then = played(archive, start, end), played(archive, *(before or NO_DAYS))
    tracks, artists, albums = (
        _listed(db, kind, kind.order(now, by), kind.order(then, by), start, count)
        for kind in _kinds(archive)
    )
    return Tops(tracks, artists, albums, by, _counts(archive, before, by))


def played(archive: Heard, start: date, end: date) -> Sums:
    """The plays and the time of each track of the music from `start` to `end`."""
    music = archive.music.within(start, end)
    if len(music) < len(archive.music):
        return Sums.of_tracks(music)
    return _of_all_plays.find(archive, None, lambda: Sums.of_tracks(music))


_of_all_plays: Kept[Sums] = Kept()


@dataclass(frozen=True, slots=True, eq=False)
class _Kind:
    """What is listed: for each track of the music its number (-1 for none); the ids by number."""

    numbers: NDArray[np.int32]
    ids: NDArray[np.int32]
    first_day: NDArray[np.uint16]
    """Of each track of the music."""
    lines: Callable[[Database, Sequence[tuple[int, int]]], tuple[Line, ...]]

    def order(self, tracks: Sums, by: By) -> "_Order":
        """The order that these sums of the tracks of the music make."""
        sums = tracks.by(self.numbers, len(self.ids))
        first, second = (sums.plays, sums.ms) if by == "plays" else (sums.ms, sums.plays)
        return _Order(sums, first, second, self.ids)

    def was_heard_before(self, day: date, number: int) -> bool:
        # Tracks are numbered as they were first heard, so the first one of it is the oldest.
        oldest = (self.numbers == number).argmax()
        return int(self.first_day[oldest]) < day_number(day)


def _kinds(archive: Heard) -> tuple[_Kind, _Kind, _Kind]:
    music, recordings = archive.music, archive.recordings
    # Artists and albums are those of each id, also where recordings are listed as one track.
    own = np.arange(len(music.track_ids), dtype=np.int32)
    tracks = own if recordings is music else music.recording
    return (
        _Kind(tracks, recordings.track_ids, music.first_day, track_lines),
        _Kind(music.artist, music.artist_ids, music.first_day, artist_lines),
        _Kind(music.album, music.album_ids, music.first_day, album_lines),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """What is listed in its order: by `first`, then by `second`, both by number, then by id."""

    sums: Sums
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    ids: NDArray[np.int32]

    def leading(self, count: int) -> list[int]:
        """The numbers of the first ones; none that was not played."""
        played = np.flatnonzero(self.sums.plays)
        if len(played) > count:
            least = np.partition(self.first[played], -count)[-count]
            played = played[self.first[played] >= least]
        keys = (self.ids[played], -self.second[played], -self.first[played])
        order: list[int] = played[np.lexsort(keys)[:count]].tolist()
        return order

    def place(self, number: int) -> int | None:
        """Which place a number has; None when it was not played."""
        if not self.sums.plays[number]:
            return None
        first, second = self.first[number], self.second[number]
        level = np.flatnonzero(self.first == first)
        is_longer, is_equal = self.second[level] > second, self.second[level] == second
        is_ahead = is_longer | (is_equal & (self.ids[level] < self.ids[number]))
        return 1 + int((self.first > first).sum()) + int(is_ahead.sum())


def _listed(
    db: Database, kind: _Kind, now: _Order, then: _Order, start: date, count: int
) -> tuple[Top, ...]:
    leading = now.leading(count)
    played = [(int(kind.ids[number]), int(now.sums.plays[number])) for number in leading]
    lines = {line.id: line for line in kind.lines(db, played)}
    is_compared = bool(then.sums.plays.any())
    listed = []
    for place, number in enumerate(leading, start=1):
        line = lines.get(int(kind.ids[number]))
        if line is None:
            continue
        before = then.place(number)
        movement = _movement(place, before, kind.was_heard_before(start, number))
        listed.append(
            Top(
                line=line,
                plays=int(now.sums.plays[number]),
                ms=int(now.sums.ms[number]),
                place=place,
                place_before=before,
                plays_before=int(then.sums.plays[number]),
                ms_before=int(then.sums.ms[number]),
                movement=movement if is_compared else "",
            )
        )
    return tuple(listed)


def _movement(place: int, before: int | None, was_heard_before: bool) -> str:
    if before is None:
        return "back" if was_heard_before else "new"
    if place == before:
        return "same"
    return f"up {before - place}" if place < before else f"down {place - before}"


def _counts(archive: Heard, before: tuple[date, date] | None, by: By) -> str:
    order = "plays first, of equals the one heard longer" if by == "plays" else "time first"
    beside = f"; held against the {_length(*before)} before" if before else ""
    return f"Most {order}{beside}. {told_by(archive)}."


def told_by(archive: Heard) -> str:
    """What figures of music rest on, as a sentence without its full stop."""
    return f"From the plays of music that count, in {archive.everything.zone.key} time"


def _length(start: date, end: date) -> str:
    days = (end - start).days + 1
    return f"{days:,} days" if days > 1 else "day"
