"""One snapshot against another, each held against lists gone through by hand."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.errors import NotFound
from music_time_machine.insights import shifts
from music_time_machine.insights.shifts import Moves, TopList
from music_time_machine.models import Account
from tests.columns.histories import new_account
from tests.insights.shelf import take

SEP, OCT, NOV = date(2026, 9, 22), date(2026, 10, 22), date(2026, 11, 22)

on_this_database = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
names = st.lists(st.sampled_from("ABCDEFGHIJ"), unique=True, max_size=8)


def words(top: TopList) -> list[tuple[int | None, str, str]]:
    """What one reads of a list: place, title and movement."""
    return [(place.rank, place.title, top.movement(place)) for place in top.places]


def moved(moves: Moves) -> dict[str, list[str]]:
    """The names under each word."""
    kinds = ("risers", "fallers", "newcomers", "departures")
    return {kind: [place.title for place in getattr(moves, kind)] for kind in kinds}


def by_hand(before: Sequence[str], after: Sequence[str]) -> dict[str, list[str]]:
    """The same, from two lists of names."""
    both = [name for name in after if name in before]
    climbs = {name: before.index(name) - after.index(name) for name in both}
    ordered = sorted(both, key=lambda name: (-abs(climbs[name]), after.index(name)))
    return {
        "risers": [name for name in ordered if climbs[name] > 0],
        "fallers": [name for name in ordered if climbs[name] < 0],
        "newcomers": [name for name in after if name not in before],
        "departures": [name for name in before if name not in after],
    }


@on_this_database
@given(tracks=st.tuples(names, names), artists=st.tuples(names, names), is_backwards=st.booleans())
def test_what_moved_between_two_snapshots_is_what_one_finds_by_hand(
    db: Database,
    settings: Settings,
    tracks: tuple[list[str], list[str]],
    artists: tuple[list[str], list[str]],
    is_backwards: bool,
) -> None:
    account = new_account(db, settings)
    take(db, account, OCT, tracks[0], artists[0])
    take(db, account, NOV, tracks[1], artists[1])
    days = (NOV, OCT) if is_backwards else (OCT, NOV)
    found = shifts.compare(db, account, *days, "short_term")
    assert (found.one, found.other) == (OCT, NOV)
    for moves, (before, after) in ((found.tracks, tracks), (found.artists, artists)):
        assert moves.has_both == bool(before and after)
        if moves.has_both:
            assert moved(moves) == by_hand(before, after)
            stayed = [1 for one, other in zip(before, after, strict=False) if one == other]
            assert moves.stayed == len(stayed)
        else:
            assert not any(moved(moves).values())
    page = shifts.snapshot(db, account, NOV, "short_term")
    assert [place.title for place in page.tracks.places] == tracks[1]
    assert [place.rank for place in page.artists.places] == list(range(1, len(artists[1]) + 1))
    assert page.tracks.new == (len(set(tracks[1]) - set(tracks[0])) if tracks[0] else 0)


def test_each_place_of_a_snapshot_says_where_it_was_before(db: Database, alice: Account) -> None:
    take(db, alice, OCT, ["Copper Sky", "Slow Static", "Harvest Radio"], ["Mirelle"])
    take(
        db, alice, NOV, ["Slow Static", "Glass Orchard", "Harvest Radio", "Copper Sky"], ["Mirelle"]
    )
    page = shifts.snapshot(db, alice, NOV, "short_term")
    assert words(page.tracks) == [
        (1, "Slow Static", "up 1"),
        (2, "Glass Orchard", "new"),
        (3, "Harvest Radio", "same"),
        (4, "Copper Sky", "down 3"),
    ]
    assert words(page.artists) == [(1, "Mirelle", "same")]
    assert (page.tracks.before, page.tracks.new) == (OCT, 1)
    assert (page.earlier, page.later, page.newest) == (OCT, None, NOV)


def test_the_first_snapshot_is_held_against_nothing(db: Database, alice: Account) -> None:
    take(db, alice, OCT, ["Copper Sky"])
    take(db, alice, NOV, ["Copper Sky"])
    page = shifts.snapshot(db, alice, OCT, "short_term")
    assert words(page.tracks) == [(1, "Copper Sky", "")]
    assert (page.earlier, page.later) == (None, NOV)
    assert page.tracks.new == 0


def test_a_list_is_held_against_the_latest_one_of_its_own_range(
    db: Database, alice: Account
) -> None:
    take(db, alice, SEP, {"short_term": ["Copper Sky"], "long_term": ["Slow Static"]})
    take(db, alice, OCT, {"long_term": ["Copper Sky"]})
    take(db, alice, NOV, {"short_term": ["Copper Sky"], "long_term": ["Copper Sky"]})
    assert shifts.snapshot(db, alice, NOV, "short_term").tracks.before == SEP
    assert shifts.snapshot(db, alice, NOV, "long_term").tracks.before == OCT
    assert shifts.snapshot(db, alice, OCT, "short_term").tracks == TopList((), SEP)


def test_a_day_without_a_snapshot_is_not_found(db: Database, alice: Account, bob: Account) -> None:
    take(db, bob, NOV, ["Copper Sky"])
    with pytest.raises(NotFound, match="no snapshot of that day"):
        shifts.snapshot(db, alice, NOV, "short_term")
    assert not shifts.compare(db, alice, OCT, NOV, "short_term").tracks.has_both
    assert shifts.shelf(db, alice).total == 0
    assert shifts.taste_shift(db, alice, SEP, NOV).day is None


def test_few_snapshots_stand_by_year_and_many_by_month_of_one(db: Database, alice: Account) -> None:
    first = date(2025, 12, 30)
    for n in range(4):
        take(db, alice, first + timedelta(days=n), [f"Song {n}", "Copper Sky"], ["Mirelle"])
    shelf = shifts.shelf(db, alice, year=2025)
    assert (shelf.total, shelf.first, shelf.newest) == (4, first, date(2026, 1, 2))
    assert (shelf.year, shelf.years) == (None, (2026, 2025))
    assert [part.start for part in shelf.parts] == [date(2026, 1, 1), date(2025, 1, 1)]
    newest, *_, oldest = [kept for part in shelf.parts for kept in part.snapshots]
    assert (newest.day, newest.tracks, newest.artists) == (date(2026, 1, 2), 2, 1)
    assert newest.turnover is not None
    assert (newest.turnover.percent, newest.turnover.day_before) == (50, date(2026, 1, 1))
    assert (oldest.day, oldest.turnover) == (first, None)
    assert shelf.turnover.values == (50, 50, 50)
    for n in range(4, shifts.MOST_BY_YEAR + 1):
        take(db, alice, first + timedelta(days=n), ["Copper Sky"])
    assert shifts.shelf(db, alice, year=1999).year == 2026
    many = shifts.shelf(db, alice, year=2025)
    assert [part.start for part in many.parts] == [date(2025, 12, 1)]
    assert [part.start for part in shifts.shelf(db, alice, 2026).parts] == [
        date(2026, 2, 1),
        date(2026, 1, 1),
    ]
    # The first of a year is held against the last of the year before.
    assert shifts.shelf(db, alice, 2026).parts[-1].snapshots[-1].turnover is not None


ranges = ("short_term", "medium_term", "long_term")


@on_this_database
@given(
    older=st.dictionaries(st.sampled_from(ranges), names),
    lists=st.dictionaries(st.sampled_from(ranges), names),
)
def test_taste_shift_is_what_the_lists_of_the_newest_snapshot_share(
    db: Database, settings: Settings, older: dict[str, list[str]], lists: dict[str, list[str]]
) -> None:
    account = new_account(db, settings)
    take(db, account, OCT, older)
    take(db, account, NOV, lists)
    found = shifts.taste_shift(db, account, SEP, NOV)
    shown, day = (lists, NOV) if any(lists.values()) else (older, OCT)
    held = [each for each in ranges if shown.get(each)]
    wanted = [
        (one, other, len([name for name in shown[one] if name in shown[other]]), len(shown[one]))
        for at, one in enumerate(held)
        for other in held[at + 1 :]
    ]
    assert [(o.one, o.other, o.shared, o.size) for o in found.overlaps] == wanted
    assert found.chart.values == tuple(round(100 * s / n + 1e-9) for _, _, s, n in wanted)
    assert found.day == (day if any(shown.values()) else None)
    assert bool(found.sentence) == bool(wanted)


def test_taste_shift_says_in_words_how_far_one_has_come(db: Database, alice: Account) -> None:
    old = [f"Song {n}" for n in range(10)]
    for day, kept, mood in ((SEP, 6, "You stay"), (OCT, 3, "Old and new"), (NOV, 2, "You are")):
        short = old[:kept] + [f"{day} {n}" for n in range(10 - kept)]
        take(db, alice, day, {"short_term": short, "long_term": old})
        found = shifts.taste_shift(db, alice, date.min, day)
        assert found.sentence.startswith(mood)
        assert f"of your 10 favourites of the last four weeks, {kept} are" in found.sentence
    assert shifts.taste_shift(db, alice, NOV + timedelta(days=1), date.max).sentence == ""
