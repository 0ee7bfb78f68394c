"""The world: the same whoever asks in whatever order, of one piece, and worth looking at."""

import hashlib
import io
import json
import re
import zipfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from spotify_emulator.world import HEARD_MS, RANGE_DAYS, TimeRange, World
from spotify_emulator.world.catalogue import catalogue_of
from spotify_emulator.world.diary import NO_TRACK, days_between
from spotify_emulator.world.listeners import LISTENERS, Listener
from tests.emulator.conftest import SEED, WORLD_NOW

Row = dict[str, str | int | bool | None]
PLAYING = [listener for listener in LISTENERS if listener.since]
DAY = date(2026, 3, 14)


def rows_of(world: World, listener: Listener, start: datetime, end: datetime) -> list[Row]:
    """The rows of an export, read as anybody would."""
    package = zipfile.ZipFile(io.BytesIO(b"".join(world.export(listener, start, end))))
    return [
        row
        for name in package.namelist()
        if name.endswith(".json")
        for row in json.loads(package.read(name))
    ]


def someone(listener_id: str) -> Listener:
    return next(one for one in LISTENERS if one.id == listener_id)


# The same for everybody


@pytest.mark.parametrize("listener", PLAYING, ids=lambda one: one.id)
def test_a_day_is_the_same_whatever_was_asked_before(listener: Listener) -> None:
    alone = list(World(SEED).plays(listener, DAY, DAY))
    world = World(SEED)
    world.top_tracks(listener, "long_term", WORLD_NOW)
    around = list(world.plays(listener, DAY - timedelta(days=20), DAY + timedelta(days=20)))
    first, last = alone[0].ended_ms, alone[-1].ended_ms
    assert [play for play in around if first <= play.ended_ms <= last] == alone


def test_days_asked_backwards_are_the_same_as_forwards() -> None:
    teo, days = someone("teo"), list(days_between(date(2024, 12, 20), date(2025, 1, 10)))
    forwards, backwards = World(SEED), World(SEED)
    there = {day: list(forwards.plays(teo, day, day)) for day in days}
    back = {day: list(backwards.plays(teo, day, day)) for day in reversed(days)}
    assert there == back


def test_another_seed_is_another_world() -> None:
    one, other = World(1), World(2)
    maren = someone("maren")
    assert list(one.plays(maren, DAY, DAY)) != list(other.plays(maren, DAY, DAY))
    ids = [{track.id for track in world.catalogue.tracks} for world in (one, other)]
    assert not ids[0] & ids[1]


def test_known_weeks_have_not_changed(world: World) -> None:
    # Whoever keeps an archive of this world relies on it from one version to the next.
    weeks = [("maren", date(2016, 11, 7)), ("teo", date(2021, 2, 8)), ("ruth", date(2026, 3, 9))]
    digests = []
    for listener_id, day in weeks:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        rows = rows_of(world, someone(listener_id), start, start + timedelta(days=7))
        digests.append(hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16])
    assert digests == ["6d0cf70d1a698ec3", "e355236440c89f27", "05e352edaec5f92c"]


# Of one piece


@pytest.mark.parametrize("listener", PLAYING, ids=lambda one: one.id)
@pytest.mark.parametrize("time_range", RANGE_DAYS)
def test_top_lists_are_the_exports_plays_counted(
    world: World, listener: Listener, time_range: TimeRange
) -> None:
    end = WORLD_NOW.replace(hour=0, minute=0)
    rows = [
        row
        for row in rows_of(world, listener, end - timedelta(days=RANGE_DAYS[time_range]), end)
        if row["spotify_track_uri"]
        and int(row["ms_played"] or 0) >= 30_000
        and not row["incognito_mode"]
    ]
    by_track = ranked(rows, "spotify_track_uri")
    tops = world.top_tracks(listener, time_range, WORLD_NOW)
    assert [f"spotify:track:{track.id}" for track in tops] == [uri for uri, _ in by_track[:50]]
    by_artist = dict(ranked(rows, "master_metadata_album_artist_name"))
    artists = world.top_artists(listener, time_range, WORLD_NOW)
    scores = [by_artist[artist.name] for artist in artists]
    assert scores == sorted(by_artist.values(), reverse=True)[:50]


def ranked(rows: list[Row], key: str) -> list[tuple[str, tuple[int, int]]]:
    """What a key's values are worth, in plays and then in ms, best first and equals by name."""
    plays, ms = Counter[str](), Counter[str]()
    for row in rows:
        plays[str(row[key])] += 1
        ms[str(row[key])] += int(row["ms_played"] or 0)
    order = sorted(plays, key=lambda one: (-plays[one], -ms[one], one))
    return [(one, (plays[one], ms[one])) for one in order]


@pytest.mark.parametrize("listener", PLAYING, ids=lambda one: one.id)
def test_recently_played_is_the_end_of_the_export(world: World, listener: Listener) -> None:
    rows = rows_of(world, listener, WORLD_NOW - timedelta(days=40), WORLD_NOW)
    heard = [
        (row["ts"], row["spotify_track_uri"], row["ms_played"])
        for row in rows
        if row["spotify_track_uri"]
        and int(row["ms_played"] or 0) >= 30_000
        and not row["incognito_mode"]
    ]
    recent = [
        (
            f"{datetime.fromtimestamp(play.ended_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
            f"spotify:track:{world.catalogue.tracks[play.track].id}",
            play.ms_played,
        )
        for play in world.recently_played(listener, WORLD_NOW)
    ]
    assert len(recent) == 50
    assert recent == heard[:-51:-1]


def test_lists_stay_the_same_for_a_day_and_change_with_the_next(world: World) -> None:
    aiko = someone("aiko")
    early, late = WORLD_NOW.replace(hour=0, minute=0), WORLD_NOW.replace(hour=23, minute=59)
    same = [world.top_tracks(aiko, "short_term", moment) for moment in (early, late)]
    assert same[0] == same[1]
    assert world.top_tracks(aiko, "short_term", late + timedelta(days=1)) != same[0]


@pytest.mark.parametrize("listener", PLAYING, ids=lambda one: one.id)
def test_plays_come_in_order_and_none_begins_before_another_ended(
    world: World, listener: Listener
) -> None:
    plays = list(world.plays(listener, date(2025, 10, 1), date(2026, 4, 30)))
    assert len(plays) > 3000
    for before, after in pairwise(plays):
        assert before.ended_ms <= after.started_ms
        assert after.started_ms + after.ms_played <= after.ended_ms


def test_nobody_hears_what_is_not_out_yet_nor_before_they_came(world: World) -> None:
    for listener in PLAYING:
        assert listener.since is not None
        last = listener.since + timedelta(days=200)
        for play in world.plays(listener, date(2008, 1, 1), last):
            day = datetime.fromtimestamp(play.started_ms / 1000, listener.zone).date()
            assert listener.since <= day
            if play.track != NO_TRACK:
                assert world.catalogue.tracks[play.track].released <= day.toordinal()


# Worth looking at


def test_the_catalogue_has_hundreds_of_artists_with_names_and_ids_of_their_own() -> None:
    catalogue = catalogue_of(SEED)
    names = {artist.name for artist in catalogue.artists}
    assert len(catalogue.artists) == len(names) >= 400
    things = [*catalogue.artists, *catalogue.albums, *catalogue.tracks]
    assert len({thing.id for thing in things}) == len(things)
    assert all(re.fullmatch(r"[0-9A-Za-z]{22}", thing.id) for thing in things)
    assert all(re.fullmatch(r"[A-Z]{2}[0-9A-Z]{3}\d{7}", one.isrc) for one in catalogue.tracks)


def test_names_are_written_in_many_scripts() -> None:
    names = " ".join(artist.name for artist in catalogue_of(SEED).artists)
    assert re.search("[À-ÿ]", names)
    assert re.search("[ąęłżğşı]", names)
    assert re.search("[А-Яа-я]", names)
    assert re.search("[一-龯ぁ-ん]", names)


def test_release_dates_have_three_precisions_and_singles_share_their_recording() -> None:
    catalogue = catalogue_of(SEED)
    assert {album.precision for album in catalogue.albums} == {"year", "month", "day"}
    lengths = {"year": 4, "month": 7, "day": 10}
    assert all(len(one.release_date) == lengths[one.precision] for one in catalogue.albums)
    recordings = Counter(track.isrc for track in catalogue.tracks)
    assert recordings.most_common(1)[0][1] >= 2


@pytest.mark.parametrize("listener", PLAYING, ids=lambda one: one.id)
def test_a_year_looks_like_a_persons_year(world: World, listener: Listener) -> None:
    plays = list(world.plays(listener, date(2025, 2, 1), date(2026, 1, 31)))
    tracks = [play for play in plays if play.track != NO_TRACK]
    artists = {world.catalogue.tracks[play.track].artists[0] for play in tracks}
    per_day = Counter(
        datetime.fromtimestamp(play.started_ms / 1000, listener.zone).date() for play in plays
    )
    assert 25 <= len(plays) / 365 <= 110
    assert min(per_day.values()) < 10 < max(per_day.values())
    year = days_between(date(2025, 2, 1), date(2026, 1, 31))
    assert any(not list(world.plays(listener, day, day)) for day in year)
    assert 25 <= len(artists) <= 150
    assert any(play.is_skipped and play.ms_played < HEARD_MS for play in plays)
    assert any(play.ms_played < 3000 for play in plays)
    assert any(play.is_offline for play in plays)
    assert any(play.is_private for play in plays)
    assert any(play.episode for play in plays)


@pytest.mark.parametrize("listener", PLAYING[:3:2], ids=lambda one: one.id)
def test_ten_years_hold_obsessions_and_forgotten_loves(world: World, listener: Listener) -> None:
    by_year: dict[int, Counter[int]] = {}
    weeks: Counter[tuple[int, int]] = Counter()
    for play in world.plays(listener, date(2016, 1, 1), date(2025, 12, 31)):
        if play.track == NO_TRACK:
            continue
        day = datetime.fromtimestamp(play.started_ms / 1000, UTC)
        artist = world.catalogue.tracks[play.track].artists[0]
        by_year.setdefault(day.year, Counter())[artist] += 1
        weeks[play.track, day.toordinal() // 7] += 1
    circle = set().union(*by_year.values())
    assert 60 <= len(circle) <= 150
    assert weeks.most_common(1)[0][1] >= 60
    beloved = {one for one in circle if max(year[one] for year in by_year.values()) >= 300}
    lately = by_year[2024] + by_year[2025]
    assert sum(lately[artist] == 0 for artist in beloved) >= 3
    first, last = (set(dict(by_year[year].most_common(15))) for year in (2017, 2025))
    assert len(last - first) >= 5


def test_short_tracks_are_sometimes_played_twice_in_a_row(world: World) -> None:
    plays = list(world.plays(someone("aiko"), date(2017, 1, 1), date(2018, 12, 31)))
    twice = [
        two
        for one, two in pairwise(plays)
        if one.track == two.track != NO_TRACK and two.ms_played < 120_000 and not two.is_skipped
    ]
    assert len(twice) >= 10


def test_carols_are_sung_in_december_only(world: World) -> None:
    ruth = someone("ruth")
    months = Counter(
        datetime.fromtimestamp(play.started_ms / 1000, ruth.zone).month
        for play in world.plays(ruth, date(2025, 1, 1), date(2026, 11, 1))
        if play.track != NO_TRACK
        and world.catalogue.artists[world.catalogue.tracks[play.track].artists[0]].scene == "winter"
    )
    assert set(months) == {12}


def test_three_started_in_2016_one_in_2025_and_one_has_not_begun() -> None:
    years = [listener.since.year if listener.since else None for listener in LISTENERS]
    assert years == [2016, 2016, 2016, 2025, None]
