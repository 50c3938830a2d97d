"""Who asks: the bearer key, what it may do, and whether its bucket holds another request."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from weakref import WeakValueDictionary

from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from storage import api_keys
from storage.api_keys import left
from web import idempotency
from web.arguments import Arguments
from web.bodies import BodyRequest
from web.context import Call, Context
from web.errors import HEADERS_KEY, ApiError, Problem, escaped
from web.rate_limits import EXHAUSTED, Allowance, exceeded, how_many, wait_for_one

# For how long a key that was found good is not looked up again: a revoked one is refused after as long.
HOLDS = 1.0
KEPT = 1000
SCOPES_KEY = "x-rbac-scopes"

MISSING = Problem(
    "missing_authorization_material", "No key in the request: send it as Authorization: Bearer fu_…"
)
NOT_READY = Problem("api_error", "The server is starting or stopping; try again in a moment.")
CHALLENGE = {"WWW-Authenticate": "Bearer"}
REFUSED = Problem("authentication_failed", "This key is unknown, revoked or expired.")


def needs(*scopes: str) -> dict[str, Any]:
    """For a route's `openapi_extra`: the scopes a key must have, enforced and documented alike."""
    if unknown := set(scopes) - api_keys.SCOPES.keys():
        raise ValueError(f"no scope {', '.join(sorted(unknown))}")
    return {SCOPES_KEY: list(scopes)}


class Keys:
    """The keys in use, for a second each."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._allowances: dict[str, Allowance] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def admit(self, secret: str, now: datetime) -> Allowance:
        """One request of the key's. Raises ApiError with 401 or 429."""
        # A dictionary compares hashes of the secret, whose timing tells nothing.
        hashed, at = api_keys.digest(secret), now.timestamp()
        allowance = self._allowances.get(hashed)
        if allowance is None or not allowance.holds(at):
            # Each of many requests at once would take twenty.
            turn = self._turns.setdefault(hashed, asyncio.Lock())
            async with turn:
                allowance = self._allowances.get(hashed)
                if allowance is None or not allowance.holds(at):
                    allowance = self._keep(hashed, await self._renewed(allowance, secret, now))
                return self._spend(allowance, at)
        return self._spend(allowance, at)

    @staticmethod
    def _spend(allowance: Allowance, at: float) -> Allowance:
        if allowance.is_exhausted:
            raise exceeded(allowance, at)
        allowance.requests -= 1
        return allowance

    async def _renewed(self, last: Allowance | None, secret: str, now: datetime) -> Allowance:
        """In one trip where the key was found before and is still good."""
        at = now.timestamp()
        if last is not None and not last.is_exhausted:
            requests = how_many(left(last.full_at, at))
            taken = await api_keys.take(self._context.database, last.key.id, requests, now)
            if taken is not None:
                full_at, scopes = taken
                return Allowance(replace(last.key, scopes=scopes), requests, full_at, at + HOLDS)
        return await self._found(secret, now)

    async def _found(self, secret: str, now: datetime) -> Allowance:
        at, database = now.timestamp(), self._context.database
        found = await api_keys.by_secret(database, secret)
        if found is None or not found[0].is_usable(now):
            raise ApiError(401, REFUSED, headers=CHALLENGE)
        key, full_at = found
        available = left(full_at, at)
        # Where another replica has taken the rest of them meanwhile, one may still be there.
        for requests in sorted({1, how_many(available)}, reverse=True) if available >= 1 else ():
            taken = await api_keys.take(database, key.id, requests, now)
            if taken is not None:
                return Allowance(key, requests, taken[0], at + HOLDS)
        return Allowance(key, EXHAUSTED, full_at, at + wait_for_one(full_at, at))

    def _keep(self, hashed: str, allowance: Allowance) -> Allowance:
        if len(self._allowances) >= KEPT:
            self._allowances.clear()
        self._allowances[hashed] = allowance
        return allowance


def operation_id(route: APIRoute) -> str:
    """The name of the function, and for a deprecated one the version."""
    return f"{route.name}_{route.path.split('/')[1]}" if route.deprecated else route.name


class KeyedRoute(APIRoute):
    """A route behind a key: first who asks, then how often, then the body."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named | {"generate_unique_id_function": operation_id})
        if Arguments.of(self.dependant) is not None and self.body_field is None:
            # Nothing that FastAPI would have to close is ever opened.
            self.app = _answering(self.get_route_handler())

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        needed = frozenset((self.openapi_extra or {}).get(SCOPES_KEY, ()))
        has_body = self.body_field is not None
        known = frozenset(_parameters(self.dependant))
        arguments = None if has_body else Arguments.of(self.dependant)
        endpoint = self.endpoint

        async def keyed(request: Request) -> Response:
            context: Context = request.app.state.context
            slack, now = context.slack(), context.clock()
            if slack is None:
                raise ApiError(503, NOT_READY)
            allowance = await request.app.state.keys.admit(_secret(request), now)
            request.scope[HEADERS_KEY] = allowance.headers(now.timestamp())
            if missing := needed - allowance.key.scopes:
                raise forbidden(missing)
            call = request.scope["call"] = Call(context, slack, allowance.key, now)
            _refuse_others(request, known)
            if arguments is not None:
                answered: Response = await endpoint(**await arguments.read(request))
                return answered
            if has_body:
                request = BodyRequest(request.scope, request.receive)
                await request.json()
            if request.method == "POST" and idempotency.HEADER in request.headers:
                return await idempotency.answered(request, call, handle)
            return await handle(request)

        return keyed


def _answering(handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handle(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


def _parameters(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _refuse_others(request: Request, known: Collection[str]) -> None:
    """A filter with a typing error, left out in silence, would show everything."""
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise ApiError(
            422,
            *(
                Problem("unknown_parameter", "There is no such parameter.", f"/{escaped(name)}")
                for name in unknown
            ),
        )


def _secret(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise ApiError(401, MISSING, headers=CHALLENGE)
    return secret.strip()


def forbidden(missing: Collection[str]) -> ApiError:
    named = " and ".join(sorted(missing))
    return ApiError(403, Problem("missing_scope", f"This key lacks the scope {named}."))


async def _call(request: Request) -> Call:
    call: Call = request.scope["call"]
    return call


Called = Annotated[Call, Depends(_call)]
