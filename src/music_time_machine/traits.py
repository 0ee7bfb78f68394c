"""How a play was played, packed into one whole number: flags, reasons, device, country.

Knows the bits; hides Spotify's long texts behind short codes. One number costs a sixth of what
eight columns do, on the disk and in every import. Stored: codes are only added, never changed.
"""

from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .plays import Play

# A reason's code is its place here, from 1 on; 0 is "not told". The first is one added since.
REASONS = (
    "other",
    "trackdone",
    "clickrow",
    "fwdbtn",
    "playbtn",
    "appload",
    "backbtn",
    "popup",
    "remote",
    "unknown",
    "trackerror",
    "clickside",
    "uriopen",
    "endplay",
    "logout",
    "unexpected-exit",
    "unexpected-exit-while-paused",
)
_REASON_CODES = {reason: code for code, reason in enumerate(REASONS, start=1)}


class Device(IntEnum):
    """The kind of thing that played: what is left of Spotify's long platform texts. 0: not told."""

    OTHER = 1
    ANDROID = 2
    IOS = 3
    WINDOWS = 4
    MACOS = 5
    LINUX = 6
    WEB = 7
    CAST = 8
    SPEAKER = 9


# The first word found decides: "Partner android_tv" is a box, "web_player windows" a page.
_DEVICE_WORDS = (
    ("partner", Device.SPEAKER),
    ("sonos", Device.SPEAKER),
    ("speaker", Device.SPEAKER),
    ("web", Device.WEB),
    ("cast", Device.CAST),
    ("android", Device.ANDROID),
    ("ios", Device.IOS),
    ("iphone", Device.IOS),
    ("ipad", Device.IOS),
    ("windows", Device.WINDOWS),
    ("os x", Device.MACOS),
    ("osx", Device.MACOS),
    ("macos", Device.MACOS),
    ("linux", Device.LINUX),
)


class Trait(IntEnum):
    """The lowest bit of each trait. What varies least lies highest, so that numbers stay short.

    A flag takes two bits: 0 not told, 1 false, 2 true. ASSUMED takes one: the length that is stored
    is the track's own (or 0, where that is unknown too), because the source does not tell.
    """

    COUNTRY = 0
    ASSUMED = 10
    SHUFFLE = 11
    SKIPPED = 13
    OFFLINE = 15
    PRIVATE = 17
    REASON_END = 19
    DEVICE = 24
    REASON_START = 28


_WIDTH = {
    Trait.COUNTRY: 10,
    Trait.ASSUMED: 1,
    Trait.SHUFFLE: 2,
    Trait.SKIPPED: 2,
    Trait.OFFLINE: 2,
    Trait.PRIVATE: 2,
    Trait.REASON_END: 5,
    Trait.DEVICE: 4,
    Trait.REASON_START: 5,
}
TRUE = 2
NOT_TOLD, FALSE = 0, 1


def pack(play: Play) -> int:
    """The traits of one play as a number below 2**33."""
    return (
        country_bits(play.country)
        | (play.ms_played is None) << Trait.ASSUMED
        | _flag(play.shuffle) << Trait.SHUFFLE
        | _flag(play.skipped) << Trait.SKIPPED
        | _flag(play.offline) << Trait.OFFLINE
        | _flag(play.incognito) << Trait.PRIVATE
        | reason_code(play.reason_end) << Trait.REASON_END
        | device_code(play.platform) << Trait.DEVICE
        | reason_code(play.reason_start) << Trait.REASON_START
    )


def values(traits: NDArray[np.int64], trait: Trait) -> NDArray[np.int64]:
    """One trait of many plays: its code, 0 where it was not told."""
    return (traits >> int(trait)) & ((1 << _WIDTH[trait]) - 1)


def value(traits: int, trait: Trait) -> int:
    """One trait of one play: its code, 0 where it was not told."""
    return (traits >> trait) & ((1 << _WIDTH[trait]) - 1)


def flag(traits: int, trait: Trait) -> bool | None:
    """A flag of one play; None where it was not told."""
    return {NOT_TOLD: None, FALSE: False, TRUE: True}[value(traits, trait)]


def reason_code(reason: str | None) -> int:
    """The code of a reason, 0 for none."""
    return _REASON_CODES.get(reason, 1) if reason else 0


# Remembered, because a file says the same few again and again; bounded, because a file may not.
@lru_cache(maxsize=1_000)
def device_code(platform: str | None) -> int:
    """The code of the kind of device in one of Spotify's platform texts, 0 for none."""
    if not platform or platform.isspace():
        return 0
    text = platform.lower()
    return next((int(code) for word, code in _DEVICE_WORDS if word in text), int(Device.OTHER))


@lru_cache(maxsize=1_000)
def country_bits(country: str | None) -> int:
    """A country of two letters as a number from 1 on, 0 for none or something else."""
    if country is None or len(country) != 2 or not (country.isascii() and country.isalpha()):
        return 0
    first, second = country.upper().encode()
    return (first - 65) * 26 + second - 65 + 1


def country(traits: int) -> str | None:
    """The two letters of the country, None where it was not told."""
    number = value(traits, Trait.COUNTRY)
    return None if number == 0 else chr((number - 1) // 26 + 65) + chr((number - 1) % 26 + 65)


def _flag(told: bool | None) -> int:
    return NOT_TOLD if told is None else TRUE if told else FALSE
