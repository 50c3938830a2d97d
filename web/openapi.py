"""/openapi.json: what is served, in OpenAPI 3.1, from the routes and what all of them have in common."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from storage.api_keys import SCOPES
from web import idempotency
from web.examples import Examples
from web.keys import SCOPES_KEY
from web.openapi_limits import limit
from web.openapi_refusals import ERROR, HEADERS, IF_MATCH, REFUSALS, headers, refusal, refusals, taken
from web.payloads import ULID

Schema = dict[str, Any]

VERSION = "0.1.0"
DESCRIPTION = """\
Follow-ups are the work that an incident leaves behind. This is the published follow-ups API of incident.io, \
versions 3 and 2, with what it lacks.

Every request carries a key, made by `python app.py keys create`. Without the scope \
`private_incidents.access` it is answered as if private incidents did not exist.

Fields without a value are left out of answers. A parameter that does not exist is refused.
"""
TAGS: Mapping[str, str] = {
    "Follow-ups v3": "List, add, change and delete follow-ups, and connect them to issues.",
    "Follow-ups v2": "The same in the shapes of the version before: without categories.",
    "Incidents": "What follow-ups are left behind by.",
    "Reference": "What other objects point at: people, teams, severities, statuses; and whose key this is.",
    "Priorities": "What a follow-up can be given as its priority.",
    "Categories": "What a follow-up can be given as its category.",
    "Labels": "The labels of the follow-ups that the key may see.",
    "History": "What happened to a follow-up, and who did it.",
    "Stats": "Figures about follow-ups.",
    "Bulk changes": "Many follow-ups in one request.",
    "Webhooks": "Where events are sent, and how that went.",
}
KEY = "key"
TEXT = {"type": "string"}
MOMENT: Schema = {"anyOf": [{**TEXT, "format": "date-time"}, {**TEXT, "format": "date"}]}
RANGE = r"^[0-9].*~[0-9].*$"
MOMENTS: Mapping[str, Schema] = {
    "[gte]": {"schema": MOMENT, "description": "From this time or the start of this day on."},
    "[lte]": {"schema": MOMENT, "description": "Until this time or the start of this day."},
    "[date_range]": {
        "schema": {**TEXT, "pattern": RANGE},
        "description": "Two dates with a tilde between them, both days whole: `2026-11-01~2026-11-30`.",
        "example": "2026-11-01~2026-11-30",
    },
}
# Read before the route is asked, so that its function doesn't tell of it.
IDEMPOTENCY_KEY: Schema = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "schema": {**TEXT, "pattern": f"^{idempotency.KEY.pattern}$"},
    "description": "A text of your own for this one piece of work. Sent again with the same one within 24 "
    "hours, the request has no further effect and is answered as the first was, with "
    "`Idempotency-Replayed: true`.",
}
VERSIONED = re.compile(r"_v\d$")
METHODS = ("get", "post", "put", "patch", "delete")


def document(app: FastAPI, server: str) -> Schema:
    """Of what the application serves under that address."""
    made = get_openapi(
        title="Incident follow-ups",
        version=VERSION,
        summary="Incident follow-ups in Slack, over HTTP.",
        description=DESCRIPTION,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        servers=[{"url": server, "description": "This server."}],
        routes=app.routes,
    )
    made = _renamed(made)
    schemas: dict[str, Schema] = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _shape(made, schemas)
    examples = Examples(schemas)
    versioned = {path for path, _, operation in operations(made) if IF_MATCH in taken(operation)}
    for path, method, operation in operations(made):
        _describe(operation)
        if method == "post":
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
        _answer(method, operation, examples, is_versioned=path in versioned)
    used = {tag for *_, operation in operations(made) for tag in operation["tags"]}
    made["tags"] = [{"name": tag, "description": TAGS.get(tag, tag)} for tag in sorted(used, key=_rank)]
    _link(made)
    refused = {status for *_, operation in operations(made) for status in operation["responses"]}
    responses = {str(status): refusal(status) for status in REFUSALS if str(status) in refused}
    made["components"] |= {
        "securitySchemes": {
            KEY: {"type": "http", "scheme": "bearer", "description": "A key, as `Bearer fu_…`."}
        },
        "headers": {name: header for name, header in HEADERS.items() if name != "ETag" or versioned},
        "responses": responses,
    }
    schemas["Error"] = ERROR
    made["security"] = [{KEY: []}]
    return made


def operations(made: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Path, method and operation."""
    for path, item in made["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _rank(tag: str) -> int:
    return list(TAGS).index(tag) if tag in TAGS else len(TAGS)


QUALIFIED = re.compile(r"web__shapes(?:_(\w+?))?__(\w+)")
SHORT = {"Shown": "FollowUpShown", "Listed": "FollowUpsListed"}


def _renamed(made: Schema) -> Schema:
    """Where two modules have a shape of one name, FastAPI names both by module."""

    def short(found: re.Match[str]) -> str:
        module, name = found.groups()
        return SHORT.get(name, name) + (module or "").title().replace("_", "")

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {QUALIFIED.sub(short, key): renamed(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [renamed(inner) for inner in value]
        return QUALIFIED.sub(short, value) if isinstance(value, str) else value

    changed: Schema = renamed(made)
    return changed


def _shape(made: Schema, schemas: dict[str, Schema]) -> None:
    """What is sent has its limits; in what is answered, a key without a value is left out, never null."""
    bodies = [operation.get("requestBody", {}) for *_, operation in operations(made)]
    sent = _reached(bodies, schemas)
    for name, schema in schemas.items():
        schema.pop("title", None)
        for described in schema.get("properties", {}).values():
            described.pop("title", None)
        if name in sent:
            limit(name, schema)
        elif "properties" in schema:
            properties = {key: _without_null(value) for key, value in schema["properties"].items()}
            # What can't be null is always there, also where it has a default.
            required = [key for key, value in schema["properties"].items() if not _may_be_null(value)]
            schema |= {"properties": properties, "required": required}


def _may_be_null(schema: Schema) -> bool:
    return any(one.get("type") == "null" for one in schema.get("anyOf", ()))


def _reached(value: Any, schemas: Mapping[str, Schema]) -> set[str]:
    """The names of all schemas that it refers to."""
    reached, ahead = set[str](), list(_references(value))
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += _references(schemas[name])
    return reached


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference.rpartition("/")[2]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _without_null(schema: Schema) -> Schema:
    alternatives = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if not alternatives:
        return schema
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**alternatives[0], **rest} if len(alternatives) == 1 else {"anyOf": alternatives, **rest}


def _describe(operation: Schema) -> None:
    name = VERSIONED.sub("", operation["operationId"])
    operation["summary"] = name.replace("follow_up", "follow-up").replace("_", " ").capitalize()
    needed = operation.get(SCOPES_KEY, [])
    scopes = "".join(f"\n\nNeeds the scope `{scope}`: {SCOPES[scope]}." for scope in needed)
    operation["description"] = (operation.get("description", "") + scopes).strip() or "Any key may."
    operation["security"] = [{KEY: []}]
    for parameter in operation.get("parameters", ()):
        _describe_parameter(parameter)


def _describe_parameter(parameter: Schema) -> None:
    schema = parameter["schema"] = _without_null(parameter["schema"])
    schema.pop("title", None)
    if parameter["in"] == "path" and "pattern" not in schema:
        schema["pattern"] = ULID
    operator = parameter["name"][parameter["name"].find("[") :]
    if operator in MOMENTS and "pattern" not in schema:
        parameter |= MOMENTS[operator]


def _answer(method: str, operation: Schema, examples: Examples, *, is_versioned: bool) -> None:
    """The answers, with headers and examples; the errors that may come instead."""
    for content in _contents(operation.get("requestBody", {})):
        content["examples"] = {"default": {"value": examples.of(content["schema"])}}
    answers = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
    for answer in answers.values():
        answer["description"] = "Done." if method in {"delete", "post", "put", "patch"} else "Found."
        answer["headers"] = headers(200, has_tag=is_versioned and "content" in answer)
        for content in _contents(answer):
            content["examples"] = {"default": {"value": examples.of(content["schema"])}}
    operation["responses"] = answers | refusals(method, operation)
    for parameter in operation.get("parameters", ()):
        if "example" not in parameter and parameter["required"]:
            parameter["example"] = examples.of(parameter["schema"], "", parameter["name"])


def _link(made: Schema) -> None:
    """From what makes something to what takes its id."""
    found = list(operations(made))
    for path, _, operation in found:
        answer = operation["responses"].get("201")
        if answer is None:
            continue
        shown = next(_contents(answer))["examples"]["default"]["value"]
        name = next((name for name, value in shown.items() if isinstance(value, dict)), "")
        parameters = {"id": f"$response.body#/{name}/id"}
        answer["links"] = {
            one["operationId"]: {"operationId": one["operationId"], "parameters": parameters}
            for place, _, one in found
            if place.startswith(f"{path}/{{id}}") and place.count("{") == 1
        }


def _contents(described: Schema) -> Iterator[Schema]:
    yield from described.get("content", {}).values()
