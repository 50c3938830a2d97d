"""/v2/follow_ups: deprecated where it was published, and served here for as long as it costs nothing."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from storage.narrowing import Narrowing
from storage.ordering import Ordering
from storage.page_queries import PageQuery
from storage.records import FollowUpRecord, Mode
from storage.rows import FollowUpRow
from web import follow_ups, objects
from web.answers import JSON, answer
from web.context import Call
from web.filters import After, IdQuery, narrowed, ordered
from web.keys import Called, KeyedRoute, needs
from web.payloads import ConnectIssue, FollowUpCreate, FollowUpUpdate
from web.shapes_v2 import Listed, Shown, follow_up
from web.versions import IfMatch, tagged

router = APIRouter(prefix="/v2/follow_ups", tags=["Follow-ups v2"], route_class=KeyedRoute, deprecated=True)


def _shown(found: FollowUpRecord, status: int = 200) -> Response:
    return tagged(answer(Shown(follow_up=follow_up(found)), status), found)


@router.get("", response_model=Listed, openapi_extra=needs("actions.view"))
async def list_follow_ups(
    call: Called,
    *,
    page_size: Annotated[int | None, Query(ge=1, le=250)] = None,
    after: After = None,
    incident_id: IdQuery = None,
    incident_mode: Mode | None = None,
    assignee_team_id: IdQuery = None,
    narrowing: Annotated[Narrowing, Depends(narrowed)],
    order: Annotated[Ordering, Depends(ordered)],
) -> Response:
    """Everything, as published; or a page, where `page_size` asks for one."""
    query = PageQuery(
        page_size or follow_ups.PART,
        after,
        incident_id,
        incident_mode,
        assignee_team_id,
        narrowed=narrowing,
        order=order,
    )
    if page_size is None:
        return await _everything(call, query)
    found = await follow_ups.listed(call, query)
    return objects.listed(found, page_size, follow_ups.next_page(query, found), with_category=False)


async def _everything(call: Call, query: PageQuery) -> Response:
    """What is refused is refused before the first byte, since its status says so."""
    parts = follow_ups.every(call, query)
    first = await anext(parts, None) or ()
    return StreamingResponse(_streamed(first, parts), media_type=JSON)


async def _streamed(
    first: tuple[FollowUpRow, ...], rest: AsyncIterator[tuple[FollowUpRow, ...]]
) -> AsyncIterator[bytes]:
    yield b'{"follow_ups":['
    yield b",".join(objects.written(objects.follow_up(found, with_category=False)) for found in first)
    async for part in rest:
        for found in part:
            yield b"," + objects.written(objects.follow_up(found, with_category=False))
    yield b"]}"


@router.post("", status_code=201, response_model=Shown, openapi_extra=needs("follow_ups.create"))
async def create_follow_up(call: Called, payload: FollowUpCreate) -> Response:
    return _shown(await follow_ups.made(call, payload), 201)


@router.get("/{id}", response_model=Shown, openapi_extra=needs("actions.view"))
async def show_follow_up(call: Called, id: str) -> Response:  # noqa: A002  as published
    return objects.shown(await follow_ups.shown(call, id), with_category=False)


@router.put("/{id}", response_model=Shown, openapi_extra=needs("follow_ups.update"))
async def update_follow_up(
    call: Called,
    id: str,  # noqa: A002
    payload: FollowUpUpdate,
    expected: IfMatch,
) -> Response:
    return _shown(await follow_ups.changed(call, id, payload, expected, follow_up))


@router.delete("/{id}", status_code=204, openapi_extra=needs("follow_ups.destroy"))
async def delete_follow_up(call: Called, id: str, expected: IfMatch) -> Response:  # noqa: A002
    await follow_ups.deleted(call, id, expected, follow_up)
    return Response(status_code=204)


@router.post(
    "/{id}/actions/connect_external_issue",
    response_model=Shown,
    openapi_extra=needs("follow_ups.connect_external_issue"),
)
async def connect_external_issue(call: Called, id: str, payload: ConnectIssue) -> Response:  # noqa: A002
    return _shown(await follow_ups.connected(call, id, payload))
