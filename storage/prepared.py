"""A statement that is compiled once and kept.

SQLAlchemy finds a statement's compiled form by a key as large as the statement, and describes the columns of
each result anew. For the widest SELECT that takes longer than the database does.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Dialect, Float, Select, Update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import UTCDateTime


class Prepared:
    """Values for its parameters go in by name; rows come out as SQLAlchemy would give them.

    It can hold no `in_()`, whose parameters are as many as its values. An UPDATE returns something.
    `as_json`: values come as JSON has them, or so that orjson writes them.
    """

    def __init__(self, statement: Select[Any] | Update, *, as_json: bool = False) -> None:
        self._statement = statement
        self._as_json = as_json
        self._compiled: dict[str, Compiled] = {}

    async def rows(self, session: AsyncSession, **values: Any) -> list[Any]:
        return await session.run_sync(self._rows, values)

    def _rows(self, session: Session, values: dict[str, Any]) -> list[Any]:
        connection = session.connection()
        return self.on(connection.dialect, connection.connection, values)

    def on(self, dialect: Dialect, connection: DBAPIConnection, values: dict[str, Any]) -> list[Any]:
        """On a driver's connection, as SQLAlchemy adapts it: within a greenlet of its."""
        compiled = self.compiled(dialect)
        cursor = connection.cursor()
        try:
            cursor.execute(compiled.sql, compiled.parameters(values))
            return compiled.read(cursor.fetchall())
        finally:
            cursor.close()

    def compiled(self, dialect: Dialect) -> "Compiled":
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = Compiled(
                self._statement, dialect, as_json=self._as_json
            )
        return compiled


class Compiled:
    def __init__(self, statement: Select[Any] | Update, dialect: Dialect, *, as_json: bool) -> None:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        is_select = isinstance(statement, Select)
        returned = list(
            statement.selected_columns if isinstance(statement, Select) else statement.exported_columns
        )
        self._is_packed = is_select and dialect.name == "sqlite"
        self.sql = str(compiled)
        if self._is_packed:
            self.sql = _packed(self.sql, [as_json and _is_time(column) for column in returned])
        binds, fixed = compiled.binds, compiled.params
        self._parameters = [
            (name, fixed[name], binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or ()
        ]
        processors = [] if as_json else [_processor(column, dialect) for column in returned]
        self._processors = [(index, process) for index, process in enumerate(processors) if process]

    def parameters(self, values: dict[str, Any]) -> tuple[Any, ...]:
        given = ((values.get(name, fixed), process) for name, fixed, process in self._parameters)
        return tuple(process(value) if process else value for value, process in given)

    def read(self, fetched: Sequence[Sequence[Any]]) -> list[Any]:
        rows = orjson.loads(fetched[0][0]) if self._is_packed else fetched
        if not self._processors or not rows:
            return list(rows)
        columns = list(zip(*rows, strict=True))
        for index, process in self._processors:
            columns[index] = tuple(map(process, columns[index]))
        return list(zip(*columns, strict=True))


def _processor(column: ColumnElement[Any], dialect: Dialect) -> Any:
    """None where the driver's value is SQLAlchemy's."""
    kind = column.type.dialect_impl(dialect)
    # Of a float SQLAlchemy asks what the driver calls its type; each driver has one as it is.
    return None if isinstance(kind, Float) else kind.result_processor(dialect, None)


def _is_time(column: ColumnElement[Any]) -> bool:
    return isinstance(column.type, UTCDateTime)


def _packed(sql: str, are_times: Sequence[bool]) -> str:
    """All rows in one value. SQLite gives Python's lock up for each row, and gets it back when others pause.

    Of those that `are_times` it is as RFC 3339 has them, without a fraction of zero.
    """
    names = [f"c{number}" for number in range(len(are_times))]
    values = [
        f"replace(replace({name}, ' ', 'T') || 'Z', '.000000Z', 'Z')" if is_time else name
        for name, is_time in zip(names, are_times, strict=True)
    ]
    return (
        f"WITH found ({', '.join(names)}) AS ({sql}) "  # noqa: S608  names of ours
        f"SELECT json_group_array(json_array({', '.join(values)})) FROM found"
    )
