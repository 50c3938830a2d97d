"""What a route without a body is called with: from its path, its query, and functions of these.

FastAPI looks for each parameter there may be, at each request: for a list that takes as long as its SELECT.
Here only what is given is looked at, and FastAPI's fields say whether it is valid.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import QueryParams

ONE_VALUE = (str, int, float, date, Enum)


class Arguments:
    def __init__(self, dependant: Dependant) -> None:
        self._dependant = dependant
        self._fields = {
            "path": list(map(_Field, dependant.path_params)),
            "query": list(map(_Field, dependant.query_params)),
        }
        fields = [*dependant.path_params, *dependant.query_params]
        self._defaults = {
            field.name: field.get_default() for field in fields if not field.field_info.is_required()
        }
        self._dependencies = [(inner.name, inner.call, Arguments(inner)) for inner in dependant.dependencies]

    @classmethod
    def of(cls, dependant: Dependant) -> "Arguments | None":
        """None where there is more to it: FastAPI reads headers and bodies."""
        return cls(dependant) if all(map(_is_simple, _all(dependant))) else None

    async def read(self, request: Request) -> dict[str, Any]:
        """Raises RequestValidationError."""
        problems: list[Any] = []
        values = await self.collect(request, problems)
        if problems:
            raise RequestValidationError(problems)
        return values

    async def collect(self, request: Request, problems: list[Any]) -> dict[str, Any]:
        values: dict[str, Any] = {**self._defaults}
        for name, call, arguments in self._dependencies:
            given = await arguments.collect(request, problems)
            if name is not None and call is not None and not problems:
                values[name] = await call(**given)
        if self._dependant.request_param_name is not None:
            values[self._dependant.request_param_name] = request
        self._validate("path", request.path_params, values, problems)
        self._validate("query", request.query_params, values, problems)
        return values

    def _validate(
        self, place: str, given: Mapping[str, Any], values: dict[str, Any], problems: list[Any]
    ) -> None:
        for field in self._fields[place]:
            loc = (place, field.alias)
            if field.alias in given:
                values[field.name], found = field.validate(field.of(given), values, loc=loc)
                problems += found
            elif field.is_required:
                problems.append({"type": "missing", "loc": loc, "msg": "Field required"})


class _Field:
    def __init__(self, field: Any) -> None:
        self.alias, self.name, self.validate = field.alias, field.name, field.validate
        self.is_required = field.field_info.is_required()
        self._is_list = _is_list(field.field_info.annotation)

    def of(self, given: Mapping[str, Any]) -> Any:
        """Of one that takes one value and is given several, the last counts, as in FastAPI."""
        if self._is_list and isinstance(given, QueryParams):
            return given.getlist(self.alias)
        return given[self.alias]


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _all(inner)


def _is_simple(dependant: Dependant) -> bool:
    others = (
        dependant.header_params,
        dependant.cookie_params,
        dependant.body_params,
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.http_connection_param_name,
    )
    fields = [*dependant.path_params, *dependant.query_params]
    return not any(others) and all(_is_readable(field.field_info.annotation) for field in fields)


def _is_list(annotation: Any) -> bool:
    return any(get_origin(kind) is list for kind in _kinds(annotation))


def _is_readable(annotation: Any) -> bool:
    return all(
        get_origin(kind) is Literal
        or (get_origin(kind) is list and all(map(_is_readable, get_args(kind))))
        or (isinstance(kind, type) and issubclass(kind, ONE_VALUE))
        for kind in _kinds(annotation)
    )


def _kinds(annotation: Any) -> Iterator[Any]:
    """What a value may be, but None."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _kinds(inner[0])
    elif origin in {Union, UnionType}:
        for kind in inner:
            yield from _kinds(kind)
    elif annotation is not type(None):
        yield annotation
