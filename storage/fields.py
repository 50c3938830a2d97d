"""A follow-up's fields: what each accepts, and how each reads in words."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.catalogue import clean_labels
from storage.errors import InvalidFieldError
from storage.limits import DESCRIPTION_LIMIT, TITLE_LIMIT
from storage.models import Category, ExternalIssue, Person, Priority, Team
from storage.records import Status
from storage.text import is_blank, one_line, searchable, storable
from storage.zones import zone

UNKNOWN_PERSON = "Slack doesn’t know this person any more. Pick someone else."
SOONEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)

# What a change may name, in the order people see; `labels` is kept in a table of its own.
COLUMNS = (
    "title",
    "description",
    "assignee_id",
    "assignee_team_id",
    "priority_id",
    "category_id",
    "due_on",
    "status",
    "external_issue_id",
)

STATUS_WORDS = {
    Status.OUTSTANDING: "Outstanding",
    Status.COMPLETED: "Completed",
    Status.NOT_DOING: "Not doing",
    Status.DELETED: "Deleted",
}


def _title(value: Any) -> str:
    title = one_line(str(value or ""))
    if is_blank(title):
        raise InvalidFieldError("title", "Give the follow-up a title.")
    if len(title) > TITLE_LIMIT:
        raise InvalidFieldError(
            "title",
            f"A title has at most {TITLE_LIMIT} characters; this one has {len(title)}. "
            "The description holds more.",
        )
    return title


def _description(value: Any) -> str | None:
    description = storable(str(value or ""), kept="\n\t").strip()
    if len(description) > DESCRIPTION_LIMIT:
        raise InvalidFieldError(
            "description",
            f"A description has at most {DESCRIPTION_LIMIT:,} characters; this one has {len(description):,}.",
        )
    return description or None


def _due_on(value: date | None) -> date | None:
    if value is not None and not SOONEST <= value <= LATEST:
        raise InvalidFieldError("due_on", f"{value.year} is out of range. Pick a day until {LATEST.year}.")
    return value


VALID: dict[str, Callable[[Any], Any]] = {
    "title": _title,
    "description": _description,
    "due_on": _due_on,
    "labels": clean_labels,
    "status": Status,
}


async def _valid_assignee(session: AsyncSession, person_id: str, slack_team_id: str) -> None:
    known = select(Person).where(col(Person.id) == person_id, col(Person.slack_team_id) == slack_team_id)
    person = (await session.exec(known)).one_or_none()
    if person is None:
        raise InvalidFieldError("assignee_id", UNKNOWN_PERSON)
    refusals = (
        (person.is_bot, f"{person.name} is a bot. Pick a person."),
        (person.is_deleted, f"{person.name} has left Slack. Pick someone else."),
        (
            person.is_stranger,
            f"{person.name} belongs to another workspace. Pick someone of yours.",
        ),
    )
    for refused, message in refusals:
        if refused:
            raise InvalidFieldError("assignee_id", message)


async def _valid_team(session: AsyncSession, team_id: str, slack_team_id: str) -> None:
    known = select(Team.id).where(
        col(Team.id) == team_id, col(Team.slack_team_id) == slack_team_id, col(Team.is_deleted).is_(False)
    )
    if (await session.exec(known)).first() is None:
        raise InvalidFieldError("assignee_team_id", "This team is gone from Slack. Pick another.")


async def _valid_priority(session: AsyncSession, priority_id: str, _slack_team_id: str) -> None:
    # Held, so that it is not deleted before the follow-up has it.
    known = (
        select(Priority.id).where(col(Priority.id) == priority_id).with_for_update(read=True, key_share=True)
    )
    if (await session.exec(known)).first() is None:
        raise InvalidFieldError("priority_id", "This priority no longer exists. Pick another.")


async def _valid_category(session: AsyncSession, category_id: str, _slack_team_id: str) -> None:
    # Held, so that it is not deleted before the follow-up has it.
    known = (
        select(Category.id).where(col(Category.id) == category_id).with_for_update(read=True, key_share=True)
    )
    if (await session.exec(known)).first() is None:
        raise InvalidFieldError("category_id", "This category no longer exists. Pick another.")


KNOWN: dict[str, Callable[[AsyncSession, str, str], Awaitable[None]]] = {
    "assignee_id": _valid_assignee,
    "assignee_team_id": _valid_team,
    "priority_id": _valid_priority,
    "category_id": _valid_category,
}


async def valid(
    session: AsyncSession, values: dict[str, Any], slack_team_id: str, *, not_before: date | None = None
) -> dict[str, Any]:
    """The values cleaned. Raises one InvalidFieldError that names all those refused.

    People and teams are of that workspace. `not_before` is the first day that may still be due.
    """
    cleaned = dict(values)
    refused: list[InvalidFieldError] = []
    for name, value in values.items():
        try:
            cleaned[name] = VALID[name](value) if name in VALID else value
            if value is not None and name in KNOWN:
                await KNOWN[name](session, value, slack_team_id)
            if name == "due_on" and value is not None and not_before is not None and value < not_before:
                raise InvalidFieldError("due_on", "This day has passed. Pick today or later.")
        except InvalidFieldError as error:
            refused.append(error)
    if refused:
        raise InvalidFieldError.of_all(refused)
    return cleaned


def today(zone_name: str, now: datetime) -> date:
    return now.astimezone(zone(zone_name)).date()


def due(due_on: date | None, zone_name: str) -> dict[str, Any]:
    """The three columns of a due date: a day is over at the midnight that ends it."""
    if due_on is None:
        return {"due_on": None, "due_zone": None, "due_at": None}
    known = zone(zone_name)
    midnight = datetime.combine(due_on + timedelta(days=1), time.min, tzinfo=known)
    return {"due_on": due_on, "due_zone": known.key, "due_at": midnight.astimezone(UTC)}


def search_text(title: str, description: str | None, labels: Sequence[str]) -> str:
    return searchable("\n".join((title, description or "", *labels)))


def plain(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value


NAMES: dict[str, Any] = {
    "assignee_id": Person,
    "assignee_team_id": Team,
    "priority_id": Priority,
    "category_id": Category,
}


async def in_words(session: AsyncSession, values: dict[str, Any]) -> dict[str, str | None]:
    """What a person reads for each value: names for ids; None for nothing."""
    words: dict[str, str | None] = {}
    for name, value in values.items():
        if value is None or value == ():
            words[name] = None
        elif name in NAMES:
            table = NAMES[name]
            words[name] = (await session.exec(select(table.name).where(table.id == value))).first()
        elif name == "external_issue_id":
            issue = select(ExternalIssue.issue_name).where(col(ExternalIssue.id) == value)
            words[name] = (await session.exec(issue)).first()
        elif name == "labels":
            words[name] = ", ".join(value)
        elif name == "status":
            words[name] = STATUS_WORDS[value]
        else:
            words[name] = str(value)
    return words
