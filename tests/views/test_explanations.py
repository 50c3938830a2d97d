"""Sentences for a click that came too late: their point is seen, however long the title."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from storage.records import Change, HistoryRecord, Status
from views import explanations
from views.blocks import NOTICE_LIMIT, literal
from views.follow_up_list import notices
from views.samples import MAYA, ordinary

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
READER = ordinary(NOW).creator
LONG = "x" * 255
TOM = replace(MAYA, name="Tom")


def entry(event: str, *changes: Change, name: str = "Tom", slack_user_id: str = "UTOM") -> HistoryRecord:
    return HistoryRecord("01H", "01F", "Rotate", name, slack_user_id, event, NOW, 2, changes)


def test_whose_it_is_stands_after_the_longest_title() -> None:
    said = explanations.unavailable(ordinary(NOW, title=LONG, assignee=TOM), None, READER, NOW)
    assert said == f"“{'x' * 79}…” is already Tom’s."


def test_who_did_it_and_when_stand_around_the_longest_title() -> None:
    done = ordinary(NOW, title=LONG, status=Status.COMPLETED)
    said = explanations.unavailable(done, entry("completed"), READER, NOW)
    assert said == f"Tom already completed “{'x' * 79}…” just now."


def test_what_one_did_oneself_is_said_to_be_ones_own() -> None:
    done = ordinary(NOW, status=Status.COMPLETED)
    last = entry("completed", name=READER.name, slack_user_id=READER.slack_user_id or "")
    assert explanations.unavailable(done, last, READER, NOW).startswith("You already completed “")


def test_both_values_of_a_long_change_are_seen() -> None:
    _, line = explanations.saved_first((entry("changed", Change("title", LONG, "y" * 255)),))
    assert line.startswith("Tom: Title “xxx")
    assert line.endswith("y…”")
    assert literal(line, NOTICE_LIMIT) == line


def test_many_who_saved_first_are_counted_as_others() -> None:
    heading, *_ = explanations.saved_first(tuple(entry("changed", name=name) for name in "ABCDE"))
    assert heading.startswith("A and B and C and others saved first.")


@pytest.mark.parametrize("typed", ["&" * 2000, "x" * 2000])
def test_the_longest_notice_fits_its_block(typed: str) -> None:
    [notice] = notices(typed)
    assert len(notice["elements"][0]["text"]) <= 3000
