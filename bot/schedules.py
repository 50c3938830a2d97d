"""Work that comes round: each run leaves its successor under a key that only one replica can take."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from slack_sdk.errors import SlackApiError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import directory, failures
from bot.channel_updates import INVITE_HINT
from bot.context import Context
from bot.slack_errors import retry_after
from storage import deliveries, idempotency, incidents, jobs, pacing, webhook_deliveries
from storage.leases import ClaimedJob

# Slack repeats an event for six minutes; a schedule's key has its turn in it; a hint is given once.
DONE_JOBS_KEPT = timedelta(days=1)


async def look_at_channels(context: Context) -> None:
    """Slack sends no event when a channel turns private: look at each that is tracked."""
    async with context.database.read() as session:
        stale = await incidents.channels_checked_before(session, context.clock() - directory.CHANNEL_FRESH)
    for channel_id in stale:
        try:
            await directory.refresh_channel(context, channel_id)
        except Exception as error:  # one channel's trouble is not the others'
            failures.report(error)
            if isinstance(error, SlackApiError) and retry_after(error) is not None:
                return


async def sweep_jobs(context: Context) -> None:
    long_ago = context.clock() - DONE_JOBS_KEPT
    await _sweep(context, partial(jobs.sweep, before=long_ago, keeping=(INVITE_HINT,)))
    await _sweep(context, partial(deliveries.sweep, before=context.clock() - deliveries.KEPT))
    await _sweep(context, partial(idempotency.sweep, before=context.clock() - idempotency.KEPT))
    async with context.database.write() as session:
        await pacing.sweep(session, before=long_ago)


async def _sweep(context: Context, sweep: Callable[[AsyncSession], Awaitable[int]]) -> None:
    """Little by little: nobody who writes waits for all of it."""
    swept = jobs.SWEPT_AT_ONCE
    while swept >= jobs.SWEPT_AT_ONCE:
        async with context.database.write() as session:
            swept = await sweep(session)


async def sweep_webhook_deliveries(context: Context) -> None:
    async with context.database.write() as session:
        await webhook_deliveries.sweep(session, before=context.clock() - webhook_deliveries.KEPT)


SCHEDULES: dict[str, tuple[timedelta, Callable[[Context], Awaitable[None]]]] = {
    "look_at_channels": (timedelta(minutes=10), look_at_channels),
    "sweep_jobs": (timedelta(hours=1), sweep_jobs),
    "sweep_webhook_deliveries": (timedelta(hours=6), sweep_webhook_deliveries),
}


async def start(context: Context) -> None:
    """Make sure that each schedule has its next run."""
    async with context.database.write() as session:
        for kind in SCHEDULES:
            await _enqueue_next(session, kind, context.clock())


async def handle(context: Context, job: ClaimedJob) -> None:
    """The successor comes first: whatever happens to the work, a schedule never ends."""
    async with context.database.write() as session:
        await _enqueue_next(session, job.kind, context.clock())
    _, work = SCHEDULES[job.kind]
    try:
        await work(context)
    except Exception as error:
        failures.report(error)


async def _enqueue_next(session: AsyncSession, kind: str, now: datetime) -> None:
    every, _ = SCHEDULES[kind]
    turn = int(now.timestamp() // every.total_seconds()) + 1
    run_at = datetime.fromtimestamp(turn * every.total_seconds(), UTC)
    await jobs.enqueue(session, kind, {}, dedupe_key=f"{kind}:{turn}", run_at=run_at, now=now)


HANDLERS = dict.fromkeys(SCHEDULES, handle)
