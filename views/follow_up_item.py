"""One follow-up among others: a line of title, a line of facts, a button and a menu."""

from collections.abc import Iterator
from datetime import date, datetime

from storage.records import FollowUpRecord, PriorityRecord, Status
from views.blocks import (
    NAME_LIMIT,
    Block,
    code,
    fitting,
    link,
    literal,
    mention,
    overflow,
    plain,
    section,
)
from views.dates import day_words, due_words, local_day

SEPARATOR = " · "
LABELS_SHOWN = 5
LABEL_SHOWN_LIMIT = 30
ISSUE_NAME_LIMIT = 60
FACTS_LIMIT = 1700

PRIORITY_SYMBOLS = {1: "🔴 ", 2: "🟠 "}
CLOSED_WORDS = {Status.COMPLETED: "✓ Completed", Status.NOT_DOING: "Not doing", Status.DELETED: "Deleted"}

COMPLETE = plain("Complete")
REOPEN = plain("Reopen")
MENU = {
    "edit": plain("Edit"),
    "assign_to_me": plain("Assign to me"),
    "not_doing": plain("Not doing"),
    "delete": plain("Delete"),
}
CLOSED_MENU = ("edit", "delete")
# What nobody had when the list was drawn is taken only if that still holds.
TAKE = "take"


def title(follow_up: FollowUpRecord) -> str:
    return literal(follow_up.title)


def priority_words(priority: PriorityRecord, status: Status) -> str:
    symbol = PRIORITY_SYMBOLS.get(max(priority.rank, 1), "") if status is Status.OUTSTANDING else ""
    return symbol + literal(priority.name, NAME_LIMIT)


def facts_line(
    follow_up: FollowUpRecord,
    *,
    today: date,
    now: datetime,
    zone: str | None,
    with_incident: bool = False,
    absolute: bool = False,
) -> str:
    every = facts(follow_up, today=today, now=now, zone=zone, with_incident=with_incident, absolute=absolute)
    return SEPARATOR.join(fitting(every, SEPARATOR, FACTS_LIMIT))


def facts(
    follow_up: FollowUpRecord,
    *,
    today: date,
    now: datetime,
    zone: str | None,
    with_incident: bool,
    absolute: bool,
) -> Iterator[str]:
    """Only what there is to say, in the order that is the same everywhere."""
    if with_incident:
        yield literal(follow_up.incident.reference, NAME_LIMIT)
    if follow_up.priority:
        yield priority_words(follow_up.priority, follow_up.status)
    if follow_up.assignee:
        yield mention(follow_up.assignee.slack_user_id, follow_up.assignee.name)
    if follow_up.assignee_team:
        yield literal(follow_up.assignee_team.name, NAME_LIMIT)
    if due := due_words(follow_up, today=today, now=now, absolute=absolute):
        yield due
    if issue := follow_up.external_issue:
        yield link(issue.issue_permalink, literal(issue.issue_name, ISSUE_NAME_LIMIT))
    if follow_up.labels:
        yield labels_words(follow_up.labels)
    if follow_up.status is not Status.OUTSTANDING:
        yield closed_words(follow_up, today, zone)


def labels_words(labels: tuple[str, ...]) -> str:
    words = " ".join(code(label, LABEL_SHOWN_LIMIT) for label in labels[:LABELS_SHOWN])
    return f"{words} +{len(labels) - LABELS_SHOWN}" if len(labels) > LABELS_SHOWN else words


def closed_words(follow_up: FollowUpRecord, today: date, zone: str | None) -> str:
    words = CLOSED_WORDS[follow_up.status]
    if follow_up.completed_at is None:
        return words
    return f"{words} {day_words(local_day(follow_up.completed_at, zone), today)}"


def follow_up_item(
    follow_up: FollowUpRecord,
    *,
    reader_slack_user_id: str,
    today: date,
    now: datetime,
    zone: str,
    with_incident: bool,
) -> Iterator[Block]:
    line = facts_line(follow_up, today=today, now=now, zone=zone, with_incident=with_incident)
    words = f"*{title(follow_up)}*\n{line}" if line else f"*{title(follow_up)}*"
    yield section(words, menu(follow_up, reader_slack_user_id))
    yield {"type": "actions", "elements": [main_button(follow_up)]}


def menu(follow_up: FollowUpRecord, reader_slack_user_id: str) -> Block:
    outstanding = follow_up.status is Status.OUTSTANDING
    assignee = follow_up.assignee
    mine = assignee is not None and assignee.slack_user_id == reader_slack_user_id
    choices = MENU if assignee else {TAKE if key == "assign_to_me" else key: MENU[key] for key in MENU}
    return overflow(
        f"menu:{follow_up.id}",
        [
            {"text": text, "value": f"{choice}:{follow_up.id}"}
            for choice, text in choices.items()
            if (outstanding or choice in CLOSED_MENU) and not (mine and choice == "assign_to_me")
        ],
    )


def main_button(follow_up: FollowUpRecord) -> Block:
    outstanding = follow_up.status is Status.OUTSTANDING
    return {
        "type": "button",
        "text": COMPLETE if outstanding else REOPEN,
        "action_id": f"{'complete' if outstanding else 'reopen'}:{follow_up.id}",
        "value": follow_up.id,
    }
