"""How recognition does on seeded histories, for each pair of sources and for all together.

`python -m tests.recognition.figures` prints the table that DESIGN.md shows.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from random import Random

from .truth import Outcome, View, history, outcome, views

HISTORIES = 150


def mixtures() -> Iterator[tuple[str, tuple[View, ...]]]:
    """Each pair of views by name, and all of them."""
    for first, second in combinations(View, 2):
        yield f"{first.value} + {second.value}", (first, second)
    yield "all together", tuple(View)


def figures(kinds: Sequence[View], histories: int) -> Outcome:
    """The outcomes of so many histories, added up. The same each time."""
    outcomes = []
    for seed in range(histories):
        random = Random(seed)
        plays = history(random)
        outcomes.append(outcome(plays, views(plays, kinds, random).values()))
    names = ("plays", "doubled", "lost", "mixed", "swapped")
    return Outcome(*(sum(getattr(each, name) for each in outcomes) for name in names))


def main() -> None:
    """Print the table."""
    print("| sources | histories | true plays | doubled | lost | mixed up | swapped |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, kinds in mixtures():
        found = figures(kinds, HISTORIES)
        print(
            f"| {name} | {HISTORIES} | {found.plays:,} | {found.doubled} | {found.lost} "
            f"| {found.mixed} | {found.swapped} |"
        )


if __name__ == "__main__":
    main()
