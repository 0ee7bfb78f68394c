"""Which plays count by a person's rule, and what is said of the others, play by play."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from music_time_machine import columns, insights, preferences
from music_time_machine.columns import Listens
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.insights.counting import (
    Amount,
    LeftOutPlays,
    counted,
    left_out,
    length_words,
    sentence,
)
from music_time_machine.insights.heard import _cuts
from music_time_machine.models import Account, Listen, Track
from music_time_machine.period import Period
from music_time_machine.plays import Source
from music_time_machine.preferences import Preferences, Rule
from music_time_machine.traits import Trait, flag, value
from tests.columns.histories import Heard, keep, mixed_histories, new_account

EVENING = datetime(2026, 11, 20, 20, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATELY = mixed_histories(
    datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC), most=30
)
EPISODE = 4

rules = st.builds(
    Rule,
    st.sampled_from([0, 1, 29, 30, 31, 100, 600]),
    st.sampled_from([None, 1, 50, 67, 100]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)

on_this_database = settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def reason(listen: Listen, track: Track, rule: Rule) -> str:
    """Why a play does not count, the obvious way; nothing when it does."""
    least: float = rule.least_seconds * 1000
    if rule.least_percent is not None and track.duration_ms:
        least = track.duration_ms * rule.least_percent / 100
    is_told = not value(listen.traits, Trait.ASSUMED)
    if is_told and listen.ms_played < least:
        return "too_short"
    if not rule.skipped and flag(listen.traits, Trait.SKIPPED):
        return "skipped"
    if not rule.private and flag(listen.traits, Trait.PRIVATE):
        return "private"
    return ""


def stored(db: Database, account: Account) -> list[tuple[Listen, Track]]:
    """The music, in order of time."""
    statement = (
        select(Listen, Track)
        .join(Track, Track.id == Listen.track_id)
        .where(Listen.account_id == account.id, Track.kind == "track")
        .order_by(*Listen.__mapper__.primary_key)
    )
    with db.read() as session:
        return [(listen, track) for listen, track in session.execute(statement)]


@on_this_database
@given(history=LATELY, rule=rules)
def test_each_play_counts_or_is_left_out_for_one_reason(
    db: Database, settings: Settings, history: list[Heard], rule: Rule
) -> None:
    account = new_account(db, settings)
    keep(db, account, history)
    found = counted(columns.load(db, account).music, rule)
    rows = [(listen, track, reason(listen, track, rule)) for listen, track in stored(db, account)]
    counting = [(listen, track) for listen, track, why in rows if not why]
    ids = found.listens.track_ids[found.listens.track].tolist()
    assert ids == [listen.track_id for listen, _ in counting]
    assert found.listens.when.tolist() == [int(li.played_at.timestamp()) for li, _ in counting]
    plays, ms = Counter[str](), Counter[str]()
    for listen, track, why in rows:
        plays[why] += 1
        is_told = not value(listen.traits, Trait.ASSUMED)
        ms[why] += listen.ms_played if is_told else track.duration_ms or listen.ms_played
    for why in ("too_short", "skipped", "private"):
        assert getattr(found.left_out, why) == Amount(plays[why], ms[why])
    assert found.left_out.all.plays + len(found.listens) == len(rows)


@on_this_database
@given(history=LATELY, rule=rules, start=st.dates(date(2026, 9, 1), date(2026, 11, 21)))
def test_what_counts_in_a_stretch_of_time_does_not_depend_on_the_rest(
    db: Database, settings: Settings, history: list[Heard], rule: Rule, start: date
) -> None:
    account = new_account(db, settings)
    keep(db, account, history)
    music = columns.load(db, account).music
    whole = counted(music, rule)
    here, there = music.within(start, date.max), music.within(date.min, start - DAY)
    assert len(counted(here, rule).listens) == len(whole.listens.within(start, date.max))
    assert left_out(here, rule) + left_out(there, rule) == whole.left_out


@on_this_database
@given(history=LATELY, is_one=st.booleans())
def test_tracks_are_counted_as_recordings_or_apart(
    db: Database, settings: Settings, history: list[Heard], is_one: bool
) -> None:
    account = new_account(db, settings)
    keep(db, account, history)
    preferences.keep(db, account, Preferences(is_one_recording=is_one))
    rows = [(li, track) for li, track in stored(db, account) if not reason(li, track, Rule())]
    different = {track.recording if is_one else track.id for _, track in rows}
    home = insights.home(db, account, EVENING + DAY)
    assert (home.plays, home.tracks) == (len(rows), len(different))
    assert len(insights.heard(db, account).recordings.track_ids) == len(different)


def test_a_discovery_is_the_first_play_that_counts(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING - 90 * DAY, ms=5_000), Heard(EVENING)])
    home = insights.home(db, alice, EVENING)
    assert (home.plays, home.tracks, home.new_this_month) == (1, 1, 1)
    assert home.since == EVENING.date()


def test_a_play_without_a_told_length_counts_by_any_rule(db: Database, alice: Account) -> None:
    scrobble = Heard(EVENING, ms=None, source=Source.LASTFM)
    keep(db, alice, [scrobble, Heard(EVENING + DAY, ms=None, source=Source.LASTFM, duration=9)])
    music = columns.load(db, alice).music
    for rule in (Rule(600), Rule(600, 100), Rule(0)):
        assert len(counted(music, rule).listens) == 2


def test_a_share_is_of_the_track_and_exact_to_the_millisecond(db: Database, alice: Account) -> None:
    lengths = [99_999, 100_000, 100_001]
    keep(
        db,
        alice,
        [Heard(EVENING + n * DAY, ms=ms, duration=200_001) for n, ms in enumerate(lengths)],
    )
    found = counted(columns.load(db, alice).music, Rule(600, 50)).listens
    assert found.ms.tolist() == [100_001]


def test_where_nothing_is_left_out_nothing_is_copied(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    music = columns.load(db, alice).music
    assert counted(music, Rule()).listens is music
    assert counted(Listens.none(), Rule(600, 100, skipped=False)).left_out == LeftOutPlays()


def test_episodes_join_the_totals_alone_and_by_the_same_rule(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING), Heard(EVENING + MINUTE, EPISODE), Heard(EVENING, EPISODE, 5)])
    before = insights.home(db, alice, EVENING)
    assert before.counts == "Counts plays of music of at least 30 seconds; none is left out."
    preferences.keep(db, alice, Preferences(rule=Rule(episodes=True)))
    home = insights.home(db, alice, EVENING)
    assert (before.plays, home.plays, home.tracks) == (1, 2, 1)
    assert home.counts == (
        "Counts plays of music and episodes of at least 30 seconds; "
        "1 shorter one (less than a minute) is left out."
    )
    period = insights.overview(db, alice, Period.parse("12m", EVENING, alice.zone))
    assert period.totals.plays.now == 2
    assert period.totals.hours.now == pytest.approx(0.1)
    plays = period.heard.plays
    assert sum(value or 0 for value in plays.values) == 2
    assert plays.contexts is not None
    assert plays.contexts[-1] == "6 minutes"


def test_a_change_of_the_rule_shows_on_the_next_page_and_back(
    db: Database, alice: Account, bob: Account
) -> None:
    for account, ms in ((alice, 45_000), (bob, 5_000)):
        keep(db, account, [Heard(EVENING, ms=ms), Heard(EVENING + DAY)])
    for seconds, plays in ((30, (2, 1)), (60, (1, 1)), (0, (2, 2)), (30, (2, 1))):
        for account, expected in zip((alice, bob), plays, strict=True):
            preferences.keep(db, account, Preferences(rule=Rule(seconds)))
            assert len(insights.heard(db, account).music) == expected
            assert len(insights.heard(db, account).everything.music) == 2


def test_what_counts_is_found_once_for_a_build_and_forgotten_with_it(
    db: Database, alice: Account
) -> None:
    keep(db, alice, [Heard(EVENING, ms=5), Heard(EVENING + DAY)])
    music = insights.heard(db, alice).music
    assert insights.heard(db, alice).music is music
    keep(db, alice, [Heard(EVENING + 2 * DAY)])
    assert len(insights.heard(db, alice).music) == 2


def test_only_so_many_cuts_are_kept(db: Database, settings: Settings) -> None:
    listeners = [new_account(db, settings) for _ in range(db.archives_open + 3)]
    for listener in listeners:
        keep(db, listener, [Heard(EVENING, ms=5), Heard(EVENING + DAY)])
        assert len(insights.heard(db, listener).music) == 1
    assert len(_cuts) <= db.archives_open


MANY = Amount(12_345, 21 * 3_600_000)
NEXT_TO_NOTHING, A_MINUTE, TWO_HOURS = Amount(2, 900), Amount(1, 60_000), Amount(3, 7_200_000)
EACH = LeftOutPlays(NEXT_TO_NOTHING, A_MINUTE, TWO_HOURS)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(), "plays of music of at least 30 seconds"),
        (Rule(1), "plays of music of at least 1 second"),
        (Rule(0), "plays of music, however short"),
        (Rule(0, skipped=False), "plays of music, however short, without skipped ones"),
        (
            Rule(30, 50, private=False, episodes=True),
            (
                "plays of music and episodes of at least 50 % of the track "
                "(30 seconds where its length is unknown), without private sessions"
            ),
        ),
        (
            Rule(skipped=False, private=False),
            "plays of music of at least 30 seconds, without skipped ones and private sessions",
        ),
    ],
    ids=range(6),
)
def test_the_rule_is_said_in_words(rule: Rule, words: str) -> None:
    assert sentence(rule, LeftOutPlays()) == f"Counts {words}; none is left out"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (LeftOutPlays(too_short=MANY), "12,345 shorter ones (21 hours) are left out"),
        (LeftOutPlays(private=A_MINUTE), "1 private one (1 minute) is left out"),
        (
            EACH,
            (
                "2 shorter ones (less than a minute), 1 skipped one (1 minute) "
                "and 3 private ones (2 hours) are left out"
            ),
        ),
    ],
    ids=range(3),
)
def test_what_was_left_out_is_said_in_numbers(found: LeftOutPlays, words: str) -> None:
    assert sentence(Rule(), found).partition("; ")[2] == words


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "less than a minute"),
        (60_000, "1 minute"),
        (3_599_000, "1 hour"),
        (7_200_000, "2 hours"),
    ],
)
def test_a_length_is_said_as_one_would_say_it(ms: int, words: str) -> None:
    assert length_words(ms) == words
