"""Cuts words to a width without knowing the font that will draw them.

A picture is opened on machines whose fonts differ, so widths are guessed on the safe side, and
names of any script come out fit for XML.
"""

import unicodedata

ELLIPSIS = "…"
THIN = frozenset(" iljtfrI.,:;'!|()[]-·")
BROAD = frozenset("mwMWQ@%&—")
# In ems of a bold face such as Arial, and a little more.
MARK, NARROW, USUAL, CAPITAL, WIDE, PICTURE = 0.0, 0.4, 0.62, 0.78, 1.02, 1.3
RIGHT_TO_LEFT = frozenset({"R", "AL"})
ISOLATE, END_ISOLATE = "\u2068", "\u2069"


def fitted(words: str, size: float, width: float) -> str:
    """The words as one line at most `width` wide in letters of `size`, cut with an ellipsis.

    Holds no character that XML forbids. Words from right to left keep their own direction.
    """
    words = _one_line(words)
    if _length(words) * size > width:
        words = _beginning(words, width / size - _em(ELLIPSIS)).rstrip() + ELLIPSIS
    if any(unicodedata.bidirectional(letter) in RIGHT_TO_LEFT for letter in words):
        return f"{ISOLATE}{words}{END_ISOLATE}"
    return words


def _one_line(words: str) -> str:
    """Without line breaks, control characters, half characters and marks of direction."""
    kept = (
        " " if letter.isspace() else letter
        for letter in words
        if letter.isspace() or not _is_unfit(letter)
    )
    return " ".join("".join(kept).split())


def _is_unfit(letter: str) -> bool:
    is_override = unicodedata.bidirectional(letter) in {
        *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"),
    }
    return is_override or unicodedata.category(letter) in {"Cc", "Cs", "Cn", "Co"}


def _beginning(words: str, ems: float) -> str:
    """As much of the words as fits, marks on the last letter included."""
    used = 0.0
    for at, letter in enumerate(words):
        used += _em(letter)
        if used > ems:
            return words[:at]
    return words


def _length(words: str) -> float:
    return sum(map(_em, words))


def _em(letter: str) -> float:
    category = unicodedata.category(letter)
    if category in {"Mn", "Me", "Cf"}:
        return MARK
    if letter in THIN:
        return NARROW
    if letter in BROAD or unicodedata.east_asian_width(letter) in {"W", "F"}:
        return PICTURE if category == "So" else WIDE
    if category == "So":
        return PICTURE
    return USUAL if category == "Ll" or letter.isdigit() else CAPITAL
