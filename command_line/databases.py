"""`python app.py copy-database`: from SQLite into PostgreSQL, or back."""

import asyncio

import click

from storage import copying
from storage.database import Database, DatabaseUnusableError

# Seconds: nobody waits, and there may be millions of rows to count.
COUNTING = 600.0


@click.command("copy-database")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy_database(source: str, target: str) -> None:
    """Copy every record FROM one database TO an empty one.

    Both are written as in DATABASE_URL. Stop the bot first: what it stores afterwards is not copied. A copy
    that fails leaves nothing behind.
    """
    asyncio.run(_copy(source, target))


async def _copy(source_url: str, target_url: str) -> None:
    source = Database(source_url, named="FROM", longest_command=COUNTING)
    target = Database(target_url, named="TO")
    try:
        if str(source) == str(target):
            raise DatabaseUnusableError("FROM and TO are the same database.")
        await copying.copy(source, target, lambda table, rows: click.echo(f"{rows:>10,}  {table}"))
    finally:
        await source.close()
        await target.close()
    click.echo("Everything was copied. Set DATABASE_URL to the new database and start the bot.")
