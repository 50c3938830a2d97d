"""App Home: my follow-ups, whichever incident they are from."""

from datetime import datetime

from storage.records import Filter, Listing
from views.blocks import Block, actions, code, context, divider, section, static_select
from views.follow_up_list import FILTER_OPTIONS, count_line, items, notices, pages

HOME_EMPTY = {
    Filter.OUTSTANDING: "Nothing outstanding is assigned to you.",
    Filter.OVERDUE: "Nothing of yours is overdue.",
    Filter.DONE: "Nothing of yours is done yet.",
}
HOME_OPTIONS = [FILTER_OPTIONS[choice] for choice in HOME_EMPTY]


def home(
    listing: Listing,
    *,
    reader_timezone: str,
    reader_slack_user_id: str,
    now: datetime,
    metadata: str = "",
    command: str = "/incident",
    notice: str | None = None,
) -> Block:
    chosen = listing.query.filter if listing.query.filter in HOME_EMPTY else Filter.OUTSTANDING
    empty = f"{HOME_EMPTY[chosen]}\n{how_to(command)}"
    view: Block = {
        "type": "home",
        "callback_id": "home",
        "blocks": [
            *notices(notice),
            section("*My follow-ups*"),
            context(count_line(listing)),
            actions(static_select("home_filter", HOME_OPTIONS, chosen)),
            divider(),
            *items(listing, reader_timezone, reader_slack_user_id, now, empty),
            *pages(listing, "home"),
        ],
    }
    if metadata:
        view["private_metadata"] = metadata
    return view


def how_to(command: str) -> str:
    return (
        "Follow-ups are the work an incident leaves behind; those assigned to you come together here.\n"
        f"• In an incident’s channel, {code(f'{command} follow-ups', 60)} shows what is outstanding.\n"
        f"• {code(f'{command} follow-up', 60)} adds one."
    )
