"""The errors that an operation may be answered with, and the headers of all answers, for /openapi.json."""

from collections.abc import Iterator, Mapping
from typing import Any

from storage.api_keys import CAPACITY, PER_SECOND
from web.errors import TYPES
from web.keys import SCOPES_KEY

Schema = dict[str, Any]

# When an operation is refused, by status.
REFUSALS: Mapping[int, str] = {
    400: "The body is no JSON, has a key twice, or is not sent as `application/json`.",
    401: "There is no key in the request, or it is unknown, revoked or expired.",
    403: "The key lacks a scope, which is named.",
    404: "There is nothing of this id, or the key may not see it.",
    408: "The body did not arrive in time.",
    409: "It can’t be done as things are now.",
    412: "The follow-up has been changed since the version in `If-Match`.",
    413: "The body has more than 1 MB.",
    422: "Fields or parameters are refused; each is pointed at, with the reason.",
    429: "The key has made its requests; wait as long as `Retry-After` says.",
    500: "Something failed here. The log of the server has the reason under the same `request_id`.",
    503: "Slack or the database has no answer now, or the server is starting or stopping. Try again.",
}
ALWAYS = (401, 422, 429, 500, 503)
OF_BODIES = (400, 408, 413)
IF_MATCH = ("header", "If-Match")
MAY_CONFLICT = frozenset({"post", "patch", "delete"})

REQUEST_ID_FORM = r"^[0-9a-f]{32}$"
WHOLE = {"type": "integer", "minimum": 0}
RATE_HEADERS: Mapping[str, Schema] = {
    "X-RateLimit-Limit": {
        "description": "Requests at once, then in how many seconds an empty bucket is full.",
        "schema": {"type": "string", "examples": [f"{CAPACITY}, {CAPACITY};window={CAPACITY // PER_SECOND}"]},
    },
    "X-RateLimit-Remaining": {"description": "Requests that are left.", "schema": WHOLE},
    "X-RateLimit-Used": {"description": "Requests that are not.", "schema": WHOLE},
    "X-RateLimit-Reset": {"description": "When the bucket is full again, in Unix seconds.", "schema": WHOLE},
}
HEADERS: Mapping[str, Schema] = {
    "X-Request-ID": {
        "description": "The id of the request, which is in the server’s log.",
        "schema": {"type": "string", "pattern": REQUEST_ID_FORM},
        "required": True,
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {
        "description": "`Bearer`.",
        "schema": {"type": "string", "const": "Bearer"},
        "required": True,
    },
    "ETag": {
        "description": "The version of the follow-up, for `If-Match`.",
        "schema": {"type": "string", "examples": ['"3"']},
    },
    **RATE_HEADERS,
}
HEADERS_OF: Mapping[int, tuple[str, ...]] = {
    401: ("X-Request-ID", "WWW-Authenticate"),
    412: ("X-Request-ID", "ETag", *RATE_HEADERS),
    429: ("X-Request-ID", "Retry-After", *RATE_HEADERS),
    503: ("X-Request-ID", "Retry-After", *RATE_HEADERS),
}
USUAL_HEADERS = ("X-Request-ID", *RATE_HEADERS)

TEXT = {"type": "string"}
ERROR: Schema = {
    "type": "object",
    "title": "Error",
    "description": "The published error object.",
    "required": ["type", "status", "request_id", "errors"],
    "properties": {
        "type": {"type": "string", "enum": sorted(set(TYPES.values()))},
        "status": {"type": "integer", "enum": sorted(TYPES)},
        "request_id": {"type": "string", "pattern": REQUEST_ID_FORM},
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": TEXT,
                    "message": TEXT,
                    "source": {
                        "type": "object",
                        "required": ["field", "pointer"],
                        "properties": {"field": TEXT, "pointer": {**TEXT, "format": "json-pointer"}},
                    },
                    "metadata": {"type": "object", "additionalProperties": TEXT},
                },
            },
        },
        "rate_limit": {
            "type": "object",
            "description": "With 429.",
            "required": ["name", "limit", "remaining", "retry_after"],
            "properties": {
                "name": TEXT,
                "limit": WHOLE,
                "remaining": WHOLE,
                "retry_after": {**TEXT, "format": "date-time"},
            },
        },
        "follow_up": {
            "type": "object",
            "description": "With a version that has moved on: the follow-up as it is now.",
        },
    },
}
CODES: Mapping[int, str] = {
    400: "invalid_json",
    401: "authentication_failed",
    403: "missing_scope",
    412: "version_mismatch",
    422: "is_required",
    429: "too_many_requests",
}
REQUEST_ID = "9f86d081884c7d659a2feaa0c55ad015"


def headers(status: int, *, has_tag: bool = False) -> Schema:
    names = (*HEADERS_OF.get(status, USUAL_HEADERS), *(["ETag"] if has_tag else []))
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def taken(operation: Schema) -> set[tuple[str, str]]:
    """Where each parameter stands, and its name."""
    return {(parameter["in"], parameter["name"]) for parameter in operation.get("parameters", ())}


def refusal(status: int) -> Schema:
    code = CODES.get(status, TYPES[status])
    error: Schema = {"code": code, "message": REFUSALS[status]}
    if status == 422:
        error = {
            "code": code,
            "message": "Field required.",
            "source": {"field": "title", "pointer": "/title"},
        }
    value = {"type": TYPES[status], "status": status, "request_id": REQUEST_ID, "errors": [error]}
    return {
        "description": REFUSALS[status],
        "headers": headers(status),
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "examples": {"default": {"value": value}},
            }
        },
    }


def refusals(method: str, operation: Schema) -> Schema:
    statuses = sorted(_statuses(method, operation))
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _statuses(method: str, operation: Schema) -> Iterator[int]:
    """By what the operation takes."""
    yield from ALWAYS
    if operation.get(SCOPES_KEY):
        yield 403
    if "requestBody" in operation:
        yield from OF_BODIES
    if any(place == "path" for place, _ in taken(operation)):
        yield 404
    if IF_MATCH in taken(operation):
        yield 412
    if method in MAY_CONFLICT:
        yield 409
