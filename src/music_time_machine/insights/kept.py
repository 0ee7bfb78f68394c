"""Answers about a whole archive, kept as long as its plays are as they are.

What is asked of all plays again and again costs nothing per play then; hides where the answers are
and that they go with the plays they were made of.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from .heard import Heard
from .tallies import Tallies

_Answer = TypeVar("_Answer")


class Kept(Generic[_Answer]):
    """The answers to one kind of question, by archive and by what was asked of it."""

    def __init__(self) -> None:
        # An archive's tallies are made and forgotten with its plays that count.
        self._answers: WeakKeyDictionary[Tallies, dict[Hashable, _Answer]] = WeakKeyDictionary()
        self._lock = Lock()

    def find(self, archive: Heard, asked: Hashable, ask: Callable[[], _Answer]) -> _Answer:
        """The answer, asked for once; two who come at the same moment may both ask."""
        with self._lock:
            answers = self._answers.setdefault(archive.tallies, {})
            if asked in answers:
                return answers[asked]
        answer = ask()
        with self._lock:
            return answers.setdefault(asked, answer)
