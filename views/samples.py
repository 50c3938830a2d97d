"""Records to look at and to test with: ordinary, long, empty and hostile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.limits import PAGE_SIZE, TITLE_LIMIT
from storage.records import (
    CategoryRecord,
    Counts,
    CreatorKind,
    CreatorRecord,
    ExternalIssueRecord,
    FollowUpRecord,
    IncidentRecord,
    Listing,
    ListQuery,
    PersonRecord,
    PriorityRecord,
    Status,
    TeamRecord,
)
from views.blocks import INPUT_LENGTH_LIMIT

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
