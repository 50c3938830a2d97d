"""Parked jobs at a terminal, while the bot runs."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import leases
from storage.database import Database
from storage.jobs import State
from tests.command_line.said import Said, run
from tests.storage.queue import claim, claim_one, done, enqueue, nothing, stored, until, working

Jobs = Callable[..., Awaitable[Said]]


@pytest.fixture
def jobs(database_url: str, tmp_path: Path) -> Jobs:
    async def jobs(*arguments: str, typed: str = "") -> Said:
        return await run("jobs", *arguments, typed=typed, at=tmp_path, DATABASE_URL=database_url)

    return jobs


async def park(database: Database, kind: str, reason: str, *, hours: float = 0) -> str:
    at = datetime.now(UTC) - timedelta(hours=hours)
    await enqueue(database, kind, now=at, dedupe_key=kind)
    job = await claim_one(database, now=at)
    async with database.write() as session:
        await leases.park(session, job, reason, now=at)
    return job.id


async def test_parked_jobs_are_listed_with_what_happened_to_them(database: Database, jobs: Jobs) -> None:
    card = await park(database, "card", "not_in_channel", hours=3.5)
    event = await park(database, "slack_event", "KeyError: 'team'\nsecond line", hours=50)
    await enqueue(database, "greet")

    said = await jobs("list")
    assert said.code == 0
    assert [line.split(maxsplit=4) for line in said.out.splitlines()] == [
        ["ID", "KIND", "AGE", "ATTEMPTS", "REASON"],
        [card, "card", "3h", "1", "not_in_channel"],
        [event, "slack_event", "2d", "1", "KeyError: 'team' second line"],
    ]

    shorter = await jobs("list", "--limit", "1")
    assert shorter.out.splitlines()[1:] == [said.out.splitlines()[1], "… and 1 more"]


async def test_where_nothing_is_parked_that_is_said(database: Database, jobs: Jobs) -> None:
    await enqueue(database, "greet")
    for arguments in (["list"], ["retry", "--all"]):
        said = await jobs(*arguments)
        assert (said.code, said.out) == (0, "No job is parked.\n")


async def test_a_job_that_is_tried_again_is_done_by_the_bot_that_runs(database: Database, jobs: Jobs) -> None:
    card = await park(database, "card", "not_in_channel")
    await park(database, "slack_event", "token_revoked")
    async with working(database, {"card": nothing, "slack_event": nothing}, clock=lambda: datetime.now(UTC)):
        said = await jobs("retry", card)
        assert (said.code, said.out) == (0, "To be tried again: 1.\n")
        await until(database, "card", done)
        assert (await stored(database, "slack_event")).state is State.DEAD

        said = await jobs("retry", "--all")
        assert (said.code, said.out) == (0, "To be tried again: 1.\n")
        await until(database, "slack_event", done)


async def test_an_id_that_is_not_parked_changes_nothing(database: Database, jobs: Jobs) -> None:
    card = await park(database, "card", "not_in_channel")
    await enqueue(database, "greet")
    waiting = (await stored(database, "greet")).id
    for command in (["retry"], ["drop", "--yes"]):
        said = await jobs(*command, card, waiting)
        assert said.code == 1
        assert said.err == f"Error: No parked job has this id: {waiting}. Nothing was changed.\n"
    assert (await stored(database, "card")).state is State.DEAD


@pytest.mark.parametrize("arguments", [[], ["X", "--all"]])
async def test_it_has_to_be_said_which_jobs_to_try_again(jobs: Jobs, arguments: list[str]) -> None:
    said = await jobs("retry", *arguments)
    assert said.code == 2
    assert "Name the jobs to try again, or say --all." in said.err


async def test_a_job_is_dropped_only_after_a_yes(database: Database, jobs: Jobs) -> None:
    card = await park(database, "card", "not_in_channel")
    for typed in ("n\n", ""):
        said = await jobs("drop", card, typed=typed)
        assert said.code == 1
        assert "will never be done" in said.out
        assert (await stored(database, "card")).state is State.DEAD

    said = await jobs("drop", card, typed="y\n")
    assert said.code == 0
    assert said.out.endswith("Dropped: 1.\n")
    assert "No job is parked." in (await jobs("list")).out


async def test_what_was_dropped_is_never_done(database: Database, jobs: Jobs) -> None:
    card = await park(database, "card", "not_in_channel")
    assert (await jobs("drop", "--yes", card)).code == 0

    assert not await enqueue(database, "card", dedupe_key="card")
    assert await claim(database, now=datetime.now(UTC)) == []


async def test_a_database_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/mistyped.db"
    said = await run("jobs", "list", at=tmp_path, DATABASE_URL=url)
    assert said.code == 1
    assert "mistyped.db" in said.err
    assert "start the program once, or check DATABASE_URL" in said.err
    assert not (tmp_path / "mistyped.db").exists()
