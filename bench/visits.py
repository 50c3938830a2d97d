"""What people do after the list has opened, one at a time, and how long each step took in milliseconds."""

import asyncio
import itertools
import json
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

from bench.doors import Door
from bench.payloads import Window, click, command, next_id, submission, typing
from bench.slack import Arrival, Slack

LIMIT = 10
PAUSE = 0.02  # what a step leaves to be done is done before the next begins
SEARCHED = "failover 1"


class Visits:
    """Each visit is by another person in another channel."""

    def __init__(self, slack: Slack, door: Door, channels: Sequence[str], users: Sequence[str]) -> None:
        self.timings: dict[str, list[float]] = defaultdict(list)
        self._slack = slack
        self._door = door
        chance = random.Random(7)  # noqa: S311
        self._channels = itertools.cycle(chance.sample(channels, len(channels)))
        self._users = itertools.cycle(chance.sample(users, len(users)))

    async def repeat(self, count: int) -> None:
        for _ in range(count):
            for step in STEPS:
                await step(self, next(self._users), next(self._channels))
                await asyncio.sleep(PAUSE)

    async def warm_up(self, count: int) -> None:
        """Not counted."""
        await self.repeat(count)
        self.timings.clear()

    async def turn_page(self, user: str, channel: str) -> None:
        window = await self._open(user, channel, "follow-ups")
        sent, (_, updated) = await self._send(click(user, window, "list_older"), "views.update", window.id)
        self._note("older", sent, updated)

    async def search(self, user: str, channel: str) -> None:
        window = await self._open(user, channel, "follow-ups")
        typed = {"search_for": {"search_for": {"type": "plain_text_input", "value": SEARCHED}}}
        place = json.dumps({**json.loads(window.view["private_metadata"]), "surface": "list"})
        view = window.as_sent(
            id=next_id("V"), callback_id="follow_up_search", private_metadata=place, state={"values": typed}
        )
        sent, (_, updated) = await self._send(submission(user, view), "views.update", window.id)
        assert b"Results for" in updated.body, "a search that showed no results"
        self._note("search", sent, updated)

    async def add(self, user: str, channel: str) -> None:
        """The form is answered once its follow-up is committed: the card's job runs from that commit on.

        After two seconds it is answered "Saving…" instead, which tells nothing of the commit.
        """
        window = await self._open(user, channel, f"follow-up Bench the {next_id('F')}")
        form = submission(user, window.as_sent())
        sent, (answered, posted) = await self._send(form, "chat.postMessage", channel)
        self._note("saved", sent, answered)
        if not answered.body:
            self._note("posted", answered.at, posted)
        else:
            assert b'"saving"' in answered.body, f"the form was refused: {answered.body!r}"

    async def offer_labels(self, user: str, _channel: str) -> None:
        sent = time.perf_counter()
        offered = await self._door.send(typing(user, "labels", "s"))
        assert json.loads(offered.body)["options"], "no label was offered"
        self._note("labels", sent, offered)

    async def go_home(self, user: str, _channel: str) -> None:
        home = Window({"type": "home", "private_metadata": "", "blocks": []})
        chosen = click(user, home, "home_filter", "outstanding")
        sent, (_, published) = await self._send(chosen, "views.publish", user)
        self._note("home", sent, published)

    async def _open(self, user: str, channel: str, text: str) -> Window:
        trigger_id = next_id("T")
        typed = command(user, channel, text, trigger_id)
        _, (_, opened) = await self._send(typed, "views.open", trigger_id)
        await asyncio.sleep(PAUSE)
        return Window.asked_for(opened.body)

    async def _send(
        self, fields: dict[str, str], method: str, key: str
    ) -> tuple[float, tuple[Arrival, Arrival]]:
        """When it was sent, the bot's answer, and the call that follows from it."""
        awaited = self._slack.awaited(method, key)
        sent = time.perf_counter()
        async with asyncio.timeout(LIMIT):
            return sent, (await self._door.send(fields), await awaited)

    def _note(self, step: str, since: float, arrival: Arrival) -> None:
        self.timings[step].append((arrival.at - since) * 1000)


Step = Callable[[Visits, str, str], Awaitable[None]]

STEPS: Sequence[Step] = (
    Visits.turn_page,
    Visits.search,
    Visits.add,
    Visits.offer_labels,
    Visits.go_home,
)
