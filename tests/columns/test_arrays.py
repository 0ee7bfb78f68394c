"""What can be made of a run of plays: some days of it, some of the plays, one track a recording."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine.columns import Listens
from music_time_machine.columns.arrays import DTYPES, SOURCE_SHIFT, TRAITS_SHIFT, first_values
from music_time_machine.columns.zones import local_time
from music_time_machine.traits import REASONS, Trait, pack, value
from tests.columns.histories import ZONES, Heard, moments, size

UTC_ZONE = ZoneInfo("UTC")
NEWFOUNDLAND = ZoneInfo("America/St_Johns")


def listens_at(moments: list[datetime], zone: ZoneInfo) -> Listens:
    """Plays of these moments, each of a track of its own."""
    rows = [Row(int(moment.timestamp()), n) for n, moment in enumerate(sorted(moments))]
    return listens_of(rows, zone)


@dataclass(frozen=True, slots=True)
class Row:
    """A play of the track with this id, whose artist, album and recording follow from it."""

    when: int
    track_id: int
    ms: int = 1000

    @property
    def artist_id(self) -> int | None:
        return None if self.track_id % 5 == 4 else 100 + self.track_id % 7

    @property
    def album_id(self) -> int | None:
        return None if self.track_id % 6 == 5 else 200 + self.track_id % 3

    @property
    def recording(self) -> int:
        return self.track_id % 4


def listens_of(rows: list[Row], zone: ZoneInfo = UTC_ZONE) -> Listens:
    """The plays, numbered the obvious way: as they come."""
    when = np.array([row.when for row in rows], np.uint32)
    day, hour = local_time(when, zone)
    firsts = {row.track_id: (row, day[n]) for n, row in reversed(list(enumerate(rows)))}
    tracks = [firsts[track_id][0] for track_id in dict.fromkeys(row.track_id for row in rows)]
    artists = as_they_come(track.artist_id for track in tracks)
    albums = as_they_come(track.album_id for track in tracks)
    number = {track.track_id: n for n, track in enumerate(tracks)}
    recordings = as_they_come(track.recording for track in tracks)
    return Listens(
        when=when,
        track=np.array([number[row.track_id] for row in rows], np.int32),
        ms=np.array([row.ms for row in rows], np.uint32),
        day=day,
        hour=hour,
        traits=when // 3,
        track_ids=np.array([track.track_id for track in tracks], np.int32),
        first_day=np.array([firsts[track.track_id][1] for track in tracks], np.uint16),
        artist=np.array([artists.get(track.artist_id, -1) for track in tracks], np.int32),
        album=np.array([albums.get(track.album_id, -1) for track in tracks], np.int32),
        recording=np.array([recordings[track.recording] for track in tracks], np.int32),
        duration_ms=np.array([track.track_id * 10 for track in tracks], np.uint32),
        artist_ids=np.array(list(artists), np.int32),
        album_ids=np.array(list(albums), np.int32),
    )


def as_they_come(ids: Iterable[int | None]) -> dict[int | None, int]:
    """A number for each id, in the order in which they come."""
    return {id_: n for n, id_ in enumerate(dict.fromkeys(id_ for id_ in ids if id_ is not None))}


def lists(listens: Listens) -> list[list[int]]:
    return [array.tolist() for array in listens.arrays()]


rows = st.lists(
    st.builds(Row, st.integers(0, 2**32 - 1), st.integers(1, 14), st.integers(0, 9)), max_size=40
).map(lambda some: sorted(some, key=lambda row: row.when))


@given(rows, st.data())
def test_some_of_the_plays_are_as_if_there_were_no_others(
    rows: list[Row], data: st.DataObject
) -> None:
    which = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    kept = [row for row, is_kept in zip(rows, which, strict=True) if is_kept]
    found = listens_of(rows).only(np.array(which, np.bool_))
    assert lists(found) == lists(listens_of(kept))
    assert [array.dtype for array in found.arrays()] == [np.dtype(dtype) for dtype in DTYPES]


@given(rows, st.integers(0, 2**32 - 1))
def test_before_a_second_are_the_plays_and_tracks_of_that_time(
    rows: list[Row], second: int
) -> None:
    earlier = [row for row in rows if row.when < second]
    assert lists(listens_of(rows).before(second)) == lists(listens_of(earlier))


@given(rows)
def test_a_recording_is_one_track_under_the_id_played_most(rows: list[Row]) -> None:
    found = listens_of(rows).as_recordings()
    plays = Counter(row.track_id for row in rows)
    ids = {
        recording: min((-plays[id_], id_) for id_ in plays if id_ % 4 == recording)[1]
        for recording in dict.fromkeys(row.recording for row in rows)
    }
    assert found.track_ids.tolist() == list(ids.values())
    assert found.track_ids[found.track].tolist() == [ids[row.recording] for row in rows]
    days = dict[int, int]()
    for row, day in zip(rows, found.day.tolist(), strict=True):
        days.setdefault(row.recording, day)
    assert found.first_day.tolist() == list(days.values())
    assert found.duration_ms.tolist() == [10 * id_ for id_ in ids.values()]
    artists = [found.artist_ids[n] if n >= 0 else None for n in found.artist.tolist()]
    assert artists == [Row(0, id_).artist_id for id_ in ids.values()]
    albums = [found.album_ids[n] if n >= 0 else None for n in found.album.tolist()]
    assert albums == [Row(0, id_).album_id for id_ in ids.values()]


def test_the_source_stands_above_the_traits() -> None:
    kept = np.array([7 << SOURCE_SHIFT | 2**23 - 1], np.uint32)
    listens = replace(Listens.none(), traits=kept)
    assert listens.source.tolist() == [7]
    assert listens.trait(Trait.REASON_START).tolist() == [31]


def test_traits_are_read_without_the_country() -> None:
    play = Heard(datetime(2026, 1, 1, tzinfo=UTC), ms=None, skipped=False, private=True).play()
    how = {"shuffle": True, "reason_start": REASONS[-1], "reason_end": REASONS[1]}
    packed = pack(msgspec.structs.replace(play, platform="Sonos", **how))
    kept = np.array([packed >> TRAITS_SHIFT], np.uint32)
    listens = replace(Listens.none(), traits=kept)
    for trait in Trait:
        if trait is not Trait.COUNTRY:
            assert listens.trait(trait).tolist() == [value(packed, trait)]


days = st.dates(date(2005, 1, 1), date(2015, 1, 1))
years = moments(datetime(2004, 12, 1, tzinfo=UTC), datetime(2015, 2, 1, tzinfo=UTC))


@given(st.lists(years, max_size=30), st.sampled_from(ZONES), days, days)
def test_within_keeps_exactly_the_plays_of_the_local_days(
    moments: list[datetime], name: str, start: date, end: date
) -> None:
    zone = ZoneInfo(name)
    found = listens_at(moments, zone).within(start, end)
    wanted = [at for at in sorted(moments) if start <= at.astimezone(zone).date() <= end]
    assert found.when.tolist() == [int(at.timestamp()) for at in wanted]
    assert size(found) == len(wanted)


@pytest.mark.parametrize("day", [date(2010, 11, 6), date(2010, 11, 7), date(2010, 11, 8)])
def test_a_day_that_comes_back_after_midnight_keeps_all_its_plays(day: date) -> None:
    # One minute into the 7th, Newfoundland's clocks went back to 23:01 of the 6th.
    first = datetime(2010, 11, 5, tzinfo=UTC)
    every_minute = [first + timedelta(minutes=n) for n in range(5 * 24 * 60)]
    found = listens_at(every_minute, NEWFOUNDLAND).within(day, day)
    wanted = [at for at in every_minute if at.astimezone(NEWFOUNDLAND).date() == day]
    assert found.when.tolist() == [int(at.timestamp()) for at in wanted]


def test_midnight_belongs_to_the_day_that_begins() -> None:
    midnight = datetime(2026, 11, 21, 23, tzinfo=UTC)
    listens = listens_at([midnight - timedelta(seconds=1), midnight], ZoneInfo("Europe/Berlin"))
    assert len(listens.within(date(2026, 11, 21), date(2026, 11, 21))) == 1
    assert len(listens.within(date(2026, 11, 22), date(2026, 11, 22))) == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [(date.min, date.max), (date(1960, 1, 1), date(2200, 1, 1))],
)
def test_within_any_two_dates_is_everything_between_them(start: date, end: date) -> None:
    listens = listens_at([datetime(2026, 1, 1, tzinfo=UTC)], ZoneInfo("UTC"))
    assert len(listens.within(start, end)) == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date.min, date(1969, 12, 31)),
        (date(2180, 1, 1), date.max),
        (date(2026, 1, 2), date(2026, 1, 1)),
    ],
)
def test_within_days_without_plays_is_nothing(start: date, end: date) -> None:
    listens = listens_at([datetime(2026, 1, 1, tzinfo=UTC)], ZoneInfo("UTC"))
    assert size(listens.within(start, end)) == 0
    assert size(Listens.none().within(start, end)) == 0


def test_the_first_value_of_each_number_is_found() -> None:
    index = np.array([1, -1, 0, 1, 0], np.int32)
    values = np.array([10, 20, 30, 40, 50], np.uint16)
    assert first_values(index, values, 2).tolist() == [30, 10]
