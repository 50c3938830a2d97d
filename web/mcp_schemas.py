"""What a route takes and gives, as JSON Schemas. Its parameters and its body become one object."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Argument:
    """`place` is path, query, header or body, and `alias` its name there: `created_at[gte]`."""

    name: str
    place: str
    alias: str
    schema: Mapping[str, Any]
    is_required: bool


def name_of(alias: str) -> str:
    """Models are given letters, digits and underscores: `created_at_gte`."""
    return alias.replace("[", "_").replace("]", "").replace("-", "_").lower()


class Described:
    """A route as its OpenAPI has it."""

    def __init__(self, route: APIRoute) -> None:
        found = get_openapi(title="", version="", routes=[route])
        (path,) = found["paths"].values()
        ((method, self._operation),) = path.items()
        self.method = str(method).upper()
        self._schemas = found["components"]["schemas"]

    def arguments(self) -> Iterator[Argument]:
        for one in self._operation.get("parameters", ()):
            if one["in"] in {"path", "query"}:
                # What is left out is null already.
                schema = _without_null(self._resolved(one["schema"]))
                yield Argument(name_of(one["name"]), one["in"], one["name"], schema, one["required"])
        if "requestBody" in self._operation:
            body = self._resolved(self._operation["requestBody"]["content"][JSON]["schema"])
            for name, schema in body["properties"].items():
                shown = {key: value for key, value in schema.items() if key != "default"}
                yield Argument(name, "body", name, shown, name in body.get("required", ()))

    def answer(self) -> dict[str, Any]:
        (good,) = [one for status, one in self._operation["responses"].items() if status.startswith("2")]
        schema: dict[str, Any] = self._resolved(good["content"][JSON]["schema"])
        return schema

    def _resolved(self, schema: Any) -> Any:
        """Without references, which some clients can't follow, and without titles."""
        if isinstance(schema, list):
            return [self._resolved(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self._resolved(self._schemas[schema["$ref"].rpartition("/")[2]])
        return {
            name: {key: self._resolved(one) for key, one in value.items()}
            if name == "properties"
            else self._resolved(value)
            for name, value in schema.items()
            if not (name == "title" and isinstance(value, str))
        }


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**choices[0], **rest} if len(choices) == 1 else dict(schema)
