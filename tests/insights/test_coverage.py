"""What each month rests on and where holes are, against histories whose holes we made ourselves."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from music_time_machine import insights
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.insights.coverage import Coverage, Doubt, Hole, Month, Why
from music_time_machine.listens import TrackIds, record
from music_time_machine.models import Account, Credential, Gap, Live
from music_time_machine.plays import Kind, Play, Source
from tests.columns.histories import NOW, ZONES, moments, new_account
from tests.insights.shelf import take

TODAY = date(2026, 11, 22)
EXPORTED, LIVE = Source.EXTENDED_HISTORY, Source.RECENTLY_PLAYED


def month(year: int, number: int) -> date:
    return date(year, number, 1)


def play(at: datetime, source: Source = EXPORTED, kind: Kind = Kind.TRACK) -> Play:
    """A play of its own track, so that no two are ever taken for the same one."""
    return Play(source, at, 200_000, kind, f"Title {at.isoformat()} {source}", "Somebody")


def keep(db: Database, account: Account, plays: Iterable[Play]) -> None:
    with db.write() as session:
        record(session, account, list(plays), TrackIds(), NOW)


def hear(
    db: Database, account: Account, *months: tuple[int, int], source: Source = EXPORTED
) -> None:
    """One play in the middle of each of these months."""
    keep(db, account, [play(datetime(*one, 15, 12, tzinfo=UTC), source) for one in months])


def follow(db: Database, account: Account, fetched_at: datetime = NOW, **state: object) -> None:
    """The account is connected, and its list was last fetched then."""
    with db.write() as session:
        session.merge(
            Credential(
                account_id=account.id, access_token=b"", refresh_token=b"", scope="",
                expires_at=NOW, consented_at=NOW, needs_reconnect=bool(state.get("broken_at")),
            )
        )  # fmt: skip
        session.merge(Live(account_id=account.id, fetched_at=fetched_at, **state))


def lose(db: Database, account: Account, start: datetime, end: datetime, reason: Why) -> None:
    with db.write() as session:
        session.add(Gap(account_id=account.id, started_at=start, ended_at=end, reason=reason.value))


def coverage(db: Database, account: Account) -> Coverage:
    return insights.coverage(db, account, NOW)


def found(seen: Coverage) -> list[tuple[Why, str]]:
    return [(hole.why, hole.months) for hole in seen.holes]


def doubts(seen: Coverage) -> dict[date, Doubt]:
    return {month.start: month.doubt for month in seen.months if month.doubt}


@with_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=st.lists(
        st.tuples(
            moments(datetime(2022, 1, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)),
            st.sampled_from(Source),
            st.sampled_from(Kind),
        ),
        max_size=30,
        unique_by=lambda one: one[0],
    ),
    name=st.sampled_from(ZONES),
)
def test_each_month_says_how_many_plays_who_told(
    db: Database, settings: Settings, history: list[tuple[datetime, Source, Kind]], name: str
) -> None:
    account = new_account(db, settings, name)
    keep(db, account, [play(*one) for one in history])
    told = Counter(
        (at.astimezone(account.zone).date().replace(day=1), source) for at, source, _ in history
    )
    seen = coverage(db, account)
    assert seen.is_empty == (not history)
    for one in seen.months:
        exported = told[one.start, Source.EXTENDED_HISTORY] + told[one.start, Source.ACCOUNT_DATA]
        assert (one.exported, one.live) == (exported, told[one.start, LIVE])
        assert one.plays == sum(told[one.start, source] for source in Source)
    assert sum(one.plays for one in seen.months) == len(history)
    if history:
        assert seen.months[0].start == min(start for start, _ in told)
        assert seen.months[-1].start == NOW.astimezone(account.zone).date().replace(day=1)


def test_an_empty_archive_has_no_months_and_no_holes(db: Database, alice: Account) -> None:
    follow(db, alice)
    assert coverage(db, alice) == Coverage((), ())


def test_snapshots_are_counted_by_their_local_days(db: Database, alice: Account) -> None:
    for day in (date(2026, 9, 1), date(2026, 9, 30), date(2026, 11, 22)):
        take(db, alice, day, ["Copper Sky"])
    seen = coverage(db, alice)
    assert [one.snapshots for one in seen.months] == [2, 0, 1]
    assert [one.rests_on for one in seen.months] == ["snapshots", "nothing", "snapshots"]


def test_a_month_rests_on_what_tells_most_of_it() -> None:
    start = month(2026, 3)
    assert Month(start, 5, 4, 3, 9).rests_on == "exports"
    assert Month(start, 4, 5, 3, 9).rests_on == "live"
    assert Month(start, 2, 4, 5, 9).rests_on == "trackers"
    assert Month(start, 5, 5, 5, 0).rests_on == "exports"
    assert Month(start, 0, 0, 0, 1).rests_on == "snapshots"
    assert Month(start, 0, 0, 0, 0).rests_on == "nothing"
    said = Month(start, 1204, 1, 0, 31, "likely").words
    assert said == (
        "March 2026: 1,204 plays from exports, 1 play fetched live, 31 snapshots. A hole is likely."
    )


def test_a_followed_archive_without_gaps_has_no_hole(db: Database, alice: Account) -> None:
    hear(db, alice, (2026, 9), (2026, 10), (2026, 11))
    follow(db, alice)
    assert coverage(db, alice).holes == ()


@pytest.mark.parametrize("reason", [Why.OVERFLOW, Why.WORKER_OFF, Why.RECONNECT])
def test_a_noticed_gap_is_a_likely_hole_until_an_export_fills_it(
    db: Database, alice: Account, reason: Why
) -> None:
    hear(db, alice, (2026, 8), (2026, 9), (2026, 10), (2026, 11))
    follow(db, alice)
    start, end = datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 18, tzinfo=UTC)
    lose(db, alice, start, end, reason)
    seen = coverage(db, alice)
    assert found(seen) == [(reason, "November 2026")]
    assert (seen.likely, doubts(seen)) == (1, {month(2026, 11): "likely"})
    assert seen.holes[0].request == "Your account data fills November 2026."
    # An export that ends within the stretch leaves the rest of it open.
    keep(db, alice, [play(start + timedelta(hours=5))])
    assert found(coverage(db, alice)) == [(reason, "November 2026")]
    keep(db, alice, [play(end + timedelta(hours=5))])
    assert coverage(db, alice).holes == ()


def test_an_export_that_tells_nothing_of_a_gap_does_not_fill_it(
    db: Database, alice: Account
) -> None:
    hear(db, alice, (2026, 8), (2026, 9), (2026, 10), (2026, 11))
    follow(db, alice)
    lose(db, alice, datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 9, 22, tzinfo=UTC),
         Why.OVERFLOW)  # fmt: skip
    assert found(coverage(db, alice)) == [(Why.OVERFLOW, "September 2026")]


def test_gaps_of_one_reason_in_months_that_follow_each_other_are_one_hole(
    db: Database, alice: Account
) -> None:
    hear(db, alice, *((2026, number) for number in range(1, 12)))
    follow(db, alice)
    for number, day in ((2, 3), (2, 20), (3, 8), (5, 1)):
        at = datetime(2026, number, day, tzinfo=UTC)
        lose(db, alice, at, at + timedelta(hours=3), Why.OVERFLOW)
    seen = coverage(db, alice)
    assert found(seen) == [(Why.OVERFLOW, "May 2026"), (Why.OVERFLOW, "February to March 2026")]
    assert seen.holes[1].times == 3
    assert set(doubts(seen)) == {month(2026, 2), month(2026, 3), month(2026, 5)}


def test_a_gap_lies_in_the_months_of_the_persons_own_zone(db: Database, alice: Account) -> None:
    islander = replace(alice, zone=ZoneInfo("Pacific/Kiritimati"))
    hear(db, islander, (2026, 9), (2026, 10), (2026, 11))
    follow(db, islander)
    at = datetime(2026, 10, 31, 12, tzinfo=UTC)  # already November there
    lose(db, islander, at, at + timedelta(hours=1), Why.OVERFLOW)
    assert set(doubts(coverage(db, islander))) == {month(2026, 11)}


def test_a_silent_month_between_others_is_perhaps_a_hole(db: Database, alice: Account) -> None:
    hear(db, alice, (2021, 2), (2021, 6), *((2021, n) for n in range(7, 13)))
    follow(db, alice, broken_at=None)
    seen = coverage(db, alice)
    silent = [hole for hole in seen.holes if hole.why is Why.SILENT]
    assert [hole.months for hole in silent] == ["March to May 2021"]
    assert silent[0].request == (
        "If something was, your extended streaming history fills March to May 2021."
    )
    assert doubts(seen)[month(2021, 4)] == "perhaps"
    assert seen.likely == 0


def test_a_month_inside_a_gap_is_no_hole_of_its_own(db: Database, alice: Account) -> None:
    hear(db, alice, *((2026, number) for number in (1, 2, 3, 5, 6, 7, 8, 9, 10, 11)))
    follow(db, alice)
    start, end = datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC)
    lose(db, alice, start, end, Why.WORKER_OFF)
    seen = coverage(db, alice)
    assert found(seen) == [(Why.WORKER_OFF, "March to May 2026")]
    assert doubts(seen)[month(2026, 4)] == "likely"


def test_months_of_snapshots_alone_want_the_plays_too(db: Database, alice: Account) -> None:
    for number in (8, 9, 11):
        take(db, alice, date(2026, number, 10), ["Copper Sky"])
    hear(db, alice, (2026, 10), (2026, 11))
    follow(db, alice)
    assert found(coverage(db, alice)) == [(Why.SNAPSHOTS_ONLY, "August to September 2026")]


def test_a_snapshot_in_a_month_that_has_only_begun_is_no_hole(db: Database, alice: Account) -> None:
    take(db, alice, TODAY, ["Copper Sky"])
    follow(db, alice)
    assert coverage(db, alice).holes == ()


def test_what_was_only_fetched_live_can_be_completed_but_is_no_hole(
    db: Database, alice: Account
) -> None:
    hear(db, alice, (2025, 3), (2025, 4))
    hear(db, alice, (2025, 5), (2025, 6), source=LIVE)
    follow(db, alice)
    seen = coverage(db, alice)
    assert found(seen)[-1] == (Why.LIVE_ONLY, "May to June 2025")
    assert seen.holes[-1].request == "Your extended streaming history completes May to June 2025."
    assert (seen.likely, doubts(seen)) == (0, {})


def test_the_present_month_alone_is_not_worth_a_request(db: Database, alice: Account) -> None:
    hear(db, alice, (2026, 10))
    hear(db, alice, (2026, 11), source=LIVE)
    follow(db, alice)
    assert coverage(db, alice).holes == ()


def test_a_connection_that_ended_leaves_a_hole_that_grows(db: Database, alice: Account) -> None:
    hear(db, alice, (2026, 9), (2026, 10))
    broken_at = datetime(2026, 10, 20, tzinfo=UTC)
    follow(db, alice, broken_at, broken_at=broken_at)
    seen = coverage(db, alice)
    assert found(seen) == [(Why.RECONNECT, "October to November 2026")]
    assert seen.holes[0].since == date(2026, 10, 20)
    assert "Connect again" in seen.holes[0].sentence
    # An export that was requested meanwhile tells of the plays up to then.
    keep(db, alice, [play(datetime(2026, 11, 5, tzinfo=UTC))])
    seen = coverage(db, alice)
    assert found(seen) == [(Why.RECONNECT, "November 2026")]
    assert seen.holes[0].since == date(2026, 11, 5)


def test_a_worker_that_was_silent_for_longer_than_a_day_is_off(
    db: Database, alice: Account
) -> None:
    hear(db, alice, (2026, 10), (2026, 11))
    follow(db, alice, NOW - timedelta(hours=23))
    assert coverage(db, alice).holes == ()
    follow(db, alice, NOW - timedelta(days=30))
    assert coverage(db, alice).holes[0].sentence == (
        "Nothing was fetched since 15 November 2026: the worker seems to be off."
    )


def test_an_archive_of_files_ends_where_its_last_file_does(db: Database, alice: Account) -> None:
    hear(db, alice, (2024, 11), (2024, 12))
    seen = coverage(db, alice)
    assert found(seen) == [(Why.ENDED, "January 2025 to November 2026")]
    assert seen.holes[0].request.startswith("Your extended streaming history fills")
    hear(db, alice, (2026, 10))
    assert Why.ENDED not in {hole.why for hole in coverage(db, alice).holes}


@pytest.mark.parametrize(
    ("first", "export"),
    [(date(2025, 12, 7), "account data"), (date(2025, 12, 6), "extended streaming history")],
)
def test_what_to_request_depends_on_how_long_ago_it_was(
    db: Database, alice: Account, first: date, export: str
) -> None:
    hear(db, alice, *((2025, number) for number in range(11, 13)))
    hear(db, alice, *((2026, number) for number in range(1, 12)))
    follow(db, alice)
    at = datetime(first.year, first.month, first.day, 12, tzinfo=UTC)
    lose(db, alice, at, at + timedelta(hours=3), Why.OVERFLOW)
    assert [hole.request for hole in coverage(db, alice).holes] == [
        f"Your {export} fills December 2025."
    ]


def test_months_stand_in_rows_of_twelve(db: Database, alice: Account) -> None:
    hear(db, alice, (2024, 11))
    years = coverage(db, alice).years
    assert [year.year for year in years] == [2024, 2025, 2026]
    assert [len(year.months) for year in years] == [12, 12, 12]
    assert [at for at, one in enumerate(years[0].months) if one] == [10, 11]
    assert [at for at, one in enumerate(years[2].months) if one] == list(range(11))


def test_the_short_form_has_the_holes_that_reach_into_it(db: Database, alice: Account) -> None:
    hear(db, alice, (2020, 1), (2020, 3), (2026, 10))
    seen = coverage(db, alice)
    assert found(seen) == [
        (Why.SILENT, "April 2020 to September 2026"),
        (Why.SILENT, "February 2020"),
    ]
    recent = seen.latest(24)
    assert (len(recent.months), found(recent)) == (24, found(seen)[:1])
    assert Coverage((), ()).latest(24).is_empty


def test_every_hole_has_words() -> None:
    holes = [Hole(why, month(2026, 3), month(2026, 4)) for why in Why if why is not Why.ENDED]
    growing = [
        Hole(why, month(2026, 3), month(2026, 4), since=month(2026, 3))
        for why in (Why.ENDED, Why.RECONNECT, Why.WORKER_OFF)
    ]
    assert len({hole.sentence for hole in (*holes, *growing)}) == len(Why) + 2
    for hole in (*holes, *growing):
        assert hole.sentence.endswith(".")
        assert hole.request.endswith("March to April 2026.")


def test_nothing_of_bob_is_in_alices_coverage(db: Database, alice: Account, bob: Account) -> None:
    hear(db, alice, (2026, 10), (2026, 11))
    follow(db, alice)
    before = coverage(db, alice)
    hear(db, bob, (2020, 1), (2026, 11), source=LIVE)
    take(db, bob, TODAY, ["Copper Sky"])
    follow(db, bob, broken_at=NOW)
    lose(db, bob, NOW - timedelta(days=9), NOW - timedelta(days=8), Why.OVERFLOW)
    assert coverage(db, alice) == before


def test_a_clock_that_runs_behind_is_no_trouble(db: Database, alice: Account) -> None:
    hear(db, alice, (2026, 10))
    seen = insights.coverage(db, alice, datetime(2001, 1, 1, tzinfo=UTC))
    assert ([one.plays for one in seen.months], seen.holes) == ([0], ())
