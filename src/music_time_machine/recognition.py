"""Which records of different sources, or files, tell of the same play: every play once.

Knows what each source's stamps and lengths are worth; hides the matching. Pure: no table, no clock.

The archive keeps evidence: every record that any source ever told. Which plays there are is a
function of that set, so the order of imports cannot matter, and to undo one is to take its records
away. One record stands for each play, the richest; the others are its echoes. The rules, and why:

1. Records of one source with the same stamp and length of one recording tell of the same play: a
   later download tells more of it, gives an id where the export of 2020 had none, or another id.
   Where a source tells no lengths, the track's own is no part of this. True repeats are counted by
   `nth`, and n of one telling beside m of another are max(n, m) plays. Of offline plays the ids add
   up instead: a sync gives its own moment to plays of the single and of the album alike. The record
   that stands is one with an id, then one with a told length, then the one with most traits told.
2. A play has at most one record of each source. Sources come richest first, and each one's records
   are matched one to one with the plays known so far, within a recording; what is left is new.
3. Where a source's stamp of a play may lie is a window on the line of time. As many records as can
   be find a play: each, in order of time, the free one whose window ends first. So a track that
   plays in a loop stays in step, where the nearest would shift. Every match too few is a double, so
   where the windows leave a choice, the fewest plays are the answer.
4. A window is as wide as both stamps deserve. Each source has a precision and an anchor: the start
   of a play, its end, or now this and now that. From the known stamp and length follows where the
   play may have begun and ended, with `SLACK` for clocks that differ. Spotify's two exports come
   from one log: their lengths must be equal and their minute the same. Where nobody tells a length
   it is at most the track's own, and `UNKNOWN_LENGTH` where that is unknown too.
5. Tight windows come before loose ones: first for plays without a break, then for paused ones, up
   to `LONGEST_PAUSE` longer than what was heard, last for offline ones, whose stamp may be that of
   a sync up to `LONGEST_OFFLINE` later, and in the end wherever an echo of the play allows. Only
   where so fewer records find a play than could, the widest windows decide alone.

What no rule can know: two plays of one recording within an hour, of which one source lists only the
first and the other only the second, look like one that was paused. A late stamp of account data
alone does not say that it was offline. Two ids skipped past in one second count as one play.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import Enum
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from . import traits
from .plays import Source
from .traits import Trait

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

SLACK = 30 * SECOND  # how far two clocks, or two ideas of when a play began, may lie apart
LONGEST_PAUSE = HOUR
LONGEST_OFFLINE = 30 * DAY  # Spotify lets nobody stay offline longer
LONGEST_PLAY = DAY
WIDEST_MS = LONGEST_OFFLINE + 2 * DAY  # no two records of one play are stamped further apart
UNKNOWN_LENGTH = 10 * MINUTE  # where nobody tells how long a play or its track is

# How much further than its length a play may reach from its stamp, unless it was offline.
_LEAST_REACH = LONGEST_PAUSE + 2 * MINUTE + 2 * SLACK


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What sources told of one account's plays: arrays of equal length, in any order.

    A record's key is (stamp, track, ms, nth, source, traits); no two records share one.
    """

    stamp: Numbers  # ms since 1970 UTC, as the source stamps
    track: Numbers  # a number of the track that is the same in every archive
    ms: Numbers  # ms played; where traits say ASSUMED the track's own length, or 0 when unknown
    nth: Numbers  # true repeats that share stamp, track and ms: 0, 1, 2...
    source: Numbers  # a plays.Source
    traits: Numbers  # the bits of traits.py
    recording: Numbers  # equal for all ids and spellings of one recording
    has_id: Flags  # the track is known by a Spotify id

    def only(self, which: Flags) -> "Evidence":
        """Some of the records."""
        return Evidence(*(getattr(self, field.name)[which] for field in fields(self)))


class _Anchor(Enum):
    START = "start"
    END = "end"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class _Stamping:
    """Which moment of a play a source stamps, and for how many ms one stamp stands."""

    anchor: _Anchor
    precision: int


# The richest first: a play is told by the first of them that knows it.
_STAMPINGS = {
    Source.EXTENDED_HISTORY: _Stamping(_Anchor.END, SECOND),
    Source.ACCOUNT_DATA: _Stamping(_Anchor.END, MINUTE),
    Source.RECENTLY_PLAYED: _Stamping(_Anchor.EITHER, 1),
    Source.LISTENBRAINZ: _Stamping(_Anchor.EITHER, SECOND),
    Source.MALOJA: _Stamping(_Anchor.EITHER, SECOND),
    Source.LASTFM: _Stamping(_Anchor.START, SECOND),
    Source.LASTFM_MINUTES: _Stamping(_Anchor.START, MINUTE),
}
EXPORTS = (Source.EXTENDED_HISTORY, Source.ACCOUNT_DATA)  # they tell every play's exact length

# For each play where a source's stamp of it may lie: from, and to, both included.
_Windows = tuple[Numbers, Numbers]


def recognise(evidence: Evidence) -> Numbers:
    """For each record the index of the record that stands for its play: itself, or a richer one."""
    standing = _within_sources(evidence)
    several = _of_several_sources(evidence, standing)
    source = evidence.source[several]
    told = several[source == Source.EXTENDED_HISTORY]
    for later in list(_STAMPINGS)[1:]:
        records = several[source == later]
        if records.size and told.size:
            standing[records] = _match(evidence, standing, told, records, later)
        told = np.concatenate((told, records))
    return standing[standing]


def affected(evidence: Evidence, core: Flags, low: int, high: int) -> Flags | None:
    """The records whose plays the `core` ones can change, `core` among them: `recognise` says the
    same of these alone as of all.

    `evidence` is all there is from `low` to `high` (ms); None where that is too narrow, because
    something outside could matter.
    """
    recording = _labels(evidence.recording)
    before, after = _reach(evidence)
    first, last = evidence.stamp - before, evidence.stamp + after
    # Nothing outside a run of overlapping reaches can be the same play as anything in it.
    run = _components(recording, first, last)
    told_by = _sources(run, evidence.source)[run]
    # In a run of one source only what is stamped alike is; and of the richest no play is an echo.
    touched = _with(core, run) & _is_several(told_by)
    asked = core | touched
    room = np.where(told_by[asked] == 1 << Source.EXTENDED_HISTORY, 0, WIDEST_MS)
    if (first[asked] - room < low).any() or (last[asked] + room > high).any():
        return None
    return touched | _with(core, _labels(recording, evidence.stamp))


def _with(core: Flags, label: Numbers) -> Flags:
    """The rows that share their label with a row of `core`."""
    shared: Flags = (np.bincount(label, core) > 0)[label]
    return shared


# Within a source


def _within_sources(evidence: Evidence) -> Numbers:
    """For each record the one of its own source that stands for its play."""
    standing = np.arange(evidence.stamp.size)
    length = np.where(np.isin(evidence.source, EXPORTS), evidence.ms, 0)
    same = (evidence.recording, evidence.source, evidence.stamp, length)
    alike = _sharing(same)
    if not alike.size:
        return standing
    group = _labels(*(column[alike] for column in same))
    rank = _ranks(evidence, alike, group)
    order = np.lexsort([*reversed(_preference(evidence, alike)), rank, group])
    alike, is_first = alike[order], _changes([group[order], rank[order]])
    standing[alike] = alike[is_first][np.cumsum(is_first) - 1]
    return standing


def _ranks(evidence: Evidence, records: Numbers, group: Numbers) -> Numbers:
    """Which play of its group each record tells of: 0, 1, 2... Each telling counts from 0 on."""
    track, ms, nth = evidence.track[records], evidence.ms[records], evidence.nth[records]
    is_synced = np.bincount(group, _is_offline(evidence, records))[group] > 0
    has_id = evidence.has_id[records].astype(np.int64)
    telling = np.where(is_synced, has_id, _labels(track, ms) + 2)
    order = np.lexsort((nth, ms, track, telling, group))
    is_new_telling = _changes([group[order], telling[order]])
    count = np.cumsum(_changes([column[order] for column in (group, telling, track, ms, nth)]))
    rank = np.empty(records.size, np.int64)
    rank[order] = count - np.maximum.accumulate(np.where(is_new_telling, count, 0))
    return rank


def _preference(evidence: Evidence, records: Numbers) -> list[Numbers]:
    """Columns by which the record that stands for several of its source sorts first."""
    bits = evidence.traits[records]
    told = np.zeros(records.size, np.int64)
    for trait in Trait:
        told += (traits.values(bits, trait) != 0) & (trait is not Trait.ASSUMED)
    return [
        (~evidence.has_id[records]).astype(np.int64),
        traits.values(bits, Trait.ASSUMED),
        -evidence.ms[records],
        -told,
        -bits,
        evidence.track[records],
        evidence.nth[records],
    ]


def _sharing(columns: Sequence[Numbers]) -> Numbers:
    """The rows that share all columns with another row, and perhaps a few more."""
    mixed = np.zeros(columns[0].size, np.uint64)
    for column in columns:
        mixed = (mixed ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    order = np.argsort(mixed)
    follows = ~_changes([mixed[order]])
    sharing: Numbers = order[follows | np.append(follows[1:], False)]
    return sharing


def _changes(columns: Sequence[NDArray[np.generic]]) -> Flags:
    """Whether each row differs from the one before it; the first does."""
    changes = np.zeros(columns[0].size, np.bool_)
    changes[:1] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return changes


# Across sources


def _of_several_sources(evidence: Evidence, standing: Numbers) -> Numbers:
    """The standing records of those recordings that several sources know, in a fixed order."""
    if not evidence.source.size or (evidence.source == evidence.source[0]).all():
        return np.empty(0, np.int64)
    records = np.flatnonzero(standing == np.arange(standing.size))
    label = _labels(evidence.recording[records])
    told_by = _sources(label, evidence.source[records])
    records = records[_is_several(told_by)[label]]
    key = ("traits", "source", "nth", "ms", "track", "stamp", "recording")
    return records[np.lexsort([getattr(evidence, name)[records] for name in key])]


def _match(
    evidence: Evidence, standing: Numbers, told: Numbers, records: Numbers, source: Source
) -> Numbers:
    """For each record of `source` the one that stands for its play: itself, if none of the plays
    that richer sources `told` is the same.
    """
    plays = told[standing[told] == told]
    passes = _passes(evidence, plays, source)
    passes.append(_stretched(evidence, standing, told, source, passes[-1]))
    stamp = evidence.stamp[records]
    both = np.concatenate((plays, records))
    columns = [evidence.recording[both]]
    if source is Source.ACCOUNT_DATA:
        columns.append(evidence.ms[both])
    low, high = (np.concatenate((widest, stamp)) for widest in passes[-1])
    component = _components(_labels(*columns), low, high)
    of_play, of_record = np.split(component, [plays.size])
    is_pair, is_crowd = _pairs_and_crowds(of_play, of_record)
    # One play and one record that may be it: as a rule nearly all.
    play_of = np.full(is_pair.size, -1)
    play_of[of_play] = plays
    found = np.where(is_pair[of_record], play_of[of_record], records)
    for its_plays, its_records in zip(
        _split(of_play, is_crowd), _split(of_record, is_crowd), strict=True
    ):
        windows = [(low[its_plays].tolist(), high[its_plays].tolist()) for low, high in passes]
        pairs = _match_crowd(stamp[its_records].tolist(), windows)
        found[its_records[list(pairs)]] = plays[its_plays[list(pairs.values())]]
    return found


def _pairs_and_crowds(of_play: Numbers, of_record: Numbers) -> tuple[Flags, Flags]:
    """For each component whether it has one play and one record, or both and of one several."""
    size = max(of_play.max(initial=0), of_record.max(initial=0)) + 1
    plays, records = (np.bincount(of, minlength=size) for of in (of_play, of_record))
    is_pair: Flags = (plays == 1) & (records == 1)
    return is_pair, (plays > 0) & (records > 0) & ~is_pair


def _split(component: Numbers, wanted: Flags) -> list[Numbers]:
    """The rows of each wanted component, in their order."""
    rows = np.flatnonzero(wanted[component])
    rows = rows[np.argsort(component[rows], kind="stable")]
    return np.split(rows, np.flatnonzero(_changes([component[rows]]))[1:])


def _match_crowd(
    stamps: list[int], passes: Sequence[tuple[list[int], list[int]]]
) -> dict[int, int]:
    """Record to play, one to one: as many as can be, the tight windows before the loose."""
    found: dict[int, int] = {}
    plays, records = list(range(len(passes[0][0]))), list(range(len(stamps)))
    for low, high in passes:
        found |= _in_order(stamps, records, low, high, plays)
        taken = set(found.values())
        records = [record for record in records if record not in found]
        plays = [play for play in plays if play not in taken]
        if not records or not plays:
            return found
    # A tight match may have taken what a loose one needed.
    low, high = passes[-1]
    widest = _in_order(stamps, range(len(stamps)), low, high, range(len(low)))
    return widest if len(widest) > len(found) else found


def _in_order(
    stamps: list[int], records: Sequence[int], low: list[int], high: list[int], plays: Sequence[int]
) -> dict[int, int]:
    """A maximum matching: each record, in order of time, with the free play that ends first."""
    waiting = sorted(plays, key=lambda play: (low[play], play), reverse=True)
    free: list[tuple[int, int]] = []
    found: dict[int, int] = {}
    for record in sorted(records, key=lambda record: (stamps[record], record)):
        stamp = stamps[record]
        while waiting and low[waiting[-1]] <= stamp:
            play = waiting.pop()
            heappush(free, (high[play], play))
        while free and free[0][0] < stamp:
            heappop(free)
        if free:
            found[record] = heappop(free)[1]
    return found


# Windows


def _passes(evidence: Evidence, plays: Numbers, source: Source) -> list[_Windows]:
    """Where `source`'s stamp of each play may lie, in windows that grow: of plays without a break,
    then of paused ones, then of offline ones that were stamped late.
    """
    stamp = evidence.stamp[plays]
    if source is Source.ACCOUNT_DATA:
        return [(stamp - MINUTE - SECOND, stamp + SECOND)]
    passes = [_window(evidence, plays, source, pause) for pause in (0, LONGEST_PAUSE)]
    is_offline = _is_offline(evidence, plays)
    if is_offline.any():
        low, high = passes[-1]
        passes.append((low - is_offline * LONGEST_OFFLINE, high))
    return passes


def _stretched(
    evidence: Evidence, standing: Numbers, told: Numbers, source: Source, widest: _Windows
) -> _Windows:
    """The widest windows stretched to wherever an echo of the play allows: where plays of a loop
    were taken for each other, the next source may know better when one of them was.
    """
    is_play = standing[told] == told
    if is_play.all():
        return widest
    place = np.empty(standing.size, np.int64)
    place[told[is_play]] = np.arange(widest[0].size)
    echoes = told[~is_play]
    low, high = widest[0].copy(), widest[1].copy()
    also_low, also_high = _window(evidence, echoes, source, LONGEST_PAUSE)
    np.minimum.at(low, place[standing[echoes]], also_low)
    np.maximum.at(high, place[standing[echoes]], also_high)
    return low, high


def _window(evidence: Evidence, plays: Numbers, source: Source, pause: int) -> _Windows:
    """Where `source`'s stamp of each play may lie if it was paused for up to `pause` ms."""
    stamp, length = evidence.stamp[plays], _length(evidence, plays)
    earliest_start, latest_start = stamp.copy(), stamp.copy()
    earliest_end, latest_end = stamp.copy(), stamp.copy()
    for told_by, stamping in _STAMPINGS.items():
        its = evidence.source[plays] == told_by
        latest_start[its] += stamping.precision
        latest_end[its] += stamping.precision
        if stamping.anchor is not _Anchor.START:
            earliest_start[its] -= length[its] + pause
        if stamping.anchor is _Anchor.END:
            latest_start[its] -= length[its]
        else:
            latest_end[its] += length[its] + pause
    mine = _STAMPINGS[source]
    low = earliest_end if mine.anchor is _Anchor.END else earliest_start
    high = latest_start if mine.anchor is _Anchor.START else latest_end
    return low - mine.precision - SLACK, high + SLACK


def _length(evidence: Evidence, records: Numbers) -> Numbers:
    """How long each play lasted at most, pauses apart, as far as its record knows."""
    ms = evidence.ms[records]
    is_unknown = (ms == 0) & (traits.values(evidence.traits[records], Trait.ASSUMED) == 1)
    return np.where(is_unknown, UNKNOWN_LENGTH, np.minimum(ms, LONGEST_PLAY))


def _is_offline(evidence: Evidence, records: Numbers) -> Flags:
    """Whether each stamp may be that of a later sync."""
    told = traits.values(evidence.traits[records], Trait.OFFLINE)
    is_offline: Flags = (told == traits.TRUE) & (
        evidence.source[records] == Source.EXTENDED_HISTORY
    )
    return is_offline


def _reach(evidence: Evidence) -> tuple[Numbers, Numbers]:
    """How far before and after its stamp each record could meet another of its play, in ms."""
    every = np.arange(evidence.stamp.size)
    around = _length(evidence, every) + _LEAST_REACH
    return np.where(_is_offline(evidence, every), around + LONGEST_OFFLINE, around), around


def _sources(label: Numbers, source: Numbers) -> Numbers:
    """For each label its sources: bit 1 for source 1, and so on."""
    bits = np.zeros(label.max(initial=0) + 1, np.int64)
    np.bitwise_or.at(bits, label, 1 << source)
    return bits


def _is_several(sources: Numbers) -> Flags:
    """Whether more than one bit is set."""
    several: Flags = sources & (sources - 1) != 0
    return several


def _labels(*columns: Numbers) -> Numbers:
    """A small number for each row, equal where all columns are."""
    order = np.lexsort(columns)
    labels = np.empty(order.size, np.int64)
    labels[order] = np.cumsum(_changes([column[order] for column in columns])) - 1
    return labels


def _components(label: Numbers, low: Numbers, high: Numbers) -> Numbers:
    """Numbers for intervals, equal for those of one label that overlap, directly or by others."""
    component = np.empty(label.size, np.int64)
    if label.size:
        # One line of time for all labels, one after the other.
        origin, span = low.min(), high.max() - low.min() + 1
        first, last = low - origin + label * span, high - origin + label * span
        order = np.argsort(first, kind="stable")
        is_new = np.ones(order.size, np.bool_)
        is_new[1:] = first[order][1:] > np.maximum.accumulate(last[order])[:-1]
        component[order] = np.cumsum(is_new) - 1
    return component
