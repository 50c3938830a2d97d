"""The workspace's clock, its identifiers, and waiting for something to change."""

from __future__ import annotations

import asyncio
import secrets
import string
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LETTERS = string.ascii_uppercase + string.digits


def new_id(prefix: str, length: int = 10) -> str:
    """An id that looks like Slack's: a letter for the kind, then capitals and digits."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))


class Clock:
    """Wall time, and a monotone message stamp. Tests may move it forwards; it never goes back."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._last_stamp = 0

    def advance(self, seconds: float) -> None:
        self._ahead += seconds

    def time(self) -> float:
        return time.time() + self._ahead

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    def stamp(self) -> str:
        """A `ts`: seconds, a dot, six digits, and larger than every one before it."""
        micros = max(int(self.time() * 1_000_000), self._last_stamp + 1)
        self._last_stamp = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def never_before(self, ts: str) -> None:
        """After a restart: stamps go on from the newest one there is."""
        seconds, _, micros = ts.partition(".")
        self._last_stamp = max(self._last_stamp, int(seconds) * 1_000_000 + int(micros or 0))


class Changes:
    """Wakes everybody who waits, each time anything changes."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.listeners: list[Callable[[], None]] = []

    def announce(self) -> None:
        for listener in self.listeners:
            listener()
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, found: Callable[[], T | None], within: float) -> T | None:
        """What `found` gives as soon as it gives something, or None when the time is over."""
        deadline = time.monotonic() + within
        while True:
            upcoming = self._next
            value = found()
            if value is not None:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            try:
                await asyncio.wait_for(upcoming.wait(), left)
            except TimeoutError:
                return found()
