"""The card a follow-up has in its incident's channel. It is edited in place for the rest of its life."""

from datetime import datetime

from storage.records import FollowUpRecord, Status, Visibility
from views.blocks import NAME_LIMIT, Block, actions, button, context, literal, message, section
from views.dates import local_day
from views.follow_up_item import facts_line, title


def follow_up_card(follow_up: FollowUpRecord, *, now: datetime, outstanding: int | None = None) -> Block:
    """`outstanding` is for a new card, which is also news; the number ages, so an edit drops it."""
    adder = literal(follow_up.creator.name, NAME_LIMIT)
    left = "" if outstanding is None else f" · {outstanding} outstanding"
    if follow_up.status is Status.DELETED:
        words = f"~{title(follow_up)}~ was deleted"
        return message(words, context(words))
    zone = follow_up.due_zone
    line = facts_line(follow_up, today=local_day(now, zone), now=now, zone=zone, absolute=True)
    return message(
        f"{adder} added *{title(follow_up)}*{left}",
        context(f"{adder} added a follow-up{left}"),
        section(title_line(follow_up)),
        *([context(line)] if line else []),
        actions(*buttons(follow_up)),
    )


def moved_card(follow_up: FollowUpRecord, title_then: str) -> Block:
    """What is left where the follow-up was. Of a private incident it says nothing, nor what is there now."""
    if follow_up.incident.visibility is Visibility.PRIVATE:
        words = "A follow-up was moved to another incident"
    else:
        words = f"~{literal(title_then)}~ was moved to {literal(follow_up.incident.reference, NAME_LIMIT)}"
    return message(words, context(words))


def title_line(follow_up: FollowUpRecord) -> str:
    if follow_up.status is Status.OUTSTANDING:
        return f"*{title(follow_up)}*"
    return f"~{title(follow_up)}~"


def buttons(follow_up: FollowUpRecord) -> list[Block]:
    if follow_up.status is not Status.OUTSTANDING:
        return [button("Reopen", f"card_reopen:{follow_up.id}", follow_up.id)]
    take = [] if follow_up.assignee else [button("I'll take it", f"card_take:{follow_up.id}", follow_up.id)]
    return [
        button("Complete", f"card_complete:{follow_up.id}", follow_up.id),
        *take,
        button("Edit", f"card_edit:{follow_up.id}", follow_up.id),
    ]
