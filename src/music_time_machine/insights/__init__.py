"""Answers to questions about an archive: what the home page and the analytics page show.

Only reads. Each small function asks one slice of the columns (plays) or one SQL statement
(snapshots); frozen values come out, and every figure says what it counts.
"""

from .charts import ChartData
from .headline import Headline
from .home import Home, home
from .overview import Counts, Overview, overview
from .plays import LatestPlay
from .toplists import ConstantArtist, Turnover

__all__ = [
    "ChartData",
    "ConstantArtist",
    "Counts",
    "Headline",
    "Home",
    "LatestPlay",
    "Overview",
    "Turnover",
    "home",
    "overview",
]
