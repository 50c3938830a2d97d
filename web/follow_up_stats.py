"""/v3/follow_ups/stats. It is listed before the routes that take what follows for an id."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from storage import listing, stats
from storage.errors import NotFoundError
from storage.records import Mode
from storage.stats import StatsQuery
from web import shapes_stats
from web.answers import answer
from web.context import Call
from web.filters import Span, span_of
from web.keys import Called, KeyedRoute, needs
from web.payloads import ULID
from web.shapes_stats import StatsShown

router = APIRouter(prefix="/v3/follow_ups/stats", tags=["Stats"], route_class=KeyedRoute)

IdQuery = Annotated[str | None, Query(pattern=ULID)]


@router.get("", response_model=StatsShown, openapi_extra=needs("actions.view"))
async def show_follow_up_stats(
    call: Called,
    *,
    created: Annotated[Span, Depends(span_of("created_at"))],
    period: Annotated[Span, Depends(span_of("period"))],
    incident_id: IdQuery = None,
    incident_mode: Mode | None = None,
    assignee_team_id: IdQuery = None,
) -> Response:
    """Of all follow-ups that match and the key may see."""
    if incident_id is not None:
        await _recheck(call, incident_id)
    query = StatsQuery(incident_id, incident_mode, assignee_team_id, created)
    async with call.context.counting, call.database.read() as session:
        found = await stats.stats(session, call.actor, query, now=call.now, period=period)
    return answer(StatsShown(stats=shapes_stats.stats(found)))


async def _recheck(call: Call, incident_id: str) -> None:
    with suppress(NotFoundError):
        async with call.database.read() as session:
            incident = await listing.incident(session, call.actor, incident_id)
        if not call.actor.sees_private:
            await call.slack.recheck([incident])
