"""What Spotify took out of its Web API in 2024 and in February 2026 for apps of today.

Knows methods and addresses. Hides how they are matched. Sources: Spotify's changelog of February
2026 and its announcement of 27 November 2024.
"""

import re

_REMOVED = """
POST users/*/playlists
GET,POST,PUT,DELETE playlists/*/tracks
PUT,DELETE playlists/*/followers
GET playlists/*/followers/contains
PUT,DELETE me/albums
PUT,DELETE me/audiobooks
PUT,DELETE me/episodes
PUT,DELETE me/shows
PUT,DELETE me/tracks
PUT,DELETE me/following
GET me/albums/contains
GET me/audiobooks/contains
GET me/episodes/contains
GET me/shows/contains
GET me/tracks/contains
GET me/following/contains
GET albums
GET artists
GET audiobooks
GET chapters
GET episodes
GET shows
GET tracks
GET artists/*/top-tracks
GET markets
GET browse/new-releases
GET browse/categories
GET browse/categories/*
GET users/*
GET users/*/playlists
GET artists/*/related-artists
GET recommendations
GET recommendations/available-genre-seeds
GET audio-features
GET audio-features/*
GET audio-analysis/*
GET browse/featured-playlists
GET browse/categories/*/playlists
"""


def _pattern(line: str) -> tuple[frozenset[str], re.Pattern[str]]:
    methods, path = line.split()
    return frozenset(methods.split(",")), re.compile(re.escape(path).replace(r"\*", "[^/]+"))


_PATTERNS = tuple(_pattern(line) for line in _REMOVED.strip().splitlines())


def is_removed(method: str, path: str) -> bool:
    """Whether there was such an endpoint once; `path` begins behind `/v1/`."""
    return any(method in methods and rule.fullmatch(path) for methods, rule in _PATTERNS)
