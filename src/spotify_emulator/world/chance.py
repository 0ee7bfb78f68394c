"""Chance that can be asked twice.

Knows how a seed and a few words become numbers, identifiers and a stream of random numbers that
are the same on every machine and in every Python. Hides the hash.
"""

import hashlib
import math
import random
from collections.abc import Sequence
from itertools import accumulate

_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE36 = _BASE62[:36]


def number(*words: str | int) -> int:
    """A whole number of 64 bits that depends on nothing but the words."""
    return int.from_bytes(_digest(words)[:8])


def stream(*words: str | int) -> random.Random:
    """A stream of random numbers that begins at the same place for the same words.

    Only its `random()` is used anywhere: that one is promised to stay the same in every Python.
    """
    return random.Random(number(*words))  # noqa: S311


def spotify_id(*words: str | int) -> str:
    """22 characters of base 62 that stand for 128 bits, as Spotify writes its identifiers."""
    return _in_base(_BASE62, int.from_bytes(_digest(words)[:16]), 22)


def account_id(*words: str | int) -> str:
    """10 characters of base 62, the look of `account_id` in Spotify's own example."""
    return _in_base(_BASE62, number(*words), 10)


def user_id(*words: str | int) -> str:
    """The look of a Spotify user name of today: 31 and 26 small letters and digits."""
    return "31" + _in_base(_BASE36, int.from_bytes(_digest(words)), 26)


def ladder(weights: Sequence[float]) -> list[float]:
    """Running sums of weights, to find one by bisection."""
    return list(accumulate(weights))


def weighted_order(rng: random.Random, weights: Sequence[float]) -> list[int]:
    """Positions drawn one after the other, the heavier the sooner; weight 0 never comes.

    One random key for each (Efraimidis and Spirakis 2006) stands for drawing without replacement.
    """
    keys: list[tuple[float, int]] = []
    for position, weight in enumerate(weights):
        luck = rng.random()
        if weight > 0:
            keys.append((-math.log(1.0 - luck) / weight, position))
    keys.sort()
    return [position for _, position in keys]


def _digest(words: Sequence[str | int]) -> bytes:
    text = "\x1f".join(map(str, words))
    return hashlib.blake2b(text.encode(), digest_size=32).digest()


def _in_base(digits: str, value: int, length: int) -> str:
    base = len(digits)
    letters = []
    for _ in range(length):
        value, digit = divmod(value, base)
        letters.append(digits[digit])
    return "".join(reversed(letters))
