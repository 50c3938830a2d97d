"""/v3/follow_ups."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from storage import follow_ups
from storage.pages import PageQuery, page
from web.answers import answer
from web.keys import Called, KeyedRoute, needs
from web.shapes import PaginationMeta
from web.shapes_v3 import Listed, Shown, follow_up

router = APIRouter(prefix="/v3/follow_ups", tags=["Follow-ups"], route_class=KeyedRoute)


@router.get("", response_model=Listed, openapi_extra=needs("actions.view"))
async def listed(call: Called, page_size: Annotated[int, Query(ge=1, le=250)] = 25) -> Response:
    async with call.database.read() as session:
        found = await page(session, call.actor, PageQuery(limit=page_size))
    after = found[-1].id if len(found) == page_size else None
    meta = PaginationMeta(page_size=page_size, after=after)
    return answer(Listed(follow_ups=tuple(map(follow_up, found)), pagination_meta=meta))


@router.get("/{id}", response_model=Shown, openapi_extra=needs("actions.view"))
async def shown(id: str, call: Called) -> Response:  # noqa: A002  as published
    async with call.database.read() as session:
        found = await follow_ups.get(session, call.actor, id)
    return answer(Shown(follow_up=follow_up(found)))
