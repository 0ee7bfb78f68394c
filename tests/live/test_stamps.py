"""Stamps that change: what is the same play under another stamp, and what is a true repeat."""

import random
from itertools import pairwise

import pytest

from music_time_machine.live.stamps import Stamped, restamped

LENGTH = 200_000
SONG, OTHER = 1, 2
LENGTHS = {SONG: LENGTH, OTHER: LENGTH}
SEEDS = 12
LISTED = 50

Play = tuple[int, int, int]
"""When it began, when it ended, and its track."""


def at(*plays: tuple[int, int]) -> list[Stamped]:
    return [Stamped(1_000_000_000_000 + stamp, track) for stamp, track in plays]


def test_a_list_as_it_was_has_nothing_restamped() -> None:
    listed = at((0, SONG), (LENGTH, OTHER))
    assert restamped(listed, listed, LENGTHS, is_full=False) == set()


def test_a_track_twice_in_a_row_stays_two() -> None:
    once, again = at((0, SONG), (LENGTH + 400, SONG))
    assert restamped([once, again], [once], LENGTHS, is_full=False) == set()


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("is_full", [True, False])
def test_plays_stamped_anew_are_known(way: int, is_full: bool) -> None:
    stored = at((0, SONG), (LENGTH + 900, OTHER), (2 * LENGTH + 1_300, SONG))
    listed = [Stamped(play.stamp + way * (LENGTH + 120), play.track) for play in stored]
    assert restamped(listed, stored, LENGTHS, is_full=is_full) == set(listed)


def test_only_the_newer_plays_may_be_stamped_anew() -> None:
    stored = at((0, SONG), (LENGTH + 900, OTHER))
    moved = Stamped(stored[1].stamp + LENGTH, OTHER)
    fresh = Stamped(moved.stamp + 500_000, OTHER)
    assert restamped([stored[0], moved, fresh], stored, LENGTHS, is_full=False) == {moved}


def test_a_repeat_right_after_a_play_that_was_stamped_anew_is_new() -> None:
    [stored] = at((0, SONG))
    moved, fresh = Stamped(stored.stamp + LENGTH, SONG), Stamped(stored.stamp + 2 * LENGTH, SONG)
    assert restamped([moved, fresh], [stored], LENGTHS, is_full=False) == {moved}


@pytest.mark.parametrize("lasted", [31_000, LENGTH - 50_000, LENGTH + 600_000])
def test_a_skipped_or_paused_play_moves_by_another_length(lasted: int) -> None:
    stored = at((0, SONG), (lasted + 900, OTHER))
    listed = [Stamped(stored[0].stamp + lasted, SONG), Stamped(stored[1].stamp + LENGTH, OTHER)]
    assert restamped(listed, stored, LENGTHS, is_full=False) == set(listed)


def test_what_fell_off_a_full_list_is_not_taken_for_what_is_new() -> None:
    [fallen] = at((0, SONG))
    listed = [
        Stamped(fallen.stamp + LENGTH + n * (LENGTH + 500), OTHER if n else SONG)
        for n in range(LISTED)
    ]
    assert restamped(listed, [fallen], LENGTHS, is_full=True) == set()


@pytest.mark.parametrize("changes", [("start", "end"), ("end", "start"), ("start", "end", "start")])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_play_is_doubled_or_lost_however_spotify_changes_its_mind(
    changes: tuple[str, ...], seed: int
) -> None:
    chance = random.Random(seed)
    lengths = {track: chance.randint(60_000, 400_000) for track in range(1, 41)}
    history = listened(chance, lengths, 240)
    flips = sorted(chance.sample(range(60, 230), len(changes) - 1))
    kept: dict[Stamped, Play] = {}
    now = 0
    while now < len(history):
        now = min(len(history), now + chance.choice([1, 1, 2, 3, 5, 8, 20]))
        manner = changes[sum(flip <= now for flip in flips)]
        listed = {
            Stamped(play[0] if manner == "start" else play[1], play[2]): play
            for play in history[max(0, now - LISTED) : now]
        }
        known = restamped(listed, kept, lengths, is_full=now >= LISTED)
        kept |= {one: play for one, play in listed.items() if one not in known}
    assert sorted(kept.values()) == history


def listened(chance: random.Random, lengths: dict[int, int], plays: int) -> list[Play]:
    """Some plays, a few of them skipped or paused, no track twice in a row."""
    tracks = [chance.randint(1, len(lengths)) for _ in range(2 * plays)]
    history: list[Play] = []
    began = 1_000_000_000_000
    for track in [track for before, track in pairwise(tracks) if track != before][:plays]:
        lasted = lengths[track] + chance.randint(0, 400)
        if chance.random() < 0.15:
            lasted = chance.randint(30_000, lasted)
        elif chance.random() < 0.05:
            lasted += chance.randint(0, 240_000)
        history.append((began, began + lasted, track))
        began += lasted + chance.randint(0, 900)
        began += chance.randint(0, 6 * 3_600_000) if chance.random() < 0.05 else 0
    return history
