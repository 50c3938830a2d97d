"""The published error object: {type, status, request_id, errors: [{code, message, source?}]}."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storage.errors import (
    EndpointDisabledError,
    InUseError,
    InvalidFieldError,
    NotFoundError,
    UnansweredError,
    UnavailableError,
)
from storage.secrets import NoKeyError
from storage.trouble import DatabaseTroubleError
from web import measured

# In the scope: what every answer to the key's requests says of its bucket.
HEADERS_KEY = "rate_limit_headers"
# In the scope: a failure that has been answered.
ANSWERED = "failure_answered"

log = structlog.get_logger("api")

TYPES: Mapping[int, str] = MappingProxyType(
    {
        400: "invalid_request_error",
        401: "authentication_error",
        403: "resource_forbidden",
        404: "not_found",
        405: "method_not_allowed",
        406: "not_acceptable",
        408: "request_timeout",
        409: "conflict",
        412: "precondition_failed",
        413: "payload_too_large",
        422: "validation_error",
        429: "too_many_requests",
        500: "api_error",
        503: "api_error",
    }
)
MESSAGES: Mapping[int, str] = MappingProxyType(
    {
        404: "There is nothing at this address.",
        405: "This address does not take this method; the Allow header has those it does.",
    }
)
UNKNOWN = "There is nothing of this id, or this key may not see it."
SILENT = "Slack, which has to be asked about this, does not answer. Nothing was changed; try again."
FAILED = "Something failed here. The log of the server has the reason under this request_id."


@dataclass(frozen=True, slots=True)
class Problem:
    """One of the reasons a request is refused. `pointer` is where in the request: a JSON pointer."""

    code: str
    message: str
    pointer: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        described: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.pointer is not None:
            described["source"] = {"field": self.pointer.rpartition("/")[2], "pointer": self.pointer}
        if self.metadata:
            described["metadata"] = dict(self.metadata)
        return described


class ApiError(Exception):
    """A request is refused with that status. `more` stands beside the published keys in the body."""

    def __init__(
        self,
        status: int,
        *problems: Problem,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {', '.join(problem.code for problem in problems)}")
        self.status = status
        self.problems = problems
        self.headers = headers or {}
        self.more = more or {}


def invalid(pointer: str, message: str, code: str = "invalid_value") -> ApiError:
    return ApiError(422, Problem(code, message, pointer))


def not_found() -> ApiError:
    """The same for what isn't there and for what the key may not see."""
    return ApiError(404, Problem("not_found", UNKNOWN))


def respond(request: Request, error: ApiError) -> Response:
    request_id = request.scope["request_id"]
    route = request.scope.get("route")
    log.info(
        "request_refused",
        request_id=request_id,
        status=error.status,
        codes=[problem.code for problem in error.problems],
        method=request.method,
        route=getattr(route, "path", None),
    )
    return _response(request_id, error.status, error.problems, error.headers, error.more)


def _response(
    request_id: str,
    status: int,
    problems: Sequence[Problem],
    headers: Mapping[str, str],
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Response:
    body = {
        "type": TYPES[status],
        "status": status,
        "request_id": request_id,
        "errors": [problem.described() for problem in problems],
        **more,
    }
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


# What storage calls a column, and the published API.
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "priority_id": "follow_up_priority_option_id",
        "category_id": "follow_up_category_id",
        "external_issue_id": "external_issue_reference_id",
        "external_id": "retrospective_incident_options/external_id",
    }
)


# What can't be done as things are now.
CONFLICTS: Mapping[type[Exception], str] = MappingProxyType(
    {EndpointDisabledError: "endpoint_disabled", InUseError: "in_use"}
)


def of_storage(error: Exception) -> ApiError:
    """What storage refuses, in the API's terms."""
    if isinstance(error, InvalidFieldError):
        problems = [
            Problem("invalid_value", sentence, f"/{FIELDS.get(name, name)}")
            for name, sentence in error.errors.items()
        ]
        return ApiError(422, *problems)
    if isinstance(error, UnansweredError):
        return ApiError(503, Problem("slack_unavailable", SILENT), headers={"Retry-After": "5"})
    if isinstance(error, DatabaseTroubleError):
        log.error("database_in_trouble", reason=str(error))
        sentence = f"Right now {error}. Try again in a moment."
        return ApiError(503, Problem("database_unavailable", sentence), headers={"Retry-After": "5"})
    if (code := CONFLICTS.get(type(error))) is not None:
        return ApiError(409, Problem(code, str(error)))
    if isinstance(error, NoKeyError):
        return ApiError(503, Problem("no_encryption_key", str(error)))
    return not_found()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101  registered for it
    return respond(request, error)


async def _refused_by_storage(request: Request, error: Exception) -> Response:
    return respond(request, of_storage(error))


async def _refused_by_framework(request: Request, error: Exception) -> Response:
    """Unknown routes and wrong methods."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for it
    status = error.status_code if error.status_code in TYPES else 400
    problem = Problem(TYPES[status], MESSAGES.get(status, str(error.detail)))
    headers = dict(error.headers or {})
    if status == 405:
        # Starlette names those of the first route that fits.
        headers["Allow"] = ", ".join(request.app.state.methods.at(request.scope["path"])) or headers["Allow"]
    return respond(request, ApiError(status, problem, headers=headers))


async def wrong_method(_request: Request) -> Response:
    raise HTTPException(405)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for it
    return respond(request, ApiError(422, *map(problem_of, error.errors())))


REQUIRED = frozenset({"missing"})


def escaped(step: Any) -> str:
    """A step of a JSON pointer. Half a character can't be sent back."""
    return str(step).replace("~", "~0").replace("/", "~1").encode(errors="replace").decode()


def problem_of(described: Mapping[str, Any]) -> Problem:
    """From Pydantic's. The first of `loc` is body, query or path, which the pointer leaves out."""
    place, *path = described["loc"]
    # Of a parameter given several times there is only the name to point at.
    pointer = "".join(f"/{escaped(step)}" for step in (path[:1] if place == "query" else path))
    code = "is_required" if described["type"] in REQUIRED else "invalid_value"
    return Problem(code, f"{described['msg']}.", pointer or "/")


async def _failed(request: Request, _error: Exception) -> Response:
    """Of ours. Envelope logs it."""
    request.scope[ANSWERED] = True
    return _response(request.scope["request_id"], 500, [Problem("api_error", FAILED)], {})


HANDLERS = {
    Exception: _failed,
    ApiError: _refused,
    InvalidFieldError: _refused_by_storage,
    NotFoundError: _refused_by_storage,
    DatabaseTroubleError: _refused_by_storage,
    EndpointDisabledError: _refused_by_storage,
    InUseError: _refused_by_storage,
    NoKeyError: _refused_by_storage,
    UnansweredError: _refused_by_storage,
    UnavailableError: _refused_by_storage,
    RequestValidationError: _invalid,
    HTTPException: _refused_by_framework,
}


def register(app: FastAPI) -> None:
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)


class Envelope:
    """Around everything: each request is counted, and has an id, which is in every answer and in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = scope["request_id"] = secrets.token_hex(16)
        status = 500

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = {"X-Request-ID": request_id, **scope.get(HEADERS_KEY, {})}
                message["headers"] += [(name.lower().encode(), value.encode()) for name, value in own.items()]
            await send(message)

        try:
            await self._app(scope, receive, marked)
        except Exception:
            log.exception("request_failed", request_id=request_id, method=scope["method"], path=scope["path"])
            # Starlette raises it again after the handler has answered. An answer cut short has to look so.
            if not scope.get(ANSWERED):
                raise
        finally:
            measured.count(scope, status)
