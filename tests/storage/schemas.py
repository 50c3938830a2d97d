"""A schema as the database describes it, and what of one an older program would miss in the next."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from storage import migrations
from storage.database import HEAD

Key = tuple[str | None, ...]


@dataclass(frozen=True)
class Table:
    columns: dict[str, dict[str, Any]]
    unique: set[Key]
    references: set[Key]
    checks: set[str]


Schema = dict[str, Table]


def schema(connection: Connection) -> Schema:
    seen = inspect(connection)
    return {
        name: Table(
            columns={column["name"]: dict(column) for column in seen.get_columns(name)},
            unique={tuple(sorted(key["column_names"])) for key in seen.get_unique_constraints(name)}
            | {_unique_index(index) for index in seen.get_indexes(name) if index["unique"]},
            references={tuple(key["constrained_columns"]) for key in seen.get_foreign_keys(name)},
            checks={check["sqltext"] for check in seen.get_check_constraints(name)},
        )
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


def _unique_index(index: Any) -> Key:
    partial = [str(value) for key, value in index["dialect_options"].items() if key.endswith("_where")]
    return (*sorted(index["column_names"]), *partial)


def breaks(before: Schema, after: Schema) -> list[str]:
    """What a program that knows the schema of before can no longer do with the one after."""
    gone = [f"table {name} is gone" for name in before.keys() - after.keys()]
    return gone + [
        f"{name}{complaint}"
        for name in before.keys() & after.keys()
        for complaint in _complaints(before[name], after[name])
    ]


def _complaints(before: Table, after: Table) -> list[str]:
    found = [f".{name} is gone" for name in before.columns.keys() - after.columns.keys()]
    for name, column in after.columns.items():
        was = before.columns.get(name)
        if was is None:
            if not column["nullable"] and column["default"] is None:
                found.append(f".{name} is new and must be given")
        elif str(was["type"]) != str(column["type"]):
            found.append(f".{name} is {column['type']}, was {was['type']}")
        elif was["nullable"] != column["nullable"]:
            found.append(f".{name} {'may be' if column['nullable'] else 'must not be'} empty now")
    found += [f" no longer has unique {key}" for key in before.unique - after.unique]
    found += [
        f" has {key} unique or referring now"
        for key in (after.unique - before.unique) | (after.references - before.references)
        if key[0] in before.columns
    ]
    found += [f" checks {check} now" for check in after.checks - before.checks]
    return found


async def schema_of(url: str) -> Schema:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(schema)
    finally:
        await engine.dispose()


async def migrate_further(url: str, directory: Path, revision: str, upgrade: str) -> None:
    """As a newer version of the program would: by a migration of its own after the newest."""
    shutil.copytree(Path(migrations.__file__).parent, directory)
    (directory / "versions" / f"{revision}.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = '{revision}', '{HEAD}'\n"
        "def upgrade():\n" + indent(upgrade, "    ")
    )

    def run(config: Config) -> None:
        config.set_main_option("script_location", str(directory))
        command.upgrade(config, revision)

    await migrations.run(make_url(url), run)
