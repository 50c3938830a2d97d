"""The protocol itself, by its SDK: stateless, so that any replica can answer any message."""

from typing import Any

import mcp_types as types
import orjson
import structlog
from fastapi import Request, Response
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from starlette.types import Receive, Scope, Send

from web.context import Call
from web.errors import HANDLERS
from web.mcp_tools import TOOLS, UNKNOWN, Tool
from web.mcp_words import INSTRUCTIONS

Asked = ServerRequestContext[Any, Request]

log = structlog.get_logger("mcp")


async def list_tools(asked: Asked, _params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    """Those that the key has the scope for."""
    call: Call = _request(asked).scope["call"]
    offered = [_shown(tool) for tool in TOOLS.values() if tool.scopes <= call.key.scopes]
    return types.ListToolsResult(tools=offered)


def _shown(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=types.ToolAnnotations.model_validate(tool.hints),
    )


async def call_tool(asked: Asked, params: types.CallToolRequestParams) -> types.CallToolResult:
    tool = TOOLS.get(params.name)
    if tool is None:
        known = ", ".join(TOOLS)
        raise MCPError(code=types.INVALID_PARAMS, message=f"There is no such tool; there are {known}.")
    request = _request(asked)
    try:
        response = await tool.call(request, params.arguments or {})
    except Exception as error:
        return _refused(tool, await _answer_to(error, request, tool))
    return types.CallToolResult(
        content=[types.TextContent(text=bytes(response.body).decode())],
        structured_content=orjson.loads(response.body),
    )


def _request(asked: Asked) -> Request:
    assert asked.request is not None  # noqa: S101  there is one over HTTP
    return asked.request


async def _answer_to(error: Exception, request: Request, tool: Tool) -> Response:
    """The API's own, by the table that it has."""
    handle = next(HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS)
    if handle is HANDLERS[Exception]:
        log.error("tool_failed", request_id=request.scope["request_id"], tool=tool.name, exc_info=error)
    return await handle(request, error)


def _refused(tool: Tool, response: Response) -> types.CallToolResult:
    """The published error object, pointing at the tool's arguments by their names here."""
    told = orjson.loads(response.body)
    names = {f"/{argument.alias}": argument.name for argument in tool.arguments.values()}
    for problem in told["errors"]:
        source = problem.get("source")
        if (
            source is not None
            and problem["code"] != UNKNOWN
            and (name := names.get(source["pointer"])) is not None
        ):
            problem["source"] = {"field": name, "pointer": f"/{name}"}
    return types.CallToolResult(content=[types.TextContent(text=orjson.dumps(told).decode())], is_error=True)


server = Server(
    "incident-follow-ups",
    title="Incident follow-ups",
    instructions=INSTRUCTIONS,
    on_list_tools=list_tools,
    on_call_tool=call_tool,
    get_tool_input_schema=lambda name: TOOLS[name].input_schema if name in TOOLS else None,
)


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """One message, and nothing of it is kept: so the SDK's tasks end with it."""
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    async with manager.run():
        await manager.handle_request(scope, receive, send)
