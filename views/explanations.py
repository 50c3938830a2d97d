"""Sentences for a click that came too late, or that changed nothing."""

from datetime import datetime

from storage.limits import TITLE_LIMIT
from storage.records import Change, CreatorRecord, FollowUpRecord, HistoryRecord, Status
from views.blocks import NAME_LIMIT, truncate
from views.dates import ago

TITLE_SHOWN = 80
VALUE_SHOWN = 200
NAMES_SHOWN = 3

WHAT_HAPPENED = {
    Status.COMPLETED: "completed",
    Status.NOT_DOING: "marked as not doing",
    Status.OUTSTANDING: "reopened",
    Status.DELETED: "deleted",
}
GONE = "This follow-up no longer exists, or you can’t see it."
SAVED = "Saved."
STRANGER = "Follow-ups are for members of the workspace that installed them."
CHANNEL_UNSEEN = "I can’t see this channel. Invite me with /invite, then try again."
FIELD_NAMES = {"assignee_team": "Team", "due_on": "Due date", "external_issue": "Issue"}


def no_incident_here(command: str, title: str) -> str:
    again = f"{command} follow-up {truncate(title, TITLE_LIMIT)}".rstrip()
    return f"There is no incident here to add to. In an incident’s channel, type {again}"


def unavailable(
    current: FollowUpRecord, last: HistoryRecord | None, reader: CreatorRecord, now: datetime
) -> str:
    """Who got in first, and what they did."""
    title = f"“{truncate(current.title, TITLE_SHOWN)}”"
    reopened = last is not None and last.event == "reopened"
    if current.status is Status.OUTSTANDING and current.assignee is not None and not reopened:
        return f"{title} is already {truncate(current.assignee.name, NAME_LIMIT)}’s."
    what = WHAT_HAPPENED[current.status]
    if last is None:
        return f"{title} was already {what}."
    who = "You" if last.actor_slack_user_id == reader.slack_user_id else truncate(last.actor_name, NAME_LIMIT)
    return f"{who} already {what} {title} {ago(last.at, now)}."


def saved_first(since: tuple[HistoryRecord, ...]) -> tuple[str, ...]:
    """What others changed while someone had the form open; a heading first."""
    lines = [f"{_names(since)} saved first. What you typed is kept; save again to apply it."]
    for entry in since:
        name = truncate(entry.actor_name, NAME_LIMIT)
        lines += [f"{name}: {change_words(change)}" for change in entry.changes]
    return tuple(lines)


def _names(since: tuple[HistoryRecord, ...]) -> str:
    every = list(dict.fromkeys(truncate(entry.actor_name, NAME_LIMIT) for entry in since))
    others = ["others"] if len(every) > NAMES_SHOWN else []
    return " and ".join([*every[:NAMES_SHOWN], *others])


def change_words(change: Change) -> str:
    name = FIELD_NAMES.get(change.field, change.field.capitalize())
    if change.field == "description":
        return "Description changed"
    before, after = (truncate(value or "none", VALUE_SHOWN) for value in (change.before, change.after))
    if change.field == "title":
        return f"{name} “{before}” → “{after}”"
    return f"{name} {before} → {after}"
