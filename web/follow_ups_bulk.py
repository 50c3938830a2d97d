"""/v3/follow_ups/actions/bulk_update: many follow-ups in one request. It is ours."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
from fastapi import APIRouter, Response
from pydantic import ValidationError

from storage import bulk, consequences
from storage.bulk import Change
from storage.errors import ConflictError
from storage.records import FollowUpRecord, Visibility
from web.answers import JSON
from web.context import Call
from web.errors import ApiError, Problem, of_storage, problem_of
from web.follow_ups import changes
from web.keys import Called, KeyedRoute, needs
from web.payloads_bulk import BulkItem, BulkUpdate
from web.shapes import Shape
from web.shapes_v3 import FollowUp, follow_up
from web.versions import moved_on

router = APIRouter(prefix="/v3/follow_ups", tags=["Bulk changes"], route_class=KeyedRoute)

# In one transaction: nobody else who writes waits for longer than that takes.
AT_ONCE = 50
# What takes several is told to the channels when all of it is done.
LONG = timedelta(seconds=3)
TWICE = Problem("duplicate_id", "This follow-up is in the request twice.")


class Result(Shape):
    """`follow_up` as it is now, where it was changed or has moved on; `errors` as published, else."""

    id: str | None = None
    status: int
    follow_up: FollowUp | None = None
    errors: tuple[dict[str, Any], ...] | None = None


class Results(Shape):
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One of the request's: a change, or why it is none. `place` is where its fields stand."""

    id: str | None
    place: str
    change: Change | ApiError


@router.post("/actions/bulk_update", response_model=Results, openapi_extra=needs("follow_ups.update"))
async def update_follow_ups(call: Called, payload: BulkUpdate) -> Response:
    """Answered 200 with a status for each, in the order sent. What one is refused for stops no other."""
    items = list(_items(payload))
    _refuse_twice(items, "/follow_ups/{}/id" if payload.ids is None else "/ids/{}")
    await _ask_slack(call, items)
    changing = [item for item in items if isinstance(item.change, Change)]
    batches = [changing[start : start + AT_ONCE] for start in range(0, len(changing), AT_ONCE)]
    settle = consequences.SETTLE + (LONG if len(batches) > 1 else timedelta())
    results: dict[str | None, Any] = {}
    for part, batch in enumerate(batches, 1):
        done = orjson.loads(await call.step(part, partial(_changed, call, batch, settle=settle)))
        results |= {item.id: result for item, result in zip(batch, done, strict=True)}
    shown = [
        _refused(item, item.change) if isinstance(item.change, ApiError) else results[item.id]
        for item in items
    ]
    return Response(orjson.dumps({"results": shown}), media_type=JSON)


def _items(payload: BulkUpdate) -> Iterator[Item]:
    if payload.changes is not None:
        values, version = changes(payload.changes), payload.changes.version
        for id_ in payload.ids or ():
            yield Item(id_, "/changes", Change(id_, values, version))
        return
    for index, sent in enumerate(payload.follow_ups or ()):
        place, named = f"/follow_ups/{index}", sent.get("id")
        try:
            item = BulkItem.model_validate(sent)
            yield Item(item.id, place, Change(item.id, changes(item), item.version))
        except ValidationError as error:
            problems = [problem_of({**one, "loc": ("body", *one["loc"])}) for one in error.errors()]
            yield Item(named if isinstance(named, str) else None, place, ApiError(422, *problems))
        except ApiError as error:
            yield Item(item.id, place, error)


def _refuse_twice(items: Sequence[Item], pointer: str) -> None:
    seen = set[str]()
    twice = []
    for index, item in enumerate(items):
        if item.id in seen:
            twice.append(replace(TWICE, pointer=pointer.format(index)))
        seen |= {item.id} if item.id is not None else set()
    if twice:
        raise ApiError(422, *twice)


async def _ask_slack(call: Call, items: Sequence[Item]) -> None:
    """Whether the public incidents still are; and of private ones, where work is assigned, who is in them."""
    changing = [item.change for item in items if isinstance(item.change, Change)]
    assigned = {change.follow_up_id for change in changing if change.values.get("assignee_id") is not None}
    async with call.database.read() as session:
        found = await bulk.incidents_of(session, [change.follow_up_id for change in changing])
        of_assigned = await bulk.incidents_of(session, assigned)
    await call.slack.recheck(found)
    private = [incident.id for incident in of_assigned if incident.visibility is Visibility.PRIVATE]
    await asyncio.gather(*map(call.slack.check_incident, private))


async def _changed(call: Call, batch: Sequence[Item], session: Any, *, settle: timedelta) -> bytes:
    changing = [item.change for item in batch if isinstance(item.change, Change)]
    outcomes = await bulk.change(session, call.actor, changing, now=call.now, settle=settle)
    return orjson.dumps([_result(item, outcome) for item, outcome in zip(batch, outcomes, strict=True)])


def _result(item: Item, outcome: FollowUpRecord | Exception) -> dict[str, Any]:
    if isinstance(outcome, FollowUpRecord):
        shown = follow_up(outcome).model_dump(mode="json", exclude_none=True)
        return {"id": item.id, "status": 200, "follow_up": shown}
    if isinstance(outcome, ConflictError):
        return _refused(item, moved_on(outcome, 409, follow_up))
    return _refused(item, of_storage(outcome))


def _refused(item: Item, error: ApiError) -> dict[str, Any]:
    """Its pointers lead to the item's place in the request."""
    placed = [
        replace(problem, pointer=item.place + problem.pointer.rstrip("/")) if problem.pointer else problem
        for problem in error.problems
    ]
    named = {} if item.id is None else {"id": item.id}
    return named | {"status": error.status, "errors": [one.described() for one in placed], **error.more}
