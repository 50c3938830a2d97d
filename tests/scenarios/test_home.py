"""App Home: a person's own follow-ups, wherever they are from."""

import json

from storage import follow_ups, people
from storage.follow_ups import Draft
from storage.records import CreatorKind, CreatorRecord
from tests.scenarios.conftest import OVER_BOTH_TRANSPORTS, Scenario, adds, list_of


@OVER_BOTH_TRANSPORTS
async def test_home_shows_what_is_mine_across_incidents(scenario: Scenario) -> None:
    tom = scenario.tom
    await adds(tom, "Rotate the certs", Assignee="tom")
    await adds(tom, "Somebody else's", Assignee="maya")
    await adds(tom.in_channel("inc-139-webhook-delays"), "Limit deliveries", Assignee="tom")
    await tom.opens_home()
    home = await tom.home()
    await home.shows("2 outstanding · 0 done")
    assert "INC-142" in home.beside("Rotate the certs")
    assert "INC-139" in home.beside("Limit deliveries")
    assert "Somebody else" not in home


async def test_home_can_do_what_the_list_can(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Rotate the certs", Assignee="maya")
    await adds(maya, "Fix the alert", Assignee="maya")
    await maya.opens_home()
    home = await maya.home()
    await home.clicks("Complete", beside="Rotate the certs")
    await home.shows("1 outstanding · 1 done")
    assert "Rotate the certs" not in home
    await home.selects("Done")
    await home.shows("Rotate the certs")
    await home.clicks("Reopen", beside="Rotate the certs")
    await home.shows("Nothing of yours is done yet.")
    await home.selects("Outstanding")
    await home.shows("Rotate the certs")
    await home.chooses("Edit", beside="Rotate the certs")
    assert await (await maya.modal("Edit follow-up")).submits(Title="Rotate every cert") == {}
    await home.shows("Rotate every cert")
    await home.chooses("Delete", beside="Rotate every cert")
    await (await maya.modal("Delete follow-up")).submits()
    await home.no_longer_shows("Rotate every cert")
    await home.chooses("Not doing", beside="Fix the alert")
    await home.shows("0 outstanding · 1 done")


async def test_an_empty_home_says_what_follow_ups_are(scenario: Scenario) -> None:
    await scenario.priya.opens_home()
    home = await scenario.priya.home()
    await home.shows("Nothing outstanding is assigned to you.")
    await home.shows("`/incident follow-ups`")
    for choice, words in (("Overdue", "Nothing of yours is overdue."), ("Done", "is done yet.")):
        await home.selects(choice)
        await home.shows(words)


async def test_home_says_what_a_click_came_too_late_for(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs", Assignee="maya")
    await maya.opens_home()
    home = await maya.home()
    toms = await list_of(tom)
    await toms.clicks("Complete", beside="Rotate")
    await toms.shows("1 done")
    await home.clicks("Complete", beside="Rotate")
    await home.shows("Tom already completed “Rotate the certs”")


async def test_home_has_pages(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "The first", Assignee="maya")
    listed = await list_of(maya)
    async with scenario.app.database.write() as session:
        person = await people.find(session, scenario.slack.workspace.team.id, maya.id)
        assert person is not None
        actor = CreatorRecord(CreatorKind.USER, person.id, person.name, maya.id)
        place = json.loads(listed.view.content["private_metadata"])
        for number in range(25):
            draft = Draft(f"Number {number}", assignee_id=person.id)
            await follow_ups.create(session, actor, place["incident"], draft, now=scenario.clock())
    await maya.opens_home()
    home = await maya.home()
    await home.shows("26 outstanding")
    assert "The first" not in home
    await home.clicks("Older")
    await home.shows("The first")
    await home.clicks("Newer")
    await home.shows("Number 24")
