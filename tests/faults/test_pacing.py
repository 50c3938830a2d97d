"""As often as Slack allows: a post a second and channel, fifty edits a minute, and what Retry-After says."""

from itertools import pairwise

import pytest

from bot import posting
from playground import seed
from storage import pacing
from storage.jobs import State
from tests.faults.tally import Tally, tally
from tests.faults.waiting import until
from tests.scenarios.conftest import Scenario, adds, list_of

LATENCY = 0.5  # a call may be that much longer on its way than the next


def arrivals(scenario: Scenario, method: str, channel_id: str) -> list[float]:
    return [call.at for call in scenario.slack.calls_of(method) if call.args["channel"] == channel_id]


def gaps(arrivals: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(arrivals)]


async def test_a_channel_hears_one_post_a_second_in_order_and_a_quiet_one_waits_for_none(
    scenario: Scenario,
) -> None:
    maya, tom = scenario.maya, scenario.tom.in_channel("inc-139-webhook-delays")
    for number in range(4):
        await adds(maya, f"Hot {number}")
    await adds(tom, "Quiet")
    await tom.channel.shows("Quiet")
    assert maya.channel.find("Hot 3") is None, "the hot channel was done before the quiet one began"
    await scenario.is_quiet()
    posts = arrivals(scenario, "chat.postMessage", seed.CHECKOUT)
    assert len(posts) == 4
    assert posts[-1] - posts[0] >= 3 - LATENCY
    assert await tally(scenario.app.database, scenario.slack) == Tally()


async def test_when_the_workspaces_edits_are_spent_cards_wait_and_posts_do_not(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "First")
    card = await maya.channel.shows("First")
    await scenario.is_quiet()
    await spend(scenario, posting.EDITS.key, seconds=3)
    await card.clicks("Complete")
    await maya.channel.shows("Maya completed *First*")
    assert "Complete" in card.buttons
    await adds(maya, "Second")
    await maya.channel.shows("Second")
    await card.shows("~First~", within=6)
    await scenario.is_quiet()
    assert {job.state for job in await scenario.jobs()} == {"done"}


async def test_a_channel_cannot_spend_all_the_edits_there_are(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom.in_channel("inc-139-webhook-delays")
    await adds(maya, "Hot")
    await adds(tom, "Quiet")
    card = await tom.channel.shows("Quiet")
    await scenario.is_quiet()
    await spend(scenario, posting.edits_in(seed.CHECKOUT).key, seconds=60)
    await (await list_of(maya)).clicks("Complete", beside="Hot")
    await maya.channel.shows("Maya completed *Hot*")
    await card.clicks("Complete")
    await card.shows("~Quiet~")
    assert [job.state for job in await scenario.jobs("card")].count(State.READY) == 1
    scenario.clock.passes(seconds=60)
    await scenario.is_quiet()
    assert await tally(scenario.app.database, scenario.slack) == Tally()


async def spend(scenario: Scenario, key: str, seconds: float) -> None:
    budget = next(one for one in (posting.EDITS, posting.edits_in(seed.CHECKOUT)) if one.key == key)
    now = scenario.clock()
    async with scenario.app.database.write() as session:
        await pacing.exhaust(session, budget, now + seconds * (budget.every / budget.every.total_seconds()))


async def test_where_there_is_no_room_to_look_or_to_edit_a_message_of_its_own_is_told_at_once(
    scenario: Scenario,
) -> None:
    maya = scenario.maya
    await adds(maya, "First")
    card = await maya.channel.shows("First")
    await card.clicks("Complete")
    first = await maya.channel.shows("Maya completed")
    await scenario.is_quiet()
    await spend(scenario, posting.EDITS.key, seconds=60)
    listed = await list_of(maya)
    await listed.selects("All")
    await listed.shows("First")
    await listed.clicks("Reopen", beside="First")
    second = await maya.channel.shows("Maya reopened")
    assert second.ts != first.ts


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_what_slack_says_is_too_much_counts_for_all_of_its_kind_and_for_no_attempt(
    scenario: Scenario, method: str
) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "First")
    card = await maya.channel.shows("First")
    await adds(maya, "Second")
    other = await maya.channel.shows("Second")
    await scenario.is_quiet()
    scenario.slack.calls.clear()
    scenario.slack.faults.add(method, "rate_limited", retry_after=2)
    if method == "chat.update":
        await card.clicks("I'll take it", by=tom)
        await other.clicks("I'll take it", by=tom)
    else:
        await adds(maya, "Third")
        await adds(maya, "Fourth")
    await scenario.is_quiet()
    refused, *later = arrivals(scenario, method, seed.CHECKOUT)
    assert len(later) >= 2
    assert min(later) - refused >= 2 - LATENCY
    assert {(job.state, job.attempts) for job in await scenario.jobs("card")} == {("done", 1)}
    assert await tally(scenario.app.database, scenario.slack) == Tally()


async def test_a_limited_channel_leaves_the_others_alone_and_clicks_too(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom.in_channel("inc-139-webhook-delays")
    scenario.slack.faults.add("chat.postMessage", "rate_limited", retry_after=60)
    await adds(maya, "Limited")

    async def refused() -> bool:
        return bool(scenario.slack.calls_of("chat.postMessage"))

    await until(refused)
    await adds(tom, "Free")
    await tom.channel.shows("Free")
    await (await list_of(maya)).shows("1 outstanding")
    assert maya.channel.find("Limited") is None
    scenario.clock.passes(seconds=60)
    await maya.channel.shows("Limited")


def test_no_minute_has_more_edits_or_looks_than_slack_allows() -> None:
    for budget in (posting.EDITS, posting.LOOKS):
        assert budget.burst + 60 / budget.every.total_seconds() <= 50
    in_channel = posting.edits_in("C1")
    assert in_channel.every > posting.EDITS.every
    assert in_channel.burst < posting.EDITS.burst
