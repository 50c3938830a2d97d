"""/openapi.json says what is served: every route, what it takes, what it answers, and examples that hold."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import BaseModel

from storage.api_keys import SCOPES
from tests.web import contract
from tests.web.conftest import Server
from web.api import ROUTERS, build
from web.context import Context
from web.keys import SCOPES_KEY, operation_id
from web.openapi import VERSION, document, operations

ROOT = Path(__file__).parents[2]
APP = build(cast("Context", SimpleNamespace(public_url=None)))
DOCUMENT = document(APP, "/")
ROUTES = {
    operation_id(route): route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)
}
OPERATIONS = {
    operation["operationId"]: (path, method, operation) for path, method, operation in operations(DOCUMENT)
}


def each(name: str) -> dict[str, Any]:
    return OPERATIONS[name][2]


def answers(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, answer in operation["responses"].items():
        reference = answer.get("$ref", "").rpartition("/")[2]
        yield status, DOCUMENT["components"]["responses"][reference] if reference else answer


def complaints(schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": DOCUMENT["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def example(content: dict[str, Any]) -> Any:
    return content["application/json"]["examples"]["default"]["value"]


async def test_it_is_served_without_a_key(server: Server) -> None:
    async with server.client() as http:
        http.event_hooks = {}
        answer = await http.get("/openapi.json")

    assert answer.headers["content-type"] == "application/json"
    served = answer.json()
    assert served["openapi"].startswith("3.1")
    assert served == json.loads(json.dumps(DOCUMENT))


def test_who_never_asks_for_it_never_loads_it() -> None:
    loaded = "import sys, web.api; print({'web.openapi', 'web.reference_page', 'jinja2'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_it_names_its_version_and_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert DOCUMENT["info"]["version"] == VERSION == project["version"]
    assert DOCUMENT["info"]["license"]["identifier"] == project["license"]


def test_every_route_is_in_it_and_nothing_else() -> None:
    served = {(method.lower(), route.path) for route in ROUTES.values() for method in route.methods or ()}
    assert {(method, path) for path, method, _ in OPERATIONS.values()} == served
    assert set(OPERATIONS) == set(ROUTES)


def test_every_schema_is_one() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert "web__" not in name


def test_every_tag_says_what_it_is_about() -> None:
    for tag in DOCUMENT["tags"]:
        assert tag["description"] != tag["name"], f"{tag['name']} has no line in web/openapi.TAGS"


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_has_a_summary_a_tag_and_its_scopes(name: str) -> None:
    operation = each(name)
    assert operation["summary"]
    assert len(operation["tags"]) == 1
    assert operation["security"] == [{"key": []}]
    needed = operation.get(SCOPES_KEY, [])
    assert set(needed) <= set(SCOPES)
    assert [scope for scope in needed if f"`{scope}`" not in operation["description"]] == []


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_has_its_errors_and_headers(name: str) -> None:
    _, method, operation = OPERATIONS[name]
    said = dict(answers(operation))
    assert {"401", "422", "429", "500", "503"} <= set(said)
    assert ("403" in said) is bool(operation.get(SCOPES_KEY))
    assert ({"400", "408", "413"} <= set(said)) is ("requestBody" in operation)
    assert ("404" in said) is ("{" in OPERATIONS[name][0])
    assert any(status.startswith("2") for status in said), method
    for status, answer in said.items():
        assert answer["description"]
        assert "X-Request-ID" in answer["headers"]
        assert ("X-RateLimit-Remaining" in answer["headers"]) is (status != "401")
        if not status.startswith("2"):
            schema = answer["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Error"}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_example_holds(name: str) -> None:
    operation = each(name)
    described = [answer for _, answer in answers(operation) if "content" in answer]
    described += [operation["requestBody"]] if "requestBody" in operation else []
    for one in described:
        schema, value = one["content"]["application/json"]["schema"], example(one["content"])
        assert complaints(schema, value) == []
        assert "…" not in json.dumps(value, ensure_ascii=False).replace("whsec_…", "")
    for parameter in operation.get("parameters", ()):
        if parameter["required"]:
            assert complaints(parameter["schema"], parameter["example"]) == []


@pytest.mark.parametrize("name", sorted(name for name in OPERATIONS if "requestBody" in each(name)))
def test_every_example_of_a_body_is_taken(name: str) -> None:
    """By the very model that reads what is sent."""
    field = ROUTES[name].body_field
    assert field is not None
    model = cast("type[BaseModel]", field.field_info.annotation)
    model.model_validate_json(json.dumps(example(each(name)["requestBody"]["content"])))


@pytest.mark.parametrize(("method", "path"), sorted(contract.SHAPES))
def test_what_is_published_is_described_as_published(method: str, path: str) -> None:
    """An example is of the published shape, and whatever is always there is always there."""
    schema = contract.SHAPES[method, path]
    operation = DOCUMENT["paths"][path.replace("-", "{id}")][method.lower()]
    status, answer = next(answers(operation))
    assert status in {"200", "201"}
    assert contract.complaints(schema, example(answer["content"])) == []
    ours = {"schema": answer["content"]["application/json"]["schema"], **DOCUMENT}
    assert list(missing(contract.CONTRACT, f"#/components/schemas/{schema}", ours, ours["schema"])) == []


def missing(theirs: Any, reference: str, ours: Any, schema: Any, place: str = "") -> Iterator[str]:
    """Where the published schema requires a key that ours may leave out."""
    published = theirs["components"]["schemas"][reference.rpartition("/")[2]]
    schema = resolved(ours, schema)
    for name, inner in published.get("properties", {}).items():
        if name in published.get("required", ()) and name not in schema.get("required", ()):
            yield f"{place}/{name}"
        described = schema.get("properties", {}).get(name)
        nested = inner.get("items", inner).get("$ref")
        if described is not None and nested is not None:
            described = resolved(ours, described)
            if "properties" in resolved(ours, described.get("items", described)):
                yield from missing(theirs, nested, ours, described.get("items", described), f"{place}/{name}")


def resolved(document: Any, schema: Any) -> Any:
    reference = schema.get("$ref")
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def test_these_checks_can_fail() -> None:
    assert complaints({"$ref": "#/components/schemas/FollowUpCreate"}, {"title": "Rotate"})
    assert complaints({"$ref": "#/components/schemas/FollowUpCreate"}, {"incident_id": "1", "title": " "})
    shown = {"$ref": "#/components/schemas/Label"}
    assert list(missing(contract.CONTRACT, "#/components/schemas/SeverityV2", DOCUMENT, shown))


def test_limits_are_in_it() -> None:
    sent = DOCUMENT["components"]["schemas"]["FollowUpCreate"]
    assert sent["properties"]["title"]["maxLength"] == 255
    assert sent["properties"]["description"]["anyOf"][0]["maxLength"] == 3000
    assert sent["properties"]["labels"]["maxItems"] == 20
    assert sent["properties"]["labels"]["items"]["maxLength"] == 50


def test_what_has_no_value_is_left_out_of_answers_and_never_null() -> None:
    shown = DOCUMENT["components"]["schemas"]["FollowUpV3"]
    assert shown["properties"]["completed_at"] == {"type": "string", "format": "date-time"}
    assert "completed_at" not in shown["required"]


def test_what_makes_something_links_to_what_takes_its_id() -> None:
    links = each("create_follow_up")["responses"]["201"]["links"]
    assert {"show_follow_up", "update_follow_up", "delete_follow_up"} <= set(links)
    assert links["show_follow_up"]["parameters"] == {"id": "$response.body#/follow_up/id"}
