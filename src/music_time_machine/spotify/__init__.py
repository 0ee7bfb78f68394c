"""A small client for Spotify's Web API of 2026: tolerant reading, typed errors, bounded in time.

Imports nothing of this product, so it could be published alone. It never sleeps for a Retry-After,
never repeats a write, follows no redirect, and keeps one deadline for each call.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import (
    BadClient,
    BadRequest,
    Forbidden,
    ForbiddenCause,
    NeedsReconnect,
    Nonsense,
    NotFound,
    RateLimited,
    SpotifyError,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from .values import (
    TIME_RANGES,
    Album,
    Artist,
    CurrentlyPlaying,
    FoundTracks,
    Image,
    Play,
    Playlist,
    PlaylistItem,
    Profile,
    RankedArtists,
    RankedTracks,
    RecentlyPlayed,
    TimeRange,
    Tokens,
    Track,
)

if TYPE_CHECKING:
    from .client import LARGEST_COVER, MOST_LIBRARY_URIS, MOST_URIS, Client, Rows
    from .tokens import refresh_tokens

__all__ = [
    "LARGEST_COVER",
    "MOST_LIBRARY_URIS",
    "MOST_URIS",
    "TIME_RANGES",
    "Album",
    "Artist",
    "BadClient",
    "BadRequest",
    "Client",
    "CurrentlyPlaying",
    "Forbidden",
    "ForbiddenCause",
    "FoundTracks",
    "Image",
    "NeedsReconnect",
    "Nonsense",
    "NotFound",
    "Play",
    "Playlist",
    "PlaylistItem",
    "Profile",
    "RankedArtists",
    "RankedTracks",
    "RateLimited",
    "RecentlyPlayed",
    "Rows",
    "SpotifyError",
    "TimeRange",
    "Tokens",
    "TooLarge",
    "Track",
    "Unauthorized",
    "Unavailable",
    "refresh_tokens",
]


def __getattr__(name: str) -> object:
    """What speaks HTTP, loaded when it is first asked for: many programs here never ask Spotify."""
    if name not in __all__:
        raise AttributeError(name)
    module = import_module(".tokens" if name == "refresh_tokens" else ".client", __name__)
    found: object = getattr(module, name)
    return found
