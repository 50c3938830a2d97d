"""Jobs: the cards and the status updates in an incident's channel."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

from slack_sdk.errors import SlackApiError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import posting
from bot.context import Context
from bot.slack_errors import error_name
from storage import channel_messages, consequences, follow_ups, history, incidents, jobs, listing, people
from storage.channel_messages import Kind
from storage.leases import ClaimedJob
from storage.models import ChannelMessage, Incident
from storage.records import HistoryRecord, Status
from storage.worker import Completion
from views.blocks import Block, message
from views.follow_up_card import follow_up_card, moved_card
from views.messages import archived_text, invite_text
from views.status_updates import LINES_SHOWN, status_updates, update_line

INVITE_HINT = "invite_hint"
ARCHIVED_HINT = "archived_hint"

# What Slack answers where nothing can be shown, and what whoever made the change is told about it.
HINTS = {
    "not_in_channel": INVITE_HINT,
    "channel_not_found": INVITE_HINT,
    "is_archived": ARCHIVED_HINT,
    "is_inactive": ARCHIVED_HINT,
}

# An edit is silent. After an hour without a word a new line is one that people notice.
EDITABLE = timedelta(hours=1)


async def sync_card(context: Context, job: ClaimedJob) -> Completion | None:
    """Post the follow-up's card, or bring it in line with the follow-up as it is now."""
    async with context.database.read() as session:
        follow_up = await follow_ups.read(session, job.payload["follow_up_id"])
        card = await channel_messages.card_of(session, follow_up.id)
        outstanding = await listing.outstanding_in(session, follow_up.incident.id)
    channel_id, now = follow_up.incident.slack_channel_id, context.clock()
    if channel_id is None:
        return None
    if job.group_key not in {channel_id, consequences.edits_of(channel_id)}:
        return partial(_sync_there, job, channel_id, now)
    async with _with_hint(context, job, channel_id):
        if card is not None and (ts := await _ts_of(context, card)):
            if job.group_key != consequences.edits_of(channel_id):
                return partial(_edit_in_turn, context, job, card, ts)
            async with posting.turn(context, posting.edits_in(channel_id), posting.EDITS):
                pass
            await posting.edit(context, channel_id, ts, follow_up_card(follow_up, now=now))
            return None
        if follow_up.status is Status.DELETED:
            return None
        card = card or ChannelMessage(
            kind=Kind.CARD,
            incident_id=follow_up.incident.id,
            follow_up_id=follow_up.id,
            slack_channel_id=channel_id,
            ts="",
            posted_at=now,
        )
        ts = await _post(context, card, follow_up_card(follow_up, now=now, outstanding=outstanding))
    return partial(_settle_card, context, card, ts)


async def _sync_there(job: ClaimedJob, channel_id: str, now: datetime, session: AsyncSession) -> None:
    """The follow-up has been moved: its card is posted in turn with what else is posted there."""
    await consequences.sync_card(session, job.payload, channel_id, now)


async def leave_card(context: Context, job: ClaimedJob) -> Completion | None:
    """The card where a follow-up was says that it has been moved, unless it is back by now."""
    follow_up_id, incident_id = job.payload["follow_up_id"], job.payload["incident_id"]
    async with context.database.read() as session:
        card = await channel_messages.card_of(session, follow_up_id, incident_id)
        follow_up = await follow_ups.read(session, follow_up_id)
        then = await history.values_at(session, follow_up_id, job.payload["version"])
    if card is None or follow_up.incident.id == incident_id:
        return None
    channel_id = card.slack_channel_id
    async with _with_hint(context, job, channel_id):
        if ts := await _ts_of(context, card):
            if job.group_key != consequences.edits_of(channel_id):
                return partial(_leave_in_turn, context, job, card, ts)
            async with posting.turn(context, posting.edits_in(channel_id), posting.EDITS):
                pass
            await posting.edit(
                context, channel_id, ts, moved_card(follow_up, then.get("title", follow_up.title))
            )
    return partial(_left, card)


async def _leave_in_turn(
    context: Context, job: ClaimedJob, card: ChannelMessage, ts: str, session: AsyncSession
) -> None:
    now = context.clock()
    await channel_messages.settle(session, card, ts, now)
    group = consequences.edits_of(card.slack_channel_id)
    await consequences.leave_card(session, job.payload, group, now)


async def _left(card: ChannelMessage, session: AsyncSession) -> None:
    await channel_messages.leave_behind(session, card)


async def _settle_card(context: Context, card: ChannelMessage, ts: str, session: AsyncSession) -> None:
    await channel_messages.settle(session, card, ts, context.clock())
    await consequences.card_is_posted(session, str(card.follow_up_id), card.slack_channel_id)


async def _edit_in_turn(
    context: Context, job: ClaimedJob, card: ChannelMessage, ts: str, session: AsyncSession
) -> None:
    """The card is there already: it is brought up to date among the edits, so that no post waits for it."""
    now = context.clock()
    await channel_messages.settle(session, card, ts, now)
    group = consequences.edits_of(card.slack_channel_id)
    await consequences.sync_card(session, job.payload, group, now)


async def tell_status_updates(context: Context, job: ClaimedJob) -> Completion | None:
    """Tell the channel what happened since it was last told: in the last message if nobody spoke since."""
    async with context.database.read() as session:
        incident = await incidents.by_id(session, job.payload["incident_id"])
        if incident is None or incident.slack_channel_id is None:
            return None
        news = await history.unannounced(session, incident.id)
        last = await channel_messages.last_status_updates(session, incident.id)
        told = await history.by_ids(session, last.history_ids) if last else ()
        outstanding = await listing.outstanding_in(session, incident.id)
    if not _lines(news):
        return partial(_mark_announced, context, news)
    async with _with_hint(context, job, incident.channel_id):
        message, ts = await _message_for(context, incident, last, news)
        told = told if message is last else ()
        entries = [*told, *(entry for entry in news if entry not in told)]
        message.history_ids = [entry.id for entry in entries]
        view = status_updates(_lines(entries), outstanding)
        if ts:
            async with context.database.write() as session:
                await channel_messages.remember(session, message)
            await posting.edit(context, message.slack_channel_id, ts, view)
        else:
            ts = await _post(context, message, view)
    return partial(_settle, context, message, ts)


async def _message_for(
    context: Context, incident: Incident, last: ChannelMessage | None, news: Sequence[HistoryRecord]
) -> tuple[ChannelMessage, str]:
    """The message that shall tell the news, and its `ts` if Slack has it: then there is room to edit it.

    What a message may have told already is told by that one or not at all, however often it takes.
    """
    is_unsettled = last is not None and (not last.ts or any(entry.id in last.history_ids for entry in news))
    if last is not None and is_unsettled:
        ts = await _ts_of(context, last)
        if ts:
            async with posting.turn(context, posting.EDITS):
                pass
        return last, ts or ""
    if last is not None and await _is_open(context, last, len(_lines(news))):
        return last, last.ts
    return (
        ChannelMessage(
            kind=Kind.STATUS_UPDATES,
            incident_id=incident.id,
            slack_channel_id=incident.channel_id,
            ts="",
            posted_at=context.clock(),
        ),
        "",
    )


async def _mark_announced(context: Context, news: Sequence[HistoryRecord], session: AsyncSession) -> None:
    await channel_messages.mark_announced(session, [entry.id for entry in news], context.clock())


def _lines(entries: Sequence[HistoryRecord]) -> list[str]:
    return [line for entry in entries if (line := update_line(entry)) is not None]


async def _is_open(context: Context, last: ChannelMessage, more: int) -> bool:
    """Whether the bot's last updates are still the last thing said in the channel, with room for more.

    Where Slack's limits leave no room to look or to edit, a message of its own is told at once.
    """
    if len(last.history_ids) + more > LINES_SHOWN or context.clock() - last.posted_at > EDITABLE:
        return False
    async with context.database.read() as session:
        if await channel_messages.posted_since(session, last.slack_channel_id, last.posted_at):
            return False
    if not await posting.has_room(context, posting.LOOKS):
        return False
    is_last = await posting.last_ts(context, last.slack_channel_id) == last.ts
    return is_last and await posting.has_room(context, posting.EDITS)


async def _ts_of(context: Context, message: ChannelMessage) -> str | None:
    """None when Slack turns out not to have it: an attempt to post it came to nothing."""
    if message.ts:
        return message.ts
    return await posting.find(context, message.slack_channel_id, message.id, message.posted_at)


async def _post(context: Context, message: ChannelMessage, view: Block) -> str:
    async with posting.turn(context, posting.posts_in(message.slack_channel_id)) as session:
        await channel_messages.remember(session, message)
    return await posting.post(context, message.slack_channel_id, view, message.id)


async def _settle(context: Context, message: ChannelMessage, ts: str, session: AsyncSession) -> None:
    await channel_messages.settle(session, message, ts, context.clock())


@asynccontextmanager
async def _with_hint(context: Context, job: ClaimedJob, channel_id: str) -> AsyncIterator[None]:
    """Where the channel can't show it, whoever made the change hears why and what to do."""
    try:
        yield
    except SlackApiError as error:
        if hint := HINTS.get(error_name(error)):
            await _leave_hint(context, job, channel_id, hint)
        raise


async def _leave_hint(context: Context, job: ClaimedJob, channel_id: str, hint: str) -> None:
    """Once for each person and channel, while the job of it is kept."""
    if job.payload["actor_kind"] != "user":
        return
    async with context.database.write() as session:
        await jobs.enqueue(
            session,
            hint,
            {"person_id": job.payload["actor_id"], "channel_id": channel_id},
            dedupe_key=f"{hint}:{channel_id}:{job.payload['actor_id']}",
            now=context.clock(),
        )


async def say_how_to_invite(context: Context, job: ClaimedJob) -> None:
    await _tell_person(context, job, invite_text(context.identity.slack_user_id, job.payload["channel_id"]))


async def say_it_is_archived(context: Context, job: ClaimedJob) -> None:
    await _tell_person(context, job, archived_text(job.payload["channel_id"]))


async def _tell_person(context: Context, job: ClaimedJob, text: str) -> None:
    async with context.database.read() as session:
        person = await people.by_id(session, job.payload["person_id"])
    await posting.post_directly(context, job, person.slack_user_id, message(text))


HANDLERS = {
    consequences.CARD: sync_card,
    consequences.CARD_LEFT: leave_card,
    consequences.STATUS_UPDATES: tell_status_updates,
    INVITE_HINT: say_how_to_invite,
    ARCHIVED_HINT: say_it_is_archived,
}
