"""Which plays of a list are stored already under another stamp.

Spotify stamps a play now at its start, now at its end, and at times changes its mind about plays it
has listed before. Pure: knows that plays of one person keep their order, however they are stamped.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

# A stamp that moved by other than the track's length: a skip moves it less, a pause more.
USUAL_DEVIATION_MS = 60_000
LONGEST_PAUSE_MS = 3_600_000
UNCHANGED = 1.5


class Stamped(NamedTuple):
    """A play as Spotify lists it: its stamp in ms since 1970, and our id of its track."""

    stamp: int
    track: int


def restamped(
    listed: Collection[Stamped],
    stored: Collection[Stamped],
    lengths: Mapping[int, int],
    *,
    is_full: bool,
) -> set[Stamped]:
    """The listed plays that are not stored as they stand, but are stored with another stamp.

    `stored` are the API's plays of that time and of somewhat around it, `lengths` are the tracks'
    in ms. `is_full`: older plays may have fallen off the list.

    A stored play can only be meant when the list should have it and has it not. So a true repeat
    stays two: both are listed.
    """
    if not set(listed) - set(stored) or not set(stored) - set(listed):
        return set()
    old, new = sorted(set(stored)), sorted(set(listed))
    if is_full and old[-1].stamp < new[0].stamp:
        return set()  # all that is stored has fallen off: nothing is missing from the list
    return {new[at] for at in _recognised(old, new, lengths)} - set(stored)


def _recognised(
    old: Sequence[Stamped], new: Sequence[Stamped], lengths: Mapping[int, int]
) -> set[int]:
    """The places of new ones that are old ones: paired one to one, in order, likeliest in all."""
    # best[i][j]: how likely the best pairing of old[i:] with new[j:] is.
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    likely = [[_likelihood(one, other, lengths) for other in new] for one in old]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            apart = max(best[i + 1][j], best[i][j + 1])
            pair = likely[i][j]
            best[i][j] = max(apart, pair + best[i + 1][j + 1]) if pair else apart
    found, i, j = set(), 0, 0
    while i < len(old) and j < len(new):
        if best[i][j] == best[i][j + 1]:
            j += 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            found.add(j)
            i, j = i + 1, j + 1
    return found


def _likelihood(old: Stamped, new: Stamped, lengths: Mapping[int, int]) -> float:
    """How likely it is one play, in no unit: nearer to the track's length is likelier."""
    if old.track != new.track:
        return 0.0
    if old == new:
        return UNCHANGED
    deviation = abs(abs(old.stamp - new.stamp) - lengths.get(new.track, 0))
    if deviation > LONGEST_PAUSE_MS:
        return 0.0
    return USUAL_DEVIATION_MS / (USUAL_DEVIATION_MS + deviation)
