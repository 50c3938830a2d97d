"""Showing views in time: a trigger lives three seconds, so a slow view begins as a loading one."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from slack_sdk.errors import SlackApiError

from bot import failures
from bot.context import Context
from bot.directory import StrangerError
from bot.slack_errors import error_name
from views import explanations
from views.blocks import Block
from views.messages import error_modal, loading_modal, message_modal

PATIENCE = 0.7

Show = Callable[..., Coroutine[Any, Any, Any]]


async def open_modal(context: Context, trigger_id: str, view: Coroutine[Any, Any, Block], title: str) -> None:
    """A modal of its own."""
    await _show(context, context.client.views_open, trigger_id, view, title)


async def push_modal(context: Context, trigger_id: str, view: Coroutine[Any, Any, Block], title: str) -> None:
    """A modal on top of the one the person is in."""
    await _show(context, context.client.views_push, trigger_id, view, title)


async def _show(
    context: Context, show: Show, trigger_id: str, view: Coroutine[Any, Any, Block], title: str
) -> None:
    building = context.tasks.start(view)
    await asyncio.wait({building}, timeout=PATIENCE)
    if building.done():
        await show(trigger_id=trigger_id, view=building.result())
        return
    opened = await show(trigger_id=trigger_id, view=loading_modal(title))
    try:
        ready = await building
    except StrangerError:
        ready = message_modal(title, explanations.STRANGER)
    except Exception as error:
        ready = error_modal(*failures.explain(error))
    await show_in(context, opened["view"]["id"], ready)


async def show_in(context: Context, view_id: str, view: Block) -> None:
    """Show another view in an open modal, unless the person has closed it."""
    try:
        await context.client.views_update(view_id=view_id, view=view)
    except SlackApiError as error:
        if error_name(error) != "not_found":
            raise


async def update_modal(
    context: Context, view_id: str, view_hash: str | None, build: Callable[[], Coroutine[Any, Any, Block]]
) -> None:
    """Show the view again. Another update may have come in between: then what it showed is read anew."""
    try:
        await context.client.views_update(view_id=view_id, hash=view_hash, view=await build())
    except SlackApiError as error:
        match error_name(error):
            case "hash_conflict":
                await show_in(context, view_id, await build())
            case "not_found":
                pass  # the person has closed it
            case _:
                raise
