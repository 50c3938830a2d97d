"""Two people and one follow-up: nobody's words are lost."""

from datetime import timedelta

from tests.scenarios.conftest import Scenario, adds


async def test_the_second_to_save_sees_what_the_first_changed_and_loses_nothing(scenario: Scenario) -> None:
    maya, tom, due = scenario.maya, scenario.tom, scenario.today + timedelta(days=5)
    await adds(maya, "Rotate the certs", Priority="Low", Labels=["tls"])
    card = await maya.channel.shows("Rotate the certs")
    await card.clicks("Edit")
    mayas = await maya.modal("Edit follow-up")
    await card.clicks("Edit", by=tom)
    toms = await tom.modal("Edit follow-up")
    assert await toms.submits(Title="Rotate every cert", Priority="Urgent", Due_date=due) == {}

    assert await mayas.submits(Description="Ask Priya first", Priority="High", Labels=["tls", "certs"]) == {}
    await mayas.shows("Tom saved first. What you typed is kept; save again to apply it.")
    await mayas.shows("Title “Rotate the certs” → “Rotate every cert”")
    await mayas.shows("Priority Low → Urgent")
    assert mayas.field("Title") == "Rotate every cert"
    assert mayas.field("Due date") == due.isoformat()
    assert mayas.field("Description") == "Ask Priya first"
    assert mayas.field("Priority") == "High"
    assert mayas.field("Labels") == ["tls", "certs"]

    assert await mayas.submits() == {}
    await mayas.is_gone()
    await maya.types("/incident follow-ups")
    listed = await maya.modal("Follow-ups")
    await listed.shows("Rotate every cert")
    await listed.shows("High")


async def test_a_third_save_in_between_is_told_too(scenario: Scenario) -> None:
    maya, tom, priya = scenario.maya, scenario.tom, scenario.priya
    await adds(maya, "Rotate the certs")
    card = await maya.channel.shows("Rotate the certs")
    await card.clicks("Edit")
    mayas = await maya.modal("Edit follow-up")
    await card.clicks("Edit", by=tom)
    assert await (await tom.modal("Edit follow-up")).submits(Priority="Urgent") == {}
    assert await mayas.submits(Title="Rotate them all") == {}
    await mayas.shows("Tom saved first")

    await card.clicks("Edit", by=priya)
    assert await (await priya.modal("Edit follow-up")).submits(Assignee="priya") == {}
    assert await mayas.submits() == {}
    await mayas.shows("Priya saved first")
    assert mayas.field("Title") == "Rotate them all"
    assert mayas.field("Priority") == "Urgent"
    assert await mayas.submits() == {}
    await mayas.is_gone()


async def test_agreeing_with_who_saved_first_is_no_conflict(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs")
    card = await maya.channel.shows("Rotate the certs")
    await card.clicks("Edit")
    mayas = await maya.modal("Edit follow-up")
    await card.clicks("Edit", by=tom)
    assert await (await tom.modal("Edit follow-up")).submits(Priority="Urgent", Title="Rotate all") == {}
    assert await mayas.submits(Priority="Urgent") == {}
    await mayas.is_gone()


async def test_a_click_while_the_form_is_open_is_a_change_like_any_other(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs")
    card = await maya.channel.shows("Rotate the certs")
    await card.clicks("Edit")
    mayas = await maya.modal("Edit follow-up")
    await card.clicks("Complete", by=tom)
    await card.shows("Reopen")
    assert await mayas.submits(Title="Rotate them all") == {}
    await mayas.shows("Status Outstanding → Completed")
    assert mayas.field("Status") == "Completed"
    assert mayas.field("Title") == "Rotate them all"


async def test_a_follow_up_deleted_meanwhile_is_an_error_on_the_form_and_the_text_stays(
    scenario: Scenario,
) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs")
    await (await maya.channel.shows("Rotate the certs")).clicks("Edit")
    mayas = await maya.modal("Edit follow-up")
    await tom.types("/incident follow-ups")
    await (await tom.modal("Follow-ups")).chooses("Delete", beside="Rotate the certs")
    await (await tom.modal("Delete follow-up")).submits()
    await maya.channel.shows("was deleted")

    errors = await mayas.submits(Title="Rotate them all", Description="a long story")
    assert "Tom already deleted “Rotate the certs”" in errors["Title"]
    assert mayas.field("Description") == "a long story"
    assert mayas.field("Title") == "Rotate them all"


async def test_the_form_of_a_deleted_follow_up_says_who_deleted_it(scenario: Scenario) -> None:
    maya, tom = scenario.maya, scenario.tom
    await adds(maya, "Rotate the certs")
    await maya.types("/incident follow-ups")
    mayas = await maya.modal("Follow-ups")
    await tom.types("/incident follow-ups")
    await (await tom.modal("Follow-ups")).chooses("Delete", beside="Rotate the certs")
    await (await tom.modal("Delete follow-up")).submits()
    await maya.channel.shows("was deleted")
    await mayas.chooses("Edit", beside="Rotate the certs")
    await (await maya.modal("Edit follow-up")).shows("no longer exists")
