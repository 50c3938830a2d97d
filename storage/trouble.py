"""What a database says when it is locked, full or gone, in words that people are told."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class Trouble(StrEnum):
    """Why the database did not do what was asked: nobody's mistake, and it may pass."""

    GONE = "does not answer"
    LOCKED = "is locked by another program"
    FULL = "has no space left on its disk"
    CROWDED = "has no connection free"


class DatabaseTroubleError(Exception):
    """What was asked of the database did not happen, as far as anyone knows: it may be asked again."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"the database {trouble}")
        self.trouble = trouble


def _trouble(error: BaseException) -> Trouble | None:
    """None: the error says nothing against the database."""
    if isinstance(error, DatabaseTroubleError):
        return error.trouble
    if isinstance(error, _UNREACHABLE) or type(error).__module__.startswith("asyncpg"):
        return Trouble.GONE
    is_of_database = isinstance(error, DBAPIError | sqlite3.OperationalError)
    if not is_of_database or isinstance(error, IntegrityError | DataError | ProgrammingError):
        return None
    said = str(error.orig if isinstance(error, DBAPIError) else error).lower()
    for trouble, words in _SAID.items():
        if any(some in said for some in words):
            return trouble
    return Trouble.GONE if getattr(error, "connection_invalidated", False) else None


_UNREACHABLE = (PoolTimeoutError, TimeoutError, ConnectionError, FileNotFoundError, socket.gaierror)
_SAID = {
    Trouble.FULL: ("disk is full", "no space left", "could not extend file"),
    Trouble.LOCKED: ("is locked", "lock timeout"),
    Trouble.CROWDED: ("too many clients", "too many connections", "connection slots are reserved"),
    Trouble.GONE: (
        "disk i/o error",
        "unable to open",
        "connection",
        "shutting down",
        "starting up",
        "read-only",
    ),
}


@contextmanager
def named_trouble() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if (found := _trouble(error)) is None or isinstance(error, DatabaseTroubleError):
            raise
        raise DatabaseTroubleError(found) from error
