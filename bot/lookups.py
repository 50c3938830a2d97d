"""What other doors ask of Slack through the bot: a channel, and whether what is known of one is fresh."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import directory
from bot.context import Context
from storage.incidents import Channel
from storage.records import IncidentRecord, Visibility

# conversations.info allows 50 a minute: people's own checks must find room beside a script that reads it all.
RECHECKS_A_MINUTE = 20


class Lookups:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._rechecks: deque[datetime] = deque()

    @property
    def team_id(self) -> str:
        return self._context.identity.slack_team_id

    async def channel(self, slack_channel_id: str) -> Channel | None:
        return await directory.channel(self._context, slack_channel_id)

    async def check_incident(self, incident_id: str) -> None:
        await directory.check_access_to_incident(self._context, incident_id, None)

    async def check_follow_up(self, follow_up_id: str) -> None:
        await directory.check_access_to_follow_up(self._context, follow_up_id, None)

    async def recheck(self, shown: Sequence[IncidentRecord]) -> bool:
        """Whether Slack was asked about one of the public ones: at most twenty of them a minute."""
        now = self._context.clock()
        while self._rechecks and now - self._rechecks[0] > timedelta(minutes=1):
            self._rechecks.popleft()
        channels = dict.fromkeys(
            incident.slack_channel_id
            for incident in shown
            if incident.visibility is Visibility.PUBLIC and not incident.is_archived
        )
        due = [channel for channel in channels if directory.is_due(self._context, channel)]
        asked = due[: RECHECKS_A_MINUTE - len(self._rechecks)]
        self._rechecks.extend(now for _ in asked)
        under_way = [
            channel for channel in channels if directory.is_being_asked_about(self._context, channel)
        ]
        await directory.recheck_channels(self._context, [*under_way, *asked])
        return bool(under_way or asked)
