"""What the bot posts in channels, so that it can edit its own messages and repeats none."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Update, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.inserting import InsertNew
from storage.models import ChannelMessage, FollowUp, HistoryEntry


class Kind(StrEnum):
    """`moved_card`: the follow-up is in another incident by now, and the card says so for good."""

    CARD = "card"
    MOVED_CARD = "moved_card"
    STATUS_UPDATES = "status_updates"


async def card_of(
    session: AsyncSession, follow_up_id: str, incident_id: str | None = None
) -> ChannelMessage | None:
    """The card in the channel of the incident that it is in, or of the one named."""
    query = (
        select(ChannelMessage)
        .join(FollowUp, col(FollowUp.id) == col(ChannelMessage.follow_up_id))
        .where(
            col(ChannelMessage.follow_up_id) == follow_up_id,
            col(ChannelMessage.kind) == Kind.CARD,
            col(ChannelMessage.incident_id) == (incident_id or col(FollowUp.incident_id)),
        )
    )
    return (await session.exec(query)).first()


async def leave_behind(session: AsyncSession, message: ChannelMessage) -> None:
    """The card is none any more: one that is posted there again is another message."""
    await session.exec(_the(message).values(kind=Kind.MOVED_CARD))


async def last_status_updates(session: AsyncSession, incident_id: str) -> ChannelMessage | None:
    query = (
        select(ChannelMessage)
        .where(
            col(ChannelMessage.incident_id) == incident_id, col(ChannelMessage.kind) == Kind.STATUS_UPDATES
        )
        .order_by(col(ChannelMessage.id).desc())
    )
    return (await session.exec(query)).first()


async def posted_since(session: AsyncSession, slack_channel_id: str, since: datetime) -> bool:
    """Whether the bot posted in the channel after that instant."""
    query = select(ChannelMessage.id).where(
        col(ChannelMessage.slack_channel_id) == slack_channel_id, col(ChannelMessage.posted_at) > since
    )
    return (await session.exec(query.limit(1))).first() is not None


async def move(session: AsyncSession, incident_id: str, old_channel_id: str, new_channel_id: str) -> None:
    """Slack gave the channel another id: messages keep their `ts`."""
    await session.exec(
        update(ChannelMessage)
        .where(
            col(ChannelMessage.incident_id) == incident_id,
            col(ChannelMessage.slack_channel_id) == old_channel_id,
        )
        .values(slack_channel_id=new_channel_id)
    )


async def remember(session: AsyncSession, message: ChannelMessage) -> None:
    """Before Slack is asked: whoever goes on after a crash knows what the message tells, if it is there."""
    await session.exec(InsertNew(ChannelMessage).values(message.model_dump()))
    await session.exec(_the(message).values(history_ids=message.history_ids))


async def settle(session: AsyncSession, message: ChannelMessage, ts: str, now: datetime) -> None:
    """Slack has the message. What it tells needs no telling again."""
    if not message.ts:
        await session.exec(_the(message).values(ts=ts, posted_at=now))
    await mark_announced(session, message.history_ids, now)


def _the(message: ChannelMessage) -> Update:
    return update(ChannelMessage).where(col(ChannelMessage.id) == message.id)


async def mark_announced(session: AsyncSession, history_ids: list[str], now: datetime) -> None:
    await session.exec(
        update(HistoryEntry)
        .where(col(HistoryEntry.id).in_(history_ids), col(HistoryEntry.announced_at).is_(None))
        .values(announced_at=now)
    )
