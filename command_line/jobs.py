"""`python app.py jobs …`: work that failed for good, while the bot runs."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import click
from sqlmodel.ext.asyncio.session import AsyncSession

import settings as settings_
from command_line.transactions import in_transaction
from storage import jobs as queue
from storage import parked
from storage.jobs import Job

NONE = "No job is parked."
COLUMNS = "{:<26}  {:<16}  {:>4}  {:>8}  {}"


@click.group()
def jobs() -> None:
    """Look at parked jobs, and try them again or drop them.

    A job is parked when trying again by itself is no use: Slack refused for good, or a bug.
    """


@jobs.command("list")
@click.option("--limit", default=100, show_default=True, help="Show at most so many, oldest first.")
def list_jobs(limit: int) -> None:
    """List parked jobs with their ids, ages, attempts and reasons."""

    async def show(session: AsyncSession) -> str:
        found, now = await parked.parked(session, limit=limit), datetime.now(UTC)
        lines = [COLUMNS.format("ID", "KIND", "AGE", "ATTEMPTS", "REASON")]
        lines += [_line(job, now) for job in found]
        if more := await parked.count(session) - len(found):
            lines.append(f"… and {more:,} more")
        return "\n".join(lines) if found else NONE

    _say(show)


def _line(job: Job, now: datetime) -> str:
    reason = " ".join((job.last_error or "").split())
    return COLUMNS.format(job.id, job.kind, _age(now - job.created_at), job.attempts, reason)


def _age(age: timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


@jobs.command()
@click.argument("ids", metavar="[ID]…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every parked job.")
def retry(ids: tuple[str, ...], everything: bool) -> None:
    """Try parked jobs again: those named, or --all. The bot takes them up within a second."""
    if bool(ids) is everything:
        raise click.UsageError("Name the jobs to try again, or say --all.")

    async def again(session: AsyncSession) -> str:
        count = len(set(ids)) or await parked.count(session)
        if everything:
            await queue.revive(session, now=datetime.now(UTC))
        else:
            await parked.retry(session, set(ids), now=datetime.now(UTC))
        return f"To be tried again: {count}." if count else NONE

    _say(again)


@jobs.command()
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@click.confirmation_option(prompt="What these jobs were to do will never be done. Drop them?")
def drop(ids: tuple[str, ...]) -> None:
    """Drop parked jobs for good. Asks first, unless --yes is given."""

    async def away(session: AsyncSession) -> str:
        await parked.drop(session, set(ids), now=datetime.now(UTC))
        return f"Dropped: {len(set(ids))}."

    _say(away)


def _say(do: Callable[[AsyncSession], Awaitable[str]]) -> None:
    """Done in one transaction, then said."""
    try:
        click.echo(in_transaction(settings_.load(), do))
    except parked.NotParkedError as error:
        raise click.ClickException(f"No parked job has this id: {error}. Nothing was changed.") from None
