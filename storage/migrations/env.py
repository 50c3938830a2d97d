"""Run by Alembic. The connection, its transaction and its lock come from storage.migrations."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Enum
from sqlmodel import AutoString, SQLModel

from storage import api_keys, jobs, models
from storage.columns import Id, UTCDateTime
from storage.searching import OWN

_TABLES = (api_keys, jobs, models)  # importing them is what fills the metadata


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Plain types in a migration: it has to read the same when the models have moved on."""
    if kind != "type":
        return False
    if isinstance(item, Enum):
        return f"sa.String({item.length})"
    if isinstance(item, AutoString):
        return "sa.String()" if item.length is None else f"sa.String({item.length})"
    if isinstance(item, Id | UTCDateTime):
        return f"{type(item).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_name=lambda name, _kind, _parents: not (name or "").startswith(OWN),
    render_as_batch=True,
    render_item=_render,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
