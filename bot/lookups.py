"""What other doors ask of Slack through the bot: a channel, and whether what is known of one is fresh."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot import directory
from bot.context import Context
from bot.rechecks import recheck
from bot.slack_errors import error_name
from storage.errors import UnansweredError
from storage.incidents import Channel
from storage.records import Placed, TeamRecord


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except SlackApiError as error:
        raise UnansweredError(error_name(error)) from error
    except (ClientError, TimeoutError) as error:
        raise UnansweredError(type(error).__name__) from error


class Lookups:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._rechecks: deque[datetime] = deque()

    @property
    def team_id(self) -> str:
        return self._context.identity.slack_team_id

    @property
    def prefixes(self) -> tuple[str, ...]:
        return self._context.prefixes

    async def channel(self, slack_channel_id: str) -> Channel | None:
        """Raises UnansweredError."""
        with _answering():
            return await directory.channel(self._context, slack_channel_id)

    async def meet(self, slack_user_id: str) -> None:
        """Whoever Slack knows by that id is known here from now on. Raises UnansweredError."""
        with _answering():
            await directory.person(self._context, slack_user_id)

    async def teams(self) -> list[TeamRecord]:
        """Raises UnansweredError."""
        with _answering():
            return await directory.teams(self._context)

    async def check_incident(self, incident_id: str) -> None:
        """Raises UnansweredError."""
        with _answering():
            await directory.check_access_to_incident(self._context, incident_id, None)

    async def check_follow_up(self, follow_up_id: str) -> None:
        """Raises UnansweredError."""
        with _answering():
            await directory.check_access_to_follow_up(self._context, follow_up_id, None)

    async def recheck(self, shown: Sequence[Placed]) -> bool:
        """Whether Slack was asked about one of the public ones."""
        return await recheck(self._context, shown, self._rechecks)
