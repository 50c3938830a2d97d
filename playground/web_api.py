"""The Web API's front: token, faults, arguments, scopes, then the method."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from playground import methods_chat, methods_conversations, methods_directory, methods_marks, methods_views
from playground.clock import Clock
from playground.faults import ERRORS, Faults
from playground.modals import Modals
from playground.payloads import Payloads
from playground.records import Json
from playground.registration import Registration
from playground.socket_mode import Sockets
from playground.tickets import Tickets
from playground.web_call import (
    ApiError,
    Call,
    Method,
    ReceivedCall,
    invalid_arguments,
    missing_scope,
    parse_arguments,
)
from playground.workspace import Workspace

METHODS: Final[dict[str, Method]] = {
    **methods_chat.METHODS,
    **methods_conversations.METHODS,
    **methods_directory.METHODS,
    **methods_marks.METHODS,
    **methods_views.METHODS,
}
APP_LEVEL: Final = frozenset({"apps.connections.open"})
KEPT_CALLS: Final = 10_000
WITHOUT_TOKEN: Final = frozenset({"api.test"})


class LostReply(Response):
    """Promises more than it sends, so that the server breaks the connection off."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


@dataclass
class Tokens:
    bot: str
    app: str

    def check(self, method: str, token: str) -> None:
        if method in WITHOUT_TOKEN:
            return
        if not token:
            raise ApiError("not_authed")
        if token not in {self.bot, self.app}:
            raise ApiError("invalid_auth")
        if (token == self.app) is not (method in APP_LEVEL):
            raise ApiError("not_allowed_token_type")


class WebApi:
    def __init__(
        self,
        tokens: Tokens,
        *,
        workspace: Workspace,
        registration: Registration,
        modals: Modals,
        tickets: Tickets,
        sockets: Sockets,
        faults: Faults,
    ) -> None:
        self.calls: list[ReceivedCall] = []
        self._tokens = tokens
        self._clock: Clock = workspace.clock
        self._faults = faults
        self._registration = registration
        self._reach: dict[str, Any] = {
            "workspace": workspace,
            "registration": registration,
            "modals": modals,
            "tickets": tickets,
            "sockets": sockets,
            "payloads": Payloads(workspace, registration),
        }

    async def serve(self, request: Request) -> Response:
        method = str(request.path_params["method"])
        self._faults.meet(method)
        slow = self._faults.take(method, "slow")
        if slow is not None:
            await asyncio.sleep(slow.delay)
        body = await request.body()
        try:
            args = parse_arguments(request.url.query, request.headers.get("content-type", ""), body)
        except ApiError as error:
            return self._answered(method, {}, _refusal(error))
        response = self._served(method, args, _token(request, args))
        hung = self._faults.take(method, "hung")
        if hung is not None:
            await asyncio.sleep(hung.delay)
        return response

    def _served(self, method: str, args: Json, token: str) -> Response:
        limited = self._faults.take(method, "rate_limited")
        if limited is not None:
            headers = {"Retry-After": str(limited.retry_after)}
            return self._answered(method, args, {"ok": False, "error": "ratelimited"}, 429, headers)
        if self._faults.take(method, "server_error"):
            return self._answered(method, args, {"ok": False, "error": "internal_error"}, 500)
        try:
            self._tokens.check(method, token)
            answer = {"ok": True, **self._call(method, args)}
        except ApiError as error:
            answer = _refusal(error)
        if self._faults.take(method, "late_error"):
            return self._answered(method, args, {"ok": False, "error": "internal_error"}, 500)
        response = self._answered(method, args, answer)
        return LostReply() if self._faults.take(method, "lost_reply") else response

    def _answered(
        self, method: str, args: Json, answer: Json, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        """The answer, noted in the log as it is now."""
        self.calls.append(ReceivedCall(method, args, self._clock.monotonic(), copy.deepcopy(answer)))
        del self.calls[:-KEPT_CALLS]
        granted = {"x-oauth-scopes": ",".join(sorted(self._registration.scopes))}
        scopes = METHODS[method].scopes if method in METHODS else ()
        accepted = {"x-accepted-oauth-scopes": ",".join(scopes)} if scopes else {}
        return JSONResponse(answer, status, granted | accepted | (headers or {}))

    def _call(self, name: str, args: Json) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise ApiError("unknown_method", req_method=name)
        fault = self._faults.take(name, *ERRORS)
        if fault is not None:
            raise ApiError(ERRORS[fault.kind])
        scopes = self._registration.scopes
        if method.scopes and scopes.isdisjoint(method.scopes):
            raise missing_scope(",".join(method.scopes), scopes)
        missing = [field for field in method.required if args.get(field) is None or args[field] == ""]
        if missing:
            raise invalid_arguments(*(f"[ERROR] missing required field: {field}" for field in missing))
        return method.handler(Call(args, **self._reach))


def _refusal(error: ApiError) -> Json:
    return {"ok": False, "error": error.error, **error.details}


def _token(request: Request, args: Json) -> str:
    given = str(args.pop("token", ""))
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else given
