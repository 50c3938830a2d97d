"""Everything can be reached, and left, without a mouse."""

from playwright.async_api import expect

from tests.browser.desk import Desk


async def test_the_list_and_the_form_are_used_by_keyboard_alone(maya: Desk) -> None:
    keys = maya.page.keyboard
    await expect(maya.composer).to_be_focused()
    await keys.type("/inc")
    await expect(maya.suggestions).to_be_visible()
    await keys.press("Tab")
    await expect(maya.composer).to_have_value("/incident ")
    await keys.type("follow-ups")
    await keys.press("Enter")
    modal = maya.modal("Follow-ups")
    await modal.shows("4 outstanding")

    for _ in range(2):
        await keys.press("Tab")
    await expect(modal.button("Add follow-up")).to_be_focused()
    await keys.press("Enter")
    form = maya.modal("New follow-up")
    await expect(form.field("Title")).to_be_focused()
    await keys.type("Rotate the certs")
    for _ in range(2):
        await keys.press("Tab")
    await expect(form.field("Assignee")).to_be_focused()
    await keys.type("pri")
    await keys.press("Enter")
    await expect(form.field("Assignee")).to_have_value("Priya")
    await keys.press("ArrowDown")
    await keys.press("Escape")
    await expect(form.root).to_be_visible()
    for _ in range(2):
        await keys.press("Shift+Tab")
    await keys.press("Enter")
    await form.is_gone()

    await expect(modal.item("Rotate the certs")).to_contain_text("@Priya")
    await modal.item("Rotate the certs").get_by_role("button", name="More actions").focus()
    await keys.press("Enter")
    await expect(maya.page.get_by_role("menuitem", name="Edit")).to_be_focused()
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(modal.item("Rotate the certs")).to_contain_text("@Maya")
    await keys.press("Escape")
    await modal.is_gone()
    await expect(maya.composer).to_be_focused()
