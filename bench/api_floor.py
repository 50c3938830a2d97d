"""The API's floor: a bare FastAPI app whose routes return answers of the product, recorded before.

It has the product's server with its settings, and none of its keys, storage or checks.
"""

import asyncio
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

import uvloop
from fastapi import FastAPI, Response

import server


def answering(recorded: dict[str, dict[str, Any]]) -> FastAPI:
    app = FastAPI(openapi_url=None)
    shown, listed = recorded["show"], recorded["list"]
    show_body, list_body = shown["body"].encode(), listed["body"].encode()

    @app.get("/v3/follow_ups/{id}")
    async def show(id: str) -> Response:  # noqa: A002  as published
        return Response(show_body, headers=shown["headers"])

    @app.get("/v3/follow_ups")
    async def listing() -> Response:
        return Response(list_body, headers=listed["headers"])

    @app.get("/readyz")
    async def readyz() -> Response:
        return Response(b"{}")

    return app


async def serve(recorded: dict[str, dict[str, Any]]) -> None:
    async def nothing() -> None:
        return

    app = answering(recorded)
    gc.collect()
    gc.freeze()
    listening = server.bound(os.environ["HOST"], int(os.environ["PORT"]))
    await server.run(app, listening, start=nothing, leave=nothing)


if __name__ == "__main__":
    answers = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(answers))
