"""What was played most, against a history gone through play by play."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine import insights, preferences
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.insights.tops import By, Top, Tops, tops
from music_time_machine.models import Account
from music_time_machine.plays import Kind
from music_time_machine.preferences import Preferences, Rule
from tests.columns.histories import Heard, keep, new_account
from tests.insights.generated import (
    Stored,
    Told,
    listening,
    on_this_database,
    rules,
    shown,
    stored,
    that_count,
    two_days,
    within,
    zones,
)
from tests.insights.library import Song, album_id, artist_id, hear, track_id

DAY = date(2026, 11, 20)
WEEK = (date(2026, 11, 14), date(2026, 11, 20))
WEEK_BEFORE = (date(2026, 11, 7), date(2026, 11, 13))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EPISODE = 4

Named = Callable[[Stored], int | None]
Placed = tuple[int, int, int, int, int | None, int, int, str]
"""Id, plays, ms, place, and the last three of them before; movement."""


def ask(
    db: Database,
    account: Account,
    days: tuple[date, date] = WEEK,
    before: tuple[date, date] | None = WEEK_BEFORE,
    by: By = "plays",
    count: int = 10,
) -> Tops:
    return tops(db, insights.heard(db, account), *days, before, by, count)


def placed(listed: Iterable[Top]) -> list[Placed]:
    """A list as plain values; every line must tell the same plays as its list."""
    listed = list(listed)
    assert all(top.line.plays == top.plays for top in listed)
    return [
        (
            top.line.id, top.plays, top.ms, top.place,
            top.place_before, top.plays_before, top.ms_before, top.movement,
        )
        for top in listed
    ]  # fmt: skip


def slowly(
    plays: Sequence[Stored],
    named: Named,
    days: tuple[date, date],
    before: tuple[date, date] | None,
    by: By,
    count: int,
) -> list[Placed]:
    """One list, the obvious way; `plays` are all that count, each listed as `named` says."""
    now = _ordered(within(plays, *days), named, by)
    earlier = within(plays, *before) if before else []
    then = _ordered(earlier, named, by)
    known = {named(play): play.day for play in reversed(plays)}
    listed = []
    for place, (key, (count_now, ms)) in enumerate(list(now.items())[:count], start=1):
        place_before = list(then).index(key) + 1 if key in then else None
        movement = ""
        if then and place_before is None:
            movement = "back" if known[key] < days[0] else "new"
        elif place_before is not None:
            by_how_many = place_before - place
            movement = "same" if by_how_many == 0 else f"{'up' if by_how_many > 0 else 'down'} "
            movement += str(abs(by_how_many)) if by_how_many else ""
        listed.append((key, count_now, ms, place, place_before, *then.get(key, (0, 0)), movement))
    return listed


def _ordered(plays: Iterable[Stored], named: Named, by: By) -> dict[int, tuple[int, int]]:
    """(plays, ms) of each id, in order."""
    count, ms = Counter[int](), Counter[int]()
    for play in plays:
        key = named(play)
        if key is not None:
            count[key] += 1
            ms[key] += play.ms
    first, second = (count, ms) if by == "plays" else (ms, count)
    order = sorted(count, key=lambda key: (-first[key], -second[key], key))
    return {key: (count[key], ms[key]) for key in order}


@on_this_database
@given(
    history=listening(),
    name=zones,
    days=two_days,
    earlier=st.one_of(st.none(), two_days),
    by=st.sampled_from(["plays", "time"]),
    count=st.sampled_from([1, 3, 10]),
    rule=rules,
    is_one=st.booleans(),
)
def test_the_lists_are_those_counted_one_by_one(
    db: Database,
    settings: Settings,
    history: list[Told],
    name: str,
    days: tuple[date, date],
    earlier: tuple[date, date] | None,
    by: By,
    count: int,
    rule: Rule,
    is_one: bool,
) -> None:
    account = new_account(db, settings, name)
    keep(db, account, history)
    preferences.keep(db, account, Preferences(rule=rule, is_one_recording=is_one))
    plays = that_count(stored(db, account), rule)
    listed_as = shown(plays) if is_one else {play.track_id: play.track_id for play in plays}
    found = ask(db, account, days, earlier, by, count)
    asked = (days, earlier, by, count)
    assert placed(found.tracks) == slowly(plays, lambda play: listed_as[play.track_id], *asked)
    assert placed(found.artists) == slowly(plays, lambda play: play.artist_id, *asked)
    assert placed(found.albums) == slowly(plays, lambda play: play.album_id, *asked)


def test_each_line_has_its_name_and_what_stands_beside_it(db: Database, alice: Account) -> None:
    song = Song("Copper Wire", "Nora Veil", "Low Tide")
    hear(db, alice, [song.play(NOON, 200_000)])
    found = ask(db, alice)
    (track,), (artist,), (album,) = found.tracks, found.artists, found.albums
    assert (track.line.id, track.line.title, track.line.beside) == (
        track_id(db, song), "Copper Wire", "Nora Veil",
    )  # fmt: skip
    assert (artist.line.id, artist.line.title) == (artist_id(db, "Nora Veil"), "Nora Veil")
    assert (album.line.id, album.line.title, album.line.beside) == (
        album_id(db, "Low Tide"), "Low Tide", "Nora Veil",
    )  # fmt: skip
    assert {(top.plays, top.ms, top.place) for top in (track, artist, album)} == {(1, 200_000, 1)}


def test_the_longest_heard_comes_first_by_time_and_the_most_played_by_plays(
    db: Database, alice: Account
) -> None:
    long, often = Song("Long", "A", "A"), Song("Often", "B", "B")
    hear(db, alice, [long.play(NOON, 900_000)])
    hear(db, alice, [often.play(NOON + timedelta(hours=n), 60_000) for n in (1, 2)])
    assert titles(ask(db, alice).tracks) == ["Often", "Long"]
    assert titles(ask(db, alice, by="time").tracks) == ["Long", "Often"]
    assert titles(ask(db, alice, by="time").artists) == ["B", "A"][::-1]


@pytest.mark.parametrize("by", ["plays", "time"])
def test_of_equals_the_other_measure_decides_and_then_the_smaller_id(
    db: Database, alice: Account, by: By
) -> None:
    first, second, third = (Song(title, title, title) for title in "XYZ")
    lengths = {"plays": (60_000, 60_000, 90_000), "time": (120_000, 120_000, 60_000)}[by]
    times = {"plays": (1, 1, 1), "time": (1, 1, 2)}[by]
    # Heard in the order of Y, X, Z, so that neither numbers nor ids follow the titles.
    for hour, (song, ms, count) in enumerate(
        zip((second, first, third), lengths, times, strict=True)
    ):
        start = NOON + timedelta(hours=hour)
        hear(db, alice, [song.play(start + timedelta(minutes=9 * n), ms) for n in range(count)])
    found = ask(db, alice, by=by)
    equal = sorted([first, second], key=lambda song: track_id(db, song))
    assert titles(found.tracks) == ["Z", *(song.title for song in equal)]
    assert titles(ask(db, alice, by=by, count=2).tracks) == ["Z", equal[0].title]


def test_places_before_are_of_all_that_was_played_then(db: Database, alice: Account) -> None:
    songs = [Song(f"Song {n}", f"Artist {n}", f"Album {n}") for n in range(30)]
    days_ago = NOON - timedelta(days=12)
    for n, song in enumerate(songs):
        again = range(40 - n)
        hear(db, alice, [song.play(days_ago + timedelta(minutes=40 * n + m)) for m in again])
    hear(db, alice, [songs[29].play(NOON), songs[29].play(NOON + timedelta(hours=1))])
    hear(db, alice, [songs[1].play(NOON + timedelta(hours=2))])
    found = ask(db, alice)
    for listed in (found.tracks, found.artists, found.albums):
        assert [(top.place_before, top.plays_before, top.movement) for top in listed] == [
            (30, 11, "up 29"),
            (2, 39, "same"),
        ]


@pytest.mark.parametrize("by", ["plays", "time"])
def test_places_before_are_decided_like_those_of_now(db: Database, alice: Account, by: By) -> None:
    week_ago = NOON - timedelta(days=7)
    # Of three equals one has more of the other measure; that one has the greatest id.
    lengths = {"plays": (60, 60, 60, 90), "time": (120, 120, 120, 60)}[by]
    times = {"plays": (1, 1, 1, 1), "time": (1, 1, 1, 2)}[by]
    songs = [Song(title, title, title) for title in "WXYZ"]
    for n, (song, seconds, count) in enumerate(zip(songs, lengths, times, strict=True)):
        moments = (week_ago + timedelta(hours=n, minutes=9 * m) for m in range(count))
        hear(db, alice, [song.play(moment, seconds * 1000) for moment in moments])
        hear(db, alice, [song.play(NOON + timedelta(hours=n))])
    found = ask(db, alice, by=by)
    equal = sorted(songs[:3], key=lambda song: track_id(db, song))
    assert {top.line.title: top.place_before for top in found.tracks} == {
        "Z": 1, equal[0].title: 2, equal[1].title: 3, equal[2].title: 4,
    }  # fmt: skip


def test_new_is_what_was_never_heard_before_and_back_what_was_not_of_late(
    db: Database, alice: Account
) -> None:
    old, lately, fresh = (Song(title, title, title) for title in ("Old", "Lately", "Fresh"))
    hear(db, alice, [old.play(NOON - timedelta(days=300)), lately.play(NOON - timedelta(days=8))])
    hear(db, alice, [fresh.play(NOON - timedelta(days=6)), old.play(NOON)])
    moved = {top.line.title: top.movement for top in ask(db, alice).tracks}
    assert moved == {"Old": "back", "Fresh": "new"}
    artists = {top.line.title: top.movement for top in ask(db, alice).artists}
    assert artists == moved


def test_a_new_track_of_an_old_artist_is_new_and_its_artist_is_not(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [Song("Old", "Nora Veil", "One").play(NOON - timedelta(days=90))])
    hear(db, alice, [Song("Other", "Mirelle", "Two").play(NOON - timedelta(days=8))])
    hear(db, alice, [Song("Fresh", "Nora Veil", "Three").play(NOON)])
    found = ask(db, alice)
    assert [top.movement for top in (*found.tracks, *found.artists, *found.albums)] == [
        "new", "back", "new",
    ]  # fmt: skip


def test_nothing_moves_where_nothing_was_played_before(db: Database, alice: Account) -> None:
    hear(db, alice, [Song("One").play(NOON), Song("Old").play(NOON - timedelta(days=60))])
    assert [top.movement for top in ask(db, alice).tracks] == [""]
    assert [top.movement for top in ask(db, alice, before=None).artists] == [""]


def test_all_ids_of_a_recording_are_one_track_if_the_person_sees_them_so(
    db: Database, alice: Account
) -> None:
    keep(db, alice, [Heard(NOON + timedelta(hours=n), edition=n) for n in (1, 2, 3)])
    (track,) = ask(db, alice).tracks
    assert (track.plays, len(ask(db, alice).albums)) == (3, 3)
    preferences.keep(db, alice, Preferences(is_one_recording=False))
    assert [top.plays for top in ask(db, alice).tracks] == [1, 1, 1]


def test_episodes_are_in_no_list_even_where_they_count(db: Database, alice: Account) -> None:
    preferences.keep(db, alice, Preferences(rule=Rule(episodes=True)))
    keep(db, alice, [Heard(NOON, track=EPISODE)])
    hear(db, alice, [Song("Part 1", "A show", None, kind=Kind.CHAPTER).play(NOON)])
    found = ask(db, alice)
    assert (found.tracks, found.artists, found.albums) == ((), (), ())


def test_no_plays_make_no_lists_and_say_what_would_count(db: Database, alice: Account) -> None:
    found = ask(db, alice, by="time")
    assert (found.tracks, found.artists, found.albums, found.by) == ((), (), (), "time")
    assert found.counts == (
        "Most time first; held against the 7 days before. From the plays of music that count, in "
        f"{alice.zone.key} time."
    )


def test_a_play_at_midnight_belongs_to_the_day_that_begins(db: Database, alice: Account) -> None:
    midnight = datetime(2026, 11, 20, tzinfo=alice.zone)
    last, first = Song("Last"), Song("First")
    hear(db, alice, [last.play(midnight - timedelta(seconds=1)), first.play(midnight)])
    day_before = DAY - timedelta(days=1)
    assert titles(ask(db, alice, (DAY, DAY)).tracks) == ["First"]
    assert titles(ask(db, alice, (day_before, day_before)).tracks) == ["Last"]


def test_ten_years_are_added_up_without_losing_a_millisecond(db: Database, alice: Account) -> None:
    longest = 2**31 - 1
    first = datetime(2016, 11, 20, 12, tzinfo=UTC)
    song = Song("Endless")
    hear(db, alice, [song.play(first + timedelta(days=30 * n), longest) for n in range(120)])
    (track,) = ask(db, alice, (date(2016, 1, 1), DAY), None, "time").tracks
    assert (track.plays, track.ms) == (120, 120 * longest)


def test_nobody_elses_plays_are_listed(db: Database, alice: Account, bob: Account) -> None:
    hear(db, bob, [Song("One").play(NOON)])
    assert ask(db, alice).tracks == ()


def titles(listed: Iterable[Top]) -> list[str]:
    return [top.line.title for top in listed]
