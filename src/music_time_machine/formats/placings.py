"""When a row of a file is a place of a snapshot's list: its day, its list, its rank, its track.

Knows the three lists and how far down they can go; hides the checking that every format with
snapshots needs.
"""

import re
from datetime import date

from ..plays import LeftOut, LeftOutRow, Placing, TrackDetails
from .values import LATEST, left_out, spotify_id, text

TIME_RANGES = ("short_term", "medium_term", "long_term")
MOST_RANKS = 10_000
_EARLIEST = date(2000, 1, 1)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T].*)?")  # a time may follow


def placing(
    day: object, time_range: object, rank: object, track: TrackDetails | None
) -> Placing | LeftOutRow:
    """The place, or the row left out with its reason. `day` is text: `2024-03-05`."""
    local_date = _date(day)
    said = (day, time_range, *((track.artist.name, track.title) if track else ()))
    if track is None or text(track.title) is None or text(track.artist.name) is None:
        return left_out(LeftOut.NO_IDENTITY, *said)
    if not isinstance(time_range, str) or time_range not in TIME_RANGES:
        return left_out(LeftOut.UNREADABLE, *said)
    if not isinstance(rank, int) or isinstance(rank, bool) or not 1 <= rank <= MOST_RANKS:
        return left_out(LeftOut.UNREADABLE, *said)
    if local_date is None or spotify_id(track.spotify_id) is None:
        return left_out(LeftOut.UNREADABLE, *said)
    if not _EARLIEST <= local_date < LATEST.date():
        return left_out(LeftOut.IMPOSSIBLE_TIME, *said)
    return Placing(local_date, time_range, rank, track)


def _date(day: object) -> date | None:
    told = _DAY.fullmatch(day) if isinstance(day, str) else None
    try:
        return date.fromisoformat(told[1]) if told else None
    except ValueError:
        return None
