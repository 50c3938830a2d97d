"""What the bot posted in channels, so that it can edit its own messages."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import ChannelMessage, HistoryEntry


class Kind(StrEnum):
    CARD = "card"
    STATUS_UPDATES = "status_updates"


async def card_of(session: AsyncSession, follow_up_id: str) -> ChannelMessage | None:
    query = select(ChannelMessage).where(
        col(ChannelMessage.follow_up_id) == follow_up_id, col(ChannelMessage.kind) == Kind.CARD
    )
    return (await session.exec(query)).first()


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
    session.add(message)
    await session.flush()


async def add_updates(
    session: AsyncSession, message: ChannelMessage, history_ids: list[str], now: datetime
) -> None:
    """The message now tells these too; they need no telling again."""
    kept = await session.merge(message)
    kept.history_ids = [*message.history_ids, *history_ids]
    session.add(kept)
    await mark_announced(session, history_ids, now)


async def mark_announced(session: AsyncSession, history_ids: list[str], now: datetime) -> None:
    await session.exec(
        update(HistoryEntry).where(col(HistoryEntry.id).in_(history_ids)).values(announced_at=now)
    )
