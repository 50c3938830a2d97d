"""What people see in Slack: said as often as Slack allows, and never twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import uniform

from slack_sdk.errors import SlackApiError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.context import Context
from bot.slack_errors import as_job_error, error_name, retry_after
from storage import pacing
from storage.leases import ClaimedJob
from storage.pacing import Budget
from storage.worker import CUT_SHORT, JobError, NotYetError
from views.blocks import Block

# Slack allows 50 a minute of each in a workspace, and a post a second in a channel.
# https://docs.slack.dev/apis/web-api/rate-limits
EDITS = Budget("chat.update", every=timedelta(seconds=1.5), burst=10)
LOOKS = Budget("conversations.history", every=timedelta(seconds=1.5), burst=10)
A_POST_EVERY = timedelta(seconds=1)
# Of the workspace's edits one channel gets less than there is, so that some are left for the others.
CHANNEL_EDIT_EVERY, CHANNEL_EDITS_AT_ONCE = timedelta(seconds=2), 8
# Those who wait for the same room come back one by one, in any order.
SPREAD = 1.0

# Slack's signatures are refused when the clocks differ by more.
CLOCKS_DIFFER = timedelta(minutes=5)
PAGE = 999
PAGES = 10

EVENT_TYPE = "follow_ups_message"


def posts_in(channel_id: str) -> Budget:
    """Its key is the group of the jobs that post in the channel: none is begun before there is room."""
    return Budget(channel_id, A_POST_EVERY)


def edits_in(channel_id: str) -> Budget:
    return Budget(f"{EDITS.key}:{channel_id}", CHANNEL_EDIT_EVERY, CHANNEL_EDITS_AT_ONCE)


@asynccontextmanager
async def turn(context: Context, *budgets: Budget) -> AsyncIterator[AsyncSession]:
    """A transaction that takes one from each budget; NotYetError when one has none, and then nothing is."""
    now = context.clock()
    async with context.database.write() as session:
        for budget in budgets:
            if (room_at := await pacing.take(session, budget, now)) is not None:
                raise NotYetError(room_at + timedelta(seconds=uniform(0, SPREAD)))  # noqa: S311
        yield session


async def has_room(context: Context, budget: Budget) -> bool:
    """Take one, if there is one at once."""
    try:
        async with turn(context, budget):
            return True
    except NotYetError:
        return False


async def post(context: Context, channel_id: str, view: Block, handle: str) -> str:
    """The message's `ts`. `handle` is what `find` knows it by."""
    budget = posts_in(channel_id)
    try:
        async with _asking(context, budget):
            answer = await context.client.chat_postMessage(
                channel=channel_id,
                **view,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"handle": handle}},
                unfurl_links=False,
                unfurl_media=False,
            )
    except SlackApiError as error:
        if as_job_error(error).permanent:
            async with context.database.write() as session:
                await pacing.give_back(session, budget, context.clock())
        raise
    ts: str = answer["ts"]
    return ts


async def post_directly(context: Context, job: ClaimedJob, slack_user_id: str, view: Block) -> None:
    """To one person, once: after an attempt of unknown outcome the bot first looks for its message."""
    if job.attempts > 1:
        opened = await context.client.conversations_open(users=slack_user_id)
        if await find(context, opened["channel"]["id"], job.id, job.created_at):
            return
    async with turn(context, posts_in(slack_user_id)):
        pass
    await post(context, slack_user_id, view, job.id)


async def edit(context: Context, channel_id: str, ts: str, view: Block) -> None:
    async with _asking(context, EDITS):
        try:
            # `parse` is "client" unless said otherwise: it would turn plain words into mentions.
            await context.client.chat_update(channel=channel_id, ts=ts, parse="none", **view)
        except SlackApiError as error:
            if error_name(error) != "message_not_found":
                raise
            # Someone deleted it: that is their word.


async def last_ts(context: Context, channel_id: str) -> str | None:
    """Of the last message in the channel."""
    async with _asking(context, LOOKS):
        answer = await context.client.conversations_history(channel=channel_id, limit=1)
    return answer["messages"][0]["ts"] if answer["messages"] else None


async def find(context: Context, channel_id: str, handle: str, since: datetime) -> str | None:
    """The bot's own message of that handle, posted since then. None: it is not there, so it may be posted.

    Raises JobError where nobody can tell, because too much was said since.
    """
    cursor: str | None = None
    oldest = f"{(since - CLOCKS_DIFFER).timestamp():.6f}"
    for _ in range(PAGES):
        async with turn(context, LOOKS):
            pass
        async with _asking(context, LOOKS):
            answer = await context.client.conversations_history(
                channel=channel_id, oldest=oldest, limit=PAGE, include_all_metadata=True, cursor=cursor
            )
        for message in answer["messages"]:
            # Other apps, and people with a token, may write what metadata they like.
            is_own = message.get("bot_id") == context.identity.slack_bot_id
            metadata = message.get("metadata") or {}
            if is_own and (metadata.get("event_payload") or {}).get("handle") == handle:
                ts: str = message["ts"]
                return ts
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None
    raise JobError(
        "It can't be told whether this was posted: more was said in the channel since than the bot can read. "
        "Look for it there, and drop this job when you find it",
        permanent=True,
    )


@asynccontextmanager
async def _asking(context: Context, budget: Budget) -> AsyncIterator[None]:
    """Slack's word that it is too much counts for everyone who draws on the budget."""
    try:
        yield
    except SlackApiError as error:
        if (seconds := retry_after(error)) is None:
            raise
        until = context.clock() + timedelta(seconds=seconds)
        async with context.database.write() as session:
            await pacing.exhaust(session, budget, until)
        raise NotYetError(until) from error
    except TimeoutError as error:
        raise JobError("Slack did not answer in time", retry_after=CUT_SHORT.total_seconds()) from error
