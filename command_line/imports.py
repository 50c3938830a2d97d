"""`python app.py import …`: from incident.io, or from a CSV file, while the bot runs."""

import ipaddress
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

import settings as settings_
from command_line.private_files import private_file
from command_line.progress import Progress
from command_line.transactions import in_database
from command_line.workspaces import workspace
from moving import csv_files, from_csv, reports
from moving.csv_files import Line, Problem
from moving.from_incident_io import Mover
from settings import Settings
from storage.database import Database
from storage.imports import FROM_CSV, FROM_INCIDENT_IO, Import, Kind, Outcome

PUBLISHED = "https://api.incident.io"
MISSING = "The client of incident.io is missing: .venv/bin/python -m pip install incident-io"


@click.group("import")
def imports() -> None:
    """Bring follow-ups here: from incident.io, or from a CSV file.

    Nobody is told: no cards, no lines in channels, no webhooks. Safe to repeat.
    """


@imports.command("incidentio")
@click.option(
    "--api-key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the key.",
)
@click.option(
    "--api-key",
    envvar="INCIDENT_IO_API_KEY",
    show_envvar=True,
    help="The key. Every user of this machine can see it as an argument: prefer a file or the variable.",
)
@click.option("--base-url", default=PUBLISHED, show_default=True, help="Where the API is.")
@click.option("--slack-team-id", metavar="T…", help="The bot's Slack workspace, where no token is set.")
@click.option("--dry-run", is_flag=True, help="Read everything, write nothing, and say what would be done.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write what could not be mapped as CSV."
)
def incidentio(
    api_key_file: Path | None,
    api_key: str | None,
    base_url: str,
    slack_team_id: str | None,
    *,
    dry_run: bool,
    report: Path | None,
) -> None:
    """Import incidents, people and follow-ups from incident.io.

    Without a key it is asked for. What is here already is brought up to date, unless it was changed here.
    """
    client = _client()
    key, settings = _key(api_key_file, api_key), settings_.load()
    _check_url(base_url)

    async def bring(database: Database) -> Import:
        async with workspace(settings, database, slack_team_id) as ours:
            run = Import(FROM_INCIDENT_IO, ours.slack_team_id, datetime.now(UTC), dry_run)
            try:
                async with client.IncidentIo(base_url, key) as source:
                    with Progress() as progress:
                        mover = Mover(source, database, run, told=progress.told, channel_of=ours.channel_of)
                        await mover.move()
            except client.SourceError as error:
                raise click.ClickException(str(error)) from None
        return run

    _reported(settings, bring, report)


@imports.command("csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--slack-team-id", metavar="T…", help="The bot's Slack workspace, where no token is set.")
@click.option("--dry-run", is_flag=True, help="Look at every row, write nothing, and say what would be done.")
@click.option("--skip-bad", is_flag=True, help="Write the good rows though others are not.")
def from_file(file: Path, slack_team_id: str | None, *, dry_run: bool, skip_bad: bool) -> None:
    """Import follow-ups from a CSV FILE, as `export csv` writes it.

    A row with the id of a follow-up changes that; one with another id, or none, makes a new one. Nothing is
    written unless every row is good.
    """
    settings = settings_.load()
    lines = _lines(file)

    async def bring(database: Database) -> tuple[Import, list[Problem]]:
        async with workspace(settings, database, slack_team_id) as ours:
            run = Import(FROM_CSV, ours.slack_team_id, datetime.now(UTC), dry_run)
        problems = await from_csv.problems_of(database, run, lines)
        if dry_run or (problems and not skip_bad):
            return run, problems
        bad = {problem.line for problem in problems}
        rows = [(line.number, line.row) for line in lines if line.row and line.number not in bad]
        with Progress() as progress:
            since = await from_csv.write(
                database, run, rows, lambda count: progress.told("rows", count, len(rows))
            )
        run.counts[Kind.FOLLOW_UP, Outcome.SKIPPED] += len(bad)
        return run, problems + since

    run, problems = in_database(settings, bring)
    for problem in problems:
        click.echo(
            f"Line {problem.line}{problem.column and f', {problem.column}'}: {problem.words}", err=True
        )
    if problems and not skip_bad and not run.counts:
        raise click.ClickException("Nothing was written. Mend these rows, or leave them out with --skip-bad.")
    click.echo("\n".join(reports.lines(run, None)))
    if problems:
        sys.exit(1)


def _lines(file: Path) -> list[Line]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            return list(csv_files.read(opened))
    except csv_files.FileError as error:
        raise click.ClickException(f"{file.name}: {error} Nothing was written.") from None


def _reported(
    settings: Settings, bring: Callable[[Database], Awaitable[Import]], report: Path | None
) -> None:
    run = in_database(settings, bring)
    if report is not None:
        with private_file(report) as file:
            reports.write(run, file)
    click.echo("\n".join(reports.lines(run, str(report) if report else None)))


def _client() -> Any:
    """Only whoever imports has use for it, and for the HTTP client it brings along."""
    try:
        from moving import incident_io  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"incident_io", "httpx", "attrs"}:
            raise
        raise click.ClickException(MISSING) from None
    return incident_io


def _key(file: Path | None, given: str | None) -> str:
    if file is not None:
        given = file.read_text(encoding="utf-8", errors="replace")
    key = (given or str(click.prompt("API key", hide_input=True, err=True))).strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise click.ClickException("This is no API key: a key is one word without spaces.")
    return key


def _check_url(url: str) -> None:
    parsed = urlsplit(url)
    if parsed.scheme not in {"http", "https"} or not parsed.hostname:
        raise click.BadParameter("write it as https://api.incident.io.", param_hint="--base-url")
    if parsed.scheme == "http" and not _is_loopback(parsed.hostname):
        raise click.BadParameter("over http others could read the key: use https.", param_hint="--base-url")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
