"""The buttons of the card in the channel. The card itself is redrawn by the job that every change leaves."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot import directory, follow_up_form
from bot.changes import Changing, Showing, attempt
from bot.context import Context
from bot.interactions import Click
from bot.modals import open_modal
from bot.replies import reply
from storage import follow_ups
from storage.records import FollowUpRecord
from views.blocks import NOTICE_LIMIT, literal, message


def changing(change: Callable[..., Awaitable[FollowUpRecord]]) -> Changing:
    async def listener(context: Context, click: Click) -> Showing | None:
        reader = await directory.reader(context, click.slack_user_id)
        explanation = await attempt(context, reader, click.target, change, click.trigger_id)
        if explanation is None or click.response_url is None:
            return None
        return reply(context, click.response_url, message(literal(explanation, NOTICE_LIMIT)))

    return listener


async def show_edit(context: Context, click: Click) -> None:
    place = replace(click.place, follow_up_id=click.target)
    form = follow_up_form.editing(context, click.slack_user_id, place)
    await open_modal(context, click.trigger_id, form, "Edit follow-up")


CHANGES: dict[str, Changing] = {
    "card_complete": changing(follow_ups.complete),
    "card_reopen": changing(follow_ups.reopen),
    "card_take": changing(follow_ups.take),
}
SHOWS: dict[str, Callable[[Context, Click], Showing]] = {"card_edit": show_edit}
