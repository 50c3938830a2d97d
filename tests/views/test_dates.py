from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from storage.records import Status
from views.dates import ago, day_words, due_words, local_day
from views.samples import ordinary

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TODAY = NOW.date()


def due(days: int, *, overdue: bool = False, **fields: Any) -> str | None:
    moment = NOW if overdue else NOW + timedelta(days=1)
    record = ordinary(NOW, due_on=TODAY + timedelta(days=days), due_at=moment, due_zone="UTC", **fields)
    return due_words(record, today=TODAY, now=NOW)


@pytest.mark.parametrize(
    ("days", "overdue", "words"),
    [
        (0, False, "due today"),
        (1, False, "due tomorrow"),
        (4, False, "due Fri 27 Nov"),
        (60, False, "due Fri 22 Jan 2027"),
        (-3, True, "⚠ due Fri 20 Nov, 3 days late"),
        (-1, True, "⚠ due Sun 22 Nov, 1 day late"),
        (-400, True, "⚠ due Sun 19 Oct 2025, 400 days late"),
    ],
)
def test_due_days_are_said_relative_to_the_readers_today(days: int, overdue: bool, words: str) -> None:
    assert due(days, overdue=overdue) == words


def test_a_day_that_ended_where_it_was_set_but_not_here_warns_without_counting() -> None:
    assert due(0, overdue=True) == "⚠ due today"


def test_a_day_that_ended_here_but_not_where_it_was_set_does_not_warn() -> None:
    assert due(-1) == "due Sun 22 Nov"


def test_closed_work_is_neither_late_nor_relative() -> None:
    assert due(-3, overdue=True, status=Status.COMPLETED) == "due Fri 20 Nov"
    assert due(0, status=Status.NOT_DOING) == "due Mon 23 Nov"


def test_what_stays_as_written_never_says_how_late_it_is() -> None:
    late = ordinary(NOW, due_on=TODAY - timedelta(days=3), due_at=NOW, due_zone="UTC")
    assert due_words(late, today=TODAY, now=NOW, absolute=True) == "due Fri 20 Nov"


def test_no_due_date_says_nothing() -> None:
    assert due_words(ordinary(NOW), today=TODAY, now=NOW) is None


def test_the_day_is_the_readers() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert local_day(late, "Europe/Berlin") == date(2026, 11, 24)
    assert local_day(late, "America/New_York") == date(2026, 11, 23)


@pytest.mark.parametrize("zone", ["Nowhere/At_all", "", None, "../etc/passwd", "Europe", "\x00"])
def test_a_zone_nobody_knows_is_utc(zone: str | None) -> None:
    assert local_day(NOW, zone) == TODAY


def test_another_year_is_named() -> None:
    assert day_words(date(2026, 11, 27), TODAY) == "Fri 27 Nov"
    assert day_words(date(2027, 1, 1), TODAY) == "Fri 1 Jan 2027"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59, "just now"),
        (120, "2 min ago"),
        (3600, "1 h ago"),
        (86_400, "1 day ago"),
        (900_000, "10 days ago"),
    ],
)
def test_moments_are_said_as_time_since(seconds: int, words: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == words
