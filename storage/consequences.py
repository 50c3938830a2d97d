"""What follows from a change: jobs written in the same transaction as the change itself."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import jobs
from storage.models import HistoryEntry, Incident

CARD = "card"
STATUS_UPDATES = "status_updates"

# Long enough for a burst of clicks to become one message, short enough to feel immediate.
SETTLE = timedelta(milliseconds=400)


async def follow(session: AsyncSession, incident: Incident, entry: HistoryEntry, now: datetime) -> None:
    """Bring the follow-up's card up to date and, where the change is announced, tell the channel."""
    told = {"actor_kind": entry.actor_kind.value, "actor_id": entry.actor_id}
    await jobs.enqueue(
        session,
        CARD,
        {"follow_up_id": entry.follow_up_id, **told},
        group_key=incident.slack_channel_id,
        coalesce_key=f"{CARD}:{entry.follow_up_id}",
        now=now,
    )
    if entry.announced_at is None:
        await jobs.enqueue(
            session,
            STATUS_UPDATES,
            {"incident_id": incident.id, **told},
            group_key=incident.slack_channel_id,
            coalesce_key=f"{STATUS_UPDATES}:{incident.id}",
            run_at=now + SETTLE,
            now=now,
        )
