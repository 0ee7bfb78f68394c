"""Cuts words to a width without knowing the font that will draw them.

A picture is opened on machines whose fonts differ. Latin letters are reckoned as Arial has them and
drawn at that width whatever the font; others are guessed on the safe side. All are fit for XML.
"""

import unicodedata

ELLIPSIS = "…"
# The advances of Arial's bold face in ems: of letters that are as wide as each other.
ARIAL = {
    letter: ems
    for ems, letters in {
        0.278: " ijlI.,'|/·",
        0.333: "ft:;!()[]-`",
        0.389: "r*",
        0.475: '"’‘',
        0.556: "aceksvxy0123456789J_$£€#~^",
        0.611: "bdghnopquFLTZ?+=<>–",
        0.5: "z{}“”",
        0.667: "EPSVXY",
        0.722: "ABCDHKNRU&",
        0.778: "wGOQ",
        0.833: "M",
        0.889: "m%",
        0.944: "W",
        1.0: "@—…",
    }.items()
    for letter in letters
}
# In ems of letters of which no more is known.
MARK, SMALL, CAPITAL, WIDE, PICTURE = 0.0, 0.65, 0.85, 1.02, 1.3
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


def drawn_width(words: str, size: float) -> float | None:
    """The width at which to draw fitted words, None where the font alone knows it."""
    if not all(_arial(letter) or unicodedata.combining(letter) for letter in words):
        return None
    return round(_length(words) * size, 1) or None


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
    if ems := _arial(letter):
        return ems
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return PICTURE if category == "So" else WIDE
    if category == "So":
        return PICTURE
    return SMALL if category == "Ll" or letter.isdigit() else CAPITAL


def _arial(letter: str) -> float | None:
    """The ems of a letter that Arial has, which are the same with an accent; else None."""
    return ARIAL.get(letter) or ARIAL.get(unicodedata.normalize("NFD", letter)[0])
