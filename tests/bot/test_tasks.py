"""Work that outlives its request, when the program ends."""

import asyncio

from bot.tasks import Tasks


async def test_draining_waits_for_what_is_started_meanwhile() -> None:
    tasks, done = Tasks(), []

    async def second() -> None:
        await asyncio.sleep(0.01)
        done.append("second")

    async def first() -> None:
        await asyncio.sleep(0.01)
        tasks.start(second())
        done.append("first")

    tasks.start(first())
    await tasks.drain(5)
    assert done == ["first", "second"]


async def test_draining_ends_in_time_and_leaves_nothing_running() -> None:
    tasks, cancelled = Tasks(), []

    async def again_and_again() -> None:
        try:
            await asyncio.sleep(0.02)
            tasks.start(again_and_again())
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    tasks.start(again_and_again())
    async with asyncio.timeout(2):
        await tasks.drain(0.1)
    assert len(cancelled) > 1
    assert tasks._running == set()


async def test_what_is_asked_again_while_it_is_being_answered_is_asked_once() -> None:
    tasks, answer, asked = Tasks(), asyncio.Event(), 0

    async def question() -> int:
        nonlocal asked
        asked += 1
        await answer.wait()
        return asked

    waiting = [tasks.once("members of C1", question) for _ in range(3)]
    assert tasks.runs("members of C1")
    assert not tasks.runs("members of C2")
    answer.set()
    assert await asyncio.gather(*waiting) == [1, 1, 1]

    await asyncio.sleep(0)
    assert not tasks.runs("members of C1")
    assert await tasks.once("members of C1", question) == 2
