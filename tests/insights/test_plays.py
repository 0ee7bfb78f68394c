"""Questions about plays, each against a history gone through play by play."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music_time_machine import columns
from music_time_machine.columns import Listens
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.insights import plays
from music_time_machine.insights.charts import Buckets
from music_time_machine.models import Account
from music_time_machine.plays import Kind
from tests.columns.histories import ZONES, Heard, histories, keep, new_account, titles

EVENING = datetime(2026, 11, 20, 20, tzinfo=UTC)
LATELY = histories(datetime(2025, 9, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
EPISODE = 4

on_this_database = settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def each_once(history: list[Heard]) -> list[Heard]:
    """The music of a history, every play once, in order of time."""
    music = {heard for heard in history if heard.kind is Kind.TRACK}
    return sorted(music, key=lambda heard: heard.at)


@on_this_database
@given(history=LATELY, name=st.sampled_from(ZONES))
def test_discoveries_are_the_tracks_whose_first_play_it_was(
    db: Database, settings: Settings, history: list[Heard], name: str
) -> None:
    account = new_account(db, settings, name)
    keep(db, account, history)
    buckets = Buckets.months(date(2025, 12, 1), date(2026, 11, 22))
    first: dict[str, date] = {}
    for heard in each_once(history):
        first.setdefault(heard.title, heard.day(account.zone))
    music = columns.load(db, account).music
    ends = [*buckets.starts[1:], date(2026, 11, 23)]
    assert plays.discoveries(music, buckets) == tuple(
        sum(start <= day < end for day in first.values())
        for start, end in zip(buckets.starts, ends, strict=True)
    )
    assert plays.tracks_heard_by(music, buckets) == tuple(
        sum(day < end for day in first.values()) for end in ends
    )


@on_this_database
@given(history=LATELY)
def test_the_most_played_artists_are_those_counted_one_by_one(
    db: Database, settings: Settings, history: list[Heard]
) -> None:
    account = new_account(db, settings)
    keep(db, account, history)
    music = columns.load(db, account).music
    named = [heard for heard in each_once(history) if heard.artist is not None]
    count = Counter(heard.artist for heard in named)
    ms = Counter[str | None]()
    for heard in named:
        ms[heard.artist] += heard.ms or 0
    called = _artists(db, music)
    found = [called[number] for number in plays.most_played(music, 2)]
    assert [(count[name], ms[name]) for name in found] == sorted(
        ((count[name], ms[name]) for name in count), reverse=True
    )[:2]
    assert {called[n]: plays_ for n, plays_ in enumerate(plays.plays_by_artist(music))} == count


def _artists(db: Database, music: Listens) -> list[str | None]:
    """What the artists are called, by number."""
    track = titles(db, music.track_ids.tolist())
    name = {n: Heard(EVENING, n).artist for n in range(1, 13)}
    by_number = dict[int, str | None]()
    for artist, track_id in zip(music.artist.tolist(), music.track_ids.tolist(), strict=True):
        by_number[artist] = name[int(track[track_id].removeprefix("Track "))]
    return [by_number[number] for number in range(len(music.artist_ids))]


def test_the_latest_plays_come_newest_first_with_their_names(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING + timedelta(minutes=n), track=n) for n in range(1, 9)])
    latest = plays.latest(db, alice, 4)
    assert [(play.title, play.artist, play.kind) for play in latest] == [
        ("Track 8", "Artist 2", Kind.TRACK),
        ("Track 7", "Artist 1", Kind.TRACK),
        ("Track 6", "Artist 0", Kind.TRACK),
        ("Track 5", None, Kind.TRACK),
    ]
    assert latest[0].played_at == EVENING + timedelta(minutes=8)
    assert (latest[0].ms_played, latest[0].album, latest[0].image_url) == (
        180_000, "Album 0 of edition 0", None,
    )  # fmt: skip


def test_an_episode_is_among_the_latest_plays_and_says_so(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING, track=EPISODE)])
    (play,) = plays.latest(db, alice, 10)
    assert play.kind is Kind.EPISODE


def test_nobody_elses_plays_are_among_the_latest(
    db: Database, alice: Account, bob: Account
) -> None:
    keep(db, bob, [Heard(EVENING)])
    assert plays.latest(db, alice, 10) == ()
