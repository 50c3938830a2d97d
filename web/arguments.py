"""What a route without a body is called with: from its path, its query, and functions of these.

FastAPI looks for each parameter there may be, at each request: for a list that takes as long as its SELECT.
Here only what is given is looked at, and FastAPI's fields say whether it is valid.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from typing import Any, get_args

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError

ONE_VALUE = (str, int, float, date, Enum)


class Arguments:
    def __init__(self, dependant: Dependant) -> None:
        self._dependant = dependant
        self._fields = {
            "path": [(field.alias, field) for field in dependant.path_params],
            "query": [(field.alias, field) for field in dependant.query_params],
        }
        fields = [*dependant.path_params, *dependant.query_params]
        self._defaults = {
            field.name: field.get_default() for field in fields if not field.field_info.is_required()
        }
        self._dependencies = [(inner.name, inner.call, Arguments(inner)) for inner in dependant.dependencies]

    @classmethod
    def of(cls, dependant: Dependant) -> "Arguments | None":
        """None where there is more to it: FastAPI reads headers, bodies and parameters of several values."""
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
        for alias, field in self._fields[place]:
            loc = (place, alias)
            if alias in given:
                values[field.name], found = field.validate(given[alias], values, loc=loc)
                problems += found
            elif field.field_info.is_required():
                problems.append({"type": "missing", "loc": loc, "msg": "Field required"})


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
    return not any(others) and all(_is_one_value(field.field_info.annotation) for field in fields)


def _is_one_value(annotation: Any) -> bool:
    kinds = set(get_args(annotation) or (annotation,)) - {type(None)}
    return all(isinstance(kind, type) and issubclass(kind, ONE_VALUE) for kind in kinds)
