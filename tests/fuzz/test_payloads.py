"""What the door lets in, every reader behind it can read; what it can't read, it refuses without tripping."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import events, interactions, payloads
from bot.described import channel_of, slack_user
from bot.interactions import Place, Reader
from storage.records import CreatorKind, CreatorRecord
from tests.fuzz.mutations import FUZZING, HOSTILE, mutated
from views.form_values import typed_values
from views.restored import restored

READER = Reader(CreatorRecord(CreatorKind.USER, "01", "Maya", "U0MAYA"), "U0MAYA", "Europe/Berlin")
METADATA = (
    '{"incident":"01A","follow_up":"01B","version":3,"revision":1,"first":"01C","last":"01D","channel":"C1",'
    '"form":true,"title":"Rotate","surface":"list","draft":"01E","query":["all","certs",null,"01F"]}'
)
PERSON: dict[str, Any] = {"id": "U0MAYA", "username": "maya", "team_id": "T1"}
VIEW: dict[str, Any] = {
    "id": "V1",
    "type": "modal",
    "hash": "1.a",
    "callback_id": "follow_up_form",
    "root_view_id": "V1",
    "private_metadata": METADATA,
    "title": {"type": "plain_text", "text": "New follow-up"},
    "blocks": [
        {"type": "section", "block_id": "s", "text": {"type": "mrkdwn", "text": "INC-142"}},
        {
            "type": "input",
            "block_id": "title",
            "label": {"type": "plain_text", "text": "Title"},
            "element": {"type": "plain_text_input", "action_id": "title"},
        },
    ],
    "state": {
        "values": {
            "title": {"title": {"type": "plain_text_input", "value": "Rotate the certs"}},
            "assignee": {"assignee": {"type": "users_select", "selected_user": "U0MAYA"}},
            "team": {
                "team": {
                    "type": "external_select",
                    "selected_option": {"text": {"type": "plain_text", "text": "Pay"}, "value": "01T"},
                }
            },
            "labels": {
                "labels": {
                    "type": "multi_external_select",
                    "selected_options": [{"text": {"type": "plain_text", "text": "tls"}, "value": "tls"}],
                }
            },
            "due_on": {"due_on": {"type": "datepicker", "selected_date": "2026-11-30"}},
            "status": {
                "status": {
                    "type": "static_select",
                    "selected_option": {"text": {"type": "plain_text", "text": "Done"}, "value": "completed"},
                }
            },
        }
    },
}
COMMAND = {
    "command": "/incident",
    "text": "follow-up <@U0MAYA|maya> &amp; <https://x|y>",
    "user_id": "U0MAYA",
    "channel_id": "C1",
    "trigger_id": "1.2.a",
    "response_url": "https://hooks.slack.com/1",
}
CLICK = {
    "type": "block_actions",
    "user": PERSON,
    "trigger_id": "1.2.a",
    "response_url": "https://hooks.slack.com/1",
    "view": VIEW,
    "actions": [
        {
            "action_id": "menu:01B",
            "block_id": "b",
            "type": "overflow",
            "selected_option": {"text": {"type": "plain_text", "text": "Edit"}, "value": "edit:01B"},
        }
    ],
}
SUBMISSION = {"type": "view_submission", "user": PERSON, "trigger_id": "1.2.a", "view": VIEW}
SUGGESTION = {"type": "block_suggestion", "user": PERSON, "action_id": "team", "value": "pay"}
EVENT = {
    "type": "event_callback",
    "event_id": "Ev1",
    "event": {
        "type": "member_joined_channel",
        "user": {"id": "U0MAYA", "profile": {"display_name": "Maya"}},
        "channel": "C1",
        "event_ts": "1764000000.000100",
    },
}


def submission(body: Any) -> None:
    read = interactions.submission(body, READER)
    try:
        typed_values(read.values)
    except ValueError as error:
        assert str(error).endswith("is not a valid Status")  # noqa: PT017  the form says so to the person
    restored(read.view, ["It is back."])


def event(body: Any) -> None:
    events.needed(body["event"])
    events.happening(body["event"])


def kind_of(body: Mapping[str, Any]) -> Any:
    return "command" if "command" in body else body.get("type")


READERS: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "command": (COMMAND, interactions.command),
    "click": (CLICK, interactions.click),
    "submission": (SUBMISSION, submission),
    "suggestion": (SUGGESTION, lambda body: interactions.suggestion(body, READER)),
    "event": (EVENT, event),
}


@pytest.mark.parametrize("kind", READERS)
def test_slacks_own_are_let_in_and_read(kind: str) -> None:
    payload, read = READERS[kind]
    assert payloads.is_readable(payload)
    read(payload)


@pytest.mark.parametrize("event", [None, "app_home_opened", []])
@pytest.mark.parametrize("kind", ["event_callback", "nothing_known"])
def test_an_event_that_is_none_is_refused_whatever_it_comes_with(kind: str, event: Any) -> None:
    assert not payloads.is_readable({**EVENT, "type": kind, "event": event})


def test_of_an_event_what_is_null_is_not_kept() -> None:
    assert events.needed({"type": "app_home_opened", "user": "U0MAYA", "tab": None}) == {
        "type": "app_home_opened",
        "user": "U0MAYA",
    }


def test_each_event_that_is_listened_to_has_a_shape() -> None:
    assert set(payloads.EVENTS) == set(events.EVENTS)


@pytest.mark.parametrize("kind", READERS)
@FUZZING
@given(st.data())
def test_what_is_let_in_can_be_read(kind: str, data: st.DataObject) -> None:
    payload, read = READERS[kind]
    body = mutated(data, payload)
    if payloads.is_readable(body) and kind_of(body) == kind_of(payload):
        read(body)


@FUZZING
@given(HOSTILE)
def test_anything_is_looked_at_without_tripping(value: Any) -> None:
    assert payloads.is_readable(value) in {True, False}
    assert payloads.is_metadata(value) in {True, False}


@FUZZING
@given(st.data())
def test_metadata_is_read_back_as_it_was_written_or_refused(data: st.DataObject) -> None:
    metadata = json.dumps(mutated(data, json.loads(METADATA)))
    try:
        place = Place.decode(metadata)
    except ValueError:
        return
    assert Place.decode(place.encode()).encode() == place.encode()


NOTHING: st.SearchStrategy[Any] = st.sampled_from([None, "", {}, []])


def with_gaps(draw: st.DataObject, described: dict[str, Any]) -> dict[str, Any]:
    """Slack leaves out, or says null of, what nobody has filled in; an id is always there."""
    gaps = draw.draw(st.dictionaries(st.sampled_from(sorted(described)), NOTHING))
    return {**described, **gaps, "id": described.get("id")}


@FUZZING
@given(st.data())
def test_people_and_channels_are_read_however_slack_describes_them(data: st.DataObject) -> None:
    profile = with_gaps(data, {"display_name": "Maya", "real_name": "Maya B."})
    person = {"id": "U1", "name": "maya", "tz": "Europe/Berlin", "team_id": "T1", "is_bot": False}
    person |= {"deleted": False, "is_restricted": False, "real_name": "Maya", "profile": profile}
    known = slack_user(with_gaps(data, person), "T1")
    assert known.name
    assert isinstance(known.name, str)
    assert isinstance(known.timezone, str)
    channel = {"id": "C1", "name": "inc-1", "is_private": False, "is_archived": False, "is_member": True}
    read = channel_of(with_gaps(data, channel), "T1")
    assert read.name
    assert {type(read.is_private), type(read.is_archived), type(read.bot_is_member)} == {bool}
