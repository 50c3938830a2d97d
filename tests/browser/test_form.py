"""The form: refusals under their fields, and two people at it at once."""

import re

from playwright.async_api import expect

from tests.browser.desk import Desk, Desks


async def test_errors_stand_under_their_fields_and_keep_what_was_typed(maya: Desk) -> None:
    modal = await maya.opens_the_list()
    await modal.presses("Add follow-up")
    form = maya.modal("New follow-up")
    await form.presses("Create")
    await expect(form.error_of("Title")).to_contain_text("This field is required")
    await expect(form.field("Title")).to_be_focused()

    await form.field("Title").fill("Rotate the certs")
    await expect(form.error_of("Title")).to_have_count(0)
    await form.field("Description").fill("On every edge.")
    await form.chooses("Assignee", "Rosa")
    await form.field("Due date").fill("2020-02-02")
    await form.presses("Create")
    await expect(form.error_of("Assignee")).to_contain_text("Rosa belongs to another workspace")
    await expect(form.error_of("Due date")).to_contain_text("This day has passed")
    await expect(form.field("Title")).to_have_value("Rotate the certs")
    await expect(form.field("Description")).to_have_value("On every edge.")
    await expect(form.field("Assignee")).to_have_value("Rosa")
    await expect(form.field("Due date")).to_have_value("2020-02-02")

    await form.chooses("Assignee", "Tom")
    await form.field("Due date").fill("")
    await form.presses("Create")
    await form.is_gone()
    await expect(modal.item("Rotate the certs")).to_contain_text("Medium · @Tom")


async def test_the_second_to_save_sees_what_the_first_changed_and_keeps_what_they_typed(
    maya: Desk, desks: Desks
) -> None:
    title = "Correct the issuer in the TLS runbook"
    tom = await desks.sit("U0TOM")
    for desk in (maya, tom):
        await desk.card(title).get_by_role("button", name="Edit").click()
    hers, his = maya.modal("Edit follow-up"), tom.modal("Edit follow-up")
    await his.field("Description").fill("It names the old issuer in three places.")
    await hers.chooses("Priority", "Low")
    await hers.presses("Save")
    await hers.is_gone()

    await his.presses("Save")
    await his.shows("Maya saved first", "Maya: Priority High → Low")
    await expect(his.field("Priority")).to_have_value("Low")
    await expect(his.field("Description")).to_have_value("It names the old issuer in three places.")
    await his.presses("Save")
    await his.is_gone()
    await expect(maya.card(title)).to_contain_text(re.compile("Low · @Tom"))
    await maya.card(title).get_by_role("button", name="Edit").click()
    await expect(hers.field("Description")).to_have_value("It names the old issuer in three places.")
