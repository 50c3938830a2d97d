"""What happened, in the incident's channel: one line each, one message for a burst."""

from collections.abc import Sequence

from storage.records import Change, HistoryRecord
from views.blocks import NAME_LIMIT, SECTION_LIMIT, Block, context, fitting, literal, message

LINES_SHOWN = 10
TITLE_SHOWN = 150
ROOM_FOR_THE_REST = 100

# The title it has by now may not be for this channel to know.
MOVED_ON = "a follow-up that has been moved"

SENTENCES = {
    "completed": "{actor} completed *{title}*",
    "not_doing": "{actor} marked *{title}* as not doing",
    "reopened": "{actor} reopened *{title}*",
}


def update_line(history: HistoryRecord) -> str | None:
    """The line for one history row; None for what the channel needn't hear. People are named, not pinged."""
    actor = literal(history.actor_name, NAME_LIMIT)
    title = MOVED_ON if history.is_elsewhere else literal(history.title, TITLE_SHOWN)
    assignment = next((change for change in history.changes if change.field == "assignee"), None)
    if sentence := SENTENCES.get(history.event):
        return sentence.format(actor=actor, title=title) + _and_assigned(history, assignment)
    if history.event != "changed" or assignment is None:
        return None
    if assignment.after is None:
        return f"{actor} unassigned *{title}*"
    if history.is_taken:
        return f"{actor} took *{title}*"
    return f"{actor} assigned *{title}* to {literal(assignment.after, NAME_LIMIT)}"


def _and_assigned(history: HistoryRecord, assignment: Change | None) -> str:
    if assignment is None:
        return ""
    if assignment.after is None:
        return " and unassigned it"
    if history.is_taken:
        return " and took it"
    return f" and assigned it to {literal(assignment.after, NAME_LIMIT)}"


def status_updates(lines: Sequence[str], outstanding: int) -> Block:
    """One message of the lines `update_line` made, the last of them saying what is left."""
    shown = fitting(lines[:LINES_SHOWN], "\n", SECTION_LIMIT - ROOM_FOR_THE_REST)
    if len(lines) > len(shown):
        shown.append(f"and {len(lines) - len(shown)} more")
    said = "\n".join(shown)
    words = f"{said} · {outstanding} outstanding" if said else f"{outstanding} outstanding"
    return message(words, context(words))
