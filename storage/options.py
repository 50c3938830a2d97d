"""Priorities and categories: made, changed and deleted by whoever runs the workspace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import func, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import access, catalogue
from storage.errors import InUseError, InvalidFieldError, NotFoundError
from storage.limits import OPTION_DESCRIPTION_LIMIT, OPTION_NAME_LIMIT, OPTIONS_LIMIT
from storage.models import Category, FollowUp, Incident, Priority
from storage.records import CategoryRecord, CreatorRecord, PriorityRecord, Status
from storage.text import is_blank, one_line, storable

LAST_RANK = 10_000

Record = TypeVar("Record", PriorityRecord, CategoryRecord)


@dataclass(frozen=True)
class Kind(Generic[Record]):
    """`column` is where a follow-up holds the id of one."""

    table: Any
    column: Any
    noun: str
    plural: str
    every: Callable[[AsyncSession], Any]

    async def all_of_them(self, session: AsyncSession) -> list[Record]:
        found: list[Record] = await self.every(session)
        return found


PRIORITIES: Kind[PriorityRecord] = Kind(
    Priority, FollowUp.priority_id, "priority", "priorities", catalogue.priorities
)
CATEGORIES: Kind[CategoryRecord] = Kind(
    Category, FollowUp.category_id, "category", "categories", catalogue.categories
)


async def get(session: AsyncSession, kind: Kind[Record], option_id: str) -> Record:
    """Raises NotFoundError."""
    found = [one for one in await kind.all_of_them(session) if one.id == option_id]
    if not found:
        raise NotFoundError(f"no {kind.noun} {option_id}")
    return found[0]


async def create(session: AsyncSession, kind: Kind[Record], values: Mapping[str, Any]) -> Record:
    """`values`: a name, and perhaps description, rank and is_default. Without a rank it is the last.

    Raises InvalidFieldError.
    """
    await _take_turn(session, kind)
    known = await kind.all_of_them(session)
    if len(known) >= OPTIONS_LIMIT:
        raise InvalidFieldError("name", f"There are {OPTIONS_LIMIT} {kind.plural}: Slack shows no more.")
    last = max((one.rank for one in known), default=0)
    made = kind.table(**{"rank": min(last + 1, LAST_RANK), **_valid(kind, known, values)})
    return await _store(session, kind, made, values)


async def change(
    session: AsyncSession, kind: Kind[Record], option_id: str, changes: Mapping[str, Any]
) -> Record:
    """What is not named stays. Raises NotFoundError, InvalidFieldError."""
    await _take_turn(session, kind)
    changed = await _row(session, kind, option_id)
    others = [one for one in await kind.all_of_them(session) if one.id != option_id]
    for name, value in _valid(kind, others, changes).items():
        setattr(changed, name, value)
    return await _store(session, kind, changed, changes)


async def delete(session: AsyncSession, actor: CreatorRecord, kind: Kind[Record], option_id: str) -> None:
    """Raises NotFoundError, and InUseError while a follow-up has it. Deleted follow-ups give it up."""
    await _take_turn(session, kind)
    row = await _row(session, kind, option_id)
    has_it = col(kind.column) == option_id
    is_there = (has_it, col(FollowUp.status) != Status.DELETED)
    if (await session.exec(select(FollowUp.id).where(*is_there).limit(1))).first() is not None:
        seen = (
            select(func.count())
            .select_from(FollowUp)
            .join(Incident, col(Incident.id) == col(FollowUp.incident_id))
            .where(*is_there, access.visible(actor))
        )
        raise InUseError(kind.noun, (await session.exec(seen)).one())
    given_up = update(FollowUp).where(has_it).values({kind.column: None})
    await session.exec(given_up.execution_options(synchronize_session=False))
    await session.delete(row)
    await session.flush()


async def _take_turn(session: AsyncSession, kind: Kind[Record]) -> None:
    """So that no two make the same name or the default at once. On SQLite writers take turns anyway."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        name = kind.table.__tablename__
        await connection.execute(text(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE"))


async def _row(session: AsyncSession, kind: Kind[Record], option_id: str) -> Any:
    """Held: whoever is giving it to a follow-up has done so, or finds it gone."""
    query = select(kind.table).where(col(kind.table.id) == option_id).with_for_update()
    row = (await session.exec(query)).one_or_none()
    if row is None:
        raise NotFoundError(f"no {kind.noun} {option_id}")
    return row


async def _store(session: AsyncSession, kind: Kind[Record], row: Any, values: Mapping[str, Any]) -> Record:
    if values.get("is_default"):
        others = update(kind.table).where(col(kind.table.id) != row.id).values(is_default=False)
        await session.exec(others.execution_options(synchronize_session=False))
    session.add(row)
    await session.flush()
    return await get(session, kind, row.id)


def _valid(kind: Kind[Record], others: list[Record], values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = dict(values)
    refused: list[InvalidFieldError] = []
    for name, clean in (("name", _name), ("description", _description), ("rank", _rank)):
        try:
            if name in values:
                cleaned[name] = clean(values[name])
        except InvalidFieldError as error:
            refused.append(error)
    if refused:
        raise InvalidFieldError.of_all(refused)
    for one in others:
        if "name" in cleaned and one.name.casefold() == cleaned["name"].casefold():
            raise InvalidFieldError("name", f"There is a {kind.noun} of this name already: {one.name}.")
    return cleaned


def _name(value: str) -> str:
    name = one_line(value)
    if is_blank(name):
        raise InvalidFieldError("name", "Give it a name.")
    if len(name) > OPTION_NAME_LIMIT:
        raise InvalidFieldError(
            "name",
            f"Slack shows at most {OPTION_NAME_LIMIT} characters of a choice; this name has {len(name)}.",
        )
    return name


def _description(value: str | None) -> str | None:
    description = storable(value or "", kept="\n\t").strip()
    if len(description) > OPTION_DESCRIPTION_LIMIT:
        raise InvalidFieldError(
            "description",
            f"A description has at most {OPTION_DESCRIPTION_LIMIT} characters; "
            f"this one has {len(description)}.",
        )
    return description or None


def _rank(value: int) -> int:
    if not 0 <= value <= LAST_RANK:
        raise InvalidFieldError("rank", f"A rank is a number from 0 to {LAST_RANK:,}.")
    return value
