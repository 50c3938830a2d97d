"""/v1/follow_up_labels: the labels of the follow-ups that the key may see. They are ours."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from storage import labels
from storage.api_keys import OPTIONS
from web.answers import answer
from web.follow_ups import require_id
from web.keys import Called, KeyedRoute, needs
from web.payloads_options import LabelChange
from web.shapes import PaginationMeta
from web.shapes_options import LabelShown, LabelsListed, label

router = APIRouter(prefix="/v1/follow_up_labels", tags=["Labels"], route_class=KeyedRoute)
VIEW, MANAGE = needs("actions.view"), needs(OPTIONS)


@router.get("", response_model=LabelsListed, openapi_extra=VIEW)
async def list_follow_up_labels(
    call: Called,
    *,
    page_size: Annotated[int, Query(ge=1, le=250)] = 25,
    after: Annotated[str | None, Query(max_length=255)] = None,
    text: Annotated[str, Query(max_length=255)] = "",
) -> Response:
    """By name; `after` is the name that the last page ended with."""
    async with call.database.read() as session:
        found = await labels.listed(
            session, call.actor, call.slack.team_id, limit=page_size, containing=text, after=after
        )
    meta = PaginationMeta(page_size=page_size, after=found[-1].name if len(found) == page_size else None)
    return answer(LabelsListed(follow_up_labels=tuple(map(label, found)), pagination_meta=meta))


@router.get("/{id}", response_model=LabelShown, openapi_extra=VIEW)
async def show_follow_up_label(call: Called, id: str) -> Response:  # noqa: A002  as in the path
    require_id(id)
    async with call.database.read() as session:
        found = await labels.get(session, call.actor, call.slack.team_id, id)
    return answer(LabelShown(follow_up_label=label(found)))


@router.patch("/{id}", response_model=LabelShown, openapi_extra=MANAGE)
async def rename_follow_up_label(call: Called, id: str, payload: LabelChange) -> Response:  # noqa: A002
    """Onto a label that is there: then both are that one. The answer has the id of the new name."""
    require_id(id)
    async with call.database.write() as session:
        renamed = await labels.rename(session, call.actor, call.slack.team_id, id, payload.name, now=call.now)
    return answer(LabelShown(follow_up_label=label(renamed)))


@router.delete("/{id}", status_code=204, openapi_extra=MANAGE)
async def delete_follow_up_label(call: Called, id: str) -> Response:  # noqa: A002
    require_id(id)
    async with call.database.write() as session:
        await labels.delete(session, call.actor, call.slack.team_id, id, now=call.now)
    return Response(status_code=204)
