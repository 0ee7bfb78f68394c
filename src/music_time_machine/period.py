"""A stretch of local days in a person's time zone: `7d 30d 3m 6m 12m 24m all`, or two dates.

Parses what the address bar says and falls back to `12m`; knows nothing of tables or pages, only
that every period has one before it to be compared with.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DEFAULT = "12m"
CHOICES = {
    "7d": "7 days",
    "30d": "30 days",
    "3m": "3 months",
    "6m": "6 months",
    "12m": "12 months",
    "24m": "2 years",
    "all": "All",
}
CUSTOM = "custom"
MOST_DAILY = 62
FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `start` to `end`, both included, in `zone`.

    `key` is one of CHOICES, or `custom` for two dates; `is_over` when the last one is before today.
    `problem` says in a sentence why two dates were not taken; then the period is the default one.
    """

    key: str
    start: date
    end: date
    zone: ZoneInfo
    problem: str | None = None
    is_over: bool = False

    @classmethod
    def parse(
        cls,
        text: str | None,
        now: datetime,
        zone: ZoneInfo,
        dates: tuple[str | None, str | None] = (None, None),
    ) -> "Period":
        """The period that `text` names, ending today; anything unknown is 12 months.

        `dates`, the first and the last day in ISO form, come before `text` when either is told.
        """
        key = text if text in CHOICES else DEFAULT
        today = local_day(now, zone)
        problem = None
        if any(dates):
            try:
                start, end = _two_dates(dates, today)
                return cls(CUSTOM, start, end, zone, is_over=end < today)
            except ValueError as error:
                key, problem = DEFAULT, str(error)
        return cls(key, _start(key, today), today, zone, problem)

    @property
    def label(self) -> str:
        """The period in words, for a heading: `12 months`."""
        return CHOICES.get(self.key, "Two dates")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    @property
    def before(self) -> tuple[date, date] | None:
        """The first and the last of as many days just before it; None for all time."""
        if self.key == "all" or (self.start - date.min).days < self.days:
            return None
        return self.start - timedelta(days=self.days), self.start - timedelta(days=1)

    @property
    def is_daily(self) -> bool:
        """Whether it is so short that its charts count days, not months."""
        return self.key.endswith("d") or (self.key == CUSTOM and self.days <= MOST_DAILY)


def months_between(start: date, end: date) -> tuple[date, ...]:
    """The first days of all months that the days from `start` to `end` touch, oldest first."""
    months, month = [], start.replace(day=1)
    while month <= end and start <= end:
        months.append(month)
        month = next_month(month)
    return tuple(months)


def next_month(month: date) -> date:
    """The first day of the month after the one that `month` lies in."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def months_before(day: date, count: int) -> date:
    """The first day of the month `count` months before the one that `day` lies in."""
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day in `zone` at an aware moment."""
    return utc(moment).astimezone(zone).date()


def utc(moment: datetime) -> datetime:
    """`moment` in UTC; refuses a naive one, which would silently mean something else."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)


def _two_dates(dates: tuple[str | None, str | None], today: date) -> tuple[date, date]:
    """Both days, in their order; raises ValueError with a sentence that says what to do."""
    first, last = (text.strip() if text else "" for text in dates)
    try:
        start = date.fromisoformat(first) if first else FIRST_DAY
        end = date.fromisoformat(last) if last else today
    except ValueError:
        raise ValueError(
            "That is not a date. Write both as year, month and day: 2024-03-31."
        ) from None
    if end < start:
        raise ValueError("The first day lies after the last one. Choose them the other way round.")
    if start > today:
        raise ValueError("These days lie ahead. Choose days up to today.")
    if end < FIRST_DAY:
        raise ValueError(f"Nothing was streamed before {FIRST_DAY.year}. Choose later days.")
    return max(start, FIRST_DAY), min(end, today)


def _start(key: str, today: date) -> date:
    if key == "all":
        return FIRST_DAY
    count, unit = int(key[:-1]), key[-1]
    if unit == "d":
        return today - timedelta(days=count - 1)
    # Whole calendar months: a monthly chart over "12 months" has twelve bars, the last one begun.
    return months_before(today, count - 1)
