"""Before public incidents are shown outside their channels, Slack is asked whether they still are public.

It sends no event when a channel turns private.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import directory
from bot.context import Context
from storage.records import Placed, Visibility

# conversations.info allows 50 a minute. People have these, and keys of the API as many.
A_MINUTE = 20


async def recheck(context: Context, shown: Sequence[Placed], asked: deque[datetime]) -> bool:
    """True when Slack was asked: then what was read before may hold no longer.

    `asked` has the times of the last minute's questions; when it is full, what is known counts.
    """
    now = context.clock()
    while asked and now - asked[0] > timedelta(minutes=1):
        asked.popleft()
    public = [incident for incident in shown if incident.visibility is Visibility.PUBLIC]
    found = [incident.slack_channel_id for incident in public if not incident.is_archived]
    channels = [channel for channel in dict.fromkeys(found) if channel is not None]
    due = [channel for channel in channels if directory.is_due(context, channel)][: A_MINUTE - len(asked)]
    asked.extend(now for _ in due)
    under_way = [channel for channel in channels if directory.is_being_asked_about(context, channel)]
    await directory.recheck_channels(context, [*under_way, *due])
    return bool(under_way or due)
