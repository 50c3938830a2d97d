"""Neither secrets nor what people wrote are in the real program's log, whatever goes wrong, at any level."""

import asyncio
import logging
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import make_url, text
from sqlmodel import select
from structlog.testing import capture_logs

import logs
from playground import Person
from playground.doors import Transport, signature
from playground.seed import CHECKOUT, MAYA
from storage.database import Database
from storage.jobs import Job
from tests.process import Running, running

WORDS = "quokka-4711"
TITLE = f"Rotate the {WORDS} certs"
REFUSED = f"{WORDS} refused"
BOT_TOKEN, APP_TOKEN = "xoxb-bilby-815", "xapp-bilby-815"
SIGNING_SECRET = "numbat-1138"
PASSWORD = "potoroo-2001"
SECRETS = (WORDS, BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, PASSWORD, "/slack/response/", "ticket=")

# Both databases quote the row that they refuse, each in its own way.
TRAPS = {
    "sqlite": [
        f"""CREATE TRIGGER refuses BEFORE INSERT ON follow_up WHEN NEW.title = '{REFUSED}'
            BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
        f"""CREATE TRIGGER forgets BEFORE INSERT ON channel_message
            BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
    ],
    "postgresql": [
        f"ALTER TABLE follow_up ADD CONSTRAINT refuses CHECK (title <> '{REFUSED}')",
        "ALTER TABLE channel_message ADD CONSTRAINT forgets CHECK (false) NOT VALID",
    ],
}


@pytest.mark.parametrize(
    ("level", "transport", "backend"),
    [
        ("DEBUG", "http", "postgresql"),
        ("DEBUG", "socket", "sqlite"),
        ("INFO", "socket", "postgresql"),
        ("WARNING", "http", "sqlite"),
        ("ERROR", "http", "sqlite"),
    ],
)
async def test_the_log_holds_no_secret_and_nobodys_words(
    level: str, transport: Transport, backend: str, database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url)
    async with database.write() as session:
        for trap in TRAPS[backend]:
            await session.exec(text(trap))  # type: ignore[call-overload]
    try:
        async with running(
            tmp_path,
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN,
            signing_secret=SIGNING_SECRET,
            transport=transport,
            LOG_LEVEL=level,
            DATABASE_URL=with_password(database_url),
        ) as program:
            await everything_goes_wrong(program)
            await is_told(database)
            log = program.log
    finally:
        await without_traps(database)
    log += program.log
    for secret in SECRETS:
        assert secret not in log, f"{secret} in the log:\n{log}"
    assert '"event": "failed"' in log
    assert "IntegrityError" in log
    if level == "DEBUG":
        assert "job_raised" in log


def with_password(database_url: str) -> str:
    """The test's PostgreSQL takes any."""
    url = make_url(database_url)
    if url.get_backend_name() == "postgresql" and url.password is None:
        url = url.set(password=PASSWORD)
    return url.render_as_string(hide_password=False)


async def everything_goes_wrong(program: Running) -> None:
    slack = program.slack
    maya = Person(slack, MAYA).in_channel(CHECKOUT)
    for method, kind in {
        "chat.postMessage": "server_error",
        "chat.update": "fatal_error",
        "views.update": "hash_conflict",
    }.items():
        slack.faults.add(method, kind)
    await maya.types(WORDS)
    await maya.types(f"/incident follow-up {TITLE}")
    assert await (await maya.modal("New follow-up")).submits(Description=TITLE) == {}
    await maya.types(f"/incident {WORDS}")
    await maya.types(f"/incident follow-up {REFUSED}")
    form = await maya.modal("New follow-up")
    assert "went wrong" in (await form.submits(Title=REFUSED))["Title"]
    form.view.content["callback_id"] = WORDS
    assert "went wrong" in (await form.submits(Title=TITLE))["Title"]
    await form.closes(everything=True)
    slack.faults.add("views.open", "expired_trigger")
    await maya.types(f"/incident follow-up {TITLE}")
    await maya.sees("Something went wrong")
    await strangers_knock(program)
    if slack.doors.transport == "socket":
        await slack.sockets.refresh("too_many_websockets")
        await slack.sockets.drop()
        assert await slack.sockets.connected(1, within=20)


async def strangers_knock(program: Running) -> None:
    async with aiohttp.ClientSession() as session:
        for body in (f'{{"type": "{WORDS}', f"payload={WORDS}", f'{{"event": "{WORDS}"}}'):
            signed = {
                "X-Slack-Request-Timestamp": "1",
                "X-Slack-Signature": signature(SIGNING_SECRET, "1", body.encode()),
                WORDS: WORDS,
            }
            url = f"{program.address}/slack/events?{WORDS}"
            async with session.post(url, data=body, headers=signed) as answer:
                assert answer.status == 401


async def is_told(database: Database) -> None:
    """The card is posted, but the database refuses to remember it."""
    async with asyncio.timeout(20):
        while not (told := await last_errors(database)):  # noqa: ASYNC110  another process does it
            await asyncio.sleep(0.05)
    assert not [error for error in told if WORDS in error]


async def last_errors(database: Database) -> list[str]:
    async with database.read() as session:
        jobs = (await session.exec(select(Job).where(Job.kind == "card"))).all()
    return [job.last_error for job in jobs if job.last_error and "Integrity" in job.last_error]


async def without_traps(database: Database) -> None:
    """PostgreSQL's tables stay from test to test."""
    if not database.is_sqlite:
        async with database.write() as session:
            await session.exec(text("ALTER TABLE follow_up DROP CONSTRAINT IF EXISTS refuses"))  # type: ignore[call-overload]
            await session.exec(text("ALTER TABLE channel_message DROP CONSTRAINT IF EXISTS forgets"))  # type: ignore[call-overload]
    await database.close()


def failing() -> BaseException:
    try:
        try:
            raise OSError(28, WORDS)
        except OSError as error:
            raise ValueError(WORDS) from error
    except ValueError as error:
        return error


def test_an_exception_is_told_by_where_and_what_and_why_without_its_words() -> None:
    told = logs.without_words(failing())
    assert told.index("OSError (No space left on device)") < told.index("ValueError")
    assert "test_logs.py" in told
    assert WORDS not in told


def test_other_libraries_exceptions_are_told_in_the_same_way() -> None:
    error = failing()
    record = logging.LogRecord(
        "lib", logging.ERROR, "lib.py", 1, "It broke", (), (type(error), error, error.__traceback__)
    )
    told = logs._Wordless("%(message)s").format(record)
    assert told.startswith("It broke\n")
    assert "ValueError" in told
    assert WORDS not in told


def test_a_task_that_nobody_waits_for_is_in_the_log() -> None:
    loop, error = asyncio.new_event_loop(), failing()
    with capture_logs() as entries:
        logs.unhandled(loop, {"message": "Task exception was never retrieved", "exception": error})
    loop.close()
    assert [(entry["about"], entry["exc_info"]) for entry in entries] == [
        ("Task exception was never retrieved", error)
    ]
