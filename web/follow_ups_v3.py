"""/v3/follow_ups."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from storage.narrowing import Narrowing
from storage.ordering import Ordering
from storage.page_queries import PageQuery
from storage.records import FollowUpRecord, Mode
from web import follow_ups, objects
from web.answers import answer
from web.filters import After, IdQuery, Span, narrowed, ordered, span_of
from web.keys import Called, KeyedRoute, needs
from web.payloads import (
    ConnectIssue,
    CreateFromLink,
    FollowUpCreate,
    FollowUpPatch,
    FollowUpUpdate,
    Move,
)
from web.shapes_v3 import Listed, Shown, follow_up
from web.versions import IfMatch, tagged

router = APIRouter(prefix="/v3/follow_ups", tags=["Follow-ups v3"], route_class=KeyedRoute)


def _shown(found: FollowUpRecord, status: int = 200) -> Response:
    return tagged(answer(Shown(follow_up=follow_up(found)), status), found)


@router.get("", response_model=Listed, openapi_extra=needs("actions.view"))
async def list_follow_ups(
    call: Called,
    *,
    created: Annotated[Span, Depends(span_of("created_at"))],
    updated: Annotated[Span, Depends(span_of("updated_at"))],
    page_size: Annotated[int, Query(ge=1, le=250)] = 25,
    after: After = None,
    incident_id: IdQuery = None,
    incident_mode: Mode | None = None,
    assignee_team_id: IdQuery = None,
    narrowing: Annotated[Narrowing, Depends(narrowed)],
    order: Annotated[Ordering, Depends(ordered)],
) -> Response:
    published = (incident_id, incident_mode, assignee_team_id, created, updated)
    query = PageQuery(page_size, after, *published, narrowing, order)
    found = await follow_ups.listed(call, query)
    return objects.listed(found, page_size, follow_ups.next_page(query, found), with_category=True)


@router.post("", status_code=201, response_model=Shown, openapi_extra=needs("follow_ups.create"))
async def create_follow_up(call: Called, payload: FollowUpCreate) -> Response:
    return _shown(await follow_ups.made(call, payload), 201)


@router.post(
    "/actions/create_from_link",
    status_code=201,
    response_model=Shown,
    openapi_extra=needs("follow_ups.create"),
)
async def create_follow_up_from_link(call: Called, payload: CreateFromLink) -> Response:
    return _shown(await follow_ups.made_from_link(call, payload), 201)


@router.get("/{id}", response_model=Shown, openapi_extra=needs("actions.view"))
async def show_follow_up(call: Called, id: str) -> Response:  # noqa: A002  as published
    return objects.shown(await follow_ups.shown(call, id), with_category=True)


@router.put("/{id}", response_model=Shown, openapi_extra=needs("follow_ups.update"))
async def update_follow_up(
    call: Called,
    id: str,  # noqa: A002
    payload: FollowUpUpdate,
    expected: IfMatch,
) -> Response:
    return _shown(await follow_ups.changed(call, id, payload, expected, follow_up))


@router.patch("/{id}", response_model=Shown, openapi_extra=needs("follow_ups.update"))
async def patch_follow_up(
    call: Called,
    id: str,  # noqa: A002
    payload: FollowUpPatch,
    expected: IfMatch,
) -> Response:
    return _shown(await follow_ups.patched(call, id, payload, expected, follow_up))


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


@router.post("/{id}/actions/move", response_model=Shown, openapi_extra=needs("follow_ups.update"))
async def move_follow_up(call: Called, id: str, payload: Move) -> Response:  # noqa: A002
    """To another incident. It is ours."""
    return _shown(await follow_ups.moved(call, id, payload, follow_up))
