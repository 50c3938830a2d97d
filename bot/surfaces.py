"""Surfaces that show a list: drawn, and drawn again after a change."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import directory, home
from bot.context import Context
from bot.interactions import Click, Place, Reader, Submission
from bot.modals import update_modal
from storage import follow_ups, listing
from storage.errors import NotFoundError
from storage.records import FollowUpRecord, Listing, ListQuery
from views import explanations
from views.blocks import Block
from views.follow_up_list import follow_up_list
from views.messages import message_modal


def render(context: Context, reader: Reader, found: Listing, notice: str | None = None) -> Block:
    return follow_up_list(
        found,
        reader_timezone=reader.timezone,
        reader_slack_user_id=reader.slack_user_id,
        now=context.clock(),
        metadata=Place.of(found).encode(),
        notice=notice,
    )


async def of_place(context: Context, reader: Reader, place: Place) -> Listing:
    """Raises NotFoundError when the incident is not the reader's to see."""
    query = place.query or ListQuery()
    if not place.incident_id:
        return await home.own(context, reader, query)
    await directory.check_access_to_incident(context, place.incident_id, reader)
    async with context.database.read() as session:
        return await listing.of_incident(session, reader.actor, place.incident_id, query, now=context.clock())


async def view_of_place(context: Context, reader: Reader, place: Place, notice: str | None = None) -> Block:
    try:
        found = await of_place(context, reader, place)
    except NotFoundError:
        return message_modal("Follow-ups", explanations.GONE)
    return render(context, reader, found, notice)


async def about(
    context: Context,
    slack_user_id: str,
    follow_up_id: str,
    title: str,
    build: Callable[[AsyncSession, FollowUpRecord], Awaitable[Block]],
) -> Block:
    """A modal about one follow-up; or what stands there when it is gone or not the person's to see."""
    reader = await directory.reader(context, slack_user_id)
    await directory.check_access_to_follow_up(context, follow_up_id, reader)
    try:
        async with context.database.read() as session:
            return await build(session, await follow_ups.get(session, reader.actor, follow_up_id))
    except NotFoundError:
        return message_modal(title, explanations.GONE)


async def refresh(context: Context, click: Click, notice: str | None = None) -> None:
    """Show the list the person clicked in, as it is now."""
    if click.view is None:
        return
    reader = await directory.reader(context, click.slack_user_id)
    if click.is_home:
        await home.publish(context, reader, click.place.query, notice)
        return
    build = partial(view_of_place, context, reader, click.place, notice)
    await update_modal(context, click.view["id"], click.view["hash"], build)


async def refresh_below(context: Context, submission: Submission, notice: str | None = None) -> None:
    """Show again what lies under a submitted modal: the list it was pushed on, or App Home."""
    place = replace(submission.place, follow_up_id="", draft_id="", version=None)
    if place.surface == "home":
        await home.publish(context, submission.reader, place.query, notice)
    elif place.surface == "list":
        build = partial(view_of_place, context, submission.reader, place, notice)
        await update_modal(context, submission.view["root_view_id"], None, build)
