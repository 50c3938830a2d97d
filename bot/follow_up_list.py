"""The list modal: filters, search, pages and the buttons of its items. App Home shares the items."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import directory, follow_up_form
from bot.changes import Changing, Showing, attempt
from bot.context import Context
from bot.interactions import Click, Place, Submission, UnknownError
from bot.modals import open_modal, push_modal
from bot.surfaces import about, refresh, refresh_below
from storage import follow_ups
from storage.errors import NotFoundError
from storage.records import Filter, FollowUpRecord, ListQuery
from views import explanations
from views.blocks import Block
from views.messages import TYPED_LIMIT, delete_modal, message_modal, search_modal


def changing(change: Callable[..., Awaitable[FollowUpRecord]]) -> Changing:
    async def listener(context: Context, click: Click) -> Showing:
        reader = await directory.reader(context, click.slack_user_id)
        notice = await attempt(context, reader, click.target, change, click.trigger_id)
        return refresh(context, click, notice)

    return listener


async def assign_to_me(session: AsyncSession, actor: Any, follow_up_id: str, **known: Any) -> FollowUpRecord:
    return await follow_ups.assign(session, actor, follow_up_id, actor.id, **known)


async def show_edit(context: Context, click: Click) -> None:
    show = open_modal if click.is_home else push_modal
    place = replace(click.place, follow_up_id=click.target, surface="home" if click.is_home else "list")
    form = follow_up_form.editing(context, click.slack_user_id, place)
    await show(context, click.trigger_id, form, "Edit follow-up")


async def ask_to_delete(context: Context, click: Click) -> None:
    show = open_modal if click.is_home else push_modal
    place = replace(click.place, follow_up_id=click.target, surface="home" if click.is_home else "list")
    await show(
        context, click.trigger_id, _delete_view(context, click.slack_user_id, place), "Delete follow-up"
    )


async def _delete_view(context: Context, slack_user_id: str, place: Place) -> Block:
    async def asking(_: AsyncSession, found: FollowUpRecord) -> Block:
        return delete_modal(found, place.encode())

    return await about(context, slack_user_id, place.follow_up_id, "Delete follow-up", asking)


async def delete(context: Context, submission: Submission) -> None:
    place = submission.place
    notice = await attempt(
        context, submission.reader, place.follow_up_id, follow_ups.delete, submission.trigger_id
    )
    context.tasks.background(refresh_below(context, submission, notice))


async def add(context: Context, click: Click) -> None:
    await push_modal(context, click.trigger_id, _new_form(context, click), "New follow-up")


async def _new_form(context: Context, click: Click) -> Block:
    try:
        return await follow_up_form.new(context, click.slack_user_id, replace(click.place, surface="list"))
    except NotFoundError:
        return message_modal("New follow-up", explanations.GONE)


async def filter_by(context: Context, click: Click) -> None:
    if click.choice not in set(Filter):
        raise UnknownError
    text = click.place.query.text if click.place.query else ""
    place = replace(click.place, query=ListQuery(Filter(click.choice), text))
    await refresh(context, replace(click, place=place))


async def ask_search(context: Context, click: Click) -> None:
    text = click.place.query.text if click.place.query else ""
    view = search_modal(text, replace(click.place, surface="list").encode())
    await context.client.views_push(trigger_id=click.trigger_id, view=view)


async def search(context: Context, submission: Submission) -> None:
    if not await context.deliveries.is_first(submission.trigger_id, context.clock()):
        return
    text = submission.values["search_for"]["search_for"]["value"] or ""
    query = submission.place.query or ListQuery()
    typed = " ".join(text.split())[:TYPED_LIMIT]
    place = replace(submission.place, query=ListQuery(query.filter, typed))
    context.tasks.background(refresh_below(context, replace(submission, place=place)))


async def clear_search(context: Context, click: Click) -> None:
    query = click.place.query or ListQuery()
    await refresh(context, replace(click, place=replace(click.place, query=ListQuery(query.filter))))


async def turn_page(context: Context, click: Click) -> None:
    shown = click.place.query or ListQuery()
    edges = (click.place.last, None) if click.action.endswith("older") else (None, click.place.first)
    query = ListQuery(shown.filter, shown.text, *edges)
    await refresh(context, replace(click, place=replace(click.place, query=query)))


CHANGES: dict[str, Changing] = {
    "complete": changing(follow_ups.complete),
    "reopen": changing(follow_ups.reopen),
    "assign_to_me": changing(assign_to_me),
    "take": changing(follow_ups.take),
    "not_doing": changing(follow_ups.mark_not_doing),
}
SHOWS: dict[str, Callable[[Context, Click], Showing]] = {
    "edit": show_edit,
    "delete": ask_to_delete,
    "list_add": add,
    "list_filter": filter_by,
    "list_search": ask_search,
    "list_clear_search": clear_search,
    "list_older": turn_page,
    "list_newer": turn_page,
    "home_filter": filter_by,
    "home_older": turn_page,
    "home_newer": turn_page,
}

SUBMISSIONS: dict[str, Callable[[Context, Submission], Awaitable[None]]] = {
    "follow_up_delete": delete,
    "follow_up_search": search,
}
