"""A SELECT that is compiled once and kept.

SQLAlchemy finds a statement's compiled form by a key as large as the statement, and describes the columns of
each result anew. For the widest SELECT that takes longer than the database does.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Dialect, Select
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession


class Prepared:
    """Values for its parameters go in by name; rows come out as SQLAlchemy would give them.

    It can hold no `in_()`, whose parameters are as many as its values.
    """

    def __init__(self, select: Select[Any]) -> None:
        self._select = select
        self._compiled: dict[str, _Compiled] = {}

    async def rows(self, session: AsyncSession, **values: Any) -> list[tuple[Any, ...]]:
        return await session.run_sync(self._rows, values)

    def _rows(self, session: Session, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        connection = session.connection()
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = self._compiled[connection.dialect.name] = _Compiled(self._select, connection.dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.sql, compiled.parameters(values))
            return compiled.read(cursor.fetchall())
        finally:
            cursor.close()


class _Compiled:
    def __init__(self, select: Select[Any], dialect: Dialect) -> None:
        compiled = select.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        binds, fixed = compiled.binds, compiled.params
        self._parameters = [
            (name, fixed[name], binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or ()
        ]
        results = [column.type.dialect_impl(dialect) for column in select.selected_columns]
        processors = [result.result_processor(dialect, None) for result in results]
        self._processors = [(index, process) for index, process in enumerate(processors) if process]

    def parameters(self, values: dict[str, Any]) -> tuple[Any, ...]:
        given = ((values.get(name, fixed), process) for name, fixed, process in self._parameters)
        return tuple(process(value) if process else value for value, process in given)

    def read(self, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        columns = list(zip(*rows, strict=True))
        for index, process in self._processors if columns else ():
            columns[index] = tuple(map(process, columns[index]))
        return list(zip(*columns, strict=True))
