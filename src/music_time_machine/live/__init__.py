"""What an account hears these days: its recently played list followed, and what plays just now.

Knows that Spotify lists 50 plays at most and forgets the rest, and who is due for a look. Hides
stamps that change, what is remembered from look to look, and how a pause is kept.
"""

from .asking import asking
from .following import LISTED, Followed, Reason, fetch, follow, keep
from .playing import Playing, look, now_playing, playing
from .timetable import Pace, claim, due, poll

__all__ = [
    "LISTED",
    "Followed",
    "Pace",
    "Playing",
    "Reason",
    "asking",
    "claim",
    "due",
    "fetch",
    "follow",
    "keep",
    "look",
    "now_playing",
    "playing",
    "poll",
]
