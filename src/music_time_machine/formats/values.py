"""What the values of a row say, whatever their type: texts, moments, lengths, addresses, codes.

Other programs' exports are written by many hands: a number may come as text, a name as null. Hides
those differences, so that a decoration of a strange type never costs its row.
"""

import math
import re
from datetime import UTC, datetime, timedelta

import msgspec

from ..plays import EARLIEST, Kind, LeftOut, LeftOutRow, clean_text, storable_json

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
LONGEST_MS = 7 * 24 * 3600 * 1000
SECOND = 1000

_LONGEST_SHOWN = 100
_LONGEST_JSON = 16_000  # three times what the API says of a track
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_MS = (EARLIEST - _EPOCH) // timedelta(milliseconds=1)
_LATEST_MS = (LATEST - _EPOCH) // timedelta(milliseconds=1)
_ADDRESS = re.compile(
    r"(?:open\.spotify\.com/(?:[\w-]+/)?|spotify:)(track|episode)[/:]([0-9A-Za-z]{22})(?![0-9A-Za-z])"
)
_SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")


def text(value: object) -> str | None:
    """A text, cleaned and bounded; None for anything else and for nothing."""
    return clean_text(value) if isinstance(value, str) else None


def number(value: object) -> float | None:
    """A finite number, also one written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        told = float(value)
    except (ValueError, OverflowError):
        return None
    return told if math.isfinite(told) else None


def moment(seconds: object) -> datetime | LeftOut:
    """Seconds since 1970 as a moment to the millisecond, or why there is none."""
    told = number(seconds)
    if told is None:
        return LeftOut.UNREADABLE
    milliseconds = told * SECOND
    if not _EARLIEST_MS <= milliseconds < _LATEST_MS:
        return LeftOut.IMPOSSIBLE_TIME
    return _EPOCH + timedelta(milliseconds=round(milliseconds))


def is_possible(at: datetime) -> bool:
    """Whether anything can have been played then."""
    return EARLIEST <= at < LATEST


def length(value: object, unit: int = 1) -> int | None:
    """A length in ms, told in units of so many ms; None when it is not told or is impossible."""
    told = number(value)
    return round(told * unit) if told is not None and 0 <= told * unit <= LONGEST_MS else None


def address(*values: object) -> tuple[Kind, str] | None:
    """(kind, Spotify's id) of the first value that is an address of a track or an episode."""
    for value in values:
        if isinstance(value, str) and (found := _ADDRESS.search(value)):
            return Kind(found[1]), found[2]
    return None


def spotify_id(value: object) -> str | None:
    """Spotify's 22 characters; None for anything else."""
    return value if isinstance(value, str) and _SPOTIFY_ID.fullmatch(value) else None


def isrc(value: object) -> str | None:
    """The twelve characters of an ISRC, however they are written; None for anything else."""
    code = value.replace("-", "").strip().upper() if isinstance(value, str) else ""
    return code if _ISRC.fullmatch(code) else None


def json_object(value: object) -> str | None:
    """The text of a JSON object, as both databases accept it; None for anything else."""
    if not isinstance(value, str) or len(value) > _LONGEST_JSON:
        return None
    try:
        msgspec.json.decode(value, type=dict[str, msgspec.Raw])
        return storable_json(value)
    except (ValueError, RecursionError):
        return None


def left_out(reason: LeftOut, *said: object) -> LeftOutRow:
    """A row that is left out, with what it said of time, artist and title, fit to show."""
    return LeftOutRow(reason, " · ".join(shown for value in said if (shown := _shown(value))))


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    told = number(value)
    if told is not None:
        at = moment(told)
        return _shown(at) if isinstance(at, datetime) else f"{told:.15g}"
    return (text(value) or "")[:_LONGEST_SHOWN]
