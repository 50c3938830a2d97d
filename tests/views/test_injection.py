"""Nothing that people type pings, links or reorders: the only references are made from ids on record."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import (
    CategoryRecord,
    Change,
    CreatorKind,
    CreatorRecord,
    ExternalIssueRecord,
    Filter,
    FollowUpRecord,
    HistoryRecord,
    IncidentRecord,
    ListQuery,
    PersonRecord,
    PriorityRecord,
    Status,
    TeamRecord,
)
from tests.views.judges import dicts, errors
from tests.views.test_every_view import generated
from views import explanations, messages, samples
from views.follow_up_card import follow_up_card
from views.follow_up_form import field_errors, follow_up_form, label_options, team_options
from views.follow_up_list import follow_up_list
from views.form_values import values_of
from views.home import home
from views.restored import restored
from views.status_updates import status_updates, update_line

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
MADE_FROM_IDS = re.compile(r"<@U0MADE>|<https://tracker\.example/1\|[^<>]*>")
REORDERS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]")

HOSTILE = (
    "<!channel>",
    "<!here|nothing>",
    "<!everyone>",
    "<!subteam^S0EVIL|@team>",
    "<!date^1^{date}^https://evil.example|today>",
    "<@U0EVIL>",
    "<@U0EVIL|Maya>",
    "<#C0EVIL|general>",
    "<https://evil.example|https://bank.example>",
    "<mailto:you@evil.example|Maya>",
    "https://evil.example|x> <!here",
    "&lt;!channel&gt;",
    "&amp;lt;!here&amp;gt;",
    "&#60;!here&#62;",
    "*<!here>* _<!here>_ ~<!here>~ `<!here>` ```<!here>```",
    "<\u200b!here>",
    "<!he\u2060re>",
    "<\n!here\r\n>",
    "> quoted\n>>> all of it",
    "safe \u202eexe.evil\u202c safe",
    "\u2067\u2069<!here>\u2066",
    "{actor} {title} %s <!here>",
    "</section><script>alert(1)</script>",
    "<" * 300,
    "&" * 3000,
)
hostile = st.sampled_from(HOSTILE) | st.text(
    "<>!@#|&;*_~`^{}\n\u202e\u2067\u2069\u200bhereU0:/. ", max_size=60
)


def follow_up(text: str, number: int = 1, **changes: Any) -> FollowUpRecord:
    record = FollowUpRecord(
        id=f"01HOSTILE{number:017}",
        title=text,
        status=Status.OUTSTANDING,
        incident=IncidentRecord("01INCIDENT", text, text, "T01", "C01", text),
        creator=CreatorRecord(CreatorKind.USER, "01MAYA", text, "U0MADE"),
        version=1,
        created_at=NOW,
        updated_at=NOW,
        description=text,
        labels=(text[:50],),
        priority=PriorityRecord("01PRIORITY", text, 1, text),
        category=CategoryRecord("01CATEGORY", text, 1, text),
        assignee=PersonRecord("01MAYA", "U0MADE", text),
        assignee_team=TeamRecord("01TEAM", "S01", text),
        external_issue=ExternalIssueRecord(text, text, "https://tracker.example/1"),
        due_on=NOW.date(),
        due_zone="UTC",
        due_at=NOW,
    )
    return replace(record, **changes)


def everything(text: str) -> Iterator[dict[str, Any]]:
    """Every view and message the bot has, with that text wherever people's words go."""
    one, closed = follow_up(text), follow_up(text, 2, status=Status.COMPLETED, completed_at=NOW)
    listed = samples.listing(NOW, (one, closed), incident=one.incident, query=ListQuery(Filter.ALL, text))
    reader: dict[str, Any] = {"reader_timezone": "UTC", "reader_slack_user_id": "U0MADE", "now": NOW}
    for notice in (None, text, explanations.unavailable(one, row("reopened", text), one.creator, NOW)):
        for shown in (listed, replace(listed, incident=None), replace(listed, items=())):
            yield follow_up_list(shown, **reader, metadata="", notice=notice)
            yield home(shown, **reader, command=f"/{text}", notice=notice)
    for record in (one, closed, replace(one, assignee=None), replace(one, status=Status.DELETED)):
        yield follow_up_card(record, now=NOW, outstanding=3)
        yield follow_up_card(record, now=NOW)
    changes = (Change("assignee", text, text), Change("title", text, text), Change("description", text, text))
    offered: dict[str, Any] = {"priorities": [one.priority], "categories": [one.category], "metadata": ""}
    form = follow_up_form(
        values_of(one),
        **offered,
        editing=True,
        revision=1,
        incident=one.incident,
        notice=explanations.saved_first((row("changed", text, *changes),)),
        current=one,
    )
    yield form
    sentences = list(field_errors({"title": f"{text} is a bot. Pick a person."}, 1).values())
    yield restored({**form, "state": {"values": {}}}, sentences)
    lines = [row(event, text, *changes) for event in ("completed", "not_doing", "reopened", "changed")]
    lines.append(row("changed", text, Change("assignee", None, text)))
    yield status_updates([line for entry in lines if (line := update_line(entry))], 3)
    yield from (messages.loading_modal(text), messages.saving_modal(text), messages.error_modal(text))
    yield from (messages.message_modal(text, text), messages.track_channel_modal(text, ""))
    yield from (messages.search_modal(text, ""), messages.delete_modal(one, ""))
    yield from (messages.help_text("/incident", text, text), messages.help_text(f"/{text}", text, None))
    for options in (team_options([one.assignee_team or TeamRecord("", "", "")]), label_options([text], text)):
        select = {"type": "static_select", "action_id": "judged", "options": options}
        yield {"text": "x", "blocks": [{"type": "actions", "elements": [select]}] if options else []}


def row(event: str, text: str, *changes: Change) -> HistoryRecord:
    return HistoryRecord("01ROW", "01HOSTILE", text, text, "U0MADE", event, NOW, 2, changes)


def formatted(shown: dict[str, Any]) -> list[str]:
    """What Slack reads as mrkdwn: the texts of that type, and a message's own text, its notification."""
    own = [shown["text"]] if "type" not in shown else []
    return own + [part["text"] for part in dicts(shown["blocks"]) if part.get("type") == "mrkdwn"]


def visible(shown: dict[str, Any]) -> list[str]:
    plain = [part["text"] for part in dicts(shown) if part.get("type") == "plain_text"]
    return plain + formatted(shown)


def complaints(shown: dict[str, Any]) -> Iterator[str]:
    for text in formatted(shown):
        left = MADE_FROM_IDS.sub("", text)
        if "<" in left or ">" in left or re.search(r"&(?!amp;|lt;|gt;)", left):
            yield f"it reaches Slack as it was typed: {left!r}"
    yield from (
        f"it reorders what is around it: {text!r}" for text in visible(shown) if REORDERS.search(text)
    )
    if shown["blocks"]:
        yield from errors(shown)


@generated(150)
@given(hostile)
def test_no_text_reaches_slack_as_more_than_text(text: str) -> None:
    for shown in everything(text):
        assert list(complaints(shown)) == [], json.dumps(shown)[:2000]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_known_trick_reaches_slack_as_more_than_text(text: str) -> None:
    for shown in everything(text):
        assert list(complaints(shown)) == [], json.dumps(shown)[:2000]


@pytest.mark.parametrize("text", ["<!here>", "<@U0EVIL>", "<https://evil.example|x>", "a & b"])
def test_a_text_that_was_not_escaped_would_be_noticed(text: str) -> None:
    shown = follow_up_card(follow_up("title"), now=NOW)
    assert list(complaints(shown)) == []
    assert list(complaints(shown | {"text": text})) != []
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
    assert list(complaints(shown | {"blocks": [block]})) != []
