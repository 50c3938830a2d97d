"""`python app.py export …`: follow-ups as a file, while the bot runs."""

import sys
from pathlib import Path
from typing import TextIO

import click

import settings as settings_
from command_line.private_files import private_file
from command_line.transactions import in_database
from moving.csv_files import Writer
from settings import Settings
from storage import exporting
from storage.database import Database
from storage.exporting import Exported
from storage.records import Status

STATUSES = [status.value for status in Status if status is not Status.DELETED]


@click.group("export")
def exports() -> None:
    """Write follow-ups to a file."""


@exports.command("csv")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; else it is printed."
)
@click.option("--incident", metavar="INC-1", help="Only this incident's, by its reference or id.")
@click.option("--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="Can be repeated.")
@click.option("--include-private", is_flag=True, help="Private incidents' too.")
def to_file(
    output: Path | None, incident: str | None, statuses: tuple[str, ...], *, include_private: bool
) -> None:
    """Write follow-ups as CSV, oldest first. Only their owner can read the file."""
    settings = settings_.load()
    wanted = Exported(incident, tuple(map(Status, statuses)), include_private)
    if output is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        _written(settings, wanted, sys.stdout)
        return
    with private_file(output) as file:
        count = _written(settings, wanted, file)
    click.echo(f"{count:,} follow-ups are in {output}.")


def _written(settings: Settings, wanted: Exported, file: TextIO) -> int:
    async def write(database: Database) -> int:
        writer, count = Writer(file), 0
        async for page in exporting.every(database, wanted):
            for found in page:
                writer.write(found)
            count += len(page)
        return count

    return in_database(settings, write)
