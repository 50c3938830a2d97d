"""Which Slack workspace the records belong to, and what its channels are."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import aiohttp
import click
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot import membership
from bot.described import channel_of
from bot.slack_errors import error_name
from settings import Settings
from storage import people
from storage.database import Database
from storage.incidents import Channel

TIMEOUT = 10
OTHERWISE = "Say which workspace it is with --slack-team-id T…, as in the address of Slack in a browser."


@dataclass(frozen=True, slots=True)
class Workspace:
    """`channel_of` asks Slack; it is None where there is no token to ask with."""

    slack_team_id: str
    channel_of: Callable[[str], Awaitable[Channel | None]] | None = None


@asynccontextmanager
async def workspace(settings: Settings, database: Database, named: str | None) -> AsyncIterator[Workspace]:
    """The bot's, by its token; else the one named, or the only one there are records of."""
    if settings.slack_bot_token is None:
        yield Workspace(named or await _only(database))
        return
    client = AsyncWebClient(
        token=settings.slack_bot_token,
        base_url=settings.slack_api_url,
        timeout=TIMEOUT,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=5)],
    )
    with _answering():
        slack_team_id = str((await client.auth_test())["team_id"])
    if named not in {None, slack_team_id}:
        raise click.ClickException(f"The bot is in the workspace {slack_team_id}, not in {named}.")

    async def ask(channel_id: str) -> Channel | None:
        with _answering():
            try:
                answer = await client.conversations_info(channel=channel_id)
            except SlackApiError as error:
                if error_name(error) in membership.UNSEEN:
                    return None
                raise
        return channel_of(answer["channel"], slack_team_id)

    yield Workspace(slack_team_id, ask)


async def _only(database: Database) -> str:
    async with database.read() as session:
        known = await people.workspaces(session)
    if len(known) != 1:
        raise click.ClickException(f"No Slack token is set, and none can be asked. {OTHERWISE}")
    return known[0]


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except SlackApiError as error:
        raise click.ClickException(f"Slack answers {error_name(error)}: check SLACK_BOT_TOKEN.") from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise click.ClickException(
            f"Slack can’t be reached ({type(error).__name__}). Try again later."
        ) from None
