"""The modal **Follow-ups**: an incident's follow-ups, or a person's across incidents."""

from collections.abc import Iterator
from datetime import datetime

from storage.records import Filter, IncidentRecord, Listing, Status
from views.blocks import (
    NAME_LIMIT,
    NOTICE_LIMIT,
    Block,
    actions,
    button,
    context,
    divider,
    literal,
    modal,
    option,
    section,
    static_select,
)
from views.dates import local_day
from views.follow_up_item import follow_up_item

FILTER_OPTIONS = {
    Filter.OUTSTANDING: option("Outstanding", Filter.OUTSTANDING),
    Filter.MINE: option("Mine", Filter.MINE),
    Filter.OVERDUE: option("Overdue", Filter.OVERDUE),
    Filter.DONE: option("Done", Filter.DONE),
    Filter.ALL: option("All", Filter.ALL),
}
EMPTY = {
    Filter.OUTSTANDING: "Nothing outstanding.",
    Filter.MINE: "Nothing is assigned to you.",
    Filter.OVERDUE: "Nothing is overdue.",
    Filter.DONE: "Nothing done yet.",
    Filter.ALL: "No follow-ups yet.",
}
NEXT_STEP = {
    Filter.OUTSTANDING: "Add a follow-up for work that should be done after the incident.",
    Filter.MINE: "Choose *Assign to me* in a follow-up’s menu to take it.",
    Filter.OVERDUE: "Choose *Outstanding* to see what is still to do.",
    Filter.DONE: "Choose *Outstanding* to see what is still to do.",
    Filter.ALL: "Add a follow-up for work that should be done after the incident.",
}
NEXT_STEP_ACROSS_INCIDENTS = {
    **NEXT_STEP,
    Filter.OUTSTANDING: "Follow-ups are added in an incident’s channel.",
    Filter.ALL: "Follow-ups are added in an incident’s channel.",
}
SOUGHT = {
    Filter.OUTSTANDING: "outstanding follow-ups",
    Filter.MINE: "follow-ups of yours",
    Filter.OVERDUE: "overdue follow-ups",
    Filter.DONE: "done follow-ups",
    Filter.ALL: "follow-ups",
}
SEARCH_TEXT_LIMIT = 100


def follow_up_list(
    listing: Listing,
    *,
    reader_timezone: str,
    reader_slack_user_id: str,
    now: datetime,
    metadata: str,
    notice: str | None = None,
) -> Block:
    return modal(
        "Follow-ups",
        [
            *notices(notice),
            section(heading(listing.incident)),
            context(count_line(listing)),
            toolbar(listing),
            *search_results(listing),
            divider(),
            *items(listing, reader_timezone, reader_slack_user_id, now, empty_words(listing)),
            *pages(listing),
        ],
        callback_id="follow_up_list",
        close="Done",
        metadata=metadata,
    )


def notices(notice: str | None) -> Iterator[Block]:
    if notice:
        yield context(f"ℹ️ {literal(notice, NOTICE_LIMIT)}")


def heading(incident: IncidentRecord | None) -> str:
    if incident is None:
        return "*Mine* · across incidents"
    return f"*{literal(incident.reference, NAME_LIMIT)}* · {literal(incident.name)}"


def count_line(listing: Listing) -> str:
    counts = listing.counts
    overdue = f" · {counts.overdue} overdue" if counts.overdue else ""
    return f"{counts.outstanding} outstanding{overdue} · {counts.done} done"


def toolbar(listing: Listing) -> Block:
    add = [] if listing.incident is None else [button("Add follow-up", "list_add", style="primary")]
    return actions(
        *add,
        static_select("list_filter", list(FILTER_OPTIONS.values()), listing.query.filter),
        button("Search", "list_search"),
    )


def search_results(listing: Listing) -> Iterator[Block]:
    if listing.query.text:
        words = f"Results for “{literal(listing.query.text, SEARCH_TEXT_LIMIT)}”"
        yield section(words, button("Clear search", "list_clear_search"))


def items(
    listing: Listing, zone: str, reader_slack_user_id: str, now: datetime, empty: str
) -> Iterator[Block]:
    shown = [item for item in listing.items if item.status is not Status.DELETED]
    if not shown:
        yield section(empty)
    today = local_day(now, zone)
    for item in shown:
        yield from follow_up_item(
            item,
            reader_slack_user_id=reader_slack_user_id,
            today=today,
            now=now,
            zone=zone,
            with_incident=listing.incident is None,
        )


def empty_words(listing: Listing) -> str:
    query = listing.query
    if query.text:
        found_none = f"No {SOUGHT[query.filter]} match “{literal(query.text, SEARCH_TEXT_LIMIT)}”."
        return (
            found_none if query.filter is Filter.ALL else f"{found_none}\nChoose *All* to search the others."
        )
    if listing.has_newer or listing.has_older:
        return "Nothing is left on this page."
    next_step = NEXT_STEP if listing.incident else NEXT_STEP_ACROSS_INCIDENTS
    return f"{EMPTY[query.filter]}\n{next_step[query.filter]}"


def pages(listing: Listing, prefix: str = "list") -> Iterator[Block]:
    newer = [button("Newer", f"{prefix}_newer")] if listing.has_newer else []
    older = [button("Older", f"{prefix}_older")] if listing.has_older else []
    if newer or older:
        yield divider()  # or they read as the last follow-up's own buttons
        yield actions(*newer, *older)
