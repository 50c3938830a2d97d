"""Which methods an address takes: of all routes that fit it, while Starlette asks only the first."""

from collections.abc import Iterable, Iterator, Sequence

from fastapi import APIRouter
from fastapi.routing import APIRoute

METHODS = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})


class Methods:
    """An address that is spelled out is itself, and never an id of another route."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]

    def at(self, path: str) -> Sequence[str]:
        spelled_out = [route for route in self._routes if route.path == path]
        fitting = spelled_out or [route for route in self._routes if route.path_regex.match(path)]
        return sorted({method for route in fitting for method in route.methods or ()})

    def refused(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Addresses spelled out, with the methods that another route would take for its id."""
        for path in sorted({route.path for route in self._routes if "{" not in route.path}):
            fitting = [route for route in self._routes if route.path_regex.match(path)]
            others = {method for route in fitting for method in route.methods or ()}.difference(self.at(path))
            if others:
                yield path, sorted(others)
