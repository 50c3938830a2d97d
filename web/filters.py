"""Filters of lists: `created_at[gte]=2026-11-01`, `status[one_of]=…`."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from fastapi import Query, Request

from storage.catalogue import clean_labels
from storage.errors import InvalidFieldError
from storage.narrowing import Narrowing
from storage.ordering import CURSOR_LIMIT, Ordering, Sort
from storage.records import CreatorKind, Status
from storage.searching import WORDS, words_of
from web.errors import ApiError, invalid
from web.payloads import DAY, ULID

Span = tuple[datetime | None, datetime | None]

WRONG = "Write a date, 2026-11-24, or a time with its zone, 2026-11-24T09:30:00Z."
TICK = timedelta(microseconds=1)
WRONG_DAY = "Write a date as 2026-11-24."
NO_WORD = "Write a word to look for."
TEXT_LIMIT = 500

IdQuery = Annotated[str | None, Query(pattern=ULID)]
ListedStatus = Literal["outstanding", "completed", "not_doing"]
After = Annotated[str | None, Query(max_length=CURSOR_LIMIT)]


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


async def narrowed(
    request: Request,
    *,
    status: Annotated[list[ListedStatus] | None, Query()] = None,
    assignee_id: IdQuery = None,
    assigned: bool | None = None,
    priority_id: IdQuery = None,
    category_id: IdQuery = None,
    label: Annotated[list[str] | None, Query()] = None,
    creator_kind: CreatorKind | None = None,
    due_from: Annotated[str | None, Query(alias="due_on[gte]")] = None,
    due_until: Annotated[str | None, Query(alias="due_on[lte]")] = None,
    overdue: bool | None = None,
    has_external_issue: bool | None = None,
    text: Annotated[str | None, Query(max_length=TEXT_LIMIT)] = None,
) -> Narrowing:
    """A dependency that reads the filters of our own."""
    now = request.scope["call"].now
    return Narrowing(
        statuses=tuple(map(Status, dict.fromkeys(status or ()))),
        assignee_id=assignee_id,
        is_assigned=assigned,
        priority_id=priority_id,
        category_id=category_id,
        labels=_labels(label or ()),
        creator_kind=creator_kind,
        due=(_day(due_from, "/due_on[gte]"), _day(due_until, "/due_on[lte]")),
        overdue=None if overdue is None else (overdue, now),
        has_external_issue=has_external_issue,
        text="" if text is None else _words(text),
    )


def _day(text: str | None, pointer: str) -> date | None:
    if text is None:
        return None
    try:
        if not DAY.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(pointer, WRONG_DAY) from None


def _labels(names: Sequence[str]) -> tuple[str, ...]:
    try:
        labels, has_blank = clean_labels(names), not all(clean_labels([name]) for name in names)
    except InvalidFieldError as error:
        raise invalid("/label", error.errors["labels"]) from None
    if has_blank:
        raise invalid("/label", "Write the name of a label.")
    return labels


def _words(text: str) -> str:
    words = words_of(text)
    if not 0 < len(words) <= WORDS:
        raise invalid("/text", f"Write at most {WORDS} words." if words else NO_WORD)
    return text


async def ordered(sort: Sort | None = None, order: Literal["asc", "desc"] = "asc") -> Ordering:
    """A dependency that reads the order."""
    return Ordering(sort, is_descending=order == "desc")
