"""Every view and message, built from generated records, is one that Slack takes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.records import Counts, FollowUpRecord, HistoryRecord, IncidentRecord, Listing, ListQuery
from tests.views.judges import errors
from tests.views.strategies import (
    NASTY,
    categories,
    follow_ups,
    histories,
    incidents,
    labels,
    listings,
    moments,
    priorities,
    slack_ids,
    teams,
    texts,
    worst_follow_up,
    zones,
)
from views import messages
from views.follow_up_card import follow_up_card
from views.follow_up_form import follow_up_form, label_options, team_options
from views.follow_up_list import follow_up_list
from views.form_values import values_of
from views.gallery import gallery
from views.home import home
from views.status_updates import status_updates, update_line

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
METADATA = "m" * 3000


def generated(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


@generated(100)
@given(listings, zones, slack_ids, moments, texts)
def test_the_list_of_any_records_is_taken(
    listing: Listing, zone: str, reader: str, now: datetime, notice: str
) -> None:
    view = follow_up_list(
        listing,
        reader_timezone=zone,
        reader_slack_user_id=reader,
        now=now,
        metadata=METADATA,
        notice=notice,
    )
    assert errors(view) == []


@generated(60)
@given(listings, zones, slack_ids, moments, texts)
def test_the_home_of_any_records_is_taken(
    listing: Listing, zone: str, reader: str, now: datetime, notice: str
) -> None:
    view = home(
        listing,
        reader_timezone=zone,
        reader_slack_user_id=reader,
        now=now,
        metadata=METADATA,
        command=notice,
        notice=notice,
    )
    assert errors(view) == []


@generated(1000)
@given(follow_ups, moments)
def test_the_card_of_any_record_is_taken(follow_up: FollowUpRecord, now: datetime) -> None:
    assert errors(follow_up_card(follow_up, outstanding=3, now=now)) == []


@generated(400)
@given(
    follow_ups,
    st.lists(priorities, max_size=120, unique_by=lambda record: record.id),
    st.lists(categories, max_size=5, unique_by=lambda record: record.id),
    st.booleans(),
    st.none() | incidents,
    st.lists(texts, max_size=12),
)
def test_the_form_of_any_record_is_taken(
    follow_up: FollowUpRecord,
    offered: list[Any],
    offered_categories: list[Any],
    editing: bool,
    incident: IncidentRecord | None,
    notice: list[str],
) -> None:
    view = follow_up_form(
        values_of(follow_up),
        priorities=offered,
        categories=offered_categories,
        metadata=METADATA,
        editing=editing,
        revision=1,
        incident=incident,
        notice=notice,
        current=follow_up,
    )
    assert errors(view) == []


@generated(200)
@given(st.lists(histories, max_size=30), st.integers(0, 10**6))
def test_the_status_updates_of_any_history_are_taken(rows: list[HistoryRecord], outstanding: int) -> None:
    lines = [line for row in rows if (line := update_line(row))]
    assert errors(status_updates(lines, outstanding)) == []


@generated(200)
@given(texts, texts, st.none() | texts, follow_ups)
def test_the_small_modals_and_texts_of_any_words_are_taken(
    text: str, other: str, perhaps: str | None, follow_up: FollowUpRecord
) -> None:
    for shown in (
        messages.loading_modal(text),
        messages.saving_modal(text),
        messages.message_modal(text, other),
        messages.error_modal(text),
        messages.track_channel_modal(text, METADATA),
        messages.search_modal(text, METADATA),
        messages.delete_modal(follow_up, METADATA),
        messages.help_text("/incident", text, perhaps),
        messages.help_text(text, other, perhaps),
    ):
        assert errors(shown) == []


@generated(200)
@given(st.lists(teams, max_size=120, unique_by=lambda team: team.id), labels, texts)
def test_the_options_of_any_records_are_taken(offered: list[Any], known: tuple[str, ...], typed: str) -> None:
    for options in (team_options(offered), label_options(known, typed)):
        select = {"type": "static_select", "action_id": "judged", "options": options}
        message = {"text": "x", "blocks": [{"type": "actions", "elements": [select]}]}
        assert not options or errors(message) == []


@pytest.mark.parametrize("text", NASTY, ids=[text[:12].encode("unicode_escape").decode() for text in NASTY])
def test_a_full_page_of_the_worst_records_is_within_slacks_limits(text: str) -> None:
    items = tuple(worst_follow_up(number, text) for number in range(20))
    for incident in (items[0].incident, None):
        listing = Listing(ListQuery(text=text), Counts(1, 1, 1), items, True, True, incident)
        view = follow_up_list(
            listing,
            reader_timezone="UTC",
            reader_slack_user_id="U0MAYA",
            now=NOW,
            metadata=METADATA,
            notice=text,
        )
        assert errors(view) == []


@pytest.mark.parametrize("section", gallery(NOW)["sections"], ids=lambda section: section["name"])
def test_everything_in_the_gallery_is_taken(section: Any) -> None:
    for item in section["items"]:
        shown = item.get("view") or item["message"]
        assert "blocks" not in shown or errors(shown) == [], item["name"]
