"""Local days and hours of many moments at once, exact in every time zone.

Knows where a zone's offset from UTC changes between two moments, by asking `zoneinfo` once a day
and halving the days on which the answer changed; the arithmetic is then done a stretch at a time.
"""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from .arrays import DAY_SECONDS

Offsets = tuple[tuple[int, int], ...]
"""(from this second since 1970 on, seconds east of UTC), in order of time."""


def offsets(zone: ZoneInfo, first: int, last: int) -> Offsets:
    """The zone's offsets between two seconds since 1970, the first one starting at `first`."""
    found = [(first, _offset(zone, first))]
    asked = first
    for second in [*range(first + DAY_SECONDS, last, DAY_SECONDS), last]:
        if _offset(zone, second) != found[-1][1]:
            found.append(_change(zone, asked, second))
        asked = second
    return tuple(found)


def local_time(
    when: NDArray[np.uint32], zone: ZoneInfo
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """The local day since 1970 and the local hour of the week of each moment; `when` ascends."""
    day, hour = np.empty(len(when), np.uint16), np.empty(len(when), np.uint8)
    if len(when) == 0:
        return day, hour
    stretches = offsets(zone, int(when[0]), int(when[-1]))
    starts = np.array([second for second, _ in stretches], np.uint32)
    edges = [*np.searchsorted(when, starts).tolist(), len(when)]
    for (_, offset), (low, high) in zip(stretches, pairwise(edges), strict=True):
        days, seconds = np.divmod(when[low:high].astype(np.int64) + offset, DAY_SECONDS)
        day[low:high] = days
        # The first day of 1970 was a Thursday.
        hour[low:high] = (days + 3) % 7 * 24 + seconds // 3600
    return day, hour


def _change(zone: ZoneInfo, low: int, high: int) -> tuple[int, int]:
    """The one change between two seconds at most a day apart (no zone has ever had two a day)."""
    before, after = _offset(zone, low), _offset(zone, high)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high, after


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    assert offset is not None
    return offset.days * DAY_SECONDS + offset.seconds
