"""Filters of lists: `created_at[gte]=2026-11-01`, `status[one_of]=…`."""

from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import Query

from web.errors import ApiError, invalid

Span = tuple[datetime | None, datetime | None]

WRONG = "Write a date, 2026-11-24, or a time with its zone, 2026-11-24T09:30:00Z."
TICK = timedelta(microseconds=1)


def span_of(name: str) -> Callable[..., Coroutine[Any, Any, Span]]:
    """A dependency that reads the three operators on a time."""

    async def span(
        gte: Annotated[str | None, Query(alias=f"{name}[gte]")] = None,
        lte: Annotated[str | None, Query(alias=f"{name}[lte]")] = None,
        date_range: Annotated[str | None, Query(alias=f"{name}[date_range]")] = None,
    ) -> Span:
        since = [moment(gte, f"/{name}[gte]")] if gte is not None else []
        until = [moment(lte, f"/{name}[lte]")] if lte is not None else []
        if date_range is not None:
            first, last = _range(date_range, f"/{name}[date_range]")
            since.append(first)
            until.append(last)
        return max(since, default=None), min(until, default=None)

    return span


def _range(text: str, pointer: str) -> tuple[datetime, datetime]:
    """Both days whole."""
    first, tilde, last = text.partition("~")
    if not tilde:
        raise invalid(pointer, "Write two dates with a tilde between them: 2026-11-01~2026-11-30.")
    until = moment(last, pointer)
    return moment(first, pointer), until + timedelta(days=1) - TICK if _is_day(last) else until


def _is_day(text: str) -> bool:
    return len(text) == len("2026-11-24")


def moment(text: str, pointer: str) -> datetime:
    """A date is its first instant, in UTC: so the published API has it, for lte too."""
    try:
        if _is_day(text):
            moment = datetime.combine(date.fromisoformat(text), time.min, UTC)
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or not 1970 <= moment.year <= 9000:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong(pointer) from None


def _wrong(pointer: str) -> ApiError:
    return invalid(pointer, WRONG)
