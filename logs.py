"""Where the log goes, and how it reads. What an exception says stays out: it may quote what people wrote."""

import asyncio
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import structlog

LONGEST_CHAIN = 10

log = structlog.get_logger("program")


def to_stderr(level: str) -> None:
    """Lines for people on a terminal, JSON for machines elsewhere."""
    shown: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer()] if sys.stderr.isatty() else [structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            traceback_without_words,
            *shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    others = logging.StreamHandler()
    others.setFormatter(_Wordless("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[others])


def unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What asyncio has to complain of. Its own way quotes the exception."""
    log.error("unhandled", about=str(context["message"]), exc_info=context.get("exception"))


def without_words(error: BaseException) -> str:
    """Where it happened and what it was, causes first."""
    told = [f"{''.join(traceback.format_tb(one.__traceback__))}{_named(one)}" for one in _chain(error)]
    return "\n\n".join(reversed(told))


def _chain(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    for _ in range(LONGEST_CHAIN):
        if following is None:
            return
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _named(error: BaseException) -> str:
    """The exception's type, and the system's or the database's own code for it."""
    errno = getattr(error, "errno", None)
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    code = code or (os.strerror(errno) if isinstance(errno, int) else None)
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"{name} ({code})" if code else name


def traceback_without_words(_logger: Any, _method: str, event: Any) -> Any:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = without_words(error)
    return event


class _Wordless(logging.Formatter):
    def formatException(  # noqa: N802  logging's name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        return without_words(ei[1]) if ei[1] is not None else ""
