"""INSERT … ON CONFLICT DO NOTHING, which SQLite and PostgreSQL spell alike.

SQLAlchemy has it once a dialect; importing PostgreSQL's costs every start 0.03 s.
"""

from typing import Any

from sqlalchemy import Insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class InsertNew(Insert):
    """Inserts the rows that no unique key refuses. It waits for whoever is inserting the same one."""

    inherit_cache = True


@compiles(InsertNew)
def _compiled(insert: InsertNew, compiler: SQLCompiler, **options: Any) -> str:
    statement: str = compiler.visit_insert(insert, **options)  # type: ignore[no-untyped-call]
    return statement + " ON CONFLICT DO NOTHING"
