"""How often something may be done. It is kept in the database, so replicas share it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.inserting import InsertNew
from storage.models import Pace


@dataclass(frozen=True, slots=True)
class Budget:
    """`burst` at once, then one each `every`: in a minute at most `burst` and as many as `every` fits in it.

    A budget whose key is a job's `group_key` is that group's pause: see `storage/leases`.
    """

    key: str
    every: timedelta
    burst: int = 1

    @property
    def ahead(self) -> timedelta:
        """How far it may be spent in advance."""
        return self.every * (self.burst - 1)


async def take(session: AsyncSession, budget: Budget, now: datetime) -> datetime | None:
    """Take one. None: taken; else nothing is, and then there will be room."""
    pace = await _locked(session, budget.key, now)
    if pace.until - budget.ahead > now:
        return pace.until - budget.ahead
    pace.until = max(pace.until, now) + budget.every
    session.add(pace)
    return None


async def give_back(session: AsyncSession, budget: Budget, now: datetime) -> None:
    """One was taken for nothing."""
    pace = await _locked(session, budget.key, now)
    pace.until -= budget.every
    session.add(pace)


async def exhaust(session: AsyncSession, budget: Budget, until: datetime) -> None:
    """There is no room before then, whatever was counted here."""
    await pause(session, budget.key, until + budget.ahead)


async def pause(session: AsyncSession, key: str, until: datetime) -> None:
    """Nothing before then. A longer pause stays."""
    pace = await _locked(session, key, until)
    pace.until = max(pace.until, until)
    session.add(pace)


async def sweep(session: AsyncSession, *, before: datetime) -> None:
    """Forget what has long been unspent."""
    await session.exec(delete(Pace).where(col(Pace.until) < before))


async def _locked(session: AsyncSession, key: str, now: datetime) -> Pace:
    """The row, made if need be, and held to the transaction's end."""
    await session.exec(InsertNew(Pace).values(key=key, until=now))
    return (await session.exec(select(Pace).where(Pace.key == key).with_for_update())).one()
