"""A year in review, against a history gone through play by play."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine import insights, preferences
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.errors import NotFound
from music_time_machine.insights.years import CameBack, Story, Year
from music_time_machine.models import Account
from music_time_machine.plays import Kind, Play
from music_time_machine.preferences import Preferences, Rule
from tests.columns.histories import Heard, keep, mixed_histories, new_account
from tests.insights.generated import (
    Stored,
    Told,
    in_totals,
    listening,
    on_this_database,
    rules,
    shown,
    stored,
    that_count,
    within,
    zones,
)
from tests.insights.library import Song, artist_id, hear, track_id

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
FIRST, LAST = datetime(2023, 12, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
HISTORIES = st.one_of(listening(FIRST, LAST), mixed_histories(FIRST, LAST))
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
SKY, SUN, SEA = Song("Copper Sky"), Song("Paper Sun", "Nora Veil"), Song("Low Sea", "Tom Aske")
TALK = Song("Copper, a history", artist="Tapes and Tea", album=None, kind=Kind.EPISODE)
EPISODES_COUNT = Preferences(rule=Rule(episodes=True))


def ask(db: Database, account: Account, year: int, now: datetime = NOW) -> Year:
    return insights.year_in_review(db, account, year, now)


def story_of(db: Database, account: Account, year: int, now: datetime = NOW) -> Story:
    story = ask(db, account, year, now).story
    assert story is not None
    return story


def plays_of(song: Song, start: datetime, count: int, hours: float = 1) -> list[Play]:
    """Plays one after the other."""
    return [song.play(start + timedelta(hours=hours * n)) for n in range(count)]


def days_of_year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), min(date(year, 12, 31), TODAY)


@on_this_database
@given(history=HISTORIES, name=zones, rule=rules, is_one=st.booleans())
def test_each_year_says_what_its_plays_are(
    db: Database, settings: Settings, history: Sequence[Heard], name: str, rule: Rule, is_one: bool
) -> None:
    account = new_account(db, settings, name)
    preferences.keep(db, account, Preferences(rule=rule, is_one_recording=is_one))
    keep(db, account, history)
    plays = stored(db, account)
    totals, music = in_totals(plays, rule), that_count(plays, rule)
    listed = shown(music) if is_one else {play.track_id: play.track_id for play in music}
    known = sorted({play.day.year for play in totals})
    for year in (2023, 2024, 2025, 2026):
        view = ask(db, account, year)
        assert view.known == tuple(known)
        assert (view.story is None) is (year not in known)
        if view.story is not None:
            days = days_of_year(year)
            compare_totals(view.story, within(totals, *days))
            compare_music(view.story, music, days, listed)


def compare_totals(story: Story, totals: list[Stored]) -> None:
    assert story.amount.plays.now == len(totals)
    assert story.amount.ms.now == sum(play.ms for play in totals)
    months = {play.day.replace(day=1) for play in totals}
    each = {
        month: [play for play in totals if play.day.replace(day=1) == month] for month in months
    }
    most = min(each, key=lambda m: (-len(each[m]), -sum(play.ms for play in each[m]), m))
    assert story.amount.month.first == most
    assert story.amount.month.plays == len(each[most])
    assert story.amount.month.ms == sum(play.ms for play in each[most])
    as_many = [month for month in each if len(each[month]) == len(each[most])]
    assert story.amount.month.others == len(as_many) - 1
    assert sum(value or 0 for value in story.amount.plays_by_month.values) == story.amount.plays.now
    assert (
        sum(value or 0 for row in story.rhythm.calendar.values for value in row)
        == story.amount.plays.now
    )
    assert sum(value or 0 for value in story.rhythm.hours.values) == story.amount.plays.now
    hours = Counter(play.hour % 24 for play in totals)
    peaks = sorted(hour for hour in hours if hours[hour] == max(hours.values()))
    assert (story.rhythm.peak.hour, story.rhythm.peak.others) == (peaks[0], len(peaks) - 1)


def compare_music(
    story: Story, music: Sequence[Stored], days: tuple[date, date], listed: dict[int, int]
) -> None:
    ours = within(music, *days)
    artists = {play.artist_id for play in ours} - {None}
    tracks = {listed[play.track_id] for play in ours}
    artists_before = {play.artist_id for play in music if play.day < days[0]}
    tracks_before = {listed[play.track_id] for play in music if play.day < days[0]}
    assert (story.favourites.concentration.artists, story.favourites.tracks) == (
        len(artists),
        len(tracks),
    )
    assert story.news.artists == len(artists - artists_before)
    assert story.news.tracks == len(tracks - tracks_before)
    first = ours[0] if ours else None
    assert story.amount.first_day == (first and first.day)
    assert (story.amount.first and story.amount.first.id) == (first and listed[first.track_id])
    if first is not None and story.amount.first is not None:
        own = listed[first.track_id]
        assert story.amount.first.plays == sum(listed[play.track_id] == own for play in ours)
    assert sum(value or 0 for value in story.news.discoveries.values) == story.news.tracks


@on_this_database
@given(history=HISTORIES, name=zones, rule=rules)
def test_the_list_of_years_adds_up_to_the_archive(
    db: Database, settings: Settings, history: Sequence[Heard], name: str, rule: Rule
) -> None:
    account = new_account(db, settings, name)
    preferences.keep(db, account, Preferences(rule=rule))
    keep(db, account, history)
    plays = stored(db, account)
    totals, music = in_totals(plays, rule), that_count(plays, rule)
    lines = insights.years(db, account, NOW).years
    assert [line.year for line in lines] == sorted({p.day.year for p in totals}, reverse=True)
    for line in lines:
        own = within(totals, *days_of_year(line.year))
        assert (line.plays, line.ms) == (len(own), sum(play.ms for play in own))
        assert line.is_over is (line.year < 2026)
        months = Counter(play.day.month for play in own)
        begins = ask(db, account, line.year).begins
        first = begins.month if begins and begins.year == line.year else 1
        last = 12 if line.is_over else 11
        assert line.months == tuple(months[month] for month in range(first, last + 1))
        assert (line.artist and (line.artist.id, line.artist.plays)) == most_heard(
            within(music, *days_of_year(line.year))
        )
    assert sum(line.plays for line in lines) == len(totals)


def most_heard(music: Iterable[Stored]) -> tuple[int, int] | None:
    plays, ms = Counter[int](), Counter[int]()
    for play in music:
        if play.artist_id is not None:
            plays[play.artist_id] += 1
            ms[play.artist_id] += play.ms
    order = sorted(plays, key=lambda one: (-plays[one], -ms[one], one))
    return (order[0], plays[order[0]]) if order else None


visits = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from([0, 90, 364, 365, 366, 400, 730, 900]),
        st.integers(1, 12),
    ),
    max_size=5,
)


@on_this_database
@given(visits=visits, name=zones, start=st.integers(0, 60))
def test_who_came_back_is_found_by_looking_at_every_play(
    db: Database, settings: Settings, visits: list[tuple[int, int, int]], name: str, start: int
) -> None:
    account = new_account(db, settings, name)
    begin = datetime(2023, 12, 1, 23, tzinfo=UTC) + timedelta(days=start)
    keep(
        db,
        account,
        {
            Told(begin + timedelta(days=days, minutes=30 * n, seconds=track), track)
            for track, days, count in visits
            for n in range(count)
        },
    )
    music = that_count(stored(db, account))
    for year in {play.day.year for play in music} - {2027}:
        story = story_of(db, account, year)
        assert returned(story.news.came_back) == came_back_slowly(music, year)


Returned = tuple[int, int, date, date, int]


def returned(found: CameBack | None) -> Returned | None:
    if found is None:
        return None
    return found.line.id, found.line.plays, found.last_before, found.back, found.days


def came_back_slowly(music: list[Stored], year: int) -> Returned | None:
    start, end = days_of_year(year)
    found: list[Returned] = []
    for artist in {play.artist_id for play in music if play.artist_id is not None}:
        own = [play for play in music if play.artist_id == artist]
        earlier, now = [p for p in own if p.day < start], within(own, start, end)
        if earlier and len(now) >= 10 and (now[0].day - earlier[-1].day).days >= 365:
            away = (now[0].day - earlier[-1].day).days
            found.append((artist, len(now), earlier[-1].day, now[0].day, away))
    return min(found, key=lambda one: (-one[1], -one[4], one[0]), default=None)


def test_who_was_away_longer_comes_first_of_equals(db: Database, alice: Account) -> None:
    hear(db, alice, [SUN.play(NOON), SKY.play(NOON - timedelta(days=1))])
    for song, day in ((SUN, 500), (SKY, 501)):
        hear(db, alice, plays_of(song, NOON + timedelta(days=day), 10))
    found = story_of(db, alice, 2025).news.came_back
    assert found is not None
    assert found.line.id == artist_id(db, SKY.artist or "")
    assert found.days == 502


def test_nine_plays_are_no_return(db: Database, alice: Account) -> None:
    hear(db, alice, [SKY.play(NOON), *plays_of(SKY, NOON + timedelta(days=400), 9)])
    assert story_of(db, alice, 2025).news.came_back is None
    hear(db, alice, [SKY.play(NOON + timedelta(days=401))])
    assert story_of(db, alice, 2025).news.came_back is not None


@pytest.mark.parametrize(("days", "is_back"), [(364, False), (365, True)])
def test_a_return_is_one_after_a_whole_year(
    db: Database, alice: Account, days: int, is_back: bool
) -> None:
    hear(db, alice, [SKY.play(NOON), *plays_of(SKY, NOON + timedelta(days=days), 10)])
    assert (story_of(db, alice, 2025).news.came_back is not None) is is_back


def test_of_equally_full_months_the_one_with_more_time_is_named_then_the_earlier(
    db: Database, alice: Account
) -> None:
    for month in (3, 5, 7):
        hear(db, alice, [SKY.play(NOON.replace(month=month), 200_000)])
    assert story_of(db, alice, 2024).amount.month.first == date(2024, 3, 1)
    hear(db, alice, [SUN.play(NOON.replace(month=m, day=2), 60_000 * m) for m in (3, 5, 7)])
    assert story_of(db, alice, 2024).amount.month.first == date(2024, 7, 1)


def test_an_archive_without_plays_has_no_years(db: Database, alice: Account) -> None:
    assert insights.years(db, alice, NOW).years == ()
    view = ask(db, alice, 2026)
    assert (view.known, view.begins, view.story) == ((), None, None)


@pytest.mark.parametrize("year", [-1, 0, 1999, 2027, 10_000, 10**30])
def test_a_year_that_nobody_can_have_heard_is_not_found(
    db: Database, alice: Account, year: int
) -> None:
    with pytest.raises(NotFound):
        ask(db, alice, year)


def test_one_play_is_a_story(db: Database, alice: Account) -> None:
    hear(db, alice, [SKY.play(NOON)])
    view = ask(db, alice, 2024)
    story = view.story
    assert story is not None
    assert (view.start, view.end, view.is_over) == (date(2024, 1, 1), date(2024, 12, 31), True)
    assert (
        story.amount.plays.now,
        story.amount.ms.now,
        story.favourites.concentration.artists,
        story.favourites.tracks,
    ) == (1, 180_000, 1, 1)
    assert story.amount.first is not None
    assert story.amount.first.id == track_id(db, SKY)
    assert [top.line.title for top in story.favourites.tops.tracks] == ["Copper Sky"]
    assert story.rhythm.streaks.longest == 1
    assert story.rhythm.busiest is not None
    assert story.rhythm.busiest.day == NOON.date()
    assert story.favourites.obsession is None
    assert story.amount.one_hour_in is None


@pytest.mark.parametrize(("ms", "is_said"), [(3_599_999, False), (3_600_000, True)])
def test_one_hour_in_so_many_is_said_from_the_first_hour_on(
    db: Database, alice: Account, ms: int, is_said: bool
) -> None:
    hear(db, alice, [SKY.play(NOON, ms)])  # the archive begins on the first of March
    assert story_of(db, alice, 2024).amount.one_hour_in == (306 * 24 if is_said else None)


def test_december_of_a_year_that_is_over_may_be_among_the_highest(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [SKY.play(NOON - timedelta(days=90))])
    hear(db, alice, [Song(f"Winter {n}").play(NOON.replace(month=12, day=n + 1)) for n in range(5)])
    news = story_of(db, alice, 2024).news
    assert 11 in news.discoveries.highlights
    # In the year that is not over, its last month has a colour of its own.
    at = NOON.replace(month=12, day=20)
    assert 11 not in story_of(db, alice, 2024, at).news.discoveries.highlights


def test_a_session_is_of_the_day_of_its_first_play(db: Database, alice: Account) -> None:
    midnight = datetime(2024, 2, 29, tzinfo=UTC)
    hear(db, alice, [SKY.play(midnight + timedelta(minutes=2), 240_000)])
    view = ask(db, alice, 2024)
    assert view.story is not None
    assert view.story.rhythm.sessions.longest is not None
    assert view.story.rhythm.sessions.longest.day == view.begins == midnight.date()


def test_a_play_at_midnight_belongs_to_the_year_on_the_persons_clock(
    db: Database, settings: Settings
) -> None:
    midnight = datetime(2025, 1, 1, tzinfo=ZoneInfo("America/New_York"))
    account = new_account(db, settings, "America/New_York")
    hear(db, account, [SKY.play(midnight), SUN.play(midnight - timedelta(seconds=1))])
    assert [line.year for line in insights.years(db, account, NOW).years] == [2025, 2024]
    assert (
        story_of(db, account, 2025).amount.first
        == story_of(db, account, 2025).favourites.tops.tracks[0].line
    )
    assert story_of(db, account, 2024).favourites.tops.tracks[0].line.title == "Paper Sun"


def test_a_year_moves_with_the_zone_that_is_chosen(db: Database, settings: Settings) -> None:
    account = new_account(db, settings, "Asia/Kathmandu")
    hear(db, account, [SKY.play(datetime(2024, 12, 31, 20, tzinfo=UTC))])
    assert ask(db, account, 2024).known == (2025,)
    assert ask(db, replace(account, zone=ZoneInfo("UTC")), 2024).known == (2024,)


def test_the_present_year_is_compared_with_the_same_days_of_the_last_one(
    db: Database, alice: Account
) -> None:
    hear(db, alice, plays_of(SKY, datetime(2025, 1, 2, 12, tzinfo=UTC), 2))
    hear(db, alice, plays_of(SKY, datetime(2025, 12, 1, 12, tzinfo=UTC), 50))
    hear(db, alice, plays_of(SKY, datetime(2026, 3, 1, 12, tzinfo=UTC), 3))
    view = ask(db, alice, 2026)
    assert view.story is not None
    assert (view.end, view.is_over) == (TODAY, False)
    assert view.story.amount.before == (date(2025, 1, 1), date(2025, 11, 22))
    assert (view.story.amount.plays.now, view.story.amount.plays.before) == (3, 2)
    assert view.story.amount.ms.percent == 50
    assert view.story.favourites.tops.tracks[0].plays_before == 2


def test_a_leap_day_is_compared_with_the_day_before_it(db: Database, alice: Account) -> None:
    leap_day = datetime(2024, 2, 29, 12, tzinfo=UTC)
    hear(db, alice, [SKY.play(datetime(2023, 1, 1, 12, tzinfo=UTC)), SKY.play(leap_day)])
    story = story_of(db, alice, 2024, leap_day + timedelta(hours=1))
    assert story.amount.before == (date(2023, 1, 1), date(2023, 2, 28))


@pytest.mark.parametrize(("day", "is_known"), [(1, True), (7, True), (8, False)])
def test_a_year_is_compared_with_one_that_the_archive_knows_from_its_first_week(
    db: Database, alice: Account, day: int, is_known: bool
) -> None:
    hear(db, alice, [SKY.play(datetime(2024, 1, day, 12, tzinfo=UTC))])
    hear(db, alice, [SKY.play(datetime(2025, 5, 1, 12, tzinfo=UTC))])
    story = story_of(db, alice, 2025)
    assert (story.amount.before is not None) is is_known
    assert (story.amount.plays.before is not None) is is_known
    assert (story.favourites.tops.tracks[0].movement != "") is is_known


def test_a_year_that_is_over_marks_no_month_as_the_present(db: Database, alice: Account) -> None:
    hear(db, alice, [SKY.play(NOON), SKY.play(NOW - timedelta(days=1))])
    for year, now in ((2024, None), (2026, 10)):
        story = story_of(db, alice, year)
        charts = (
            story.amount.plays_by_month,
            story.news.discoveries,
            story.news.new_and_known.chart,
        )
        assert {chart.now for chart in charts} == {now}
    hear(db, alice, plays_of(SUN, NOON.replace(month=12), 9))
    assert story_of(db, alice, 2024).amount.plays_by_month.highlights == (2, 11)


def test_episodes_alone_make_a_year_where_they_count(db: Database, alice: Account) -> None:
    hear(db, alice, [TALK.play(NOON)])
    assert ask(db, alice, 2024).known == ()
    preferences.keep(db, alice, EPISODES_COUNT)
    story = story_of(db, alice, 2024)
    assert (
        story.amount.plays.now,
        story.favourites.tracks,
        story.amount.first,
        story.favourites.tops.artists,
    ) == (1, 0, None, ())
    (line,) = insights.years(db, alice, NOW).years
    assert (line.plays, line.artist) == (1, None)


def test_neighbours_are_the_nearest_years_with_a_story(db: Database, alice: Account) -> None:
    for year in (2018, 2021, 2026):
        hear(db, alice, [SKY.play(datetime(year, 6, 1, 12, tzinfo=UTC))])
    found = [
        (ask(db, alice, year).earlier, ask(db, alice, year).later) for year in (2018, 2020, 2026)
    ]
    assert found == [(None, 2021), (2018, 2021), (2021, None)]
    assert ask(db, alice, 2020).story is None


def test_of_artists_with_equal_plays_the_list_names_the_one_heard_longer(
    db: Database, alice: Account
) -> None:
    hear(db, alice, [SKY.play(NOON), SUN.play(NOON + timedelta(hours=1), 180_001)])
    (line,) = insights.years(db, alice, NOW).years
    assert line.artist is not None
    assert line.artist.title == "Nora Veil"


def test_an_artist_of_two_years_has_the_plays_of_each(db: Database, alice: Account) -> None:
    hear(db, alice, plays_of(SKY, NOON, 2) + plays_of(SKY, NOON + timedelta(days=400), 5))
    lines = insights.years(db, alice, NOW).years
    assert [line.artist and line.artist.plays for line in lines] == [5, 2]


def test_bobs_plays_are_in_no_year_of_alices(db: Database, alice: Account, bob: Account) -> None:
    hear(db, bob, [SEA.play(NOON)])
    hear(db, alice, [SKY.play(NOON)])
    story = story_of(db, alice, 2024)
    assert story.amount.plays.now == 1
    assert [top.line.title for top in story.favourites.tops.artists] == ["Mirelle"]
