"""What /v2/follow_ups and /v3/follow_ups do alike. They differ in the shapes they show."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from storage import follow_ups, moving
from storage.api_keys import SET_CREATOR
from storage.errors import ConflictError, NotFoundError
from storage.follow_ups import Draft
from storage.ordering import cursor
from storage.page_queries import PageQuery
from storage.pages import one, page
from storage.records import CreatorKind, CreatorRecord, FollowUpRecord, Status
from storage.rows import FollowUpRow, places
from web.context import Call
from web.errors import ApiError, Problem, invalid, not_found
from web.issue_links import is_issue, issue_of
from web.keys import forbidden
from web.payloads import (
    ConnectIssue,
    CreateFromLink,
    CreatorPayload,
    FollowUpCreate,
    FollowUpPatch,
    FollowUpUpdate,
    Move,
    Payload,
    is_ulid,
)
from web.versions import Expected, Shaped, moved_on

PART = 250

# The published names, and storage's. What is in neither list has the same in both.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "follow_up_priority_option_id": "priority_id",
        "follow_up_category_id": "category_id",
        "external_issue_reference_id": "external_issue_id",
    }
)
NOT_COLUMNS = frozenset({"id", "incident_id", "creator", "version"})


def given(payload: Payload) -> dict[str, Any]:
    """What was sent, by storage's names."""
    values = {
        COLUMNS.get(name, name): getattr(payload, name) for name in payload.model_fields_set - NOT_COLUMNS
    }
    if "labels" in values:
        values["labels"] = tuple(values["labels"] or ())
    return values


async def listed(call: Call, query: PageQuery) -> tuple[FollowUpRow, ...]:
    found = await page(call.context.database, call.actor, query)
    if call.actor.sees_private or not await call.slack.recheck(places(found)):
        return found
    return await page(call.context.database, call.actor, query)


async def every(call: Call, query: PageQuery) -> AsyncIterator[tuple[FollowUpRow, ...]]:
    """All of them, a part at a time: there may be a million."""
    while found := await listed(call, query):
        yield found
        if (after := next_page(query, found)) is None:
            return
        query = replace(query, after=after)


def next_page(query: PageQuery, found: Sequence[FollowUpRow]) -> str | None:
    """The cursor; None where there is nothing more."""
    return cursor(query.order, found[-1]) if len(found) == query.limit else None


async def shown(call: Call, follow_up_id: str) -> FollowUpRow:
    require_id(follow_up_id)

    found = await one(call.context.database, call.actor, follow_up_id)
    if call.actor.sees_private or not await call.slack.recheck(places([found])):
        return found
    return await one(call.context.database, call.actor, follow_up_id)


async def made(call: Call, payload: FollowUpCreate) -> FollowUpRecord:
    actor = _creator(call, payload.creator)
    values = {name: value for name, value in given(payload).items() if value is not None}
    await call.slack.check_incident(payload.incident_id)
    try:
        async with call.database.write() as session:
            return await follow_ups.create(session, actor, payload.incident_id, Draft(**values), now=call.now)
    except NotFoundError:
        raise no_incident() from None


def _creator(call: Call, named: CreatorPayload | None) -> CreatorRecord:
    if named is None:
        return call.actor
    if SET_CREATOR not in call.key.scopes:
        raise forbidden({SET_CREATOR})
    sees_private = call.actor.sees_private
    if named.workflow is not None:
        workflow = named.workflow
        return CreatorRecord(CreatorKind.WORKFLOW, workflow.id, workflow.name, sees_private=sees_private)
    assert named.alert is not None  # noqa: S101  one of the two, as the payload has it
    return CreatorRecord(CreatorKind.ALERT, named.alert.id, named.alert.title, sees_private=sees_private)


def no_incident() -> ApiError:
    return ApiError(
        422,
        Problem("not_found", "There is no such incident, or this key may not see it.", "/incident_id"),
    )


async def changed(
    call: Call, follow_up_id: str, payload: FollowUpUpdate, expected: Expected, shape: Shaped
) -> FollowUpRecord:
    return await _saved(call, follow_up_id, changes(payload), (expected,), shape)


async def patched(
    call: Call, follow_up_id: str, payload: FollowUpPatch, expected: Expected, shape: Shaped
) -> FollowUpRecord:
    known = None if payload.version is None else frozenset({payload.version})
    return await _saved(call, follow_up_id, changes(payload), (expected, Expected(known, 409)), shape)


def changes(payload: FollowUpUpdate | FollowUpPatch) -> dict[str, Any]:
    """By storage's names. Raises ApiError."""
    values = given(payload)
    if values.get("status") == "deleted":
        raise invalid("/status", "Delete a follow-up with DELETE; it can’t be given this status.")
    if "status" in values:
        values["status"] = Status(values["status"])
    return values


async def _saved(
    call: Call, follow_up_id: str, values: Mapping[str, Any], expected: Iterable[Expected], shape: Shaped
) -> FollowUpRecord:
    require_id(follow_up_id)
    await call.slack.check_follow_up(follow_up_id)
    async with call.database.write() as session:
        for versions in expected:
            await versions.check(partial(follow_ups.hold, session, call.actor, follow_up_id), shape)
        return await follow_ups.change(session, call.actor, follow_up_id, values, now=call.now)


async def deleted(call: Call, follow_up_id: str, expected: Expected, shape: Shaped) -> None:
    require_id(follow_up_id)
    await call.slack.check_follow_up(follow_up_id)
    async with call.database.write() as session:
        await expected.check(partial(follow_ups.hold, session, call.actor, follow_up_id), shape)
        await follow_ups.delete(session, call.actor, follow_up_id, now=call.now)


async def moved(call: Call, follow_up_id: str, payload: Move, shape: Shaped) -> FollowUpRecord:
    require_id(follow_up_id)
    await call.slack.check_follow_up(follow_up_id)
    await call.slack.check_incident(payload.incident_id)
    versions = None if payload.version is None else (payload.version,)
    try:
        async with call.database.write() as session:
            return await moving.move(
                session, call.actor, follow_up_id, payload.incident_id, now=call.now, versions=versions
            )
    except ConflictError as error:
        raise moved_on(error, 409, shape) from None


async def connected(call: Call, follow_up_id: str, payload: ConnectIssue) -> FollowUpRecord:
    require_id(follow_up_id)
    issue = issue_of(payload.provider, payload.url)
    await call.slack.check_follow_up(follow_up_id)
    async with call.database.write() as session:
        return await follow_ups.connect(session, call.actor, follow_up_id, issue, now=call.now)


async def made_from_link(call: Call, payload: CreateFromLink) -> FollowUpRecord:
    """Nothing yet, since no tracker can be connected: an issue can't be read without."""
    if not is_issue(payload.url):
        raise invalid("/url", "This is not the address of an issue at one of the trackers known here.")
    await call.slack.check_incident(payload.incident_id)
    problem = Problem(
        "tracker_not_connected",
        "No issue tracker is connected, so the issue can’t be read. Create the follow-up, then connect "
        "the issue by its address.",
        "/url",
    )
    raise ApiError(422, problem)


def require_id(follow_up_id: str) -> None:
    """What can't be an id is not looked up."""
    if not is_ulid(follow_up_id):
        raise not_found()
