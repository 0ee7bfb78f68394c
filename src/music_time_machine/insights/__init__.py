"""Answers to questions about an archive: what the pages that show it are made of.

Only reads. Each small function asks one slice of the columns (plays) or one SQL statement
(snapshots); frozen values come out, and every figure says what it counts.
"""

from .attention import Attention, attention
from .catalogue import AlbumPage, ArtistPage, TrackPage, album, artist, track
from .charts import Change, ChartData, Heat
from .coverage import Coverage, coverage
from .headline import Headline
from .heard import Heard, heard
from .home import Home, home
from .on_day import InOtherYears, OnDay, OtherYear, in_other_years, on_day, on_this_day
from .overview import Overview, overview
from .plays import LatestPlay
from .search import SearchResult, search
from .toplists import ConstantArtist, Turnover
from .years import Story, Year, Years, year_in_review, years

__all__ = [
    "AlbumPage",
    "ArtistPage",
    "Attention",
    "Change",
    "ChartData",
    "ConstantArtist",
    "Coverage",
    "Headline",
    "Heard",
    "Heat",
    "Home",
    "InOtherYears",
    "LatestPlay",
    "OnDay",
    "OtherYear",
    "Overview",
    "SearchResult",
    "Story",
    "TrackPage",
    "Turnover",
    "Year",
    "Years",
    "album",
    "artist",
    "attention",
    "coverage",
    "heard",
    "home",
    "in_other_years",
    "on_day",
    "on_this_day",
    "overview",
    "search",
    "track",
    "year_in_review",
    "years",
]
