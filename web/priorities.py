"""/v1/follow_up_priorities: what a follow-up can be given as its priority. They are ours."""

from fastapi import APIRouter, Response

from storage import options
from storage.api_keys import OPTIONS
from storage.options import PRIORITIES
from web.answers import answer
from web.follow_ups import require_id
from web.keys import Called, KeyedRoute, needs
from web.payloads_options import PriorityChange, PriorityCreate, given
from web.shapes_options import PrioritiesListed, PriorityShown, priority

router = APIRouter(prefix="/v1/follow_up_priorities", tags=["Priorities"], route_class=KeyedRoute)
VIEW, MANAGE = needs("actions.view"), needs(OPTIONS)


@router.get("", response_model=PrioritiesListed, openapi_extra=VIEW)
async def list_follow_up_priorities(call: Called) -> Response:
    """By rank, then by name."""
    async with call.database.read() as session:
        found = await PRIORITIES.all_of_them(session)
    return answer(PrioritiesListed(follow_up_priorities=tuple(map(priority, found))))


@router.post("", status_code=201, response_model=PriorityShown, openapi_extra=MANAGE)
async def create_follow_up_priority(call: Called, payload: PriorityCreate) -> Response:
    async with call.database.write() as session:
        made = await options.create(session, PRIORITIES, given(payload))
    return answer(PriorityShown(follow_up_priority=priority(made)), 201)


@router.get("/{id}", response_model=PriorityShown, openapi_extra=VIEW)
async def show_follow_up_priority(call: Called, id: str) -> Response:  # noqa: A002  as in the path
    async with call.database.read() as session:
        found = await options.get(session, PRIORITIES, id)
    return answer(PriorityShown(follow_up_priority=priority(found)))


@router.patch("/{id}", response_model=PriorityShown, openapi_extra=MANAGE)
async def change_follow_up_priority(call: Called, id: str, payload: PriorityChange) -> Response:  # noqa: A002
    require_id(id)
    async with call.database.write() as session:
        changed = await options.change(session, PRIORITIES, id, given(payload))
    return answer(PriorityShown(follow_up_priority=priority(changed)))


@router.delete("/{id}", status_code=204, openapi_extra=MANAGE)
async def delete_follow_up_priority(call: Called, id: str) -> Response:  # noqa: A002
    require_id(id)
    async with call.database.write() as session:
        await options.delete(session, call.actor, PRIORITIES, id)
    return Response(status_code=204)
