"""What a model's program does: the official client of the Model Context Protocol, with a key."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent

from tests.web.conftest import Key

# The revision without a handshake, and those with one.
REVISIONS = ("auto", "legacy")


@asynccontextmanager
async def connected(key: Key, revision: str = "auto") -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key.secret}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(f"{key.base_url}/mcp", http_client=http)
        async with Client(transport, mode=revision) as client:
            yield client


async def result(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Held by the client against the tool's schema."""
    found = await client.call_tool(tool, arguments)
    assert not found.is_error, text(found)
    assert json.loads(text(found)) == found.structured_content
    shown: dict[str, Any] = found.structured_content
    return shown


async def refusal(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    found = await client.call_tool(tool, arguments)
    assert found.is_error, text(found)
    assert found.structured_content is None
    told: dict[str, Any] = json.loads(text(found))
    return told


def text(found: CallToolResult) -> str:
    (content,) = found.content
    assert isinstance(content, TextContent)
    return content.text


def told(refused: dict[str, Any]) -> tuple[int, str, str | None]:
    """Its status, code and pointer."""
    (problem,) = refused["errors"]
    return refused["status"], problem["code"], problem.get("source", {}).get("pointer")
