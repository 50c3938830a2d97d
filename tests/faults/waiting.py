"""Waiting for what rings no bell."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


async def until(check: Callable[[], Awaitable[Any]], within: float = 20) -> Any:
    """What `check` gives as soon as it gives something. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while not (found := await check()):  # noqa: ASYNC110  there is no event for what others do
            await asyncio.sleep(0.02)
    return found
