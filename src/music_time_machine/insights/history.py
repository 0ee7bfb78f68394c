"""How one thing was listened to, an artist, an album or a track: what their pages have in common.

Figures count by the person's rule; where the plays came from is said of all of them. Hides the
echoes, which are what further sources told of the same plays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import func, select

from ..columns import Listens, calendar_day
from ..db import Database
from ..models import Account, Archive, Echo
from ..plays import Source
from .charts import Buckets, ChartData, with_holes
from .counting import counted, sentence
from .heard import Heard
from .plays import bars

IDS_A_QUERY = 5_000

SOURCE_WORDS = {
    Source.EXTENDED_HISTORY: "Spotify export",
    Source.RECENTLY_PLAYED: "Spotify, live",
    Source.ACCOUNT_DATA: "Spotify account data",
    Source.LISTENBRAINZ: "ListenBrainz",
    Source.LASTFM: "Last.fm",
    Source.LASTFM_MINUTES: "Last.fm",
    Source.MALOJA: "Maloja",
}


@dataclass(frozen=True, slots=True)
class Teller:
    """A source in words: the `plays` that rest on it, and how many others it has `also` told of."""

    words: str
    plays: int
    also: int


@dataclass(frozen=True, slots=True)
class History:
    """`plays`, `ms`, `first` and `last` (local days) are of the plays that count.

    `counts` is the sentence that says which; `tellers` tell of all plays, the biggest first.
    """

    first: date | None
    last: date | None
    plays: int
    ms: int
    by_month: ChartData
    counts: str
    tellers: tuple[Teller, ...]

    @property
    def hours(self) -> float:
        """The hours that were played."""
        return self.ms / 3_600_000


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some plays of an archive: `all` of them, and `counted` those that count."""

    all: Listens
    counted: Listens
    history: History


def part_of(db: Database, account: Account, archive: Heard, plays: Listens, today: date) -> Part:
    """The history of some plays, a run cut out with `Listens.only`."""
    rule = archive.chosen.rule
    cut = counted(plays, rule)
    listens = cut.listens
    history = History(
        first=calendar_day(int(listens.day.min())) if len(listens) else None,
        last=calendar_day(int(listens.day.max())) if len(listens) else None,
        plays=len(listens),
        ms=int(listens.ms.sum(dtype=np.int64)),
        by_month=_by_month(archive, listens, today),
        counts=f"{_of_this(sentence(rule, cut.left_out))}.",
        tellers=_tellers(db, account, plays),
    )
    return Part(plays, listens, history)


def _of_this(counts: str) -> str:
    """The sentence of the rule without what the page says anyway: music, or an episode."""
    return counts.replace("plays of music and episodes", "plays").replace("plays of music", "plays")


def months_of(listens: Listens, today: date) -> Buckets:
    """The months from the first of these plays to today."""
    first = calendar_day(int(listens.day.min())) if len(listens) else today
    return Buckets.months(min(first, today), today)


def _by_month(archive: Heard, listens: Listens, today: date) -> ChartData:
    buckets = months_of(listens, today)
    everything = archive.everything
    covered = buckets.between(everything.first_day, everything.last_day)
    values = with_holes(buckets.totals(listens.day), covered)
    return bars(buckets, values, buckets.totals(listens.day, listens.ms))


def _tellers(db: Database, account: Account, plays: Listens) -> tuple[Teller, ...]:
    told = np.bincount(plays.source, minlength=max(Source) + 1)
    also = _echoes(db, account, plays.track_ids.tolist())
    by_words: dict[str, tuple[int, int]] = {}
    for source, words in SOURCE_WORDS.items():
        before = by_words.get(words, (0, 0))
        by_words[words] = (before[0] + int(told[source]), before[1] + also.get(source, 0))
    tellers = [Teller(words, *counts) for words, counts in by_words.items() if any(counts)]
    return tuple(sorted(tellers, key=lambda teller: (-teller.plays, -teller.also)))


def _echoes(db: Database, account: Account, track_ids: list[int]) -> dict[int, int]:
    """How many echoes of plays of these tracks each source has told."""
    found: dict[int, int] = {}
    with db.read() as session:
        sources = session.scalar(select(Archive.sources).where(Archive.account_id == account.id))
        if (sources or 0).bit_count() < 2:
            return found  # who tells alone has no echo worth a word
        for some in _slices(track_ids):
            # Along the index and in its order: counted as they come, without sorting.
            along = (Echo.of_track_id, Echo.source, Echo.of_source)
            statement = (
                select(*along, func.count())
                .where(Echo.account_id == account.id, Echo.of_track_id.in_(some))
                .group_by(*along)
            )
            for _, source, of_source, count in session.execute(statement):
                if source != of_source:
                    found[source] = found.get(source, 0) + count
    return found


def _slices(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + IDS_A_QUERY] for start in range(0, len(ids), IDS_A_QUERY))
