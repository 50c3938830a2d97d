"""One change by one click: made, or explained."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bot import directory
from bot.context import Context
from bot.interactions import Click, Reader
from storage import follow_ups, history
from storage.deliveries import RepeatedDeliveryError
from storage.errors import NotFoundError, UnavailableError
from storage.records import CreatorRecord, FollowUpRecord
from views import explanations

Change = Callable[..., Awaitable[FollowUpRecord]]
# What is still to be shown, when Slack has its acknowledgement.
Showing = Coroutine[Any, Any, None]
Changing = Callable[[Context, Click], Awaitable[Showing | None]]

# What each change leaves in the history when it is made.
EVENTS: dict[Change, str] = {
    follow_ups.complete: history.COMPLETED,
    follow_ups.mark_not_doing: history.NOT_DOING,
    follow_ups.reopen: history.REOPENED,
    follow_ups.delete: history.DELETED,
}


def is_repeated(error: UnavailableError, actor: CreatorRecord, change: Change) -> bool:
    """Whether the actor has just done this very thing, as in a double click: no news to them."""
    last = error.last
    if last is None or last.actor_slack_user_id != actor.slack_user_id:
        return False
    return last.event == EVENTS.get(change)


async def attempt(
    context: Context,
    reader: Reader,
    follow_up_id: str,
    change: Change,
    trigger_id: str,
) -> str | None:
    """Make the change; or the sentence that says why it could not be. Raises RepeatedDeliveryError."""
    await directory.check_access_to_follow_up(context, follow_up_id, reader)
    actor, now = reader.actor, context.clock()
    try:
        async with context.database.write() as session:
            await context.deliveries.begin(session, trigger_id, now)
            await change(session, actor, follow_up_id, now=now)
            return None
    except NotFoundError:
        explanation = explanations.GONE
    except UnavailableError as error:
        if is_repeated(error, actor, change):
            return None
        explanation = explanations.unavailable(error.current, error.last, actor, now)
    if not await context.deliveries.is_first(trigger_id, now):
        raise RepeatedDeliveryError(trigger_id)
    return explanation
