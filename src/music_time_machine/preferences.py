"""What a person has chosen: a time zone, which plays count, how recordings are seen, colours.

Knows the limits of each choice and the sentence for a wrong one. Hides the row; whoever has chosen
nothing has the defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from .db import Database
from .errors import BadRequest
from .models import Account, AccountRow, Preference

MOST_SECONDS = 600
FEWEST_PERCENT, MOST_PERCENT = 1, 100
USUAL_PERCENT = 50
# The style sheets know these names: `data-colours` on the page.
COLOURS = ("lamplight", "sky", "moss", "contrast")


@dataclass(frozen=True, slots=True)
class Rule:
    """Which plays count as listened.

    One that lasted at least so many seconds; or, when `least_percent` is set, that share of the
    track, where its length is known. Skipped plays and private sessions may be left out. With
    `episodes` what was spoken adds to the totals of plays and of time, never to tracks or artists.
    """

    least_seconds: int = 30
    least_percent: int | None = None
    skipped: bool = True
    private: bool = True
    episodes: bool = False


@dataclass(frozen=True, slots=True)
class Preferences:
    """`time_zone` is None while it is only the server's default; `colours` are those of charts."""

    time_zone: str | None = None
    rule: Rule = Rule()
    is_one_recording: bool = True
    colours: str = COLOURS[0]

    @property
    def fields(self) -> dict[str, str]:
        """The same as the fields of a form, as `change` reads them."""
        percent = self.rule.least_percent
        return {
            "time_zone": self.time_zone or "",
            "counts_by": "seconds" if percent is None else "percent",
            "least_seconds": str(self.rule.least_seconds),
            "least_percent": str(percent or USUAL_PERCENT),
            "skipped": _word(self.rule.skipped),
            "private": _word(self.rule.private),
            "episodes": _word(self.rule.episodes),
            "one_recording": _word(self.is_one_recording),
            "colours": self.colours,
        }


class WrongChoice(BadRequest):
    """Choices that cannot be kept: one sentence for each field, by its name."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(dict.fromkeys(problems.values())))
        self.problems = problems


def find(db: Database, account: Account) -> Preferences:
    """What this person has chosen."""
    with db.read() as session:
        return _read(session, account)


def keep(db: Database, account: Account, preferences: Preferences) -> None:
    """Remember this instead of what was chosen before."""
    with db.write() as session:
        _lock(session, account)
        _write(session, account, preferences)


def change(db: Database, account: Account, fields: Mapping[str, str]) -> Preferences:
    """Remember the fields of a form, and leave alone what it does not name.

    `time_zone`, empty for the browser's own; `counts_by`, `seconds` or `percent` (with
    `least_percent`); `least_seconds`; `skipped`, `private`, `episodes` and `one_recording`, each
    `yes` or `no`; `colours`, one of COLOURS. Raises WrongChoice, and then nothing is kept.
    """
    with db.write() as session:
        _lock(session, account)
        chosen = _chosen(_Fields(fields), _read(session, account))
        _write(session, account, chosen)
    return chosen


class _Fields:
    """A form's fields, and what is wrong with them."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self.problems: dict[str, str] = {}

    def zone(self, name: str, before: str | None) -> str | None:
        """A time zone that exists."""
        text = self._fields.get(name)
        if not text:
            return before if text is None else None
        try:
            return ZoneInfo(text).key
        except (KeyError, ValueError, OSError):
            self.problems[name] = "That is not a time zone. Choose one such as Europe/Berlin."
            return before

    def whole(self, name: str, before: int, limits: tuple[int, int], sentence: str) -> int:
        """A whole number within its limits."""
        text = self._fields.get(name, str(before)).strip()
        if text.isascii() and text.isdecimal() and len(text) <= 4:
            number = int(text)
            if limits[0] <= number <= limits[1]:
                return number
        self.problems[name] = sentence
        return before

    def one_of(self, name: str, before: str, words: tuple[str, ...]) -> str:
        """One of a few words."""
        word = self._fields.get(name, before)
        if word in words:
            return word
        self.problems[name] = f"Choose one of these: {', '.join(words[:-1])} or {words[-1]}."
        return before

    def yes(self, name: str, before: bool) -> bool:
        """`yes` or `no`."""
        return self.one_of(name, _word(before), ("yes", "no")) == "yes"


def _word(answer: bool) -> str:
    return "yes" if answer else "no"


def _chosen(fields: _Fields, before: Preferences) -> Preferences:
    was = before.rule
    by = fields.one_of(
        "counts_by", "percent" if was.least_percent else "seconds", ("seconds", "percent")
    )
    seconds_words = f"Choose whole seconds from 0 to {MOST_SECONDS}."
    percent_words = f"Choose a whole share from {FEWEST_PERCENT} to {MOST_PERCENT} percent."
    percent = None
    if by == "percent":
        limits, before_that = (FEWEST_PERCENT, MOST_PERCENT), was.least_percent or USUAL_PERCENT
        percent = fields.whole("least_percent", before_that, limits, percent_words)
    chosen = Preferences(
        time_zone=fields.zone("time_zone", before.time_zone),
        rule=Rule(
            least_seconds=fields.whole(
                "least_seconds", was.least_seconds, (0, MOST_SECONDS), seconds_words
            ),
            least_percent=percent,
            skipped=fields.yes("skipped", was.skipped),
            private=fields.yes("private", was.private),
            episodes=fields.yes("episodes", was.episodes),
        ),
        is_one_recording=fields.yes("one_recording", before.is_one_recording),
        colours=fields.one_of("colours", before.colours, COLOURS),
    )
    if fields.problems:
        raise WrongChoice(fields.problems)
    return chosen


def _lock(session: Session, account: Account) -> None:
    """One writer an account at a time: a first choice has no row to lock yet."""
    session.execute(select(AccountRow.id).where(AccountRow.id == account.id).with_for_update())


def _read(session: Session, account: Account) -> Preferences:
    row = session.get(Preference, account.id)
    if row is None:
        return Preferences()
    return Preferences(
        time_zone=row.time_zone,
        rule=Rule(
            least_seconds=row.least_seconds,
            least_percent=row.least_percent,
            skipped=row.counts_skipped,
            private=row.counts_private,
            episodes=row.counts_episodes,
        ),
        is_one_recording=row.is_one_recording,
        colours=row.colours,
    )


def _write(session: Session, account: Account, preferences: Preferences) -> None:
    rule = preferences.rule
    session.merge(
        Preference(
            account_id=account.id,
            time_zone=preferences.time_zone,
            least_seconds=rule.least_seconds,
            least_percent=rule.least_percent,
            counts_skipped=rule.skipped,
            counts_private=rule.private,
            counts_episodes=rule.episodes,
            is_one_recording=preferences.is_one_recording,
            colours=preferences.colours,
        )
    )
