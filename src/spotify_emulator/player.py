"""The moods of the player's endpoints: changing stamps, plays that come late, what seems to play.

Knows which of them Spotify was seen in. Hides nothing: a test chooses, and says so.
"""

from datetime import datetime
from typing import Literal

import msgspec

from spotify_emulator.world.diary import Play

Stamp = Literal["start", "end"]
Mood = Literal["track", "paused", "episode", "ad", "private", "nothing"]
# Whatever the hour, these hold on to the last play, so that something is there to speak of.
HELD: tuple[str, ...] = ("track", "paused", "episode", "ad", "private")
# Without an item in the answer, and what they call themselves instead.
ITEMLESS = {"episode": "episode", "ad": "ad", "private": "unknown"}


class Late(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Plays that ended from `start` and before `end` are listed from `shown_at` on, or never."""

    start: datetime
    end: datetime
    shown_at: datetime | None = None


class Player(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How recently played stamps and lists, and what seems to play.

    `stamp` overrules the emulator's setting for plays that ended from `stamp_since` on (all of them
    when it is null). `mood` overrules what the world's clock says of the player.
    """

    stamp: Stamp | None = None
    stamp_since: datetime | None = None
    late: tuple[Late, ...] = ()
    mood: Mood | None = None

    def stamps_end(self, ended_ms: int, usual: Stamp) -> bool:
        """Whether a play that ended then is stamped at its end."""
        is_overruled = self.stamp_since is None or ended_ms >= _ms(self.stamp_since)
        return (self.stamp or usual if is_overruled else usual) == "end"

    def lists(self, now_ms: int, play: Play) -> bool:
        """Whether a play has arrived in the list by now."""
        return not any(
            _ms(late.start) <= play.ended_ms < _ms(late.end)
            and (late.shown_at is None or now_ms < _ms(late.shown_at))
            for late in self.late
        )


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
