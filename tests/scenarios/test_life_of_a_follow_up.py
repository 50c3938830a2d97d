"""From the slash command to done, over each transport."""

from tests.scenarios.conftest import OVER_BOTH_TRANSPORTS, Scenario


@OVER_BOTH_TRANSPORTS
async def test_a_follow_up_is_added_completed_and_reopened_from_the_list(scenario: Scenario) -> None:
    maya = scenario.maya
    await maya.types("/incident follow-ups")
    modal = await maya.modal("Follow-ups")
    await modal.shows("0 outstanding · 0 done")

    await modal.clicks("Add follow-up")
    form = await maya.modal("New follow-up")
    assert await form.submits(Title="Rotate the certs", Priority="Urgent", Assignee="priya") == {}

    await modal.shows("Rotate the certs")
    await maya.channel.shows("added a follow-up · 1 outstanding")

    await modal.clicks("Complete", beside="Rotate the certs")
    await modal.shows("0 outstanding · 1 done")
    await maya.channel.shows("completed *Rotate the certs* · 0 outstanding")

    await modal.selects("Done")
    await modal.shows("Rotate the certs")
    await modal.clicks("Reopen", beside="Rotate the certs")
    await modal.shows("1 outstanding · 0 done")
