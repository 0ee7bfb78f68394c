"""A person's listens as NumPy arrays sorted by time, derived from the tables and rebuilt at will.

`load` always answers with the state of the database: it maps the build on disk that belongs to the
archive's version, or makes one. Hides the files, the locks and how a build is brought up to date.
"""

from .arrays import Columns, Listens, calendar_day, day_number
from .builds import ColumnsBusy, is_ready, load

__all__ = ["Columns", "ColumnsBusy", "Listens", "calendar_day", "day_number", "is_ready", "load"]
