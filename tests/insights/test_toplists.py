"""Questions about snapshots, each against lists gone through by hand."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.insights import toplists
from music_time_machine.insights.charts import Buckets
from music_time_machine.insights.toplists import ConstantArtist, Turnover
from music_time_machine.models import Account, Album, Track
from music_time_machine.period import Period
from tests.columns.histories import new_account
from tests.insights.library import artist_id
from tests.insights.shelf import Lists, take

SEP, OCT, NOV = date(2026, 9, 22), date(2026, 10, 22), date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RANGES = ("short_term", "medium_term", "long_term")

on_this_database = settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
names = st.lists(st.sampled_from("ABCDEFGH"), unique=True, max_size=6)
lists = st.dictionaries(st.sampled_from(RANGES), names)
shelves = st.dictionaries(
    st.dates(date(2026, 8, 1), NOV), st.tuples(lists, lists), min_size=1, max_size=6
)
Facts = dict[str, tuple[str | None, bool | None]]
facts_of_all = st.fixed_dictionaries(
    {
        title: st.tuples(
            st.sampled_from([None, "", "0000", "1974-05-01", "1999", "2003-11", "2026-11-01"]),
            st.sampled_from([None, True, False]),
        )
        for title in "ABCDEFGH"
    }
)
Shelf = dict[date, tuple[Lists, Lists]]


def keep(db: Database, settings: Settings, shelf: Shelf) -> Account:
    account = new_account(db, settings)
    for day, (tracks, artists) in shelf.items():
        take(db, account, day, tracks, artists)
    return account


def describe(db: Database, facts: Facts) -> None:
    """Say of tracks when they came out, and whether they are explicit."""
    with db.write() as session:
        for title, (release, is_explicit) in facts.items():
            tracks = update(Track).where(Track.title == title)
            key = f"album of {title}: {release}"
            album_id = session.scalar(select(Album.id).where(Album.key == key))
            if album_id is None:
                album = Album(key=key, name=title, release_date=release)
                session.add(album)
                session.flush()
                album_id = album.id
            session.execute(tracks.values(album_id=album_id, is_explicit=is_explicit))


def names_in(lists: Lists) -> set[str]:
    return {name for ranked in lists.values() for name in ranked}


@pytest.mark.parametrize("text", ["7d", "30d", "3m", "all"])
@on_this_database
@given(shelf=shelves)
def test_new_tracks_and_artists_are_those_gone_through_by_hand(
    db: Database, settings: Settings, text: str, shelf: Shelf
) -> None:
    account = keep(db, settings, shelf)
    period = Period.parse(text, NOW, ZoneInfo("UTC"))
    start = max(period.start, date(2026, 8, 1))
    buckets = Buckets.of(period, start)
    first: dict[str, date] = {}
    for day in sorted(shelf):
        for title in names_in(shelf[day][0]):
            first.setdefault(title, day)
    new = Counter(buckets.key(day) for day in first.values() if day >= start)
    assert toplists.new_tracks(db, account, buckets) == tuple(
        new[buckets.key(at)] for at in buckets.starts
    )
    assert toplists.artists(db, account, buckets) == tuple(
        len(
            set[str]().union(
                *(
                    names_in(artists)
                    for day, (_, artists) in shelf.items()
                    if day >= start and buckets.key(day) == buckets.key(at)
                )
            )
        )
        for at in buckets.starts
    )
    assert toplists.tracks_listed(db, account) == len(first)
    assert toplists.snapshot_days(db, account) == tuple(sorted(shelf))
    days = tuple(day for day in sorted(shelf) if day >= start)
    held = {buckets.key(day) for day in days}
    for chart in (
        toplists.new_tracks_chart(db, account, buckets, days),
        toplists.artists_chart(db, account, buckets, days),
    ):
        assert [value is not None for value in chart.values] == [
            buckets.key(at) in held for at in buckets.starts
        ]


@on_this_database
@given(shelf=shelves)
def test_turnover_is_what_the_one_before_did_not_have(
    db: Database, settings: Settings, shelf: Shelf
) -> None:
    account = keep(db, settings, shelf)
    short = {
        day: set(tracks["short_term"])
        for day, (tracks, _) in sorted(shelf.items())
        if tracks.get("short_term")
    }
    days = list(short)
    wanted = [
        (len([title for title in short[day] if title not in short[before]]), len(short[day]))
        for before, day in pairwise(days)
    ]
    found = toplists.turnovers(db, account)
    assert [(turnover.new, turnover.size) for turnover in found] == wanted
    assert [(turnover.day_before, turnover.day) for turnover in found] == list(pairwise(days))


@on_this_database
@given(shelf=shelves, start=st.dates(date(2026, 8, 1), NOV))
def test_constant_artists_are_those_counted_by_hand(
    db: Database, settings: Settings, shelf: Shelf, start: date
) -> None:
    account = keep(db, settings, shelf)
    short = [
        artists["short_term"]
        for day, (_, artists) in shelf.items()
        if day >= start and artists.get("short_term")
    ]
    ranks = {
        name: [ranked.index(name) for ranked in short if name in ranked]
        for name in {name for ranked in short for name in ranked}
    }
    order = sorted(ranks, key=lambda n: (-len(ranks[n]), sum(ranks[n]) / len(ranks[n]), n))
    found = toplists.constant_artists(db, account, start, NOV, 10)
    assert [artist.name for artist in found] == order[:10]
    assert [(artist.count, artist.snapshots) for artist in found] == [
        (len(ranks[name]), len(short)) for name in order[:10]
    ]


def test_turnover_names_both_days(db: Database, alice: Account) -> None:
    take(db, alice, OCT, ["Copper Sky", "Glass Orchard", "Slow Static"])
    take(db, alice, NOV, ["Glass Orchard", "Harvest Radio", "Paper Lanterns"])
    (turnover,) = toplists.turnovers(db, alice)
    assert turnover == Turnover(2, 3, NOV, OCT)
    assert turnover.percent == 67


@pytest.mark.parametrize(
    ("new", "size", "percent"), [(0, 50, 0), (1, 200, 1), (19, 50, 38), (3, 3, 100)]
)
def test_percent_is_rounded_half_up(new: int, size: int, percent: int) -> None:
    assert Turnover(new, size, NOV, OCT).percent == percent


def test_one_snapshot_has_no_turnover(db: Database, alice: Account) -> None:
    assert toplists.turnovers(db, alice) == ()
    take(db, alice, NOV, ["Copper Sky"])
    assert toplists.turnovers(db, alice) == ()


def test_a_snapshot_without_lists_is_no_turnover(db: Database, alice: Account) -> None:
    take(db, alice, SEP, ["Copper Sky"])
    take(db, alice, OCT, {"long_term": ["Copper Sky"]})
    take(db, alice, NOV, ["Copper Sky", "Slow Static"])
    assert toplists.turnovers(db, alice) == (Turnover(1, 2, NOV, SEP),)


def test_only_the_latest_turnovers_are_shown(db: Database, alice: Account) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(toplists.TURNOVERS + 5)]
    for day in days:
        take(db, alice, day, [f"Track of {day}"])
    found = toplists.turnovers(db, alice)
    assert [turnover.day for turnover in found] == days[-toplists.TURNOVERS :]


def test_turnover_says_which_snapshots_it_compares(db: Database, alice: Account) -> None:
    first = date(2026, 1, 1)
    for n in range(toplists.MOST_DRAWN + 1):
        take(db, alice, first + timedelta(days=n), [f"Track {n}"])
    few = toplists.turnover_chart(db, alice, first, first + timedelta(days=30))
    many = toplists.turnover_chart(db, alice, first, first + timedelta(days=400))
    assert "in each snapshot were not in the one before" in toplists.turnover_counts(few)
    assert "in the last snapshot of each month" in toplists.turnover_counts(many)


def test_an_artist_twice_in_one_list_is_in_one_snapshot(db: Database, alice: Account) -> None:
    take(db, alice, NOV, artists=["Mirelle", "Nora Veil", "Mirelle"])
    (first, _) = toplists.constant_artists(db, alice, NOV, NOV, 10)
    assert (first.name, first.count, first.snapshots) == ("Nora Veil", 1, 1)


def test_of_equally_constant_artists_the_better_ranked_comes_first(
    db: Database, alice: Account
) -> None:
    take(db, alice, OCT, artists=["Nora Veil", "Mirelle", "Tom Aske"])
    take(db, alice, NOV, artists=["The Almanacs", "Mirelle", "Nora Veil"])
    found = toplists.constant_artists(db, alice, OCT, NOV, 10)
    assert [artist.name for artist in found] == ["Mirelle", "Nora Veil", "The Almanacs", "Tom Aske"]
    assert [artist.count for artist in found] == [2, 2, 1, 1]


def test_of_equally_ranked_artists_the_name_decides(db: Database, alice: Account) -> None:
    take(db, alice, OCT, artists=["beech hall", "Zora", "Élan"])
    take(db, alice, NOV, artists=["Zora", "beech hall", "Ash Lane"])
    found = toplists.constant_artists(db, alice, OCT, NOV, 2)
    assert [artist.name for artist in found] == ["beech hall", "Zora"]


def test_the_most_constant_artist_comes_with_a_picture(db: Database, alice: Account) -> None:
    take(db, alice, NOV, artists=["Mirelle"])
    assert toplists.constant_artists(db, alice, date.min, date.max, 1) == (
        ConstantArtist(artist_id(db, "Mirelle"), "Mirelle", "https://example.test/7", 1, 1),
    )


def test_another_persons_snapshots_are_never_counted(
    db: Database, alice: Account, bob: Account
) -> None:
    take(db, bob, OCT, ["Copper Sky"], ["Mirelle"])
    take(db, bob, NOV, ["Slow Static"], ["Mirelle"])
    buckets = Buckets.months(SEP, NOV)
    assert toplists.snapshot_days(db, alice) == ()
    assert toplists.turnovers(db, alice) == ()
    assert toplists.constant_artists(db, alice, SEP, NOV, 10) == ()
    assert toplists.tracks_listed(db, alice) == 0
    assert toplists.new_tracks(db, alice, buckets) == (0, 0, 0)
    assert toplists.artists(db, alice, buckets) == (0, 0, 0)
    take(db, alice, NOV, ["Copper Sky"], ["Mirelle"])
    assert toplists.new_tracks(db, alice, buckets) == (0, 0, 1)


def test_the_constant_artists_chart_says_how_many_of_how_many() -> None:
    chart = toplists.constant_artists_chart(
        (ConstantArtist(1, "Mirelle", None, 11, 12), ConstantArtist(2, "Nora Veil", None, 9, 12))
    )
    assert chart.labels == ("Mirelle", "Nora Veil")
    assert chart.values == (11, 9)
    assert chart.contexts == ("in 11 of 12 snapshots", "in 9 of 12 snapshots")
    assert (chart.highlights, chart.now) == ((0,), None)
    assert toplists.constant_artists_chart(()).is_empty


def test_of_many_artists_as_constant_none_is_marked() -> None:
    names = ("Mirelle", "Nora Veil", "Tom Aske", "Ines Marrow")
    chart = toplists.constant_artists_chart(
        tuple(ConstantArtist(at, name, None, 12, 12) for at, name in enumerate(names))
    )
    assert chart.highlights == ()


@on_this_database
@given(shelf=shelves, facts=facts_of_all, start=st.dates(date(2026, 8, 1), NOV))
def test_release_years_and_explicit_tracks_are_those_counted_by_hand(
    db: Database, settings: Settings, shelf: Shelf, facts: Facts, start: date
) -> None:
    account = keep(db, settings, shelf)
    describe(db, facts)
    end = max(shelf)
    titles = set[str]().union(*(names_in(shelf[day][0]) for day in shelf if start <= day <= end))
    years = Counter(
        int(release[:4])
        for release in (facts[title][0] for title in titles)
        if release and release != "0000"
    )
    chart = toplists.release_years(db, account, start, end)
    by_label = dict(zip(chart.labels, chart.values, strict=True))
    assert sum(value or 0 for value in by_label.values()) == years.total()
    if years and max(years) - min(years) < 30:
        assert {label: count for label, count in by_label.items() if count} == {
            str(year): count for year, count in years.items()
        }
        assert [int(label) for label in chart.labels] == list(range(min(years), max(years) + 1))
    elif years:
        decades = Counter({f"{year // 10 * 10}s": 0 for year in years})
        for year, count in years.items():
            decades[f"{year // 10 * 10}s"] += count
        assert {label: count for label, count in by_label.items() if count} == dict(decades)
    share = toplists.explicit_share(db, account, start, end)
    told = [facts[title][1] for title in titles]
    assert (share.explicit, share.known, share.unknown) == (
        told.count(True),
        len(told) - told.count(None),
        told.count(None),
    )


def test_the_explicit_share_of_nothing_is_none(db: Database, alice: Account) -> None:
    assert toplists.explicit_share(db, alice, OCT, NOV).percent is None
    assert toplists.release_years(db, alice, OCT, NOV).is_empty
    take(db, alice, NOV, ["A", "B", "C"])
    describe(db, {"A": (None, True), "B": (None, False), "C": (None, None)})
    assert toplists.explicit_share(db, alice, OCT, NOV).percent == 50


@on_this_database
@given(shelf=shelves, start=st.dates(date(2026, 8, 1), NOV))
def test_the_turnover_chart_starts_from_the_snapshot_before_the_period(
    db: Database, settings: Settings, shelf: Shelf, start: date
) -> None:
    account = keep(db, settings, shelf)
    short = {
        day: tracks["short_term"]
        for day, (tracks, _) in sorted(shelf.items())
        if tracks.get("short_term")
    }
    wanted = [
        round(100 * len(set(short[day]) - set(short[before])) / len(short[day]) + 1e-9)
        for before, day in pairwise(short)
        if day >= start
    ]
    chart = toplists.turnover_chart(db, account, start, NOV)
    assert list(chart.values) == wanted
    assert len(chart.labels) == len(wanted)


def test_many_turnovers_are_those_of_each_months_last_snapshot(
    db: Database, alice: Account
) -> None:
    first = date(2026, 6, 20)
    for n in range(100):
        take(db, alice, first + timedelta(days=n), [f"Month {(first + timedelta(n)).month}", "A"])
    take(db, alice, NOV, ["A"])
    chart = toplists.turnover_chart(db, alice, first, NOV)
    assert chart.labels == ("Jul 26", "Aug 26", "Sep 26", "Oct 26", "Nov 26")
    assert chart.values == (50, 50, 50, None, 0)
    assert chart.contexts is not None
    assert chart.contexts[0] == "1 of 2 not there on 30 June 2026"
    assert chart.contexts[3:] == ("no snapshot", "0 of 1 not there on 27 September 2026")
    # From the middle of a month on, its last snapshot is held against the one before the period.
    later = toplists.turnover_chart(db, alice, date(2026, 6, 25), NOV)
    assert (later.labels[0], later.values[0]) == ("Jun 26", 0)
