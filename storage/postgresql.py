"""Connections to PostgreSQL that notice when it is gone, and wait no longer than people do."""

import math
import time
from typing import Any

from sqlalchemy import URL, ExceptionContext, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_only

# For reading, and as many for writing.
POOL = 10
# Seconds after which a connection that nobody used is asked for a sign of life, and how long for that.
PAUSE = 60.0
PING = 1.0
# Of what a command may take, for a lock: that it is locked is to be heard before it counts as silent.
LOCK_SHARE = 0.8


def engine_of(url: URL, *, wait: float, longest_command: float, **options: Any) -> AsyncEngine:
    """Like `pool_pre_ping`, which costs each session one to three trips, but asking only after a pause."""
    # Whoever waits has three seconds, or a view that says so: better an error soon than an answer too late.
    limits = {"timeout": wait, "command_timeout": longest_command}
    lock_milliseconds = int(longest_command * LOCK_SHARE * 1_000)
    engine = create_async_engine(
        url,
        hide_parameters=True,
        # One opened beyond these would be closed after use, and the next would have to plan each statement
        # anew: with 16 commands in flight that was most of PostgreSQL's work.
        pool_size=POOL,
        max_overflow=0,
        pool_timeout=wait,
        connect_args=limits,
        **options,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def limit_locks(connection: Any, _record: ConnectionPoolEntry) -> None:
        # Not among the connection's parameters: poolers refuse those that they don't know.
        await_only(connection.driver_connection.execute(f"SET lock_timeout = {lock_milliseconds}"))

    @event.listens_for(engine.sync_engine, "handle_error")
    def give_up(context: ExceptionContext) -> None:
        # The driver would wait for the server to say that it has cancelled what it does not answer.
        if isinstance(context.original_exception, TimeoutError) and context.connection is not None:
            context.connection.connection.driver_connection.terminate()  # type: ignore[union-attr]
            context.is_disconnect, context.invalidate_pool_on_disconnect = True, False

    @event.listens_for(engine.sync_engine, "checkin")
    def note_time(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def check(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        # A server that went away hung up, which is known here. A firewall drops idle connections in silence.
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        if time.monotonic() - record.info.get("used_at", math.inf) > PAUSE:
            try:
                await_only(connection.driver_connection.execute("SELECT 1", timeout=PING))
            except Exception as error:
                connection.driver_connection.terminate()
                raise InvalidatePoolError from error

    return engine
