"""Answers to questions about an archive: what the pages that show it are made of.

Only reads. Each small function asks one slice of the columns (plays) or one SQL statement
(snapshots); frozen values come out, and every figure says what it counts.
"""

from .catalogue import AlbumPage, ArtistPage, TrackPage, album, artist, track
from .charts import ChartData
from .coverage import Coverage, coverage
from .headline import Headline
from .heard import Heard, heard
from .home import Home, home
from .overview import Counts, Overview, overview
from .plays import LatestPlay
from .search import SearchResult, search
from .toplists import ConstantArtist, Turnover

__all__ = [
    "AlbumPage",
    "ArtistPage",
    "ChartData",
    "ConstantArtist",
    "Counts",
    "Coverage",
    "Headline",
    "Heard",
    "Home",
    "LatestPlay",
    "Overview",
    "SearchResult",
    "TrackPage",
    "Turnover",
    "album",
    "artist",
    "coverage",
    "heard",
    "home",
    "overview",
    "search",
    "track",
]
