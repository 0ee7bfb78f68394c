"""True histories, and what each source makes of them.

Knows every quirk of a source's stamps, lengths, ids and gaps; the product never sees this file.
Each record carries the number of its true play, for the check alone.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from random import Random

import numpy as np

from music_time_machine.plays import Source
from music_time_machine.recognition import Evidence, recognise
from music_time_machine.traits import FALSE, TRUE, Trait

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
FIRST_DAY = 1_700_000_000_000
ASSUMED = 1 << Trait.ASSUMED
ONLINE, OFFLINE = FALSE << Trait.OFFLINE, TRUE << Trait.OFFLINE
LENGTHS = (20_000, 40_000, 95_500, 180_000, 213_987, 247_003, 600_000)


@dataclass(frozen=True, slots=True)
class Heard:
    """One true play. Times are ms since 1970; `end` comes after pauses, `stamped` is what Spotify's
    log has for its end: for some offline plays the moment of the later sync.
    """

    number: int
    recording: int
    edition: int  # which of the ids of the recording
    length: int
    start: int
    end: int
    ms: int
    stamped: int
    is_offline: bool
    session: int
    day: int

    @property
    def is_late(self) -> bool:
        """Whether Spotify stamped the sync and not the play's own end."""
        return self.stamped != self.end


@dataclass(frozen=True, slots=True)
class Record:
    """What one source tells of one play; `play` is its true number."""

    source: Source
    stamp: int
    track: int
    ms: int
    traits: int
    recording: int
    play: int
    nth: int = 0
    has_id: bool = True

    @property
    def key(self) -> tuple[int, ...]:
        return (self.stamp, self.track, self.ms, self.nth, self.source, self.traits)


class View(Enum):
    """A file or a service that tells of a history. Some are of one source and another time."""

    EXTENDED = "extended history"
    EXTENDED_LATER = "extended history, later download"
    EXTENDED_2020 = "extended history without ids"
    ACCOUNT = "account data"
    RECENT = "recently played"
    LISTENBRAINZ = "ListenBrainz"
    MALOJA = "Maloja"
    LASTFM = "Last.fm"
    LASTFM_MINUTES = "Last.fm by minutes"


TRACKERS = (View.LISTENBRAINZ, View.MALOJA, View.LASTFM, View.LASTFM_MINUTES)
EXTENDED = (View.EXTENDED, View.EXTENDED_LATER, View.EXTENDED_2020)


# What was heard


def history(random: Random) -> list[Heard]:
    """A few days of listening to a few recordings, so that one comes again and again."""
    catalogue = [random.choice(LENGTHS) for _ in range(random.randint(1, 6))]
    plays: list[Heard] = []
    session = 0
    now = FIRST_DAY + random.randrange(DAY)
    for day in range(random.randint(1, 5)):
        for _ in range(random.randint(1, 3)):
            heard = _session(
                random, catalogue, now, Heard(0, 0, 0, 0, 0, 0, 0, 0, False, session, day)
            )
            plays += heard
            session += 1
            now = (heard[-1].end if heard else now) + random.randint(MINUTE, 2 * HOUR)
        now += random.randint(6 * HOUR, random.choice((40 * HOUR, 40 * HOUR, 90 * DAY)))
    return [replace(play, number=number) for number, play in enumerate(_tellable(plays))]


def _tellable(plays: Sequence[Heard]) -> list[Heard]:
    """Without those that share recording, length and second with one heard the other way.

    An online play in the very second of a sync: no log tells which of the two a row is.
    """
    ways: dict[tuple[int, int, int], bool] = {}
    return [
        play
        for play in plays
        if ways.setdefault((play.recording, play.ms, play.stamped // SECOND), play.is_offline)
        == play.is_offline
    ]


def _session(random: Random, catalogue: Sequence[int], now: int, like: Heard) -> list[Heard]:
    """Plays one after the other; offline, all may be stamped with one sync, days later."""
    is_offline = random.random() < 0.25
    habit = random.choice(("mixed", "mixed", "loop", "skipping"))
    favourite = random.randrange(len(catalogue))
    plays: list[Heard] = []
    for _ in range(random.randint(1, 12)):
        recording = favourite if habit == "loop" else random.randrange(len(catalogue))
        length = catalogue[recording]
        is_cut = random.random() < (0.7 if habit == "skipping" else 0.1)
        ms = random.randint(0, length) if is_cut else length
        pause = random.randint(SECOND, 55 * MINUTE) if random.random() < 0.06 and ms > 0 else 0
        end = now + ms + pause
        # Two ids skipped past in one second look like one play with another id: nobody could know.
        edition = random.choice((1, 1, 2)) if ms >= SECOND else 1
        play = replace(like, recording=recording, edition=edition, length=length, start=now)
        plays.append(replace(play, end=end, ms=ms, stamped=end, is_offline=is_offline))
        now = end + random.choice((0, 0, random.randint(0, 4 * SECOND)))
    if is_offline and random.random() < 0.6:
        sync = now + random.choice((MINUTE, HOUR, random.randint(0, 25 * DAY)))
        plays = [replace(play, stamped=sync) for play in plays]
    return plays


# What each source makes of it


def views(
    plays: Sequence[Heard], kinds: Iterable[View], random: Random
) -> dict[View, list[Record]]:
    """What each of the views tells of the history, each with its own span and gaps."""
    kinds = list(kinds)
    seen = {kind: _seen(plays, kind, random) for kind in kinds}
    _keep_out_what_nobody_could_know(plays, seen)
    return {
        kind: counted(_TELL[kind]([play for play in plays if play.number in seen[kind]], random))
        for kind in kinds
    }


def _seen(plays: Sequence[Heard], kind: View, random: Random) -> set[int]:
    """The plays that a view lists: of its own days, without gaps and what it finds too short."""
    days = sorted({play.day for play in plays})
    first, last = sorted((random.choice(days), random.choice(days)))
    if random.random() < 0.5:
        first, last = days[0], days[-1]
    is_holey = kind not in (*EXTENDED, View.ACCOUNT)
    lost = {play.session for play in plays if is_holey and random.random() < 0.03}
    return {
        play.number
        for play in plays
        if first <= play.day <= last
        and play.session not in lost
        and not (is_holey and random.random() < 0.08)
        and _is_listed(play, kind)
    }


def _is_listed(play: Heard, kind: View) -> bool:
    if kind is View.RECENT:
        return play.ms >= 30 * SECOND
    if kind in TRACKERS:
        return play.length > 30 * SECOND and play.ms >= min(play.length / 2, 4 * MINUTE)
    return True


def _keep_out_what_nobody_could_know(plays: Sequence[Heard], seen: Mapping[View, set[int]]) -> None:
    """Drop what leaves two answers open even to a reader with all the time in the world.

    Two plays of one recording, near each other, of which one source lists only the first and the
    other only the second: a pause, or a stamp of the end instead of the start, looks the same. So
    of a run of such plays each source lists a part of what any source lists more of. And a play
    that was stamped at a sync, days later, where extended history is missing: nobody says that it
    was offline.
    """
    before = -1
    while before != (before := sum(map(len, seen.values()))):
        extended = {number for kind in EXTENDED for number in seen.get(kind, ())}
        late = {play.number for play in plays if play.is_late}
        if View.ACCOUNT in seen:
            seen[View.ACCOUNT].difference_update(late - extended)
        for run in runs(plays):
            _nest({play.number for play in run}, seen)


def _nest(members: set[int], seen: Mapping[View, set[int]]) -> None:
    wider = members
    for kind in sorted(seen, key=lambda kind: -len(seen[kind] & members)):
        seen[kind].difference_update(members - wider)
        wider = seen[kind] & members


def runs(plays: Sequence[Heard]) -> list[list[Heard]]:
    """Plays of one recording that lie so near each other that their stamps may be confused."""
    of_recording: dict[int, list[Heard]] = defaultdict(list)
    for play in sorted(plays, key=lambda play: play.start):
        of_recording[play.recording].append(play)
    found: list[list[Heard]] = []
    for mine in of_recording.values():
        if any(play.is_offline for play in mine):
            found.append(mine)
            continue
        found.append([mine[0]])
        for before, after in pairwise(mine):
            if after.start - before.end > 2 * HOUR:
                found.append([])
            found[-1].append(after)
    return found


def counted(records: Iterable[Record]) -> list[Record]:
    """Records with their `nth`: the how many of its kind in this file each is."""
    times: Counter[tuple[int, int, int]] = Counter()
    found = []
    for record in records:
        key = (record.stamp, record.track, record.ms)
        found.append(replace(record, nth=times[key]))
        times[key] += 1
    return found


def _record(play: Heard, source: Source, stamp: int, ms: int, traits: int, edition: int) -> Record:
    track = play.recording * 10 + edition
    return Record(source, stamp, track, ms, traits, play.recording, play.number, has_id=edition > 0)


def _extended(plays: Sequence[Heard], random: Random) -> list[Record]:
    stamps = [(play, play.stamped // SECOND * SECOND) for play in plays]
    return [
        _record(play, Source.EXTENDED_HISTORY, stamp, play.ms, _offline(play), play.edition)
        for play, stamp in stamps
    ]


def _extended_later(plays: Sequence[Heard], random: Random) -> list[Record]:
    """The same rows; some ids were replaced by others, and more is told of each, or less."""
    other = {edition: random.choice((edition, 3)) for edition in (1, 2)}
    more = random.choice((0, 2 << Trait.REASON_END, 5))
    return [
        replace(
            record,
            track=record.track
            if play.is_offline
            else record.track // 10 * 10 + other[play.edition],
            traits=record.traits | more,
        )
        for play, record in zip(plays, _extended(plays, random), strict=True)
    ]


def _extended_2020(plays: Sequence[Heard], random: Random) -> list[Record]:
    records = _extended(plays, random)
    if random.random() < 0.5:
        random.shuffle(records)  # endsong files are unsorted
    return [_without_id(record) for record in records]


def _account(plays: Sequence[Heard], random: Random) -> list[Record]:
    return [
        _record(play, Source.ACCOUNT_DATA, play.stamped // MINUTE * MINUTE, play.ms, 0, 0)
        for play in plays
    ]


def _recent(plays: Sequence[Heard], random: Random) -> list[Record]:
    """Stamps of the start in one stretch, of the end in another; the length is the track's own."""
    moments = _moments(plays, random)
    return [
        _record(
            play,
            Source.RECENTLY_PLAYED,
            moments[play.session](play) + random.randint(-1_500, 1_500),
            play.length,
            ASSUMED,
            play.edition,
        )
        for play in plays
    ]


def _listenbrainz(plays: Sequence[Heard], random: Random) -> list[Record]:
    """What players submit at the start, what was read from Spotify's API, what its file importer
    read from an export: by stretches. A length is told, or only the track's own, or none.
    """
    return _tracked(plays, Source.LISTENBRAINZ, _moments(plays, random), SECOND, random)


def _maloja(plays: Sequence[Heard], random: Random) -> list[Record]:
    moment = random.choice((_start, _end))
    moments = {play.session: moment for play in plays}
    return _tracked(plays, Source.MALOJA, moments, SECOND, random)


def _lastfm(plays: Sequence[Heard], random: Random) -> list[Record]:
    return _tracked(plays, Source.LASTFM, defaultdict(lambda: _start), SECOND, None)


def _lastfm_minutes(plays: Sequence[Heard], random: Random) -> list[Record]:
    return _tracked(plays, Source.LASTFM_MINUTES, defaultdict(lambda: _start), MINUTE, None)


def _tracked(
    plays: Sequence[Heard],
    source: Source,
    moments: Mapping[int, Callable[[Heard], int]],
    precision: int,
    random: Random | None,
) -> list[Record]:
    """A tracker's records; without `random` it tells no length at all."""
    tells = random.choice(("played", "track", "nothing")) if random else "nothing"
    late = random.randint(0, 5 * SECOND) if random else 0
    records = []
    for play in plays:
        stamp = (moments[play.session](play) + late) // precision * precision
        ms, traits = {"played": (play.ms, 0), "track": (play.length, ASSUMED)}.get(
            tells, (0, ASSUMED)
        )
        records.append(_record(play, source, stamp, ms, traits, 0))
    return records


def _start(play: Heard) -> int:
    return play.start


def _end(play: Heard) -> int:
    return play.end


def _moments(plays: Sequence[Heard], random: Random) -> dict[int, Callable[[Heard], int]]:
    """For each session whether a play's start or its end is stamped."""
    sessions = sorted({play.session for play in plays})
    return {session: random.choice((_start, _end)) for session in sessions}


def _offline(play: Heard) -> int:
    return OFFLINE if play.is_offline else ONLINE


def _without_id(record: Record) -> Record:
    return replace(record, track=record.recording * 10, has_id=False)


_TELL: Mapping[View, Callable[[Sequence[Heard], Random], list[Record]]] = {
    View.EXTENDED: _extended,
    View.EXTENDED_LATER: _extended_later,
    View.EXTENDED_2020: _extended_2020,
    View.ACCOUNT: _account,
    View.RECENT: _recent,
    View.LISTENBRAINZ: _listenbrainz,
    View.MALOJA: _maloja,
    View.LASTFM: _lastfm,
    View.LASTFM_MINUTES: _lastfm_minutes,
}


# What became of it


def evidence(records: Sequence[Record]) -> Evidence:
    """Records as recognition takes them."""

    def column(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.fromiter(values, np.int64, len(records))

    return Evidence(
        stamp=column(record.stamp for record in records),
        track=column(record.track for record in records),
        ms=column(record.ms for record in records),
        nth=column(record.nth for record in records),
        source=column(record.source for record in records),
        traits=column(record.traits for record in records),
        recording=column(record.recording for record in records),
        has_id=np.fromiter((record.has_id for record in records), np.bool_, len(records)),
    )


def together(told: Iterable[Sequence[Record]]) -> list[Record]:
    """All that was told, each record once, as the archive keeps it."""
    return list({record.key: record for records in told for record in records}.values())


def recognised(records: Sequence[Record]) -> list[list[Record]]:
    """The plays that recognition finds, each with all its records, the one that stands first."""
    found: dict[int, list[Record]] = defaultdict(list)
    for index, standing in enumerate(recognise(evidence(records)).tolist()):
        found[standing].insert(0 if index == standing else len(found[standing]), records[index])
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Outcome:
    """How recognition did: true plays that any source told, and where it was wrong."""

    plays: int
    doubled: int
    lost: int
    mixed: int  # records of plays that cannot be taken for each other
    swapped: int  # records given to a neighbour of the same run, which the counts do not show


def outcome(plays: Sequence[Heard], told: Collection[Sequence[Record]]) -> Outcome:
    """Recognition of all that was told held against the truth, run by run."""
    run_of = {play.number: index for index, run in enumerate(runs(plays)) for play in run}
    true = Counter(run_of[number] for number in {record.play for some in told for record in some})
    counted: Counter[int] = Counter()
    mixed = swapped = 0
    for standing, *echoes in recognised(together(told)):
        counted[run_of[standing.play]] += 1
        others = [echo for echo in echoes if echo.play != standing.play]
        swapped += len(others)
        mixed += sum(run_of[echo.play] != run_of[standing.play] for echo in others)
    return Outcome(
        plays=true.total(),
        doubled=(counted - true).total(),
        lost=(true - counted).total(),
        mixed=mixed,
        swapped=swapped,
    )
