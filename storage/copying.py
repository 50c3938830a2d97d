"""Every row from one database into another, whichever of the two kinds each is."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy import Table, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from storage import api_keys, jobs, models
from storage.database import HEAD, Database, DatabaseUnusableError

TABLES = (api_keys, jobs, models)  # importing them is what fills SQLModel.metadata
BATCH = 1000

Told = Callable[[str, int], None]


async def copy(source: Database, target: Database, told: Told) -> None:
    """Make `target`, which has to be empty, the same as `source`. `told` hears each table's name and rows.

    The target's side is one transaction. The source can't be written to meanwhile on SQLite, and is read as
    of one instant on PostgreSQL. Raises DatabaseUnusableError.
    """
    found = await source.revision()
    if found is None:
        raise DatabaseUnusableError(f"{source} has no records to copy.")
    if found != HEAD:
        raise DatabaseUnusableError(
            f"{source} is at revision {found}, not {HEAD}: start this version of the program with it once."
        )
    async with source.write() as session:
        options = {} if source.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with source.complaining():
            reading = await session.connection(execution_options=options)

        async def fill(writing: AsyncConnection) -> None:
            tables = SQLModel.metadata.sorted_tables
            for table in reversed(tables):
                await writing.execute(table.delete())  # what a new database is shipped with
            for table in tables:
                async for batch in _batches(table, source, reading):
                    await writing.execute(table.insert(), batch)
                told(table.name, await _agreed(table, source, reading, writing))

        await target.create(fill)


async def _batches(
    table: Table, source: Database, reading: AsyncConnection
) -> AsyncIterator[list[dict[str, Any]]]:
    key = list(table.primary_key.columns)
    query = page = select(table).order_by(*key).limit(BATCH)
    while True:
        with source.complaining():
            rows = [dict(row) for row in (await reading.execute(page)).mappings()]
        if not rows:
            return
        yield rows
        last = tuple_(*(literal(rows[-1][column.key], column.type) for column in key))
        page = query.where(tuple_(*key) > last)


async def _agreed(table: Table, source: Database, reading: AsyncConnection, writing: AsyncConnection) -> int:
    """How many rows both have."""
    count = select(func.count()).select_from(table)
    with source.complaining():
        there = await reading.scalar(count)
    here = await writing.scalar(count)
    if here != there:
        raise DatabaseUnusableError(f"Of {there} rows of {table.name} {here} arrived. Nothing was kept.")
    return int(here or 0)
