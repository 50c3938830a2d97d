"""Sessions: who may read, who may write, and when. Also the schema at start."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import URL, Connection, Engine, event, inspect, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import postgresql, sqlite
from storage.prepared import Prepared
from storage.revisions import serves_older
from storage.trouble import DatabaseTroubleError, Trouble, named_trouble

# The newest file in migrations/versions. Alembic is imported only when the database is not there yet:
# it costs 0.15 s and 8 MB at every start.
HEAD = "0010_needs_0006"

# Set in `session.info` by jobs.enqueue: this transaction's commit must wake the worker.
WAKES_WORKER = "wakes_worker"
JOBS_CHANNEL = "jobs"
# Seconds that anyone waits for a connection, a turn to write, another program's lock, or a statement.
WAIT = 5.0

log = structlog.get_logger(__name__)


class DatabaseUnusableError(Exception):
    """One line for whoever starts the program: what is wrong with the database and what to do."""


class Database:
    """One SQLite file or one PostgreSQL database.

    `jobs_ready` is set after a commit that enqueued jobs. `longest_command` is in seconds, for PostgreSQL.
    """

    def __init__(
        self, url: str, named: str = "DATABASE_URL", *, longest_command: float | None = None
    ) -> None:
        self._url = _checked(url, named)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.jobs_ready = asyncio.Event()
        # A second writer would only spin in SQLite's busy handler: in this process they queue, in order.
        self._turn = asyncio.Lock() if self.is_sqlite else None
        self.write_trouble: Trouble | None = None
        self._reads = self._changes = None
        if self.is_sqlite:
            path = Path(str(self._url.database))
            self._reads = sqlite.Statements(path, read_only=True)
            self._changes = sqlite.Statements(path, read_only=False)
            self._readers = _sqlite_engine(self._url, read_only=True)
            self._writers = _sqlite_engine(self._url, read_only=False)
        else:
            limit = longest_command or WAIT
            self._readers = postgresql.engine_of(
                self._url, wait=WAIT, longest_command=limit, isolation_level="AUTOCOMMIT"
            )
            self._writers = postgresql.engine_of(self._url, wait=WAIT, longest_command=limit)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for looking. Writing in it is refused on SQLite and a mistake on PostgreSQL.

        There is no transaction: each SELECT sees the newest commit, two of them may see different ones, and
        neither BEGIN nor ROLLBACK costs a trip. Read what must agree in one statement, or in `write()`.
        """
        with named_trouble():
            async with AsyncSession(self._readers, expire_on_commit=False) as session:
                yield session

    async def rows(self, prepared: Prepared, **values: Any) -> list[Any]:
        """Of one SELECT, past the session that would cost more than the SELECT does."""
        with named_trouble():
            return await self._fetched(self._reads, prepared, values)

    async def change(self, prepared: Prepared, **values: Any) -> list[Any]:
        """One statement that commits by itself, past the session too. Returns its rows."""
        try:
            with named_trouble():
                async with self._my_turn():
                    rows = await self._fetched(self._changes, prepared, values)
        except DatabaseTroubleError as error:
            self.write_trouble = error.trouble
            raise
        self.write_trouble = None
        return rows

    async def _fetched(
        self, statements: sqlite.Statements | None, prepared: Prepared, values: dict[str, Any]
    ) -> list[Any]:
        engine = self._readers.sync_engine
        if statements is None:
            return await greenlet_spawn(_rows, engine, prepared, values)
        compiled = prepared.compiled(engine.dialect)
        return compiled.read(await statements.fetched(compiled.sql, compiled.parameters(values)))

    @asynccontextmanager
    async def at_once(self) -> AsyncIterator[AsyncSession]:
        """On PostgreSQL, one statement that commits by itself: a single trip, where `write()` takes three."""
        async with self.read() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end of the block, undone when the block raises.

        On SQLite writers take turns. On PostgreSQL they don't: lock what you read before changing it
        (`with_for_update()`, nothing on SQLite) or make the UPDATE conditional. Don't nest them.
        """
        try:
            with named_trouble():
                async with self._my_turn(), AsyncSession(self._writers, expire_on_commit=False) as session:
                    yield session
                    wakes_worker = session.info.get(WAKES_WORKER, False)
                    if wakes_worker and not self.is_sqlite:
                        connection = await session.connection()
                        await connection.execute(text(f"SELECT pg_notify('{JOBS_CHANNEL}', '')"))
                    await session.commit()
        except DatabaseTroubleError as error:
            self.write_trouble = error.trouble
            raise
        self.write_trouble = None
        if wakes_worker:
            self.jobs_ready.set()

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        """On SQLite. Raises DatabaseTroubleError rather than queue behind a writer that is stuck."""
        if self._turn is None:
            yield
            return
        try:
            async with asyncio.timeout(WAIT):
                await self._turn.acquire()
        except TimeoutError:
            raise DatabaseTroubleError(Trouble.LOCKED) from None
        try:
            yield
        finally:
            self._turn.release()

    async def ping(self) -> None:
        """Raises DatabaseTroubleError when the database does not answer or can't be written to."""
        async with self.read() as session:
            await (await session.connection()).execute(text("SELECT 1"))
        async with self.write() as session:
            await (await session.connection()).execute(text("SELECT 1"))
            if self.write_trouble is not None:
                # Whether there is room again. On a full disk a change may fit where a row does not.
                await (await session.connection()).execute(
                    _INSERT_A_LARGE_ROW, {"payload": json.dumps("x" * 65_536)}
                )
                await session.flush()
                await (await session.connection()).execute(text("DELETE FROM job WHERE id = 'probe'"))

    async def migrate(self) -> None:
        """Bring the schema to HEAD; several replicas may start at once.

        One that a newer version has migrated is used as it is where its revision allows. Raises
        DatabaseUnusableError where it doesn't, and when the file or server can't be used.
        """
        with self.complaining():
            self._make_directory()
            found = await self._revision()
            if found is not None and serves_older(found, HEAD):
                log.warning("database_is_newer", revision=found, program=HEAD)
            elif found != HEAD:
                from storage import migrations  # noqa: PLC0415  see HEAD

                await migrations.upgrade(self._url, HEAD)

    async def create(self, fill: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        """The tables and what is in them, in one transaction: all of it or nothing.

        Raises DatabaseUnusableError where there are tables already.
        """
        from storage import migrations  # noqa: PLC0415  see HEAD

        with self.complaining():
            self._make_directory()
            await migrations.create(self._url, HEAD, fill)

    async def revision(self) -> str | None:
        """None where the program has never been. Raises DatabaseUnusableError."""
        if self.is_sqlite and not Path(str(self._url.database)).exists():  # noqa: ASYNC240  one look
            return None  # to open it would make it
        with self.complaining():
            return await self._revision()

    async def require_tables(self) -> None:
        """For what works beside a running program. Raises DatabaseUnusableError."""
        found = await self.revision()
        if found is None:
            raise DatabaseUnusableError(
                f"{self} has no tables: start the program once, or check DATABASE_URL."
            )
        if found != HEAD and not serves_older(found, HEAD):
            raise DatabaseUnusableError(
                f"{self} is at revision {found} and this program at {HEAD}: use the version that serves it."
            )

    def __str__(self) -> str:
        return f"The database {_shown(self._url)}"

    async def listen(self) -> None:
        """Set `jobs_ready` when a replica enqueues. Ends when PostgreSQL is gone; not for SQLite."""
        hung_up = asyncio.Event()
        async with self._writers.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            try:
                driver.add_termination_listener(lambda _: hung_up.set())
                await driver.add_listener(JOBS_CHANNEL, lambda *_: self.jobs_ready.set())
                self.jobs_ready.set()  # for what was said while nobody listened
                while not await _is_set(hung_up, within=postgresql.PAUSE):
                    await driver.execute("SELECT 1")  # who is gone without a word is noticed here
            finally:
                await connection.invalidate()  # nobody else should get a connection that listens

    async def close(self) -> None:
        for statements in (self._reads, self._changes):
            if statements is not None:
                await statements.close()
        await self._readers.dispose()
        await self._writers.dispose()

    async def _revision(self) -> str | None:
        def read(connection: Connection) -> str | None:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()

        async with self._readers.connect() as connection:
            return await connection.run_sync(read)

    def _make_directory(self) -> None:
        if self.is_sqlite:
            Path(str(self._url.database)).parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def complaining(self) -> Iterator[None]:
        """What the driver raises, as DatabaseUnusableError."""
        try:
            yield
        except (DBAPIError, sqlite3.Error, OSError) as error:
            raise DatabaseUnusableError(self._complaint(error)) from error

    def _complaint(self, error: BaseException) -> str:
        reason = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]
        if self.is_sqlite:
            path = Path(str(self._url.database)).absolute()
            return f"The database file {path} can't be used: {reason}. Check the path, owner and free space."
        return f"{self} can't be used: {reason}"


def _rows(engine: Engine, prepared: Prepared, values: dict[str, Any]) -> list[Any]:
    connection = engine.raw_connection()
    try:
        return prepared.on(engine.dialect, connection, values)
    finally:
        connection.close()


_INSERT_A_LARGE_ROW = text("""
INSERT INTO job (id, kind, payload, state, run_at, priority, attempts, max_attempts, created_at)
VALUES ('probe', 'probe', :payload, 'done', CURRENT_TIMESTAMP, 0, 0, 0, CURRENT_TIMESTAMP)
""")


def _checked(url: str, named: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUnusableError(f"{named} is no URL: {_EXPECTED}") from None
    if parsed.drivername not in {"sqlite+aiosqlite", "postgresql+asyncpg"}:
        raise DatabaseUnusableError(f"{named} is {_shown(parsed)}: {_EXPECTED}")
    if parsed.drivername == "sqlite+aiosqlite" and parsed.database in {None, "", ":memory:"}:
        raise DatabaseUnusableError(f"{named} is {_shown(parsed)}, which names no file: {_EXPECTED}")
    if parsed.drivername == "postgresql+asyncpg" and find_spec("asyncpg") is None:
        raise DatabaseUnusableError(
            f"{named} names PostgreSQL, whose driver is missing: .venv/bin/python -m pip install asyncpg"
        )
    return parsed


_EXPECTED = "use sqlite+aiosqlite:///path/to/file.db or postgresql+asyncpg://user:password@host/database"


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


async def _is_set(event: asyncio.Event, within: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            await event.wait()
    return event.is_set()


def _sqlite_engine(url: URL, *, read_only: bool) -> AsyncEngine:
    path = Path(str(url.database))
    engine = create_async_engine(
        url,
        async_creator=lambda *_, **__: sqlite.connect(path, read_only=read_only),
        hide_parameters=True,
        # Each is a thread: more don't read faster than one interpreter asks, and a thread for each of many
        # commands at once took a third of the time and 15 MB.
        pool_size=2 if read_only else 1,
        max_overflow=0,
        pool_timeout=WAIT,
    )
    if not read_only:
        # A transaction that begins by reading can't be upgraded to writing once another has written.
        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
