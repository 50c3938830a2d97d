"""Column types and ids shared by every table."""

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CHAR, DateTime, Dialect, Enum, MetaData
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel
from ulid import ULID

_ULID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}")

# Set before any table exists: constraints without a name cannot be altered by a migration.
SQLModel.metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def new_id() -> str:
    """A ULID: 26 characters that sort by the time they were made."""
    return str(ULID())


def is_id(text: str) -> bool:
    return _ULID.fullmatch(text) is not None


class Id(CHAR):
    """A ULID column."""

    def __init__(self) -> None:
        super().__init__(length=26)


class UTCDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, UTC datetimes out. SQLite alone would hand them back naive.

    Raises ValueError for a naive datetime.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_column(kind: type[Any]) -> Enum:
    """A StrEnum kept as its value in a short string, without a database type to migrate."""
    return Enum(kind, native_enum=False, length=20, values_callable=lambda e: [member.value for member in e])
