"""PostgreSQL gone, silent or restarted: people are told, nothing typed or saved is lost, the bot recovers."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from playground import Person, seed
from playground.surfaces import Modal
from storage import database as database_module
from storage import follow_ups, postgresql, worker
from storage.database import Database
from storage.jobs import Job
from storage.models import FollowUp
from storage.records import CreatorKind, CreatorRecord
from storage.trouble import DatabaseTroubleError
from tests.conftest import HANG_UP_ON_THE_OTHERS, Templates
from tests.faults.processes import AS_IT_IS, deployed
from tests.faults.proxy import Proxy
from tests.faults.tally import Tally, tally
from tests.faults.test_chaos import FULL
from tests.faults.test_sigterm import GRACE
from tests.faults.test_sqlite_in_trouble import ready
from tests.faults.waiting import until
from tests.scenarios.conftest import Scenario, adds, list_of

GONE = "the database does not answer"
# What a busy machine may add to a few seconds.
TOLD = 15
# Seconds: `make chaos` has the longer one.
OUTAGE = 30 if FULL else 1
FULL_DISK = "the database has no space left on its disk"
# What PostgreSQL says when a table's file can't grow, of each of these tables.
GROWING = ("follow_up", "history_entry", "job")
NO_SPACE = """
CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'could not extend file "base/5/16384": No space left on device' USING ERRCODE = 'disk_full';
END $$
"""
STORY = "a long story " * 200


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture
async def wire(templates: Templates) -> AsyncIterator[Proxy]:
    await templates.restore_postgresql()
    async with Proxy(templates.postgresql) as wire:
        yield wire


@pytest.fixture
def database_url(wire: Proxy, monkeypatch: pytest.MonkeyPatch) -> str:
    """For a program that waits a second where in earnest it waits five."""
    monkeypatch.setattr(database_module, "WAIT", 1.0)
    return wire.url


@pytest.fixture
async def beside(wire: Proxy, templates: Templates) -> AsyncIterator[Database]:
    """The same database, reached without the wire."""
    beside = Database(templates.postgresql)
    yield beside
    await beside.close()


async def breaks(wire: Proxy, how: str) -> None:
    if how == "gone":
        await wire.cut()
    else:
        wire.fall_silent()


async def is_told_in(form: Modal, what: str = GONE) -> None:
    """By an error on a field, or by the form shown again."""
    errors = await form.submits(Description=STORY)
    if errors:
        assert what in errors["Title"]
    else:
        await form.shows(what, within=TOLD)


async def is_told_at_once_or_after_loading(person: Person) -> None:
    async def told() -> bool:
        said = person.channel.find(GONE)
        return (said is not None and said.is_ephemeral) or any(GONE in modal for modal in person.modals)

    await until(told, within=TOLD)


async def says_so(scenario: Scenario, what: str = GONE) -> None:
    async def said() -> bool:
        return await ready(scenario) == (503, [what])

    await until(said)


async def recovers(scenario: Scenario) -> None:
    async def has_recovered() -> bool:
        return (await ready(scenario))[0] == 200

    await until(has_recovered, within=30)


async def titles(database: Database) -> list[str]:
    async with database.read() as session:
        return list((await session.exec(select(FollowUp.title).order_by(col(FollowUp.title)))).all())


@pytest.mark.parametrize("how", ["gone", "silent"])
async def test_people_are_told_nothing_is_lost_and_the_bot_recovers(
    scenario: Scenario, wire: Proxy, beside: Database, how: str
) -> None:
    maya, priya = scenario.maya, scenario.priya
    await adds(maya, "Write it down")
    card = await maya.channel.shows("Write it down", within=20)
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    await form.shows("Due date")
    await scenario.is_quiet()
    await breaks(wire, how)

    await priya.types("/incident follow-ups")
    await is_told_at_once_or_after_loading(priya)
    await card.clicks("Complete")
    assert (await maya.sees(GONE, within=TOLD)).is_ephemeral
    await is_told_in(form)
    assert (form.field("Title"), form.field("Description")) == ("Rotate the certs", STORY)
    await says_so(scenario)
    await asyncio.sleep(OUTAGE)

    await wire.heal()
    await recovers(scenario)
    assert await form.submits() == {}
    await card.clicks("Complete")
    await card.shows("~Write it down~", within=20)
    await maya.channel.shows("Rotate the certs", within=20)
    await scenario.is_quiet()
    assert await titles(beside) == ["Rotate the certs", "Write it down"]
    assert await tally(beside, scenario.slack) == Tally()


async def test_a_full_disk_is_told_the_form_keeps_its_words_and_the_bot_recovers(
    scenario: Scenario, beside: Database
) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-up Rotate the certs")
    form = await maya.modal("New follow-up")
    await form.shows("Due date")
    await scenario.is_quiet()
    async with no_space(beside):
        await is_told_in(form, FULL_DISK)
        assert (form.field("Title"), form.field("Description")) == ("Rotate the certs", STORY)
        await says_so(scenario, FULL_DISK)

    await recovers(scenario)
    assert await form.submits() == {}
    await maya.channel.shows("Rotate the certs", within=20)
    await scenario.is_quiet()
    assert await titles(beside) == ["Rotate the certs"]
    assert await tally(beside, scenario.slack) == Tally()


@asynccontextmanager
async def no_space(database: Database) -> AsyncIterator[None]:
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(text(NO_SPACE))
        for table in GROWING:
            created = f"CREATE TRIGGER no_space BEFORE INSERT ON {table} EXECUTE FUNCTION no_space()"
            await connection.execute(text(created))
    yield
    async with database.write() as session:
        await (await session.connection()).execute(text("DROP FUNCTION no_space CASCADE"))


@pytest.mark.parametrize("how", ["gone", "silent"])
async def test_a_click_on_a_list_is_told_in_its_modal_and_one_on_app_home_there(
    scenario: Scenario, wire: Proxy, how: str
) -> None:
    maya = scenario.maya
    await adds(maya, "Write it down", Assignee=maya.id)
    await maya.channel.shows("Write it down", within=20)
    await maya.opens_home()
    home = await (await maya.home()).shows("Write it down")
    shown = await list_of(maya)
    await scenario.is_quiet()
    await breaks(wire, how)

    await shown.clicks("Complete", beside="Write it down")
    await shown.shows(GONE, within=TOLD)
    await shown.closes(everything=True)
    await home.clicks("Complete", beside="Write it down")

    async def is_told() -> bool:
        return any(GONE in surface for surface in (home, *maya.modals))

    await until(is_told, within=TOLD)


async def test_app_home_says_so_itself_when_its_trigger_is_used_up(scenario: Scenario, wire: Proxy) -> None:
    maya = scenario.maya
    await adds(maya, "Write it down", Assignee=maya.id)
    await maya.channel.shows("Write it down", within=20)
    await maya.opens_home()
    home = await (await maya.home()).shows("Write it down")
    await scenario.is_quiet()
    await wire.cut()

    async def is_idle() -> bool:
        return not scenario.context.tasks._running

    said = []
    for _ in range(2):
        scenario.slack.faults.add("views.open", "expired_trigger")
        await home.clicks("Complete", beside="Write it down")
        await home.shows(GONE, within=TOLD)
        await until(is_idle)
        said.append(home.shown_text)
    assert [words.count(GONE) for words in said] == [1, 1]
    assert said[0] != said[1]  # each has an id of its own

    await wire.heal()
    await recovers(scenario)
    await home.clicks("Complete", beside="Write it down")
    await home.shows("Nothing outstanding", within=20)
    await home.no_longer_shows(GONE)


async def test_a_change_that_was_acknowledged_is_told_when_the_database_is_back(
    scenario: Scenario, wire: Proxy, beside: Database
) -> None:
    maya = scenario.maya
    await adds(maya, "Write it down")
    card = await maya.channel.shows("Write it down", within=20)
    await scenario.is_quiet()
    scenario.slack.faults.add("chat.update", "slow", delay=1)
    await card.clicks("Complete")
    await wire.cut()
    await says_so(scenario)
    await wire.heal()
    await recovers(scenario)
    scenario.clock.passes(minutes=1)  # by then whoever held the jobs counts as dead
    await card.shows("~Write it down~", within=20)
    await maya.channel.shows("completed", within=20)
    await scenario.is_quiet()
    assert await tally(beside, scenario.slack) == Tally()


@pytest.mark.parametrize("how", ["gone", "silent"])
async def test_a_job_that_could_not_say_that_it_is_done_is_done_again_and_seen_once(
    scenario: Scenario, wire: Proxy, beside: Database, how: str
) -> None:
    maya = scenario.maya
    scenario.slack.faults.add("chat.postMessage", "hung", delay=2)
    await adds(maya, "Rotate the certs")
    await maya.channel.shows("Rotate the certs", within=20)  # Slack has it, and the bot is about to hear so
    await breaks(wire, how)
    await says_so(scenario)

    async def is_given_up() -> bool:
        return not scenario.app._bot.worker._held  # type: ignore[union-attr]

    await until(is_given_up, within=TOLD)
    await wire.heal()
    await recovers(scenario)
    scenario.clock.passes(minutes=1)
    await scenario.is_quiet()
    async with beside.read() as session:
        attempts = (await session.exec(select(Job.attempts).where(Job.kind == "card"))).all()
    assert max(attempts) > 1
    assert await tally(beside, scenario.slack) == Tally()


@pytest.mark.parametrize("when", ["at once", "a moment later"])
async def test_the_first_use_after_a_restart_works_or_fails_in_words(
    scenario: Scenario, beside: Database, capsys: pytest.CaptureFixture[str], when: str
) -> None:
    maya = scenario.maya
    await adds(maya, "Write it down")
    card = await maya.channel.shows("Write it down", within=20)
    await scenario.is_quiet()
    before = await listeners(beside)
    async with beside.at_once() as session:
        await (await session.connection()).execute(text(HANG_UP_ON_THE_OTHERS))

    async def listens_again() -> bool:
        return bool(await listeners(beside) - before)

    if when == "a moment later":
        await until(listens_again)  # so the program has heard that its connections are closed
    await maya.types("/incident follow-ups")
    await card.clicks("Complete")

    async def is_answered() -> bool:
        return bool(maya.modals) or maya.channel.find(GONE) is not None

    await until(is_answered)
    if when == "a moment later":
        maya.does_not_see(GONE)
    elif "~Write it down~" not in card:
        await card.clicks("Complete")
    await card.shows("~Write it down~", within=20)
    await scenario.is_quiet()
    maya.does_not_see("Something went wrong")
    assert await tally(beside, scenario.slack) == Tally()
    assert "Traceback" not in capsys.readouterr().out


async def test_what_another_replica_says_is_heard_again(
    scenario: Scenario, wire: Proxy, beside: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await adds(scenario.maya, "Write it down")
    card = await scenario.maya.channel.shows("Write it down", within=20)
    await scenario.is_quiet()
    monkeypatch.setattr(worker, "POLL", 3600.0)
    await wire.cut()
    await says_so(scenario)
    await wire.heal()
    await until(lambda: listeners(beside))
    async with beside.write() as session:
        follow_up = (await session.exec(select(FollowUp))).one()
        actor = CreatorRecord(CreatorKind.USER, str(follow_up.creator_id), follow_up.creator_name, seed.MAYA)
        await follow_ups.complete(session, actor, follow_up.id, now=scenario.clock())
    await card.shows("~Write it down~", within=20)


async def test_who_listens_notices_a_server_that_is_gone_without_a_word(
    wire: Proxy, beside: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "PAUSE", 0.1)
    database = Database(database_url)
    listening = asyncio.create_task(database.listen())
    await until(database.jobs_ready.wait)
    wire.fall_silent()
    await asyncio.wait({listening}, timeout=TOLD)
    assert listening.done()
    assert isinstance(listening.exception(), TimeoutError)
    await wire.heal()
    await database.close()


async def listeners(database: Database) -> set[int]:
    """The processes of the server to which somebody listens."""
    async with database.read() as session:
        return set(await (await session.connection()).scalars(text(LISTENERS)))


LISTENERS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'
"""


async def test_what_another_transaction_holds_is_said_to_be_locked(
    scenario: Scenario, beside: Database
) -> None:
    maya = scenario.maya
    await adds(maya, "Write it down")
    card = await maya.channel.shows("Write it down", within=20)
    await scenario.is_quiet()
    async with beside.write() as session:
        await (await session.connection()).execute(text("LOCK TABLE follow_up"))
        await card.clicks("Complete")
        assert (await maya.sees("the database is locked by another program", within=TOLD)).is_ephemeral
    await card.clicks("Complete")
    await card.shows("~Write it down~", within=20)


async def test_a_server_whose_connections_are_all_taken_is_said_to_have_none_free() -> None:
    crowded = await asyncio.start_server(has_none_free, "127.0.0.1")
    port = crowded.sockets[0].getsockname()[1]
    database = Database(f"postgresql+asyncpg://somebody@127.0.0.1:{port}/follow_ups")
    async with crowded:
        with pytest.raises(DatabaseTroubleError, match="the database has no connection free"):
            await database.ping()
    await database.close()


async def has_none_free(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As PostgreSQL says it: https://www.postgresql.org/docs/current/protocol-error-fields.html."""
    for answer in (b"N", b""):  # to whether it has TLS; what is sent then says who connects
        (length,) = struct.unpack("!I", await reader.readexactly(4))
        await reader.readexactly(length - 4)
        writer.write(answer)
    fields = b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"
    writer.write(b"E" + struct.pack("!I", len(fields) + 4) + fields)
    await writer.drain()
    writer.close()


async def test_a_silent_database_does_not_keep_the_program(
    wire: Proxy, templates: Templates, tmp_path: Path
) -> None:
    async with deployed(tmp_path, wire.url, program=AS_IT_IS) as deployment:
        (replica,) = deployment.replicas
        maya = Person(deployment.slack, seed.MAYA).in_channel("inc-142-checkout")
        await adds(maya, "Rotate the certs")
        card = await maya.channel.shows("Rotate the certs", within=20)
        wire.fall_silent()
        await card.clicks("Complete")
        assert await replica.terminate() < GRACE
