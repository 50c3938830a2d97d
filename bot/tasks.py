"""Work that outlives the request that started it, held until it is done."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bot import failures

Result = TypeVar("Result")


class Tasks:
    """asyncio keeps only weak references to tasks: one nobody holds may vanish half-way."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._keyed: dict[str, asyncio.Task[Any]] = {}

    def start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def runs(self, key: str) -> bool:
        return key in self._keyed

    def once(self, key: str, work: Callable[[], Coroutine[Any, Any, Result]]) -> asyncio.Task[Result]:
        """The task of that key that is running, else a new one."""
        if key not in self._keyed:
            self._keyed[key] = task = self.start(work())
            task.add_done_callback(lambda _: self._keyed.pop(key))
        return self._keyed[key]

    def background(self, work: Coroutine[Any, Any, Any]) -> None:
        """Work whose outcome nobody waits for: what goes wrong in it is in the log."""
        self.start(_reported(work))

    async def drain(self, seconds: float) -> None:
        """Wait for what is running and for what that starts; cancel what is left after that many seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._running and (left := deadline - loop.time()) > 0:
            await asyncio.wait(self._running, timeout=left)
        while late := tuple(self._running):
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def _reported(work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except Exception as error:
        failures.report(error)
