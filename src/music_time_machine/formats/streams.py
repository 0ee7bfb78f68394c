"""What a format reads from, and how it says that the reading cannot go on.

Knows nothing of zips, files or names: whoever opened the stream knows them and finishes the
sentence.
"""

from typing import Protocol


class Readable(Protocol):
    """Anything that hands out its bytes in order."""

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes, fewer only at the end; raises Damaged where they cannot be had."""
        ...


class Damaged(Exception):
    """The bytes break off or make no sense; the text is a predicate: `ends in the middle`."""
