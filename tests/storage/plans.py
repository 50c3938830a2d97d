"""How a database goes about the statements of the product: what it searches by an index, what it reads whole."""

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import Database
from storage.prepared import Prepared

Ask = Callable[[AsyncSession], Awaitable[Any]]
Statement = tuple[str, Any]


@dataclass
class Plan:
    """`used` are the indexes that something was looked up in; `whole` the tables that were read to the end."""

    used: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)


async def plan_of(database: Database, ask: Ask) -> Plan:
    """The plans of everything that `ask` has the database do, taken together."""
    plan = Plan()
    async with database.write() as session:
        connection = await session.connection()
        if not database.is_sqlite:
            # There are too few rows in a test to make an index worth its while.
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        with _noting(database) as statements:
            await ask(session)
        for sql, parameters in statements:
            if database.is_sqlite:
                _read_sqlite(await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters), plan)
            else:
                explained = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
                _read_postgresql(explained.scalar_one(), plan)
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


def _read_sqlite(rows: Any, plan: Plan) -> None:
    """`SEARCH follow_up USING INDEX ix_… (incident_id=?)`, `SCAN follow_up`."""
    for row in rows:
        step, _, rest = row.detail.partition(" ")
        words = rest.split()
        if step == "SCAN" or "AUTOMATIC" in words:
            plan.whole.add(words[0])
        elif step == "SEARCH":
            plan.used.add(words[words.index("INDEX") + 1] if "INDEX" in words else words[0])


def _read_postgresql(explained: Any, plan: Plan) -> None:
    found = json.loads(explained) if isinstance(explained, str) else explained
    nodes = [found[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if "Index Cond" in node:
            plan.used.add(node["Index Name"])
        elif node["Node Type"] in {"Seq Scan", "Index Scan", "Index Only Scan"}:
            plan.whole.add(node["Relation Name"])
