"""Rows for every table there is, made from what its columns may hold. A new table needs nothing here."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Enum, Float, Integer, LargeBinary, Table, func, select
from sqlmodel import AutoString, SQLModel

from storage.columns import Id, UTCDateTime, new_id
from storage.database import Database

ROWS = 3
NOW = datetime(2026, 11, 23, 9, 30, 15, 123456, tzinfo=UTC)
ODD = "Zoë’s “cert” 🔴\n\t<@U1> & \\ ' \" %s :x"


# By type, the narrower first.
VALUES: dict[type[Any], Callable[[Any, int], Any]] = {
    Id: lambda _column, _number: new_id(),
    Enum: lambda column, number: list(column.type.enum_class)[number % len(column.type.enum_class)],
    UTCDateTime: lambda _column, number: NOW + timedelta(microseconds=number),
    Date: lambda _column, number: date(2026, 11, 23 + number),
    JSON: lambda _column, number: {"nested": [number, None, True, 1.5, {"z": ODD, "a": []}]},
    Boolean: lambda _column, number: number % 2 == 0,
    Integer: lambda _column, number: 2**31 - 1 - number,
    Float: lambda _column, number: 1763890215.123456 + number,
    AutoString: lambda column, number: f"{column} {number} {ODD}",
    LargeBinary: lambda _column, number: bytes([0, 255, number]),
}


async def fill(database: Database, rows: int = ROWS) -> None:
    """Every row points at others; each column that may be empty is so in one of them."""
    made: dict[str, list[dict[str, Any]]] = {}
    async with database.write() as session:
        connection = await session.connection()
        for table in SQLModel.metadata.sorted_tables:
            made[table.name] = [
                {column.key: _value(column, number, made) for column in table.columns}
                for number in range(rows)
            ]
            await connection.execute(table.delete())
            await connection.execute(table.insert(), made[table.name])


def _value(column: Column[Any], number: int, made: dict[str, list[dict[str, Any]]]) -> Any:
    if column.nullable and number == 0:
        return None
    for key in column.foreign_keys:
        rows = made.get(key.column.table.name, [])
        return rows[number][key.column.key] if rows else None
    makers = (make for kind, make in VALUES.items() if isinstance(column.type, kind))
    return next(makers)(column, number)


async def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, by their keys."""
    async with database.read() as session:
        connection = await session.connection()
        return {
            table.name: sorted(map(tuple, await connection.execute(select(table))), key=_key(table))
            for table in SQLModel.metadata.sorted_tables
        }


def _key(table: Table) -> Any:
    places = [index for index, column in enumerate(table.columns) if column.primary_key]
    return lambda row: tuple(row[place] for place in places)


async def sizes(database: Database) -> set[int]:
    async with database.read() as session:
        connection = await session.connection()
        tables = SQLModel.metadata.sorted_tables
        return {
            int(await connection.scalar(select(func.count()).select_from(table)) or 0) for table in tables
        }
