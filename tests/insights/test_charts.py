"""How charts are cut into days and months, and which of their bars matter."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from music_time_machine.columns import day_number
from music_time_machine.insights.charts import Buckets, ChartData, foremost, highest, with_holes
from music_time_machine.period import Period

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
days = st.dates(date(2023, 1, 1), date(2026, 11, 22))


def period(text: str) -> Period:
    return Period.parse(text, NOW, ZoneInfo("UTC"))


def numbers(of: list[date]) -> np.ndarray:
    return np.array([day_number(day) for day in of], np.uint16)


def test_months_are_labelled_like_nov_26() -> None:
    buckets = Buckets.of(period("3m"), date(2026, 9, 1))
    assert buckets.labels == ("Sep 26", "Oct 26", "Nov 26")
    assert buckets.now == 2


def test_a_month_of_the_first_decade_keeps_both_digits() -> None:
    assert Buckets.months(date(2007, 1, 5), date(2007, 2, 1)).labels == ("Jan 07", "Feb 07")


def test_days_are_labelled_like_22_nov() -> None:
    buckets = Buckets.of(period("7d"), date(2026, 11, 16))
    assert buckets.labels == (
        "16 Nov", "17 Nov", "18 Nov", "19 Nov", "20 Nov", "21 Nov", "22 Nov",
    )  # fmt: skip


@given(st.lists(days, max_size=30), days, days, st.sampled_from(["7d", "12m"]))
def test_each_day_counts_once_in_its_own_bucket(
    found: list[date], one: date, other: date, text: str
) -> None:
    start, end = sorted((one, other))
    chosen = Period(text, start, end, ZoneInfo("UTC"))
    buckets = Buckets.of(chosen, start)
    inside = [day for day in found if start <= day <= end]
    wanted = [sum(buckets.key(day) == buckets.key(at) for day in inside) for at in buckets.starts]
    assert list(buckets.totals(numbers(found))) == wanted
    amounts = np.full(len(found), 1000, np.uint32)
    assert list(buckets.totals(numbers(found), amounts)) == [1000 * count for count in wanted]


def test_the_days_before_the_first_and_after_the_last_are_left_out() -> None:
    buckets = Buckets.months(date(2026, 10, 1), date(2026, 11, 22))
    edges = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 11, 22), date(2026, 11, 23)]
    assert buckets.totals(numbers(edges)) == (1, 1)


def test_sums_of_many_long_plays_stay_exact() -> None:
    buckets = Buckets.months(date(2026, 11, 1), date(2026, 11, 30))
    every = numbers([date(2026, 11, 3)] * 1000)
    assert buckets.totals(every, np.full(1000, 2**32 - 1, np.uint32)) == (1000 * (2**32 - 1),)


@given(days, days)
def test_a_bucket_is_between_two_days_when_it_holds_one_of_them_or_more(
    one: date, other: date
) -> None:
    first, last = sorted((one, other))
    buckets = Buckets.months(date(2024, 1, 1), date(2025, 12, 31))
    held = {buckets.key(first + timedelta(n)) for n in range((last - first).days + 1)}
    assert buckets.between(first, last) == tuple(buckets.key(at) in held for at in buckets.starts)


def test_nothing_is_between_no_days() -> None:
    assert Buckets.months(date(2026, 11, 1), date(2026, 11, 22)).between(None, None) == (False,)


def test_the_three_highest_of_many_are_highlighted() -> None:
    assert highest([5, 9, 1, 7, 3, 8, 2, 2, 2, 2, 2, 2]) == (1, 3, 5)


def test_of_equals_all_or_none_are_highlighted() -> None:
    assert highest([4] * 12) == ()
    assert highest([9, 4, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1]) == (0,)
    assert highest([9, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1]) == (0, 1, 2)
    assert highest([9, 4, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1], but=3) == (0, 1, 2)


def test_the_first_of_a_list_shares_its_mark_with_its_equals_unless_they_are_many() -> None:
    assert foremost([5, 4, 4]) == (0,)
    assert foremost([5, 5, 4]) == (0, 1)
    assert foremost([5, 5, 5, 5, 4]) == ()
    assert foremost([5]) == (0,)
    assert foremost([]) == ()


def test_at_most_one_bar_in_four_is_highlighted() -> None:
    assert highest([3, 2, 1]) == ()
    assert highest([1, 2, 3, 4]) == (3,)
    assert highest([1, 2, 3, 4, 5, 6, 7, 8]) == (6, 7)


def test_zeros_holes_and_the_present_are_never_highlighted() -> None:
    assert highest([0, None, 0, 0, 2, 0, 0, 0, 0, 0, 0, 9], but=11) == (4,)


def test_what_is_not_known_is_a_hole() -> None:
    assert with_holes([0, 3], [False, True]) == (None, 3)


def test_a_chart_of_zeros_and_holes_is_empty() -> None:
    empty = ChartData("bar", ("Oct 26", "Nov 26"), (None, 0), "plays", "Plays")
    assert empty.is_empty
    assert not ChartData("bar", ("Nov 26",), (1,), "plays", "Plays").is_empty
