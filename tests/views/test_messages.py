"""Cards, status updates, home, and small texts: their words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.records import (
    Change,
    CreatorKind,
    CreatorRecord,
    EndpointRecord,
    Filter,
    FollowUpRecord,
    HistoryRecord,
    ListQuery,
    Status,
)
from tests.views.judges import dicts
from views import messages
from views.follow_up_card import follow_up_card
from views.home import home
from views.samples import MAYA, PRIYA, full, listing, ordinary
from views.status_updates import status_updates, update_line

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
FULL_FACTS = (
    "🔴 Urgent · <@U0PRIYA> · due Fri 20 Nov · "
    "<https://linear.app/acme/issue/ENG-123|ENG-123> · `tls` `on-call`"
)


def texts(shown: dict[str, Any]) -> list[str]:
    return [block["text"] for block in dicts(shown["blocks"]) if isinstance(block.get("text"), str)]


def action_ids(shown: dict[str, Any]) -> list[str]:
    return [element["action_id"] for element in dicts(shown["blocks"]) if "action_id" in element]


def card(follow_up: FollowUpRecord) -> dict[str, Any]:
    return follow_up_card(follow_up, outstanding=3, now=NOW)


def row(event: str, *changes: Change, **fields: Any) -> HistoryRecord:
    record = HistoryRecord("01H", "01F", "Rotate the certs", "Maya", "U01", event, NOW, 2, changes)
    return replace(record, **fields)


def test_a_card_says_who_added_what() -> None:
    shown = card(full(NOW))
    assert shown["text"] == "Maya added *Rotate the certs* · 3 outstanding"
    assert texts(shown) == [
        "Maya added a follow-up · 3 outstanding",
        "*Rotate the certs*",
        FULL_FACTS,
        "Complete",
        "Edit",
    ]


def test_an_edited_card_no_longer_counts_what_was_outstanding_when_it_was_new() -> None:
    shown = follow_up_card(full(NOW), now=NOW)
    assert shown["text"] == "Maya added *Rotate the certs*"
    assert texts(shown)[0] == "Maya added a follow-up"


def test_an_unassigned_card_can_be_taken() -> None:
    shown = card(ordinary(NOW, id="X"))
    assert action_ids(shown) == ["card_complete:X", "card_take:X", "card_edit:X"]
    assert texts(shown)[-3:] == ["Complete", "I'll take it", "Edit"]
    assert "card_take:X" not in action_ids(card(ordinary(NOW, id="X", assignee=PRIYA)))


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.NOT_DOING])
def test_a_closed_card_is_struck_through_and_can_be_reopened(status: Status) -> None:
    shown = card(ordinary(NOW, id="X", status=status))
    assert "~Rotate the certs~" in texts(shown)
    assert action_ids(shown) == ["card_reopen:X"]


def test_a_deleted_card_is_one_line() -> None:
    shown = card(ordinary(NOW, status=Status.DELETED))
    assert texts(shown) == ["~Rotate the certs~ was deleted"]
    assert shown["text"] == "~Rotate the certs~ was deleted"


def test_a_card_names_days_and_never_says_today_because_it_stays() -> None:
    day: dict[str, Any] = {"due_on": NOW.date(), "due_zone": "UTC", "due_at": NOW + timedelta(hours=14)}
    assert "due Mon 23 Nov" in texts(card(ordinary(NOW, **day)))


def test_nothing_typed_in_a_card_pings() -> None:
    creator = replace(ordinary(NOW).creator, name="<!here>")
    shown = card(ordinary(NOW, title="<!channel>", creator=creator))
    assert "<!" not in shown["text"] + "".join(texts(shown))


@pytest.mark.parametrize(
    ("history", "line"),
    [
        (row("completed"), "Maya completed *Rotate the certs*"),
        (row("reopened"), "Maya reopened *Rotate the certs*"),
        (row("not_doing"), "Maya marked *Rotate the certs* as not doing"),
        (row("deleted"), None),
        (
            row("reopened", Change("assignee", None, "Tom")),
            "Maya reopened *Rotate the certs* and assigned it to Tom",
        ),
        (
            row("reopened", Change("assignee", None, "Maya"), is_taken=True),
            "Maya reopened *Rotate the certs* and took it",
        ),
        (
            row("completed", Change("assignee", "Tom", None)),
            "Maya completed *Rotate the certs* and unassigned it",
        ),
        (row("changed", Change("assignee", None, "Priya")), "Maya assigned *Rotate the certs* to Priya"),
        (row("changed", Change("assignee", "Priya", None)), "Maya unassigned *Rotate the certs*"),
        (row("changed", Change("assignee", None, "Maya"), is_taken=True), "Maya took *Rotate the certs*"),
        (row("changed", Change("assignee", None, "Maya")), "Maya assigned *Rotate the certs* to Maya"),
        (row("changed", Change("title", "a", "b")), None),
        (row("created"), None),
        (row("unheard of"), None),
        (row("completed", title="{actor} <!here>"), "Maya completed *{actor} &lt;!here&gt;*"),
    ],
)
def test_the_channel_hears_one_line_of_each_event(history: HistoryRecord, line: str | None) -> None:
    assert update_line(history) == line


def test_the_last_line_says_what_is_left() -> None:
    shown = status_updates(["Maya completed *a*", "Priya completed *b*"], 2)
    assert shown["text"] == "Maya completed *a*\nPriya completed *b* · 2 outstanding"
    assert texts(shown) == [shown["text"]]
    assert status_updates(["Maya completed *Rotate the certs*"], 2)["text"] == (
        "Maya completed *Rotate the certs* · 2 outstanding"
    )


def test_a_burst_is_one_message_that_counts_the_rest() -> None:
    lines = status_updates([f"Maya completed *{number}*" for number in range(24)], 0)["text"].split("\n")
    assert len(lines) == 11
    assert lines[-1] == "and 14 more · 0 outstanding"


def test_a_burst_of_long_lines_stays_within_one_text() -> None:
    shown = status_updates(["&amp;" * 200] * 10, 0)
    assert shown["text"].endswith("\nand 8 more · 0 outstanding")


def test_home_offers_my_filters_and_the_lists_own_buttons() -> None:
    shown = home(
        listing(NOW, (ordinary(NOW, id="X"),), incident=None, has_older=True, query=ListQuery(Filter.MINE)),
        reader_timezone="UTC",
        reader_slack_user_id=MAYA.slack_user_id,
        now=NOW,
    )
    assert shown["type"] == "home"
    assert action_ids(shown) == ["home_filter", "menu:X", "complete:X", "home_older"]
    select = next(element for element in dicts(shown["blocks"]) if element.get("action_id") == "home_filter")
    assert [option["text"]["text"] for option in select["options"]] == ["Outstanding", "Overdue", "Done"]
    assert select["initial_option"]["value"] == Filter.OUTSTANDING


def test_an_empty_home_explains_itself_with_the_workspaces_command() -> None:
    shown = home(
        listing(NOW, (), incident=None),
        reader_timezone="UTC",
        reader_slack_user_id="U0MAYA",
        now=NOW,
        command="/inc",
    )
    assert "`/inc follow-ups`" in texts(shown)[-1]


def test_a_notice_stands_at_the_top_of_home_once() -> None:
    shown = home(
        listing(NOW, (), incident=None),
        reader_timezone="UTC",
        reader_slack_user_id="U0MAYA",
        now=NOW,
        notice="Already completed by Priya",
    )
    assert texts(shown)[:2] == ["ℹ️ Already completed by Priya", "*My follow-ups*"]


def test_help_names_the_commands_and_the_nearest_to_what_was_typed() -> None:
    assert texts(messages.help_text("/incident"))[0].split("\n") == [
        "`/incident follow-ups` – see this incident’s follow-ups, complete and assign them",
        "`/incident follow-up` – add one: fill in the form, or write it after the command",
        "`/incident help` – show this",
    ]
    first = messages.help_text("/incident", "folow-ups", "follow-ups")["text"].split("\n")[0]
    assert first == "There is no `/incident folow-ups`. Did you mean `/incident follow-ups`?"
    assert messages.help_text("/incident", "x")["text"].startswith("There is no `/incident x`.\n")


def test_a_channel_that_is_no_incident_can_become_one() -> None:
    view = messages.track_channel_modal("war-room", "m")
    assert (view["title"]["text"], view["submit"]["text"]) == ("Follow-ups", "Track this channel")
    assert view["callback_id"] == "track_channel"
    [name] = [block for block in view["blocks"] if block["type"] == "input"]
    assert (name["label"]["text"], name["block_id"]) == ("Incident name", "incident_name")
    assert name["element"]["action_id"] == "incident_name"


def test_searching_starts_from_the_present_search() -> None:
    view = messages.search_modal("tls", "m")
    assert (view["callback_id"], view["submit"]["text"]) == ("follow_up_search", "Search")
    assert view["blocks"][0]["element"]["initial_value"] == "tls"


def test_deleting_is_asked_first() -> None:
    view = messages.delete_modal(ordinary(NOW), "m")
    words = [view[name]["text"] for name in ("title", "submit", "close")]
    assert words == ["Delete follow-up", "Delete", "Keep"]
    assert texts(view)[0] == "Delete *Rotate the certs*?"


def test_an_error_gives_the_id_to_ask_about() -> None:
    assert messages.error_text("01ABC").endswith("this id: 01ABC")
    assert texts(messages.error_modal("01ABC")) == [messages.error_text("01ABC")]


def test_the_bot_says_how_to_invite_it() -> None:
    assert messages.invite_text("UB", "C01") == (
        "Your follow-up is saved, but I can’t post in <#C01>. "
        "Type /invite <@UB> there, and I’ll post what I missed."
    )


def test_the_bot_says_why_an_archived_channel_stays_as_it_was() -> None:
    assert messages.archived_text("C01") == (
        "Your change is saved, but <#C01> is archived, so I can’t show it there. "
        "When somebody unarchives the channel, I’ll bring it up to date."
    )


def test_the_owner_of_an_endpoint_is_told_what_is_off_and_how_to_switch_it_on() -> None:
    endpoint = EndpointRecord(
        id="01KZZZZZZZ0000000000000099",
        url="https://hooks.example.com/a-token?key=another",
        description="<!channel> *Ours*",
        events=("public_incident.follow_up_created_v2",),
        allow_private_incidents=False,
        owner=CreatorRecord(CreatorKind.USER, "01A", "Maya", "UMAYA"),
        created_at=NOW,
        updated_at=NOW,
        disabled_at=NOW,
        disabled_reason="It answered 410 Gone.",
    )
    said = messages.webhook_disabled_text(endpoint)

    assert said.startswith(
        "Webhooks to `hooks.example.com` (&lt;!channel&gt; ∗Ours∗) are switched off. It answered 410"
    )
    assert "`python app.py webhooks enable 01KZZZZZZZ0000000000000099`" in said
    assert "token" not in said
    assert "another" not in said
