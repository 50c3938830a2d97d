"""App Home: a person's own follow-ups, across incidents."""

from collections.abc import Mapping
from typing import Any

from bot import directory
from bot.context import Context
from bot.interactions import Place, Reader
from bot.rechecks import recheck
from storage import listing
from storage.records import Filter, Listing, ListQuery
from views import home


async def own(context: Context, reader: Reader, query: ListQuery) -> Listing:
    """The reader's own follow-ups, of incidents that they may see."""

    async def read() -> Listing:
        async with context.database.read() as session:
            return await listing.of_person(session, reader.actor, query, now=context.clock())

    await directory.check_access_of_person(context, reader)
    found = await read()
    if await recheck(context, [item.incident for item in found.items], context.rechecks):
        found = await read()
    return found


async def publish(
    context: Context, reader: Reader, query: ListQuery | None = None, notice: str | None = None
) -> None:
    query = query or ListQuery(Filter.OUTSTANDING)
    found = await own(context, reader, query)
    view = home.home(
        found,
        reader_timezone=reader.timezone,
        reader_slack_user_id=reader.slack_user_id,
        now=context.clock(),
        metadata=Place.of(found).encode(),
        command=context.command,
        notice=notice,
    )
    await context.client.views_publish(user_id=reader.slack_user_id, view=view)


async def opened(context: Context, event: Mapping[str, Any]) -> None:
    """`app_home_opened`: the tab is drawn when someone looks at it."""
    if event.get("tab", "home") == "home":
        await publish(context, await directory.reader(context, event["user"]))
