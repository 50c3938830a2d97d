"""/v3/follow_ups/{id}/history."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from storage import history
from storage.records import EntryRecord, IncidentRecord
from web import shapes_history
from web.answers import answer
from web.follow_ups import require_id
from web.keys import Called, KeyedRoute, needs
from web.shapes_history import HistoryListed

router = APIRouter(prefix="/v3/follow_ups", tags=["History"], route_class=KeyedRoute)

# What a column of the database holds.
LAST_VERSION = 2**31 - 1


@router.get("/{id}/history", response_model=HistoryListed, openapi_extra=needs("actions.view"))
async def list_follow_up_history(
    call: Called,
    id: str,  # noqa: A002  as in the path
    page_size: Annotated[int, Query(ge=1, le=250)] = 25,
    after: Annotated[int, Query(ge=0, le=LAST_VERSION)] = 0,
) -> Response:
    """Oldest first. `after` is a version. A deleted follow-up keeps its history."""
    require_id(id)

    async def read() -> tuple[IncidentRecord, tuple[EntryRecord, ...]]:
        async with call.database.read() as session:
            return await history.page(session, call.actor, id, after_version=after, limit=page_size)

    incident, found = await read()
    if not call.actor.sees_private and await call.slack.recheck([incident]):
        _, found = await read()
    return answer(shapes_history.history(found, page_size))
