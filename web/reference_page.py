"""The document of the API as a page: no script, nothing from elsewhere, an address for each operation."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from web.openapi import RANGE, operations
from web.openapi_limits import SEEN
from web.payloads import ULID

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "reference.css").read_text()
STYLE_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FORMS: Mapping[str, str] = {ULID: "an id", SEEN: "not blank", RANGE: "two dates"}
CODE = re.compile(r"`([^`]+)`")
BOUNDS = (
    ("maxLength", "at most {:,} characters"),
    ("minimum", "from {}"),
    ("maximum", "to {:,}"),
    ("minItems", "at least {}"),
    ("maxItems", "at most {}"),
)

Schema = dict[str, Any]


def page(document: Schema, server: str) -> str:
    """As HTML; `server` is where the examples send to."""
    described = list(_operations(document, server))
    groups = {tag: list(found) for tag, found in groupby(described, key=lambda one: one["tag"])}
    shapes = {name: _fields(document, schema) for name, schema in document["components"]["schemas"].items()}
    return (
        _environment()
        .get_template("reference.html")
        .render(
            info=document["info"],
            server=server,
            style=Markup(STYLE),  # noqa: S704  a file of ours
            tags=[{**tag, "operations": groups.get(tag["name"], [])} for tag in document["tags"]],
            refusals={
                status: one["description"] for status, one in document["components"]["responses"].items()
            },
            error=_json(document["components"]["responses"]["422"]["content"]["application/json"]),
            shapes={name: fields for name, fields in sorted(shapes.items()) if fields},
            headers=document["components"]["headers"],
        )
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.filters["prose"] = _prose
    return made


def _prose(text: str) -> Markup:
    """Paragraphs, with `code`."""
    paragraphs = text.strip().split("\n\n")
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup(CODE.sub(r"<code>\1</code>", str(escape(paragraph)))))  # noqa: S704
        for paragraph in paragraphs
    )


def _operations(document: Schema, server: str) -> Iterator[Schema]:
    order = [tag["name"] for tag in document["tags"]]
    found = sorted(operations(document), key=lambda one: order.index(one[2]["tags"][0]))
    for path, method, operation in found:
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        yield {
            "id": operation["operationId"],
            "tag": operation["tags"][0],
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "description": operation["description"],
            "is_deprecated": operation.get("deprecated", False),
            "parameters": [_parameter(document, one) for one in operation.get("parameters", ())],
            "fields": _fields(document, body["schema"]) if body else [],
            "answers": list(_answers(operation)),
            "refusals": [status for status in operation["responses"] if not status.startswith("2")],
            "curl": _curl(server, path, method, operation, body),
        }


def _answers(operation: Schema) -> Iterator[Schema]:
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            content = answer.get("content", {}).get("application/json")
            yield {
                "status": status,
                "shape": content["schema"]["$ref"].rpartition("/")[2] if content else None,
                "example": _json(content) if content else None,
            }


def _json(content: Schema) -> str:
    return json.dumps(content["examples"]["default"]["value"], indent=2, ensure_ascii=False)


def _parameter(document: Schema, parameter: Schema) -> Schema:
    return {
        "name": parameter["name"],
        "is_required": parameter["required"],
        **_described(document, parameter["schema"]),
        "place": parameter["in"],
        "description": parameter.get("description", ""),
    }


def _fields(document: Schema, schema: Schema) -> list[Schema]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    required = schema.get("required", ())
    fields = [
        {"name": name, "is_required": name in required, **_described(document, inner)}
        for name, inner in schema.get("properties", {}).items()
    ]
    return sorted(fields, key=lambda field: not field["is_required"])


def _described(document: Schema, schema: Schema) -> Schema:
    """The type in words, its shape if it has one, its limits, and what is said of it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        target = document["components"]["schemas"][name]
        if "enum" not in target:
            return {"type": name, "shape": name, "limits": "", "description": schema.get("description", "")}
        schema = target
    if "anyOf" in schema:
        parts = [_described(document, one) for one in schema["anyOf"]]
        return {
            "type": " or ".join(part["type"] or part["shape"] for part in parts),
            "shape": next((part["shape"] for part in parts if part["shape"]), None),
            "limits": next((part["limits"] for part in parts if part["limits"]), ""),
            "description": schema.get("description", "")
            or next((part["description"] for part in parts if part["description"]), ""),
        }
    if schema.get("type") == "array":
        item = _described(document, schema.get("items", {}))
        each = f"each {item['limits']}" if item["limits"] else ""
        limits = "; ".join(filter(None, (_limits(schema), each)))
        return {**item, "type": f"list of {item['type']}", "limits": limits}
    kind = schema.get("format", schema.get("type", "anything"))
    return {
        "type": kind,
        "shape": None,
        "limits": _limits(schema),
        "description": schema.get("description", ""),
    }


def _limits(schema: Schema) -> str:
    said = [words.format(schema[name]) for name, words in BOUNDS if name in schema]
    if "enum" in schema:
        said.append("one of " + ", ".join(map(str, schema["enum"])))
    if "pattern" in schema:
        said.append(FORMS.get(schema["pattern"], f"of the form {schema['pattern']}"))
    if "default" in schema and schema["default"] not in (None, [], ""):
        said.append(f"{json.dumps(schema['default'])} unless given")
    return ", ".join(said)


def _curl(server: str, path: str, method: str, operation: Schema, body: Schema | None) -> str:
    places = {one["name"]: one["example"] for one in operation.get("parameters", ()) if one["in"] == "path"}
    lines = [f"curl {server}{path.format(**places)}", '-H "Authorization: Bearer $KEY"']
    if method not in {"get", "post"} or (method == "post" and body is None):
        lines[0] = lines[0].replace("curl ", f"curl -X {method.upper()} ", 1)
    if body is not None:
        sent = json.dumps(body["examples"]["default"]["value"], ensure_ascii=False)
        lines += ['-H "Content-Type: application/json"', "-d '{}'".format(sent.replace("'", "'\\''"))]
    return " \\\n  ".join(lines)
