"""A follow-up from its first day to its last, by clicking."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import expect

from tests.browser.desk import Desk, Picture

TITLE = "Rotate the certs"


async def test_a_follow_up_is_added_with_every_field_filled_in(maya: Desk) -> None:
    modal = await maya.opens_the_list()
    await modal.presses("Add follow-up")
    form = maya.modal("New follow-up")
    await expect(form.field("Title")).to_be_focused()
    await form.field("Title").fill(TITLE)
    await form.field("Description").fill("On *every* edge & <everywhere>.")
    await form.chooses("Assignee", "Priya", typing="raman")
    await form.chooses("Team", "Payments team")
    await form.chooses("Priority", "High")
    await form.chooses("Labels", "rotation New label", typing="rotation")
    day = datetime.now(ZoneInfo("Europe/Stockholm")).date() + timedelta(days=1)
    await form.field("Due date").fill(day.isoformat())
    await form.presses("Create")

    await form.is_gone()
    await modal.shows("5 outstanding · 1 overdue · 2 done")
    await expect(modal.item(TITLE)).to_contain_text("High · @Priya · Payments team · due tomorrow · rotation")
    card = maya.card(TITLE)
    await expect(card).to_contain_text("Maya added a follow-up · 5 outstanding")
    await expect(card).to_contain_text(re.compile(rf"High · @Priya · .*due \w+ {day.day} .*rotation"))

    await modal.picks("Edit", beside=TITLE)
    form = maya.modal("Edit follow-up")
    await expect(form.field("Description")).to_have_value("On *every* edge & <everywhere>.")
    await expect(form.field("Due date")).to_have_value(day.isoformat())
    await form.presses("Cancel")
    await form.is_gone()


async def test_a_follow_up_is_taken_changed_completed_reopened_dropped_and_deleted(
    maya: Desk, picture: Picture
) -> None:
    title = "Alert 14 days before any certificate expires"
    modal = await maya.opens_the_list()

    await modal.picks("Assign to me", beside=title)
    await expect(modal.item(title)).to_contain_text("@Maya")
    await expect(maya.message(f"Maya took {title} · 4 outstanding")).to_be_visible()

    await modal.picks("Edit", beside=title)
    form = maya.modal("Edit follow-up")
    await form.chooses("Priority", "Urgent")
    await form.presses("Save")
    await form.is_gone()
    await expect(modal.item(title)).to_contain_text("Urgent · @Maya")
    await expect(maya.card(title)).to_contain_text("Urgent · @Maya")

    await modal.presses("Complete", beside=title)
    await modal.shows("3 outstanding · 1 overdue · 3 done")
    await modal.lacks(title)
    await expect(maya.message(f"Maya completed {title} · 3 outstanding")).to_be_visible()
    await expect(maya.card(title)).to_contain_text("✓ Completed")
    await modal.presses("Done")
    await modal.is_gone()
    await maya.sees_the_newest_message()
    await picture(maya, "channel.png")

    modal = await maya.opens_the_list()
    await modal.filters("Done")
    await modal.shows(title, "Upgrade the checkout client to 4.2")
    await modal.presses("Reopen", beside=title)
    await modal.lacks(title)
    await modal.shows("4 outstanding · 1 overdue · 2 done")
    await modal.filters("Outstanding")

    await modal.picks("Not doing", beside=title)
    await modal.lacks(title)
    await expect(maya.card(title)).to_contain_text("Not doing")
    await modal.filters("All")

    await modal.picks("Delete", beside=title)
    question = maya.modal("Delete follow-up")
    await question.shows(f"Delete {title}?")
    await question.presses("Keep")
    await question.is_gone()
    await modal.shows(title)
    await modal.picks("Delete", beside=title)
    await question.presses("Delete")
    await question.is_gone()
    await modal.lacks(title)
    await modal.shows("3 outstanding · 1 overdue · 2 done")
    await expect(maya.message(f"{title} was deleted")).to_be_visible()


async def test_somebody_else_takes_a_card_and_finds_it_at_home(maya: Desk) -> None:
    title = "Alert 14 days before any certificate expires"
    await maya.becomes("Tom")
    tom = maya
    await tom.card(title).get_by_role("button", name="I'll take it").click()
    await expect(tom.message(f"Tom took {title} · 4 outstanding")).to_be_visible()
    await expect(tom.card(title)).to_contain_text("@Tom")
    await expect(tom.card(title).get_by_role("button", name="I'll take it")).to_have_count(0)

    await tom.goes_to("Follow-ups")
    await tom.home.shows("My follow-ups", "3 outstanding · 0 done", title, "INC-139")
    await tom.home.lacks("Renew the edge certificates automatically")
    await tom.home.presses("Complete", beside=title)
    await tom.home.shows("2 outstanding · 1 done")
    await tom.home.lacks(title)
