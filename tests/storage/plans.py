"""How a database goes about a statement: what it looks up in an index, and what it reads whole."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import Database
from storage.prepared import Prepared

Ask = Callable[[AsyncSession], Awaitable[Any]]
Statement = tuple[str, Any]


@dataclass
class Plan:
    """`used` are the indexes something was looked up in, `whole` the tables that were read to the end.

    Those read by an index, in its order, are in `walked` too: of these a LIMIT may have read the first only.
    """

    used: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    walked: set[str] = field(default_factory=set)


async def plan_of(database: Database, ask: Ask, *, as_if_large: bool = True) -> Plan:
    """The plans of everything that `ask` has the database do, taken together.

    A test has too few rows to make an index worth its while, so `as_if_large` keeps PostgreSQL from weighing
    that up.
    """
    plan = Plan()
    async with database.write() as session:
        connection = await session.connection()
        if as_if_large and not database.is_sqlite:
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        with _noting(database) as statements:
            await ask(session)
        for sql, parameters in statements:
            if database.is_sqlite:
                _read_sqlite(await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters), plan)
            else:
                _read_postgresql(await _explained_by_postgresql(connection, sql, parameters), plan)
        await session.rollback()
    return plan


@contextmanager
def _noting(database: Database) -> Iterator[list[Statement]]:
    noted: list[Statement] = []

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        if sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")) and "pg_" not in sql:
            noted.append((sql, parameters))

    engine = database._writers.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def ask_prepared(session: AsyncSession, prepared: Prepared, **values: Any) -> None:
    """As `Prepared.rows`, but past SQLAlchemy's own execution, which is what can be listened to."""
    connection = await session.connection()
    dialect = connection.dialect
    await prepared.rows(session, **values)
    compiled = prepared._compiled[dialect.name]
    await connection.exec_driver_sql(compiled.sql, compiled.parameters(values))


async def _explained_by_postgresql(connection: AsyncConnection, sql: str, parameters: Sequence[Any]) -> Any:
    """The plan of the sixth execution: from then on one for any parameters may do."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    given = ", ".join(map(_written, parameters))
    await driver.execute(f"PREPARE asked AS {sql}")
    for _ in range(6):
        explained = await driver.fetchval(
            f"EXPLAIN (FORMAT JSON) EXECUTE asked{f'({given})' if given else ''}"
        )
    await driver.execute("DEALLOCATE asked")
    return explained


def _written(value: Any) -> str:
    if value is None:
        return "NULL"
    return f"ARRAY{value}" if isinstance(value, list) else f"'{value}'"


def _read_sqlite(rows: Any, plan: Plan) -> None:
    """`SEARCH follow_up USING INDEX ix_… (incident_id=?)`, `SCAN follow_up`."""
    for row in rows:
        step, _, rest = row.detail.partition(" ")
        words = rest.split()
        if step == "SCAN" or "AUTOMATIC" in words:
            plan.whole.add(words[0])
            if step == "SCAN" and "INDEX" in words:
                plan.walked.add(words[words.index("INDEX") + 1])
        elif step == "SEARCH":
            plan.used.add(words[words.index("INDEX") + 1] if "INDEX" in words else words[0])


def _read_postgresql(explained: Any, plan: Plan) -> None:
    nodes = [explained[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if "Index Cond" in node:
            plan.used.add(node["Index Name"])
        elif node["Node Type"] in {"Seq Scan", "Index Scan", "Index Only Scan"}:
            plan.whole.add(node["Relation Name"])
            if "Index Name" in node:
                plan.walked.add(node["Index Name"])
