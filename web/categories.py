"""/v1/follow_up_categories: what a follow-up can be given as its category. They are ours."""

from fastapi import APIRouter, Response

from storage import options
from storage.api_keys import OPTIONS
from storage.options import CATEGORIES
from web.answers import answer
from web.follow_ups import require_id
from web.keys import Called, KeyedRoute, needs
from web.payloads_options import CategoryChange, CategoryCreate, given
from web.shapes_options import CategoriesListed, CategoryShown, category

router = APIRouter(prefix="/v1/follow_up_categories", tags=["Categories"], route_class=KeyedRoute)
VIEW, MANAGE = needs("actions.view"), needs(OPTIONS)


@router.get("", response_model=CategoriesListed, openapi_extra=VIEW)
async def list_follow_up_categories(call: Called) -> Response:
    """By rank, then by name."""
    async with call.database.read() as session:
        found = await CATEGORIES.all_of_them(session)
    return answer(CategoriesListed(follow_up_categories=tuple(map(category, found))))


@router.post("", status_code=201, response_model=CategoryShown, openapi_extra=MANAGE)
async def create_follow_up_category(call: Called, payload: CategoryCreate) -> Response:
    async with call.database.write() as session:
        made = await options.create(session, CATEGORIES, given(payload))
    return answer(CategoryShown(follow_up_category=category(made)), 201)


@router.get("/{id}", response_model=CategoryShown, openapi_extra=VIEW)
async def show_follow_up_category(call: Called, id: str) -> Response:  # noqa: A002  as in the path
    async with call.database.read() as session:
        found = await options.get(session, CATEGORIES, id)
    return answer(CategoryShown(follow_up_category=category(found)))


@router.patch("/{id}", response_model=CategoryShown, openapi_extra=MANAGE)
async def change_follow_up_category(call: Called, id: str, payload: CategoryChange) -> Response:  # noqa: A002
    require_id(id)
    async with call.database.write() as session:
        changed = await options.change(session, CATEGORIES, id, given(payload))
    return answer(CategoryShown(follow_up_category=category(changed)))


@router.delete("/{id}", status_code=204, openapi_extra=MANAGE)
async def delete_follow_up_category(call: Called, id: str) -> Response:  # noqa: A002
    require_id(id)
    async with call.database.write() as session:
        await options.delete(session, call.actor, CATEGORIES, id)
    return Response(status_code=204)
