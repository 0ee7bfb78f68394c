"""Recognition held against invented histories of which the truth is known."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine.plays import Source
from music_time_machine.recognition import DAY, HOUR, Evidence, affected, recognise
from tests.recognition.figures import figures, mixtures
from tests.recognition.truth import (
    ASSUMED,
    FIRST_DAY,
    OFFLINE,
    Record,
    View,
    evidence,
    history,
    outcome,
    recognised,
    runs,
    together,
    views,
)

Key = tuple[int, ...]
MIXTURES = dict(mixtures())
seeds = st.integers(0, 2**32)


def told(seed: int, kinds: Sequence[View]) -> list[list[Record]]:
    random = Random(seed)
    return list(views(history(random), kinds, random).values())


def standing(records: Sequence[Record]) -> dict[Key, Key]:
    """From each record's key to that of the record which stands for its play."""
    stands = recognise(evidence(records)).tolist()
    return {record.key: records[index].key for record, index in zip(records, stands, strict=True)}


@pytest.mark.parametrize("name", MIXTURES)
def test_every_play_is_there_once_and_none_is_lost(name: str) -> None:
    found = figures(MIXTURES[name], 40)
    assert found.plays > 800
    assert (found.doubled, found.lost, found.mixed) == (0, 0, 0)


@given(
    random=st.randoms(use_true_random=False),
    kinds=st.lists(st.sampled_from(View), min_size=1, unique=True),
)
def test_every_mixture_of_sources_counts_each_play_once(random: Random, kinds: list[View]) -> None:
    plays = history(random)
    found = outcome(plays, views(plays, kinds, random).values())
    assert (found.doubled, found.lost, found.mixed) == (0, 0, 0)


@given(seed=seeds, other=seeds)
def test_the_order_in_which_records_come_does_not_matter(seed: int, other: int) -> None:
    records = together(told(seed, tuple(View)))
    expected = standing(records)
    Random(other).shuffle(records)
    assert standing(records) == expected


@given(seed=seeds)
def test_a_record_that_stands_stands_for_itself_and_is_the_richest(seed: int) -> None:
    order = (1, 3, 2, 4, 7, 5, 6)
    for first, *echoes in recognised(together(told(seed, tuple(View)))):
        assert all(order.index(first.source) <= order.index(echo.source) for echo in echoes)
        assert all(first.recording == echo.recording for echo in echoes)


@given(seed=seeds)
def test_a_play_has_one_record_of_each_source_besides_what_later_downloads_tell(seed: int) -> None:
    kinds = set(View) - {View.EXTENDED_LATER, View.EXTENDED_2020}
    for records in recognised(together(told(seed, sorted(kinds, key=lambda kind: kind.value)))):
        sources = [record.source for record in records]
        assert len(sources) == len(set(sources))


@given(seed=seeds)
def test_one_source_alone_keeps_every_one_of_its_records(seed: int) -> None:
    for kind in View:
        (records,) = told(seed, [kind])
        assert standing(records) == {record.key: record.key for record in records}


class Archive:
    """Evidence that comes and goes by files, of which only what is affected is looked at again."""

    def __init__(self) -> None:
        self.records: dict[Key, Record] = {}
        self.stands: dict[Key, Key] = {}
        self.looked_at = 0

    def change(self, changed: Sequence[Record], is_added: bool) -> None:
        """Add records, or take them away."""
        if not changed:
            return
        after = self.records | {record.key: record for record in changed}
        keys = {record.key for record in changed}
        seen, which = self._look(list(after.values()), keys)
        stay = [
            record
            for record, is_in in zip(seen, which, strict=True)
            if is_in and (is_added or record.key not in keys)
        ]
        self.looked_at += len(stay)
        for key in () if is_added else keys:
            del after[key], self.stands[key]
        self.records = after
        self.stands.update(standing(stay))

    def _look(self, records: list[Record], keys: set[Key]) -> tuple[list[Record], list[bool]]:
        """As wide around as it takes."""
        stamps = [record.stamp for record in records if record.key in keys]
        reach = HOUR
        while True:
            low, high = min(stamps) - reach, max(stamps) + reach
            seen = [record for record in records if low <= record.stamp <= high]
            core = np.array([record.key in keys for record in seen])
            which = affected(evidence(seen), core, low, high)
            if which is not None:
                return seen, which.tolist()
            reach *= 2


@given(seed=seeds, order=st.permutations(list(View)), cuts=st.integers(1, 4))
def test_file_after_file_comes_out_as_all_at_once_and_undone_as_if_it_had_never_been(
    seed: int, order: list[View], cuts: int
) -> None:
    random = Random(seed)
    files = views(history(random), order, random)
    archive = Archive()
    for kind in order:
        size = len(files[kind]) // cuts + 1
        for start in range(0, len(files[kind]), size):
            archive.change(files[kind][start : start + size], is_added=True)
    records = list(archive.records.values())
    assert archive.stands == standing(records)
    undone = files[order[0]]
    kept = {record.key for kind in order[1:] for record in files[kind]}
    archive.change([record for record in undone if record.key not in kept], is_added=False)
    assert archive.stands == standing(together(files[kind] for kind in order[1:]))


def test_a_change_looks_only_at_what_is_near_and_of_the_same_recording() -> None:
    random = Random(7)
    plays = [
        replace(play, start=play.start + shift, end=play.end + shift, stamped=play.stamped + shift)
        for shift in range(0, 300 * 24 * HOUR, 60 * 24 * HOUR)
        for play in history(Random(1))
    ]
    plays = [replace(play, number=number) for number, play in enumerate(plays)]
    files = views(plays, [View.EXTENDED, View.LASTFM], random)
    archive = Archive()
    archive.change(files[View.EXTENDED], is_added=True)
    archive.looked_at = 0
    archive.change(files[View.LASTFM][:1], is_added=True)
    assert 1 < archive.looked_at <= 2 * max(len(run) for run in runs(plays))


def test_a_chain_that_leads_out_of_sight_asks_for_more() -> None:
    heard = Record(Source.LASTFM, FIRST_DAY, 1, 200_000, ASSUMED, recording=9, play=0)
    chain = [
        Record(Source.EXTENDED_HISTORY, FIRST_DAY + day * DAY, 1, 200_000, OFFLINE, 9, 0)
        for day in (-81, -52, -23, 6)
    ]
    low, high = FIRST_DAY - 40 * DAY, FIRST_DAY + 40 * DAY
    seen = [record for record in (heard, *chain) if low <= record.stamp <= high]
    core = np.array([record is heard for record in seen])
    assert affected(evidence(seen), core, low, high) is None
    core = np.array([True, *(False for _ in chain)])
    found = affected(evidence([heard, *chain]), core, low - 200 * DAY, high)
    assert found is not None
    assert found.all()


def test_a_later_download_looks_at_the_row_that_it_repeats_and_at_no_other() -> None:
    first = Record(Source.EXTENDED_HISTORY, FIRST_DAY, 1, 200_000, 0, recording=9, play=0)
    again, next_row = replace(first, traits=5), replace(first, stamp=FIRST_DAY + HOUR)
    core = np.array([False, True, False])
    found = affected(evidence([first, again, next_row]), core, FIRST_DAY - DAY, FIRST_DAY + DAY)
    assert found is not None
    assert found.tolist() == [True, True, False]


def test_nothing_is_nothing() -> None:
    nothing = evidence([])
    assert isinstance(nothing, Evidence)
    assert recognise(nothing).size == 0
    found = affected(nothing, np.empty(0, np.bool_), 0, 0)
    assert found is not None
    assert found.size == 0
