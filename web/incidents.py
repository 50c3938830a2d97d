"""/v2/incidents: what the API and its callers say of incidents."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from storage import declared, incident_pages
from storage.api_keys import PRIVATE_INCIDENTS
from storage.declared import IncidentDraft
from storage.errors import InvalidFieldError
from storage.incident_pages import Among, IncidentQuery
from storage.incidents import Channel
from storage.records import IncidentDetails, Mode, StatusCategory, Visibility
from storage.statuses import CATEGORIES
from web.answers import answer
from web.context import Call
from web.errors import invalid, not_found
from web.filters import Span, span_of
from web.keys import Called, KeyedRoute, forbidden, needs
from web.payloads import ULID, is_ulid
from web.payloads_incidents import IncidentCreate, IncidentEdit
from web.shapes_incidents import IncidentShown, IncidentsListed, incident, incidents

router = APIRouter(prefix="/v2/incidents", tags=["Incidents"], route_class=KeyedRoute)

Ids = Annotated[str, Field(pattern=ULID)]
NUMBER = re.compile(r"[0-9]{1,9}")
UNSEEN = "The bot can’t see this channel. Invite it there, then try again."


def _many(name: str) -> Any:
    return Query(alias=name, max_length=100)


@router.get("", response_model=IncidentsListed, openapi_extra=needs("incidents.view"))
async def list_incidents(
    call: Called,
    *,
    created: Annotated[Span, Depends(span_of("created_at"))],
    updated: Annotated[Span, Depends(span_of("updated_at"))],
    page_size: Annotated[int, Query(ge=1, le=500)] = 25,
    after: Annotated[str | None, Query(pattern=ULID)] = None,
    sort_by: Literal["created_at_newest_first", "created_at_oldest_first"] = "created_at_newest_first",
    filter_mode: Literal["all", "any"] = "all",
    status: Annotated[list[Ids], _many("status[one_of]")] = [],  # noqa: B006  FastAPI's way
    status_not: Annotated[list[Ids], _many("status[not_in]")] = [],  # noqa: B006
    category: Annotated[list[StatusCategory], _many("status_category[one_of]")] = [],  # noqa: B006
    category_not: Annotated[list[StatusCategory], _many("status_category[not_in]")] = [],  # noqa: B006
    severity: Annotated[list[Ids], _many("severity[one_of]")] = [],  # noqa: B006
    severity_not: Annotated[list[Ids], _many("severity[not_in]")] = [],  # noqa: B006
    severity_least: Annotated[str | None, Query(alias="severity[gte]", pattern=ULID)] = None,
    severity_most: Annotated[str | None, Query(alias="severity[lte]", pattern=ULID)] = None,
    mode: Annotated[list[Mode], _many("mode[one_of]")] = [],  # noqa: B006
) -> Response:
    query = IncidentQuery(
        limit=page_size,
        after=after,
        oldest_first=sort_by == "created_at_oldest_first",
        any_of=filter_mode == "any",
        modes=tuple(mode) or incident_pages.MODES,
        statuses=(
            Among(_categories(status, "one_of"), _categories(status_not, "not_in")),
            Among(tuple(category), tuple(category_not)),
        ),
        severity=Among(tuple(severity), tuple(severity_not)),
        least=severity_least,
        most=severity_most,
        created=created,
        updated=updated,
    )
    found, total = await _page(call, query)
    return answer(incidents(found, page_size, total))


def _categories(ids: list[str], operator: str) -> tuple[str, ...]:
    """Each status is the only one of its category."""
    if unknown := [one for one in ids if one not in CATEGORIES]:
        raise invalid(f"/status[{operator}]", f"There is no status {unknown[0]}.")
    return tuple(CATEGORIES[one] for one in ids)


async def _page(call: Call, query: IncidentQuery) -> tuple[tuple[IncidentDetails, ...], int]:
    async with call.database.read() as session:
        found, total = await incident_pages.page(session, call.actor, query)
    if call.actor.sees_private or not await call.slack.recheck([one.incident for one in found]):
        return found, total
    async with call.database.read() as session:
        return await incident_pages.page(session, call.actor, query)


@router.post("", response_model=IncidentShown, openapi_extra=needs("incidents.create"))
async def create_incident(call: Called, payload: IncidentCreate) -> Response:
    options = payload.retrospective_incident_options
    payload.refuse_unkept()
    options.refuse_unkept("/retrospective_incident_options")
    if payload.slack_team_id not in {None, call.slack.team_id}:
        raise invalid("/slack_team_id", f"The bot is in the workspace {call.slack.team_id} only.")
    if payload.visibility == "private" and not call.actor.sees_private:
        raise forbidden({PRIVATE_INCIDENTS})
    channel = await _channel(call, payload.slack_channel_id, "/slack_channel_id") or await _channel(
        call, options.slack_channel_id, "/retrospective_incident_options/slack_channel_id"
    )
    draft = IncidentDraft(
        slack_team_id=call.slack.team_id,
        idempotency_key=payload.idempotency_key,
        name=payload.name,
        visibility=Visibility(payload.visibility),
        mode=Mode(payload.mode),
        status_category=_category(payload.incident_status_id, "") or StatusCategory.LIVE,
        severity_id=payload.severity_id,
        summary=payload.summary,
        number=options.external_id,
    )
    async with call.database.write() as session:
        made = await declared.create(
            session, call.actor, draft, now=call.now, channel=channel, prefixes=call.slack.prefixes
        )
        found = await incident_pages.details(session, call.actor, made)
    return answer(IncidentShown(incident=incident(found)))


async def _channel(call: Call, slack_channel_id: str | None, pointer: str) -> Channel | None:
    """A private channel is there for keys that may see private incidents only."""
    if slack_channel_id is None:
        return None
    channel = await call.slack.channel(slack_channel_id)
    if channel is None or (channel.is_private and not call.actor.sees_private):
        raise invalid(pointer, UNSEEN)
    return channel


def _category(status_id: str | None, inside: str) -> StatusCategory | None:
    if status_id is None:
        return None
    if status_id not in CATEGORIES:
        raise invalid(f"{inside}/incident_status_id", "There is no such status.")
    return CATEGORIES[status_id]


@router.get("/{id}", response_model=IncidentShown, openapi_extra=needs("incidents.view"))
async def show_incident(call: Called, id: str) -> Response:  # noqa: A002  as published
    """By id, or by the number of its reference."""
    return answer(IncidentShown(incident=incident(await _shown(call, id))))


async def _shown(call: Call, incident_id: str) -> IncidentDetails:
    if not is_ulid(incident_id) and not NUMBER.fullmatch(incident_id):
        raise not_found()
    async with call.database.read() as session:
        found = await incident_pages.details(session, call.actor, incident_id)
    if call.actor.sees_private or not await call.slack.recheck([found.incident]):
        return found
    async with call.database.read() as session:
        return await incident_pages.details(session, call.actor, found.incident.id)


@router.post("/{id}/actions/edit", response_model=IncidentShown, openapi_extra=needs("incidents.update"))
async def edit_incident(call: Called, id: str, payload: IncidentEdit) -> Response:  # noqa: A002
    incident_id = (await _shown(call, id)).incident.id
    fields = payload.incident
    fields.refuse_unkept("/incident")
    channel = await _channel(call, fields.slack_channel_id, "/incident/slack_channel_id")
    changes = {
        name: getattr(fields, name)
        for name in ("name", "summary", "severity_id")
        if getattr(fields, name) is not None
    }
    if (category := _category(fields.incident_status_id, "/incident")) is not None:
        changes["status_category"] = category
    await call.slack.check_incident(incident_id)
    try:
        async with call.database.write() as session:
            await declared.edit(session, call.actor, incident_id, changes, now=call.now, channel=channel)
    except InvalidFieldError as error:
        raise InvalidFieldError.of_all(
            [InvalidFieldError(f"incident/{name}", sentence) for name, sentence in error.errors.items()]
        ) from None
    async with call.database.read() as session:
        return answer(
            IncidentShown(incident=incident(await incident_pages.details(session, call.actor, incident_id)))
        )
