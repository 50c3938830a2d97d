"""The list says the words people know, and nothing that isn't there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.limits import PAGE_SIZE
from storage.records import Counts, Filter, FollowUpRecord, Listing, ListQuery, Status
from tests.views.judges import dicts
from views.follow_up_list import follow_up_list
from views.samples import INCIDENT, MAYA, PRIYA, due, full, listing, ordinary, page

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
FULL_FACTS = (
    "🔴 Urgent · <@U0PRIYA> · ⚠ due Fri 20 Nov, 3 days late · "
    "<https://linear.app/acme/issue/ENG-123|ENG-123> · `tls` `on-call`"
)


def shown(of: Listing, **arguments: Any) -> dict[str, Any]:
    reader = {"reader_timezone": "Europe/Berlin", "reader_slack_user_id": MAYA.slack_user_id, "now": NOW}
    return follow_up_list(of, **{**reader, "metadata": "m", **arguments})


def texts(view: dict[str, Any]) -> list[str]:
    return [block["text"] for block in dicts(view["blocks"]) if isinstance(block.get("text"), str)]


def words_of(*items: FollowUpRecord, **changes: Any) -> list[str]:
    return texts(shown(listing(NOW, items, **changes)))


def elements(view: dict[str, Any]) -> dict[str, Any]:
    return {element["action_id"]: element for element in dicts(view["blocks"]) if "action_id" in element}


def test_the_list_has_the_words_of_the_design() -> None:
    view = shown(listing(NOW, (full(NOW),), counts=Counts(3, 1, 5)))
    assert view["title"]["text"] == "Follow-ups"
    assert view["close"]["text"] == "Done"
    assert view["callback_id"] == "follow_up_list"
    assert view["private_metadata"] == "m"
    assert "submit" not in view
    assert texts(view) == [
        "*INC-142* · Checkout is down",
        "3 outstanding · 1 overdue · 5 done",
        "Add follow-up",
        *("Outstanding", "Mine", "Overdue", "Done", "All", "Outstanding"),
        "Search",
        f"*Rotate the certs*\n{FULL_FACTS}",
        *("Edit", "Assign to me", "Not doing", "Delete"),
        "Complete",
    ]


def test_overdue_is_counted_only_when_something_is() -> None:
    assert "3 outstanding · 5 done" in words_of(counts=Counts(3, 0, 5))
    assert "0 outstanding · 0 done" in words_of()


def test_an_item_with_no_facts_is_its_title() -> None:
    assert "*Rotate the certs*" in words_of(ordinary(NOW))


def test_only_what_needs_attention_has_a_symbol() -> None:
    priority = full(NOW).priority
    assert priority
    for rank, words in {0: "🔴 P", 1: "🔴 P", 2: "🟠 P", 3: "P", 4: "P"}.items():
        item = ordinary(NOW, priority=replace(priority, name="P", rank=rank))
        assert f"*Rotate the certs*\n{words}" in words_of(item)


def test_closed_work_says_how_and_when_it_ended() -> None:
    ended = NOW - timedelta(days=7)
    done = replace(full(NOW), status=Status.COMPLETED, completed_at=ended, labels=(), external_issue=None)
    facts = "Urgent · <@U0PRIYA> · due Fri 20 Nov · ✓ Completed Mon 16 Nov"
    assert f"*Rotate the certs*\n{facts}" in words_of(done)
    dropped = ordinary(NOW, status=Status.NOT_DOING)
    assert "*Rotate the certs*\nNot doing" in words_of(dropped)


def test_an_outstanding_item_offers_to_complete_it_and_a_menu() -> None:
    offered = elements(shown(listing(NOW, (ordinary(NOW, id="X", assignee=PRIYA),))))
    assert offered["complete:X"]["value"] == "X"
    values = [option["value"] for option in offered["menu:X"]["options"]]
    assert values == ["edit:X", "assign_to_me:X", "not_doing:X", "delete:X"]


def test_nobody_is_offered_what_is_already_theirs() -> None:
    offered = elements(shown(listing(NOW, (ordinary(NOW, id="X", assignee=MAYA),))))
    values = [option["value"] for option in offered["menu:X"]["options"]]
    assert values == ["edit:X", "not_doing:X", "delete:X"]


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.NOT_DOING])
def test_a_closed_item_offers_to_reopen_it(status: Status) -> None:
    offered = elements(shown(listing(NOW, (ordinary(NOW, id="X", status=status),))))
    assert offered["reopen:X"]["text"]["text"] == "Reopen"
    assert "complete:X" not in offered
    assert [option["value"] for option in offered["menu:X"]["options"]] == ["edit:X", "delete:X"]


@pytest.mark.parametrize("choice", Filter)
def test_deleted_work_is_shown_under_no_filter(choice: Filter) -> None:
    deleted = ordinary(NOW, status=Status.DELETED)
    assert not any("Rotate" in words for words in words_of(deleted, query=ListQuery(choice)))


@pytest.mark.parametrize("choice", Filter)
def test_the_filter_shows_what_is_chosen(choice: Filter) -> None:
    select = elements(shown(listing(NOW, (), query=ListQuery(choice))))["list_filter"]
    assert select["initial_option"]["value"] == choice
    assert [option["value"] for option in select["options"]] == list(Filter)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Filter.OUTSTANDING, "Nothing outstanding.\nAdd a follow-up"),
        (Filter.MINE, "Nothing is assigned to you.\nChoose *Assign to me*"),
        (Filter.OVERDUE, "Nothing is overdue."),
        (Filter.DONE, "Nothing done yet."),
        (Filter.ALL, "No follow-ups yet.\nAdd a follow-up"),
    ],
)
def test_an_empty_list_says_what_to_do_next(choice: Filter, words: str) -> None:
    assert words_of(query=ListQuery(choice))[-1].startswith(words)


def test_across_incidents_each_item_names_its_incident_and_nothing_can_be_added() -> None:
    view = shown(listing(NOW, (ordinary(NOW),), incident=None))
    assert "*Mine* · across incidents" in texts(view)
    assert "*Rotate the certs*\nINC-142" in texts(view)
    assert "list_add" not in elements(view)


def test_an_archived_channels_list_still_adds() -> None:
    assert "list_add" in elements(shown(listing(NOW, (), incident=replace(INCIDENT, is_archived=True))))


def test_a_search_names_what_was_sought_and_can_be_cleared() -> None:
    view = shown(listing(NOW, (), query=ListQuery(text="tls")))
    assert "Results for “tls”" in texts(view)
    assert elements(view)["list_clear_search"]["text"]["text"] == "Clear search"
    assert "list_clear_search" not in elements(shown(listing(NOW, ())))


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Filter.OUTSTANDING, "No outstanding follow-ups match “tls”.\nChoose *All* to search the others."),
        (Filter.MINE, "No follow-ups of yours match “tls”.\nChoose *All* to search the others."),
        (Filter.OVERDUE, "No overdue follow-ups match “tls”.\nChoose *All* to search the others."),
        (Filter.DONE, "No done follow-ups match “tls”.\nChoose *All* to search the others."),
        (Filter.ALL, "No follow-ups match “tls”."),
    ],
)
def test_a_search_without_a_find_says_where_it_looked(choice: Filter, words: str) -> None:
    assert words_of(query=ListQuery(choice, text="tls"))[-1] == words


def test_a_notice_stands_at_the_top() -> None:
    view = shown(listing(NOW, ()), notice="Already completed by <Priya>")
    assert texts(view)[0] == "ℹ️ Already completed by &lt;Priya&gt;"


@pytest.mark.parametrize(("newer", "older"), [(False, False), (True, False), (False, True), (True, True)])
def test_pages_are_offered_when_there_are_more(newer: bool, older: bool) -> None:
    offered = elements(shown(listing(NOW, page(NOW), has_newer=newer, has_older=older)))
    assert ("list_newer" in offered, "list_older" in offered) == (newer, older)


def test_the_buttons_of_the_pages_stand_apart_from_the_last_follow_ups() -> None:
    *_, line, pages = shown(listing(NOW, page(NOW), has_older=True))["blocks"]
    assert (line["type"], pages["type"]) == ("divider", "actions")


def test_a_page_emptied_meanwhile_does_not_say_there_is_nothing() -> None:
    assert "Nothing is left on this page." in words_of(has_newer=True)


def test_days_are_the_readers_own() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    item = replace(ordinary(late), **due(late, 1))
    assert any("due today" in words for words in texts(shown(listing(late, (item,)), now=late)))
    there = shown(listing(late, (item,)), now=late, reader_timezone="America/New_York")
    assert any("due tomorrow" in words for words in texts(there))


def test_more_labels_than_fit_are_counted() -> None:
    words = words_of(ordinary(NOW, labels=tuple("abcdefgh")))
    assert "*Rotate the certs*\n`a` `b` `c` `d` `e` +3" in words


def test_a_full_page_leaves_room_in_its_modal() -> None:
    full_page = listing(NOW, page(NOW), has_older=True)
    assert len(full_page.items) == PAGE_SIZE
    assert len(shown(full_page)["blocks"]) <= 50
