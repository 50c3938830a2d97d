"""A POST under an Idempotency-Key has one effect and one answer, however often it is sent."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import orjson
from fastapi import Request, Response

from storage import idempotency
from storage.idempotency import Answer, KeyReusedError, Repeatable
from storage.once import AnsweredError, InProgressError, Once
from web.answers import JSON
from web.context import Call
from web.errors import ApiError, Problem, invalid, not_found

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
WRONG = "Send one Idempotency-Key, of 1 to 255 visible ASCII characters without spaces."
REUSED = Problem(
    "idempotency_key_reused",
    "Another request was answered under this Idempotency-Key: take a new key for each.",
    f"/{HEADER}",
)
IN_PROGRESS = Problem(
    "idempotency_key_in_use", "The first request under this Idempotency-Key is still at work; send it again."
)

Handle = Callable[[Request], Awaitable[Response]]


async def answered(request: Request, call: Call, handle: Handle) -> Response:
    """`request` has its body read. What is refused had no effect, so nothing of it is kept."""
    context = call.context
    once = Once(context.database, context.keyring, await _repeatable(request, call), call.now)
    try:
        if (known := await once.find()) is not None:
            return await _replayed(call, known)
        request.scope["call"] = replace(call, once=once)
        async with once:
            response = await handle(request)
            await once.keep(Answer(response.status_code, bytes(response.body), response.headers.get("ETag")))
        return response
    except AnsweredError as error:
        return await _replayed(call, error.answer)
    except KeyReusedError:
        raise ApiError(422, REUSED) from None
    except InProgressError:
        raise ApiError(409, IN_PROGRESS, headers={"Retry-After": "1"}) from None


async def _repeatable(request: Request, call: Call) -> Repeatable:
    keys = request.headers.getlist(HEADER)
    if len(keys) != 1 or not KEY.fullmatch(keys[0]):
        raise invalid(f"/{HEADER}", WRONG)
    sent = json.dumps([request.scope["path"], getattr(request, "_json", None)], sort_keys=True)
    fingerprint = hashlib.sha256(sent.encode()).hexdigest()
    return Repeatable(call.key.id, keys[0], fingerprint, call.actor.sees_private)


async def _replayed(call: Call, answer: Answer) -> Response:
    """Raises NotFoundError where the key may not see by now what it was told."""
    if answer.sees_private and not call.actor.sees_private:
        raise not_found()
    incident_ids, follow_up_ids = set[str](), set[str]()
    for kind, id_ in _subjects(orjson.loads(answer.body)):
        (incident_ids if kind == "incident" else follow_up_ids).add(id_)

    async def check() -> Any:
        async with call.context.database.read() as session:
            return await idempotency.incidents_of(session, call.actor, incident_ids, follow_up_ids)

    about = await check()
    if not call.actor.sees_private and await call.slack.recheck(about):
        await check()
    headers = {"Idempotency-Replayed": "true"} | ({"ETag": answer.etag} if answer.etag else {})
    return Response(answer.body, answer.status, headers, media_type=JSON)


def _subjects(shown: Any) -> Iterator[tuple[str, str]]:
    """The incidents and follow-ups that an answer shows, wherever they stand in it."""
    if isinstance(shown, list):
        for item in shown:
            yield from _subjects(item)
    elif isinstance(shown, dict):
        for name, item in shown.items():
            if name in {"incident", "follow_up"} and isinstance(item, dict):
                yield name, item["id"]
            yield from _subjects(item)
