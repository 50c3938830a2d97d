"""What Slack has sent. It sends some things twice, and whoever records a signed request may send it again."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import String, bindparam, delete, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import UTCDateTime
from storage.database import Database
from storage.inserting import InsertNew
from storage.jobs import SWEPT_AT_ONCE
from storage.models import Delivery

# Slack repeats an event for six minutes; a signature holds for five.
KEPT = timedelta(hours=1)
REMEMBERED = timedelta(minutes=10)

# The commit is not waited for: a server that loses power forgets that something was sent, no more.
_RECORD_AT_ONCE = text("""
INSERT INTO delivery (key, received_at)
SELECT :key, :now FROM set_config('synchronous_commit', 'off', true)
ON CONFLICT DO NOTHING
""").bindparams(bindparam("key", type_=String), bindparam("now", type_=UTCDateTime))


class RepeatedDeliveryError(Exception):
    """This has been done: nothing more is to be done or said."""


class Recent:
    """Keys of the last ten to twenty minutes, as numbers: a quarter of the memory that they take as text."""

    def __init__(self) -> None:
        self._new: set[int] = set()
        self._old: set[int] = set()
        self._turned_at = datetime.min.replace(tzinfo=UTC)

    def add(self, key: str, now: datetime) -> bool:
        """False when it is there already."""
        age = now - self._turned_at
        if age > REMEMBERED:
            self._old = self._new if age <= 2 * REMEMBERED else set()
            self._new, self._turned_at = set(), now
        if key in self:
            return False
        self._new.add(hash(key))
        return True

    def __contains__(self, key: str) -> bool:
        return hash(key) in self._new or hash(key) in self._old


class Deliveries:
    """Each delivery counts once, on whichever replica it arrives.

    One process has an SQLite database for itself: its memory will do, and a command costs no write.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent = Recent()

    async def is_first(self, key: str, now: datetime) -> bool:
        """Whether it is new; it no longer is. For what leaves nothing behind if it dies half-way."""
        if not self._recent.add(key, now):
            return False
        return self._database.is_sqlite or await self._is_new_to_all(key, now)

    async def begin(self, session: AsyncSession, key: str, now: datetime) -> None:
        """For what changes a record. It is known once this transaction is committed: what dies half-way
        may come again, and a replica that is at it is waited for. Raises RepeatedDeliveryError.
        """
        if key in self._recent or not await record(session, key, now):
            raise RepeatedDeliveryError(key)

    async def _is_new_to_all(self, key: str, now: datetime) -> bool:
        async with self._database.at_once() as session:
            connection = await session.connection()
            recorded = await connection.execute(_RECORD_AT_ONCE, {"key": key, "now": now})
        return recorded.rowcount == 1


async def record(session: AsyncSession, key: str, now: datetime) -> bool:
    """False when it is there already."""
    recorded = await session.exec(InsertNew(Delivery).values(key=key, received_at=now))
    return recorded.rowcount == 1


async def sweep(session: AsyncSession, *, before: datetime) -> int:
    """Returns how many are forgotten: at most SWEPT_AT_ONCE."""
    old = select(col(Delivery.key)).where(col(Delivery.received_at) < before).limit(SWEPT_AT_ONCE)
    connection = await session.connection()
    return (await connection.execute(delete(Delivery).where(col(Delivery.key).in_(old)))).rowcount
