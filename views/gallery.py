"""Every view and message, with ordinary, long, empty and hostile records: design is judged by looking."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.limits import PAGE_SIZE, TITLE_LIMIT
from storage.records import (
    CategoryRecord,
    Change,
    Counts,
    CreatorKind,
    CreatorRecord,
    ExternalIssueRecord,
    Filter,
    FollowUpRecord,
    HistoryRecord,
    IncidentRecord,
    Listing,
    ListQuery,
    PersonRecord,
    PriorityRecord,
    Status,
    TeamRecord,
)
from views import messages
from views.blocks import INPUT_LENGTH_LIMIT, Block
from views.follow_up_card import follow_up_card
from views.follow_up_form import follow_up_form
from views.follow_up_list import follow_up_list
from views.form_values import values_for_new, values_of
from views.home import home
from views.status_updates import status_updates, update_line

MAYA = PersonRecord("01MAYA", "U0MAYA", "Maya", "Europe/Berlin")
PRIYA = PersonRecord("01PRIYA", "U0PRIYA", "Priya", "America/New_York")
PRIORITIES = tuple(
    PriorityRecord(f"01PRIORITY{rank}", name, rank, is_default=name == "Medium")
    for rank, name in enumerate(("Urgent", "High", "Medium", "Low"), start=1)
)
CATEGORIES = (CategoryRecord("01PREVENT", "Prevention", 1), CategoryRecord("01DETECT", "Detection", 2))
PLATFORM = TeamRecord("01TEAM", "S01", "Platform")
INCIDENT = IncidentRecord("01INCIDENT", "INC-142", "Checkout is down", "T01", "C01", "inc-142-checkout")

HOSTILE = {
    "mentions and formatting": "<!channel> & <@U1> *x* _y_ ~z~ `c` <https://evil.example|click>",
    "typed mentions": "@here @channel #general &lt;!here&gt;",
    "right to left": "החלפת תעודות \u202eevil\u202c לפני INC-142",
    "emoji": "🔥" * 40 + " 👩‍👩‍👧‍👦 :tada:",
    "zalgo": "Ro" + "\u0335\u0489\u0360\u0321" * 20 + "tate" + "\u0300" * 60,
    "line breaks": "first\nsecond\r\n\tthird\u2028fourth",
    "five thousand characters": "lorem ipsum & dolor " * 250,
    "nothing visible": "\u200b \u202e\u2066",
}


def gallery(now: datetime) -> dict[str, Any]:
    return {"sections": [{"name": name, "items": list(items(now))} for name, items in SECTIONS.items()]}


def ordinary(now: datetime, number: int = 1, **changes: Any) -> FollowUpRecord:
    record = FollowUpRecord(
        id=f"01FOLLOWUP{number}",
        title="Rotate the certs",
        status=Status.OUTSTANDING,
        incident=INCIDENT,
        creator=CreatorRecord(CreatorKind.USER, MAYA.id, MAYA.name, MAYA.slack_user_id),
        version=1,
        created_at=now - timedelta(days=5),
        updated_at=now - timedelta(days=5),
    )
    return replace(record, **changes)


def due(now: datetime, days: int) -> dict[str, Any]:
    day = (now + timedelta(days=days)).date()
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return {"due_on": day, "due_zone": "UTC", "due_at": end}


def full(now: datetime) -> FollowUpRecord:
    return ordinary(
        now,
        assignee=PRIYA,
        priority=PRIORITIES[0],
        category=CATEGORIES[0],
        labels=("tls", "on-call"),
        external_issue=ExternalIssueRecord("linear", "ENG-123", "https://linear.app/acme/issue/ENG-123"),
        description="The certificate of the checkout gateway ran out.\n\n- find every certificate\n- renew",
        **due(now, -3),
    )


def longest(now: datetime) -> FollowUpRecord:
    return replace(
        full(now),
        title="W" * TITLE_LIMIT,
        description="d" * INPUT_LENGTH_LIMIT,
        assignee_team=replace(PLATFORM, name="Team " * 40),
        labels=tuple(f"{number}-{'label' * 20}" for number in range(20)),
        priority=replace(PRIORITIES[0], name="Priority " * 20),
        incident=replace(INCIDENT, name="Checkout is down " * 30),
    )


def mixed(now: datetime) -> tuple[FollowUpRecord, ...]:
    closed = {"completed_at": now - timedelta(days=7)}
    return (
        full(now),
        ordinary(now, 2, title="Alert on certificate age", priority=PRIORITIES[1], **due(now, 0)),
        ordinary(now, 3, title="Write the runbook", assignee=MAYA, priority=PRIORITIES[2], **due(now, 1)),
        ordinary(now, 4, title="Ask the vendor for a test endpoint", assignee_team=PLATFORM, **due(now, 7)),
        ordinary(now, 5, title="Tell support about the new status page"),
        ordinary(now, 6, title="Raise the limit", status=Status.COMPLETED, assignee=PRIYA, **closed),
        ordinary(now, 7, title="Move to another provider", status=Status.NOT_DOING, **closed),
    )


def page(now: datetime) -> tuple[FollowUpRecord, ...]:
    examples = mixed(now)[:5]
    return tuple(replace(examples[n % 5], id=f"01PAGE{n}") for n in range(PAGE_SIZE))


def hostile(now: datetime) -> tuple[FollowUpRecord, ...]:
    return tuple(
        replace(
            ordinary(now, number),
            title=text,
            labels=(text,),
            assignee=replace(PRIYA, slack_user_id="U1> <!here", name=text),
            external_issue=ExternalIssueRecord("jira", text, f"https://x.example/{number}?a=1&b=<|>"),
            incident=replace(INCIDENT, name=text),
        )
        for number, text in enumerate(HOSTILE.values(), start=10)
    )


def listing(now: datetime, items: tuple[FollowUpRecord, ...], **changes: Any) -> Listing:
    outstanding = sum(item.status is Status.OUTSTANDING for item in items)
    counts = Counts(outstanding, sum(item.is_overdue(now) for item in items), len(items) - outstanding)
    return replace(Listing(ListQuery(), counts, items, incident=INCIDENT), **changes)


def modal_item(name: str, view: Block) -> dict[str, Any]:
    return {"name": name, "kind": view["type"], "view": view}


def message_item(name: str, message: Block) -> dict[str, Any]:
    return {"name": name, "kind": "message", "message": message}


def reader(now: datetime) -> dict[str, Any]:
    return {"reader_timezone": MAYA.timezone, "reader_slack_user_id": MAYA.slack_user_id, "now": now}


def lists(now: datetime) -> Iterator[dict[str, Any]]:
    shown = {
        "ordinary": listing(now, mixed(now)),
        "a full page": listing(now, page(now), has_older=True, has_newer=True),
        "search": listing(now, mixed(now)[:1], query=ListQuery(text="tls")),
        "nothing found": listing(now, (), query=ListQuery(text="<!channel> *tls*")),
        "across incidents": listing(now, mixed(now), incident=None, query=ListQuery(Filter.MINE)),
        "longest": listing(now, (longest(now),), incident=longest(now).incident),
        "hostile": listing(now, hostile(now), incident=hostile(now)[0].incident),
        **{f"empty: {choice}": listing(now, (), query=ListQuery(choice)) for choice in Filter},
    }
    about: dict[str, Any] = {**reader(now), "metadata": ""}
    yield from (modal_item(name, follow_up_list(one, **about)) for name, one in shown.items())
    told = follow_up_list(listing(now, mixed(now)), **about, notice="Already completed by Priya, 2 min ago")
    yield modal_item("with a notice", told)


def forms(now: datetime) -> Iterator[dict[str, Any]]:
    offered: dict[str, Any] = {"priorities": PRIORITIES, "metadata": "", "revision": 0, "incident": INCIDENT}
    new = values_for_new(PRIORITIES)
    yield modal_item("new", follow_up_form(new, **offered, categories=CATEGORIES, editing=False))
    yield modal_item("new, no categories", follow_up_form(new, **offered, categories=(), editing=False))
    notice = ("Priya saved first", "Due date: Fri 20 Nov → Fri 27 Nov")
    records = {
        "edit": full(now),
        "longest": longest(now),
        "description too long for Slack": replace(full(now), description="d" * 5000),
        **{f"hostile: {name}": record for name, record in zip(HOSTILE, hostile(now), strict=True)},
    }
    for name, record in records.items():
        told: dict[str, Any] = {"categories": CATEGORIES, "notice": notice, "current": record}
        yield modal_item(name, follow_up_form(values_of(record), **offered, **told, editing=True))


def cards(now: datetime) -> Iterator[dict[str, Any]]:
    records = {
        "unassigned": ordinary(now),
        "full": full(now),
        "longest": longest(now),
        "completed": mixed(now)[5],
        "not doing": mixed(now)[6],
        "deleted": ordinary(now, status=Status.DELETED),
        **dict(zip(HOSTILE, hostile(now), strict=True)),
    }
    for name, record in records.items():
        yield message_item(name, follow_up_card(record, outstanding=3, now=now))


def updates(now: datetime) -> Iterator[dict[str, Any]]:
    def line(event: str, title: str = "Rotate the certs", *changes: Change) -> str:
        row = HistoryRecord(
            "01ROW", "01FOLLOWUP1", title, MAYA.name, MAYA.slack_user_id, event, now, 2, changes
        )
        return update_line(row) or ""

    events = ("completed", "reopened", "not_doing", "deleted")
    each = [*map(line, events), line("changed", "Rotate the certs", Change("assignee", None, "Priya"))]
    yield message_item("one", status_updates(each[:1], 2))
    yield message_item("one of each", status_updates(each, 2))
    yield message_item("a burst", status_updates(each * 5, 14))
    yield message_item("hostile", status_updates([line("completed", text) for text in HOSTILE.values()], 0))


def small(now: datetime) -> Iterator[dict[str, Any]]:
    hostile_text, *_ = HOSTILE.values()
    views = {
        "loading": messages.loading_modal("Follow-ups"),
        "saving": messages.saving_modal("Follow-ups"),
        "message": messages.message_modal("Follow-ups", hostile_text),
        "error": messages.error_modal("01JD3Z5F7Q"),
        "track channel": messages.track_channel_modal("checkout-war-room", ""),
        "search": messages.search_modal("tls", ""),
        "delete": messages.delete_modal(ordinary(now), ""),
        "delete, hostile": messages.delete_modal(ordinary(now, title=hostile_text), ""),
    }
    yield from (modal_item(name, view) for name, view in views.items())
    yield message_item("help", messages.help_text("/incident"))
    yield message_item("help, unknown", messages.help_text("/incident", "folow-ups", "follow-ups"))
    yield message_item("help, hostile", messages.help_text("/incident", hostile_text, None))


def homes(now: datetime) -> Iterator[dict[str, Any]]:
    for name, items in {"ordinary": mixed(now), "empty": (), "hostile": hostile(now)}.items():
        yield modal_item(name, home(listing(now, items, incident=None), **reader(now)))


SECTIONS: dict[str, Callable[[datetime], Iterator[dict[str, Any]]]] = {
    "Follow-ups": lists,
    "Form": forms,
    "Card": cards,
    "Status updates": updates,
    "Small modals and texts": small,
    "App Home": homes,
}
