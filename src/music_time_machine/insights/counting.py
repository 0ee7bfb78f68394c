"""Which plays count as listened: a person's rule, applied when reading and never when storing.

Pure, over columns: cuts a run to the plays that count, and says in numbers and in words what it
left out. A play whose length no source tells counts: services list only what was really heard.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..columns import Listens
from ..preferences import Rule
from ..traits import TRUE, Trait

VERDICTS = 4
MS_A_SECOND, MS_A_MINUTE, MS_AN_HOUR = 1_000, 60_000, 3_600_000

_Which = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Amount:
    """How many plays, and how long they were together."""

    plays: int = 0
    ms: int = 0

    def __add__(self, other: Self) -> "Amount":
        return Amount(self.plays + other.plays, self.ms + other.ms)


@dataclass(frozen=True, slots=True)
class LeftOutPlays:
    """What a rule left out, each play under the first of these reasons that holds."""

    too_short: Amount = Amount()
    skipped: Amount = Amount()
    private: Amount = Amount()

    def __add__(self, other: Self) -> "LeftOutPlays":
        return LeftOutPlays(
            self.too_short + other.too_short,
            self.skipped + other.skipped,
            self.private + other.private,
        )

    @property
    def all(self) -> Amount:
        """All reasons together."""
        return self.too_short + self.skipped + self.private


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The plays that count, as if there were no others, and what was left out of how many."""

    listens: Listens
    left_out: LeftOutPlays


def counted(listens: Listens, rule: Rule) -> Counted:
    """The plays that count by this rule. What is first heard is the first that counts."""
    too_short, skipped, private = _reasons(listens, rule)
    counts = ~(too_short | skipped | private)
    left_out = _left_out(listens, too_short, skipped, private)
    return Counted(listens if counts.all() else listens.only(counts), left_out)


def left_out(listens: Listens, rule: Rule) -> LeftOutPlays:
    """What the rule leaves out of a run of plays, such as those of a period."""
    return _left_out(listens, *_reasons(listens, rule))


def verdicts(listens: Listens, rule: Rule) -> NDArray[np.uint8]:
    """What the rule says of each play: 0 it counts, 1 too short, 2 skipped, 3 private."""
    codes = np.zeros(len(listens), np.uint8)
    for code, plays in enumerate(_reasons(listens, rule), start=1):
        codes[plays] = code
    return codes


def sentence(rule: Rule, left_out: LeftOutPlays) -> str:
    """The rule in words, and what it left out: one sentence without its full stop."""
    amounts = (
        (left_out.too_short, "shorter one"),
        (left_out.skipped, "skipped one"),
        (left_out.private, "private one"),
    )
    said = [
        f"{amount.plays:,} {word}{'' if amount.plays == 1 else 's'} ({length_words(amount.ms)})"
        for amount, word in amounts
        if amount.plays
    ]
    if not said:
        return f"{_rule_words(rule)}; none is left out"
    listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    return f"{_rule_words(rule)}; {listed} {'is' if left_out.all.plays == 1 else 'are'} left out"


def length_words(ms: int) -> str:
    """A length in words, as exact as one would say it."""
    minutes, hours = round(ms / MS_A_MINUTE), round(ms / MS_AN_HOUR)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} {'minute' if minutes == 1 else 'minutes'}"
    return f"{hours:,} {'hour' if hours == 1 else 'hours'}"


def _rule_words(rule: Rule) -> str:
    what = "plays of music and episodes" if rule.episodes else "plays of music"
    seconds = f"{rule.least_seconds} second{'' if rule.least_seconds == 1 else 's'}"
    if rule.least_percent is not None:
        share = f"{rule.least_percent} % of the track"
        length = f" of at least {share} ({seconds} where its length is unknown)"
    elif rule.least_seconds:
        length = f" of at least {seconds}"
    else:
        length = ", however short"
    without = [
        words
        for words, counts in (
            ("skipped ones", rule.skipped),
            ("private sessions", rule.private),
        )
        if not counts
    ]
    return f"Counts {what}{length}{', without ' if without else ''}{' and '.join(without)}"


def _reasons(listens: Listens, rule: Rule) -> tuple[_Which, _Which, _Which]:
    """Which plays are too short, which others skipped, which others private."""
    nothing = np.zeros(len(listens), np.bool_)
    too_short = _too_short(listens, rule)
    skipped = nothing if rule.skipped else (listens.trait(Trait.SKIPPED) == TRUE) & ~too_short
    private = (
        nothing if rule.private else (listens.trait(Trait.PRIVATE) == TRUE) & ~(too_short | skipped)
    )
    return too_short, skipped, private


def _too_short(listens: Listens, rule: Rule) -> _Which:
    seconds = np.uint32(rule.least_seconds * MS_A_SECOND)
    if rule.least_percent is None:
        too_short = listens.ms < seconds
    else:
        duration = listens.duration_ms.astype(np.int64)
        share = -(-duration * rule.least_percent // 100)
        least = np.where(duration > 0, share, seconds).astype(np.uint32)
        too_short = listens.ms < least[listens.track]
    if too_short.any():
        too_short &= listens.trait(Trait.ASSUMED) == 0
    return too_short


def _left_out(
    listens: Listens, too_short: _Which, skipped: _Which, private: _Which
) -> LeftOutPlays:
    return LeftOutPlays(
        *(
            Amount(len(plays), int(listens.ms[plays].sum(dtype=np.int64)))
            for plays in map(np.flatnonzero, (too_short, skipped, private))
        )
    )
