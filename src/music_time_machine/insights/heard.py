"""What an account has listened to by its person's own rule: where every figure of plays begins.

Hides that a cut, once made, is kept beside the columns it was made of, so that the next page of the
same person does not pay for it.
"""

from dataclasses import dataclass
from datetime import date
from threading import Lock
from weakref import WeakKeyDictionary

from .. import columns, preferences
from ..columns import Columns, Listens
from ..db import Database
from ..models import Account
from ..preferences import Preferences
from .counting import Amount, LeftOutPlays, counted, sentence
from .tallies import Daily, Tallies


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """The plays of an account.

    `everything` are all of them. `music` and `spoken` are those that count, the tracks apart.
    `recordings` is the music with one track for all ids of a recording, where the person sees them
    as one, else the same as `music`: for whatever counts or lists tracks. `tallies` are of all of
    them, kept as long as the plays are.
    """

    everything: Columns
    music: Listens
    recordings: Listens
    spoken: Listens
    chosen: Preferences
    tallies: Tallies

    @property
    def daily(self) -> Daily:
        """Plays and time in totals by local day and hour: what figures of days are made of."""
        return self.tallies.daily

    def counts(self, start: date = date.min, end: date = date.max) -> str:
        """The rule in words, and what it left out of the totals of these local days."""
        plays, ms = self.tallies.verdicts.within(start, end).by_code
        _, *reasons = map(Amount, plays.tolist(), ms.tolist())
        return sentence(self.chosen.rule, LeftOutPlays(*reasons))


def heard(db: Database, account: Account) -> Heard:
    """What the account has listened to, now. Raises as `columns.load`."""
    everything = columns.load(db, account)
    chosen = preferences.find(db, account)
    cut = _cut_of(everything, chosen, db.archives_open)
    return Heard(everything, cut.music, cut.recordings, cut.spoken, chosen, cut.tallies)


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    chosen: Preferences
    music: Listens
    recordings: Listens
    spoken: Listens
    tallies: Tallies


# The last cut of each build that is open, and no longer than that; a big one takes 24 bytes a play.
_cuts: WeakKeyDictionary[Columns, _Cut] = WeakKeyDictionary()
_cuts_lock = Lock()


def _cut_of(everything: Columns, chosen: Preferences, most: int) -> _Cut:
    with _cuts_lock:
        known = _cuts.get(everything)
    if known is not None and known.chosen == chosen:
        return known
    music = counted(everything.music, chosen.rule).listens
    spoken = counted(everything.spoken, chosen.rule).listens
    recordings = music.as_recordings() if chosen.is_one_recording else music
    all_plays, in_totals = (everything.music, everything.spoken), _in_totals(chosen, music, spoken)
    cut = _Cut(
        chosen, music, recordings, spoken, Tallies(all_plays, in_totals, recordings, chosen.rule)
    )
    with _cuts_lock:
        _cuts[everything] = cut
        while len(_cuts) > most:
            del _cuts[next(iter(_cuts))]
    return cut


def _in_totals(chosen: Preferences, music: Listens, spoken: Listens) -> tuple[Listens, ...]:
    return (music, spoken) if chosen.rule.episodes else (music,)
