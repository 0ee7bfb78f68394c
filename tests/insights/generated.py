"""Generated listening for tests of insights, and the slow, obvious way to look at what was stored.

`listening` invents plays one after the other; `stored` reads an account's plays row by row as plain
values, and `that_count`, `within` and `shown` say what the insights say of them, in plain Python.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import select

from music_time_machine.db import Database
from music_time_machine.models import Account, Listen, Track
from music_time_machine.plays import Kind, Play, Source
from music_time_machine.preferences import Rule
from music_time_machine.traits import Trait, flag, value
from tests.columns.histories import ZONES, Heard

FIRST, LAST = datetime(2025, 9, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
PAUSES = (0, 0, 0, 20, 1_799, 1_800, 1_801, 20_000, 86_400, 200_000, 2_000_000)
LENGTHS = (0, 999, 29_999, 30_000, 100_000, 240_000, 4_000_000)
PLATFORMS = (
    None,
    "android",
    "iOS 17 (iPhone)",
    "windows",
    "web_player",
    "Partner sonos",
    "toaster",
)

on_this_database = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
zones = st.sampled_from(ZONES)
two_days = st.one_of(
    st.just((FIRST.date(), LAST.date())),
    st.lists(st.dates(FIRST.date(), LAST.date()), min_size=2, max_size=2).map(
        lambda days: (min(days), max(days))
    ),
)
rules = st.builds(
    Rule,
    st.sampled_from([0, 1, 30, 100]),
    st.sampled_from([None, 50, 100]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@dataclass(frozen=True, slots=True)
class Told(Heard):
    """One play, and on what it was played."""

    platform: str | None = None

    def play(self) -> Play:
        """The same as a row of an export."""
        return structs.replace(Heard.play(self), platform=self.platform)


@dataclass(frozen=True, slots=True)
class Stored:
    """A play as it is stored; `day` and `hour` (0 is Monday, 0:00 to 1:00) are the account's own.

    `ms` is the track's length where the source tells none. `recording` is equal for all ids of one.
    """

    at: datetime
    day: date
    hour: int
    track_id: int
    recording: int
    artist_id: int | None
    album_id: int | None
    ms: int
    is_assumed: bool
    duration_ms: int | None
    kind: Kind
    source: Source
    device: int
    skipped: bool | None
    private: bool | None


def listening(
    first: datetime = FIRST, last: datetime = LAST, most: int = 30
) -> st.SearchStrategy[list[Told]]:
    """Plays one after the other, from some moment on, with short and long pauses between them.

    Music and episodes, several ids of a recording, four sources, told and untold of all traits.
    """
    flags = st.sampled_from([None, False, True])
    told = st.builds(
        Told,
        st.just(first),
        st.integers(1, 12),
        st.sampled_from(LENGTHS),
        edition=st.integers(0, 2),
        skipped=flags,
        private=flags,
        duration=st.sampled_from([None, 45_000, 200_000]),
        platform=st.sampled_from(PLATFORMS),
    )
    untold = st.builds(
        Told,
        st.just(first),
        st.integers(1, 12),
        st.none(),
        source=st.sampled_from([Source.LASTFM, Source.LISTENBRAINZ, Source.RECENTLY_PLAYED]),
        duration=st.sampled_from([None, 20_000, 200_000]),
    )
    step = st.tuples(st.sampled_from(PAUSES), st.one_of(told, told, untold))
    start = st.datetimes(first.replace(tzinfo=None), last.replace(tzinfo=None))
    return st.builds(
        lambda moment, steps: _one_after_the_other(moment.replace(tzinfo=UTC), last, steps),
        start,
        st.lists(step, max_size=most),
    )


def _one_after_the_other(
    moment: datetime, last: datetime, steps: Iterable[tuple[int, Told]]
) -> list[Told]:
    plays, moment = [], moment.replace(microsecond=0)
    for pause, heard in steps:
        moment += timedelta(seconds=pause, milliseconds=heard.ms or 0)
        if moment <= last:
            plays.append(replace(heard, at=moment))
    return plays


def stored(db: Database, account: Account) -> list[Stored]:
    """All plays of the account, in order of time."""
    statement = (
        select(Listen, Track)
        .join(Track, Track.id == Listen.track_id)
        .where(Listen.account_id == account.id)
        .order_by(*Listen.__mapper__.primary_key)
    )
    with db.read() as session:
        return [_stored(account, listen, track) for listen, track in session.execute(statement)]


def _stored(account: Account, listen: Listen, track: Track) -> Stored:
    # Columns count whole seconds.
    local = listen.played_at.replace(microsecond=0).astimezone(account.zone)
    is_assumed = bool(value(listen.traits, Trait.ASSUMED))
    return Stored(
        at=listen.played_at.replace(microsecond=0),
        day=local.date(),
        hour=local.weekday() * 24 + local.hour,
        track_id=track.id,
        recording=track.recording,
        artist_id=track.artist_id,
        album_id=track.album_id,
        ms=(track.duration_ms or listen.ms_played) if is_assumed else listen.ms_played,
        is_assumed=is_assumed,
        duration_ms=track.duration_ms,
        kind=Kind(track.kind),
        source=Source(listen.source),
        device=value(listen.traits, Trait.DEVICE),
        skipped=flag(listen.traits, Trait.SKIPPED),
        private=flag(listen.traits, Trait.PRIVATE),
    )


def counts(play: Stored, rule: Rule) -> bool:
    """Whether a play counts as listened."""
    least: float = rule.least_seconds * 1000
    if rule.least_percent is not None and play.duration_ms:
        least = play.duration_ms * rule.least_percent / 100
    is_long = play.is_assumed or play.ms >= least
    return is_long and (rule.skipped or not play.skipped) and (rule.private or not play.private)


def that_count(plays: Iterable[Stored], rule: Rule | None = None) -> list[Stored]:
    """The plays of music that count by the rule, or by that of whoever has chosen none."""
    rule = rule or Rule()
    return [play for play in plays if play.kind is Kind.TRACK and counts(play, rule)]


def in_totals(plays: Iterable[Stored], rule: Rule | None = None) -> list[Stored]:
    """The plays that totals are made of: the music that counts, and episodes if they count."""
    rule = rule or Rule()
    return [
        play for play in plays if counts(play, rule) and (play.kind is Kind.TRACK or rule.episodes)
    ]


def within(plays: Iterable[Stored], start: date, end: date) -> list[Stored]:
    """The plays of these local days, both included."""
    return [play for play in plays if start <= play.day <= end]


def shown(plays: Iterable[Stored]) -> dict[int, int]:
    """For each track id the id its recording goes by: the one played most, of equals the smallest.

    Ask it of all the plays of music that count, not of those of a period.
    """
    plays = list(plays)
    count = Counter(play.track_id for play in plays)
    ids: dict[int, set[int]] = {}
    for play in plays:
        ids.setdefault(play.recording, set()).add(play.track_id)
    best = {key: min(some, key=lambda one: (-count[one], one)) for key, some in ids.items()}
    return {play.track_id: best[play.recording] for play in plays}


def days_of(start: date, end: date) -> list[date]:
    """Each day from `start` to `end`, both included."""
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]
