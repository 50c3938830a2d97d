"""What other objects point at: severities, statuses, people, teams; and whose key this is."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from storage import incident_pages, people
from storage.api_keys import PRIVATE_INCIDENTS
from storage.records import StatusCategory
from web.answers import answer
from web.errors import invalid, not_found
from web.keys import Called, KeyedRoute, needs
from web.payloads import SLACK_USER_ID, ULID, is_ulid
from web.shapes import PaginationMeta, Shape
from web.shapes_incidents import (
    SeveritiesListed,
    SeverityShown,
    StatusesListed,
    TeamShown,
    TeamsListed,
    UserShown,
    UsersListed,
    severity,
    status,
    team,
    user_with_roles,
)

router = APIRouter(tags=["Reference"], route_class=KeyedRoute)

NO_EMAIL = "No e-mail addresses are kept here: ask by slack_user_id."
# The published role, and the scopes that amount to it.
ROLES = {
    "viewer": {"actions.view", "incidents.view"},
    "incident_creator": {"incidents.create"},
    "incident_editor": {"incidents.update", "follow_ups.create", "follow_ups.update", "follow_ups.destroy"},
    "global_access": {PRIVATE_INCIDENTS},
}


class Identity(Shape):
    """`scopes` is ours: exactly what the key may do."""

    name: str
    roles: tuple[str, ...]
    dashboard_url: str
    team_roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    scopes: tuple[str, ...]


class IdentityShown(Shape):
    identity: Identity


@router.get("/v1/identity", response_model=IdentityShown)
async def show_identity(call: Called, request: Request) -> Response:
    scopes = call.key.scopes
    identity = Identity(
        name=call.key.name,
        roles=tuple(role for role, needed in ROLES.items() if needed <= scopes),
        dashboard_url=call.context.public_url or str(request.base_url),
        scopes=tuple(sorted(scopes)),
    )
    return answer(IdentityShown(identity=identity))


@router.get("/v1/severities", response_model=SeveritiesListed, openapi_extra=needs("severities.view"))
async def list_severities(call: Called) -> Response:
    async with call.database.read() as session:
        found = await incident_pages.severities(session)
    return answer(SeveritiesListed(severities=tuple(map(severity, found))))


@router.get("/v1/severities/{id}", response_model=SeverityShown, openapi_extra=needs("severities.view"))
async def show_severity(call: Called, id: str) -> Response:  # noqa: A002  as published
    async with call.database.read() as session:
        found = [one for one in await incident_pages.severities(session) if one.id == id]
    if not found:
        raise not_found()
    return answer(SeverityShown(severity=severity(found[0])))


@router.get(
    "/v1/incident_statuses", response_model=StatusesListed, openapi_extra=needs("incident_statuses.view")
)
async def list_incident_statuses(call: Called) -> Response:
    statuses = sorted(map(status, StatusCategory), key=lambda one: one.rank)
    return answer(StatusesListed(incident_statuses=tuple(statuses)))


@router.get("/v2/users", response_model=UsersListed, openapi_extra=needs("users.view"))
async def list_users(
    call: Called,
    *,
    page_size: Annotated[int, Query(ge=1, le=10_000)] = 25,
    after: Annotated[str | None, Query(pattern=ULID)] = None,
    slack_user_id: str | None = None,
    email: str | None = None,
    include_inactive: bool = False,
) -> Response:
    """People who have met the bot; and, by `slack_user_id`, whoever Slack knows."""
    if email is not None:
        raise invalid("/email", NO_EMAIL, "not_supported")
    if slack_user_id is not None:
        if not re.fullmatch(SLACK_USER_ID, slack_user_id):
            raise invalid("/slack_user_id", "Slack’s ids of people look like U02AYNF2XJM.")
        await call.slack.meet(slack_user_id)
    async with call.database.read() as session:
        found = await people.listed(
            session,
            limit=page_size,
            after=after,
            slack_user_id=slack_user_id,
            include_deleted=include_inactive,
        )
    meta = PaginationMeta(page_size=page_size, after=found[-1].id if len(found) == page_size else None)
    return answer(UsersListed(users=tuple(map(user_with_roles, found)), pagination_meta=meta))


@router.get("/v2/users/{id}", response_model=UserShown, openapi_extra=needs("users.view"))
async def show_user(call: Called, id: str) -> Response:  # noqa: A002
    if not is_ulid(id):
        raise not_found()
    async with call.database.read() as session:
        return answer(UserShown(user=user_with_roles(await people.one_of_ours(session, id))))


@router.get("/v3/teams", response_model=TeamsListed, openapi_extra=needs("catalog_entries.view"))
async def list_teams(
    call: Called,
    page_size: Annotated[int, Query(ge=1, le=250)] = 25,
    after: Annotated[str | None, Query(pattern=ULID)] = None,
) -> Response:
    """Slack's user groups, by id."""
    every = sorted(await call.slack.teams(), key=lambda one: one.id)
    if after is not None and after not in {one.id for one in every}:
        raise invalid("/after", "There is no such team; begin again without it.")
    found = [one for one in every if after is None or one.id > after][:page_size]
    meta = PaginationMeta(page_size=page_size, after=found[-1].id if len(found) == page_size else None)
    return answer(TeamsListed(teams=tuple(map(team, found)), pagination_meta=meta))


@router.get("/v3/teams/{id}", response_model=TeamShown, openapi_extra=needs("catalog_entries.view"))
async def show_team(call: Called, id: str) -> Response:  # noqa: A002
    found = [one for one in await call.slack.teams() if one.id == id]
    if not found:
        raise not_found()
    return answer(TeamShown(team=team(found[0])))
