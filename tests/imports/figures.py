"""How whole imports do on seeded histories, for each pair of sources and for all together.

Real files are sent, read, stored and recognised; the archive is held against the truth.
`python -m tests.imports.figures` prints the table that DESIGN.md shows.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from music_time_machine.db import Database, upgrade
from music_time_machine.models import Account
from tests.imports.archives import Content, adds_up, bring, content, emptied, tell
from tests.imports.rendering import Life, found, life
from tests.recognition.figures import mixtures
from tests.recognition.truth import View

HISTORIES = 60
LISTED_AT_ONCE = 50


def fill(db: Database, account: Account, true: Life, order: Iterable[View]) -> Content:
    """What the archive holds when all of this was told, one view after the other."""
    for view in order:
        if view is View.RECENT:
            listed = true.listed
            for start in range(0, len(listed), LISTED_AT_ONCE):
                tell(db, account, listed[start : start + LISTED_AT_ONCE])
        else:
            done = bring(db, account, true.files[view])
            assert done.state == "completed", done.problem
            assert adds_up(done), done
            assert done.left_out == 0, done
    return content(db, account)


def main() -> None:
    """Print the table."""
    print("| sources | histories | true plays | doubled | lost | another order differs in |")
    print("|---|--:|--:|--:|--:|--:|")
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/archive.db"
        upgrade(url)
        db = Database(url, Path(folder))
        for name, kinds in mixtures():
            print(_line(db, name, kinds))
        db.close()


def _line(db: Database, name: str, kinds: Sequence[View]) -> str:
    true = life(range(HISTORIES), kinds)
    archive = fill(db, emptied(db), true, kinds)
    backwards = fill(db, emptied(db), true, reversed(kinds))
    how = found(true, archive)
    differing = len(archive.listens ^ backwards.listens) + len(archive.echoes ^ backwards.echoes)
    return f"| {name} | {HISTORIES} | {how.plays:,} | {how.doubled} | {how.lost} | {differing} |"


if __name__ == "__main__":
    main()
