"""From Slack's payloads to listeners, by table. Few Bolt listeners: it tries them one after another."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bot import (
    cards,
    commands,
    directory,
    events,
    failures,
    follow_up_form,
    follow_up_list,
    form_options,
    interactions,
    tracking,
)
from bot.changes import Changing, Showing
from bot.context import Context
from bot.directory import StrangerError
from bot.interactions import Click, Submission, Suggestion, UnknownError
from bot.modals import show_in
from bot.replies import reply
from bot.slack_errors import error_name
from storage.deliveries import RepeatedDeliveryError
from storage.trouble import DatabaseTroubleError
from views import explanations
from views.blocks import Block, message
from views.messages import error_modal, error_text, message_modal, saving_modal
from views.restored import restored, told_above

ANY = re.compile("")
# With `modals.PATIENCE` a second: then people see that a view is on its way.
FIRST_PATIENCE = 0.3
ACTION_PATIENCE = 2.0
SUBMISSION_PATIENCE = 2.0
ACK_ON_ITS_WAY = 0.5
OPTIONS_PATIENCE = 2.0

Body = Mapping[str, Any]
Ack = Callable[..., Awaitable[Any]]
Listener = TypeVar("Listener")

CHANGES: dict[str, Changing] = {**follow_up_list.CHANGES, **cards.CHANGES}
SHOWS: dict[str, Callable[[Context, Click], Showing]] = {**follow_up_list.SHOWS, **cards.SHOWS}
SUBMISSIONS: dict[str, Callable[[Context, Submission], Awaitable[Mapping[str, Any] | None]]] = {
    **follow_up_form.SUBMISSIONS,
    **follow_up_list.SUBMISSIONS,
    **tracking.SUBMISSIONS,
}
OPTIONS: dict[str, Callable[[Context, Suggestion], Awaitable[list[Block]]]] = form_options.OPTIONS


def register(app: AsyncApp, context: Context) -> None:
    async def on_command(ack: Ack, body: Body) -> None:
        await ack()
        context.tasks.background(run_command(context, body))

    async def on_action(ack: Ack, body: Body) -> None:
        working = context.tasks.start(run_action(context, body))
        await asyncio.wait({working}, timeout=ACTION_PATIENCE)
        await ack()

    async def on_submission(ack: Ack, body: Body) -> None:
        working = context.tasks.start(run_submission(context, body))
        await asyncio.wait({working}, timeout=SUBMISSION_PATIENCE)
        if working.done():
            await ack(**(working.result() or {}))
        else:
            title = body["view"]["title"]["text"]
            await ack(response_action="update", view=saving_modal(title))
            context.tasks.background(finish_late(context, body["view"], working))

    async def on_options(ack: Ack, body: Body) -> None:
        await ack(options=await run_options(context, body))

    async def on_event(body: Body) -> None:
        await events.keep(context, body)

    app.command(context.command)(on_command)
    app.action(ANY)(on_action)
    app.view_submission(ANY)(on_submission)
    app.options(ANY)(on_options)
    app.event(ANY)(on_event)


def known(table: Mapping[str, Listener], name: str) -> Listener:
    if name not in table:
        raise UnknownError
    return table[name]


async def _is_first(context: Context, trigger_id: str) -> bool:
    """Where the database takes long to say, Slack does: a trigger opens one view."""
    if context.database.is_sqlite:
        return await context.deliveries.is_first(trigger_id, context.clock())

    async def asked() -> bool:
        try:
            return await context.deliveries.is_first(trigger_id, context.clock())
        except DatabaseTroubleError:
            return True  # the view meets the same trouble, and says so

    asking = context.tasks.start(asked())
    await asyncio.wait({asking}, timeout=FIRST_PATIENCE)
    return asking.result() if asking.done() else True


async def run_command(context: Context, body: Body) -> None:
    try:
        if await _is_first(context, body["trigger_id"]):
            await commands.dispatch(context, interactions.command(body))
    except StrangerError:
        await reply(context, body["response_url"], message(explanations.STRANGER))
    except Exception as error:
        await reply(context, body["response_url"], message(error_text(*failures.explain(error))))


async def run_action(context: Context, body: Body) -> None:
    """Done when the change is stored. What is to be shown then, Slack's acknowledgement need not wait for."""
    try:
        showing = await _clicked(context, body)
    except Exception as error:
        showing = _raise(error)
    if showing is not None:
        context.tasks.background(_show(context, body, showing))


async def _clicked(context: Context, body: Body) -> Showing | None:
    click = interactions.click(body)
    try:
        if click.action in CHANGES:
            return await CHANGES[click.action](context, click)
        if click.action not in SHOWS and not interactions.is_from_menu(body):
            return None  # a select inside a form: Slack sends it, the submission reads it
        show = known(SHOWS, click.action)
        is_first = await _is_first(context, click.trigger_id)
    except RepeatedDeliveryError:
        return None
    return show(context, click) if is_first else None


async def _raise(error: Exception) -> None:
    raise error


async def _show(context: Context, body: Body, showing: Showing) -> None:
    try:
        await showing
    except StrangerError:
        await _tell(context, body, message_modal("Follow-ups", explanations.STRANGER), explanations.STRANGER)
    except Exception as error:
        explained = failures.explain(error)
        await _tell(context, body, error_modal(*explained), error_text(*explained))


async def _tell(context: Context, body: Body, view: Block, words: str) -> None:
    """Where the click was: under the message, on the modal, or over App Home."""
    if response_url := body.get("response_url"):
        await reply(context, response_url, message(words))
    elif body["view"]["type"] == "modal":
        await show_in(context, body["view"]["id"], view)
    else:
        await _tell_on_home(context, body, view)


async def _tell_on_home(context: Context, body: Body, view: Block) -> None:
    """In a modal while its trigger lives, else on the tab itself."""
    try:
        await context.client.views_open(trigger_id=body["trigger_id"], view=view)
    except SlackApiError as error:
        if error_name(error) != "expired_trigger_id":
            raise
        await context.client.views_publish(user_id=body["user"]["id"], view=told_above(body["view"], view))


async def run_submission(context: Context, body: Body) -> Mapping[str, Any] | None:
    """Slack's answer: nothing to close the modal, else field errors or another view. What was typed stays."""
    view = body["view"]
    try:
        reader = await directory.reader(context, body["user"]["id"])
        return await known(SUBMISSIONS, view["callback_id"])(context, interactions.submission(body, reader))
    except StrangerError:
        return _refused(view, explanations.STRANGER)
    except RepeatedDeliveryError:
        return None
    except Exception as error:
        return _refused(view, error_text(*failures.explain(error)))


async def finish_late(context: Context, view: Body, working: asyncio.Task[Mapping[str, Any] | None]) -> None:
    """Slack waits three seconds for an answer. The modal has said that it is saving; now it says the rest."""
    # Bolt sends the ack after its listener has returned. An update that overtook it would be replaced by
    # "Saving…", for good.
    await asyncio.sleep(ACK_ON_ITS_WAY)
    answer = await working or {}
    match answer.get("response_action"):
        case "errors":
            shown = restored(view, list(answer["errors"].values()))
        case "update":
            shown = answer["view"]
        case _:
            shown = message_modal(view["title"]["text"], explanations.SAVED)
    await show_in(context, view["id"], shown)


def _refused(view: Body, sentence: str) -> Mapping[str, Any]:
    inputs = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    if inputs:
        return {"response_action": "errors", "errors": {inputs[0]: sentence}}
    return {"response_action": "update", "view": message_modal("Follow-ups", sentence)}


async def run_options(context: Context, body: Body) -> list[Block]:
    """None at all where they would come too late: Slack waits three seconds, then shows an error."""
    try:
        async with asyncio.timeout(OPTIONS_PATIENCE):
            reader = await directory.reader(context, body["user"]["id"])
            return await known(OPTIONS, body["action_id"])(context, interactions.suggestion(body, reader))
    except StrangerError:
        return []
    except Exception as error:
        failures.report(error)
        return []
