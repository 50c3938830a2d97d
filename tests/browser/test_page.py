"""The playground's page itself."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk, Desks
from tests.browser.program import Program


async def test_everything_is_there_again_after_a_restart(maya: Desk, desks: Desks, program: Program) -> None:
    await maya.writes("@tom, good morning")
    await expect(maya.message("@Tom, good morning")).to_be_visible()
    modal = await maya.opens_the_list()
    await modal.presses("Complete", beside="Ask the payment provider for a test endpoint")
    await modal.shows("3 outstanding")
    await expect(maya.message("Maya completed Ask the payment provider")).to_be_visible()
    await expect(maya.card("Ask the payment provider for a test endpoint")).to_contain_text("✓ Completed")
    await modal.presses("Done")
    await modal.is_gone()
    await maya.page.mouse.move(0, 0)  # a message under it shows its time
    said = await maya.channel.get_by_role("article").all_inner_texts()

    await program.stop()
    reconnecting = maya.page.get_by_text("Reconnecting…")
    await expect(reconnecting).to_be_visible()
    await program.start()
    await expect(reconnecting).to_have_count(0)
    desks.forget()  # a page without its server complains, as it should

    await expect(maya.channel.get_by_role("article")).to_have_text(said, use_inner_text=True)
    modal = await maya.opens_the_list()
    await modal.shows("3 outstanding · 1 overdue · 3 done")
    await modal.presses("Done")
    await modal.is_gone()
    await maya.page.reload()
    await expect(maya.channel.get_by_role("article")).to_have_text(said, use_inner_text=True)


async def test_a_channel_that_is_made_private_is_gone_for_those_outside(maya: Desk, desks: Desks) -> None:
    priya = await desks.sit("U0PRIYA")
    webhooks = priya.page.get_by_role("link", name="inc-139-webhook-delays")
    await expect(webhooks).to_be_visible()
    await maya.goes_to("inc-139-webhook-delays")
    await maya.page.get_by_role("button", name="Channel settings").click()
    await maya.page.get_by_role("menuitem", name="Make private").click()
    await expect(maya.message("Maya made this channel private")).to_be_visible()
    await expect(webhooks).to_have_count(0)
    modal = await maya.opens_the_list()
    await modal.shows("INC-139 · Webhooks are late")


@pytest.mark.parametrize("transport", ["socket"])
async def test_the_same_works_over_socket_mode(maya: Desk) -> None:
    modal = await maya.opens_the_list()
    await modal.presses("Add follow-up")
    form = maya.modal("New follow-up")
    await form.field("Title").fill("Rotate the certs")
    await form.chooses("Labels", "rotation New label", typing="rotation")
    await form.presses("Create")
    await expect(modal.item("Rotate the certs")).to_contain_text("rotation")
    await modal.presses("Complete", beside="Rotate the certs")
    await expect(maya.message("Maya completed Rotate the certs · 4 outstanding")).to_be_visible()


async def test_a_page_stays_with_its_channel_under_another_name_and_in_the_archive(desks: Desks) -> None:
    maya = await desks.sit("U0MAYA", "#/inc-139-webhook-delays")
    settings = maya.page.get_by_role("button", name="Channel settings")
    await settings.click()
    await maya.page.get_by_role("menuitem", name="Rename channel").click()
    await maya.page.get_by_label("Channel name").fill("inc-139-late-webhooks")
    await maya.page.keyboard.press("Enter")
    heading = maya.page.get_by_role("heading", level=1)
    await expect(heading).to_have_text("#inc-139-late-webhooks")
    await settings.click()
    await maya.page.get_by_role("menuitem", name="Archive channel").click()
    await expect(maya.page.get_by_text("is archived: it can be read")).to_be_visible()
    await expect(heading).to_have_text("#inc-139-late-webhooks")


async def test_a_new_channel_is_gone_to_and_the_bot_invited_by_command(maya: Desk) -> None:
    await maya.page.get_by_role("button", name="Add a channel").click()
    await maya.page.get_by_label("Channel name").fill("war-room")
    await maya.page.keyboard.press("Enter")
    await expect(maya.page.get_by_role("heading", level=1)).to_have_text("#war-room")
    await maya.writes("/invite @nobody")
    await expect(maya.message("There is nobody called “nobody” here")).to_be_visible()
    await maya.writes("/invite @Follow-ups ")
    await expect(maya.message("@Follow-ups has joined the channel")).to_be_visible()


async def test_what_is_being_written_never_hides_the_newest_message(maya: Desk) -> None:
    await maya.composer.fill("one line\n" * 12)
    await expect(maya.composer).to_have_value(re.compile("one line"))
    await maya.sees_the_newest_message()
