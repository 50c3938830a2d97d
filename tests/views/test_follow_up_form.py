"""The form asks for what the design names, and reads back what was typed."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from storage.records import CategoryRecord, PriorityRecord, Status, TeamRecord
from tests.views.judges import errors
from views.follow_up_form import FIELDS, field_errors, follow_up_form, label_options, team_options
from views.form_values import FormValues, typed_values, values_for_new, values_of
from views.samples import CATEGORIES, INCIDENT, PLATFORM, PRIORITIES, full

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def form(values: FormValues | None = None, **arguments: Any) -> dict[str, Any]:
    offered: dict[str, Any] = {
        "priorities": PRIORITIES,
        "categories": CATEGORIES,
        "metadata": "m",
        "editing": False,
        "revision": 0,
        "incident": INCIDENT,
    }
    return follow_up_form(values or FormValues(), **{**offered, **arguments})


def inputs(view: dict[str, Any]) -> dict[str, Any]:
    return {block["element"]["action_id"]: block for block in view["blocks"] if block["type"] == "input"}


def labels_of(view: dict[str, Any]) -> list[str]:
    return [block["label"]["text"] for block in inputs(view).values()]


def first_texts(view: dict[str, Any]) -> list[str]:
    return [
        (block.get("text") or block["elements"][0])["text"]
        for block in view["blocks"]
        if block["type"] in {"section", "context"}
    ]


def submitted(view: dict[str, Any]) -> dict[str, Any]:
    """What Slack would send back were the form submitted untouched."""
    answers = {
        "initial_value": "value",
        "initial_user": "selected_user",
        "initial_option": "selected_option",
        "initial_options": "selected_options",
        "initial_date": "selected_date",
    }
    return {
        block["block_id"]: {
            action: {answers[key]: value for key, value in block["element"].items() if key in answers}
        }
        for action, block in inputs(view).items()
    }


def test_a_new_form_asks_in_the_order_of_the_design() -> None:
    view = form()
    words = [view[name]["text"] for name in ("title", "submit", "close")]
    assert words == ["New follow-up", "Create", "Cancel"]
    assert view["callback_id"] == "follow_up_form"
    assert view["private_metadata"] == "m"
    assert labels_of(view) == [
        "Title",
        "Description",
        "Assignee",
        "Team",
        "Priority",
        "Category",
        "Labels",
        "Due date",
    ]
    assert first_texts(view) == ["INC-142 · Checkout is down"]


def test_editing_adds_the_status_and_saves() -> None:
    view = form(values_of(full(NOW)), editing=True)
    assert [view[name]["text"] for name in ("title", "submit")] == ["Edit follow-up", "Save"]
    assert labels_of(view)[-1] == "Status"
    options = inputs(view)["status"]["element"]["options"]
    assert [option["text"]["text"] for option in options] == ["Outstanding", "Completed", "Not doing"]


def test_only_the_title_must_be_filled_in() -> None:
    assert [action for action, block in inputs(form()).items() if not block["optional"]] == ["title"]


def test_the_title_takes_the_focus_only_when_new() -> None:
    assert inputs(form())["title"]["element"]["focus_on_load"]
    assert "focus_on_load" not in inputs(form(editing=True))["title"]["element"]


def test_the_category_is_left_out_when_there_are_none() -> None:
    assert "Category" not in labels_of(form(categories=()))


def test_a_new_revision_makes_new_blocks_so_that_new_values_are_shown() -> None:
    assert inputs(form(revision=3))["title"]["block_id"] == "title:3"
    assert field_errors({"due_on": "That day is past."}, 3) == {"due_on:3": "That day is past."}


def test_every_field_has_a_name() -> None:
    assert [*inputs(form(editing=True))] == [*FIELDS]


def test_a_new_follow_up_starts_with_the_default_priority() -> None:
    values = values_for_new(PRIORITIES, title="Rotate")
    assert values == FormValues(title="Rotate", priority_id=PRIORITIES[2].id)
    assert values_for_new(()).priority_id is None


def test_what_a_form_shows_is_what_is_read_back() -> None:
    values = values_of(replace(full(NOW), assignee_team=PLATFORM))
    read = typed_values(submitted(form(values, editing=True)))
    assert read.team
    assert values.team
    assert read == replace(values, team=TeamRecord(values.team.id, "", values.team.name))


def test_an_untouched_empty_form_reads_as_nothing() -> None:
    assert typed_values(submitted(form())) == FormValues()


def test_cleared_fields_read_as_nothing_even_if_they_had_values() -> None:
    state: dict[str, dict[str, Any]] = {
        "assignee:0": {"assignee": {"selected_user": None}},
        "team:0": {"team": {"selected_option": None}},
        "labels:0": {"labels": {"selected_options": []}},
        "due_on:0": {"due_on": {"selected_date": None}},
        "description:0": {"description": {"value": None}},
        "title:0": {"title": {"value": None}},
    }
    base = replace(values_of(full(NOW)), priority_id=None, category_id=None, status=None)
    assert typed_values(state, base) == FormValues()


def test_a_field_the_form_did_not_show_keeps_its_value() -> None:
    base = FormValues(title="old", category_id="01C", status=Status.COMPLETED)
    state = {"title:2": {"title": {"value": " new "}}}
    assert typed_values(state, base) == replace(base, title="new")


def test_a_description_too_long_for_slack_is_kept_and_not_shown() -> None:
    values = FormValues(title="x", description="d" * 3001)
    view = form(values, editing=True)
    assert "Description" not in labels_of(view)
    assert first_texts(view)[-1].startswith("The description is too long to edit in Slack.")
    assert typed_values(submitted(view), values).description == values.description
    assert "Description" in labels_of(form(replace(values, description="d" * 3000)))


def test_an_archived_priority_and_category_can_be_kept() -> None:
    archived = PriorityRecord("01OLD", "Someday", 9)
    category = CategoryRecord("01GONE", "Gone", 9)
    current = replace(full(NOW), priority=archived, category=category)
    view = form(values_of(current), categories=(), current=current, editing=True)
    assert inputs(view)["priority"]["element"]["initial_option"]["text"]["text"] == "Someday"
    assert inputs(view)["category"]["element"]["initial_option"]["value"] == "01GONE"
    assert len(inputs(view)["priority"]["element"]["options"]) == len(PRIORITIES) + 1
    assert errors(view) == []


def test_the_present_priority_is_on_offer_among_more_than_slack_shows() -> None:
    many = [PriorityRecord(f"01P{number}", f"P{number}", number) for number in range(150)]
    current = replace(full(NOW), priority=many[-1])
    view = form(values_of(current), priorities=many, current=current, editing=True)
    assert inputs(view)["priority"]["element"]["initial_option"]["value"] == "01P149"
    assert errors(view) == []


def test_a_notice_is_escaped_and_stands_at_the_top() -> None:
    view = form(notice=("Priya saved first", "Title: <b> → *c*"))
    assert first_texts(view)[0] == "⚠ *Priya saved first*\nTitle: &lt;b&gt; → ∗c∗"


def test_a_title_longer_than_ours_can_still_be_edited() -> None:
    element = inputs(form(FormValues(title="x" * 300)))["title"]["element"]
    assert (element["max_length"], len(element["initial_value"])) == (300, 300)
    assert inputs(form())["title"]["element"]["max_length"] == 255


def test_teams_are_offered_by_name() -> None:
    assert team_options([PLATFORM]) == [
        {"text": {"type": "plain_text", "text": "Platform"}, "value": PLATFORM.id}
    ]
    assert len(team_options([PLATFORM] * 150)) == 100


def test_labels_that_match_come_first_and_a_new_one_can_be_added() -> None:
    options = label_options(["tls", "TLS", "network", "mtls"], "tl")
    assert [option["text"]["text"] for option in options] == ["tls", "mtls", "tl"]
    assert [option.get("description", {}).get("text") for option in options] == [None, None, "New label"]
    assert options[-1]["value"] == "tl"


def test_a_label_that_exists_is_not_offered_again() -> None:
    assert [option["value"] for option in label_options(["tls", "network"], " TLS ")] == ["tls"]


def test_every_label_is_offered_before_anything_is_typed() -> None:
    assert [option["value"] for option in label_options(["tls", "", "network"], "")] == ["tls", "network"]
    assert len(label_options([str(number) for number in range(150)], "")) == 100
    assert len(label_options([f"x{number}" for number in range(150)], "x")) == 100


def test_a_new_label_is_no_longer_than_labels_are() -> None:
    [offer] = label_options([], "x" * 99)
    assert offer["value"] == "x" * 50


def test_labels_of_one_value_are_chosen_once() -> None:
    view = form(FormValues(labels=("tls", "TLS", "dns")))
    assert len(inputs(view)["labels"]["element"]["initial_options"]) == 2


def test_a_due_date_is_shown() -> None:
    view = form(FormValues(due_on=date(2026, 11, 27)))
    assert inputs(view)["due_on"]["element"]["initial_date"] == "2026-11-27"
