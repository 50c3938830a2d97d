"""What a gateway in front of Slack may answer in Slack's place."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.slack_errors import as_job_error, error_name
from playground.serving import LocalServer


async def refused_with(answer: Response) -> SlackApiError:
    async def api(_request: Request) -> Response:
        return answer

    server = LocalServer()
    await server.start(Starlette(routes=[Route("/{method}", api, methods=["POST"])]))
    client = AsyncWebClient(token="xoxb-any", base_url=f"{server.url}/", retry_handlers=[])
    try:
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel="C0", text="Hello")
    finally:
        await server.stop()
    return caught.value


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("Internal Server Error", 500),
        HTMLResponse("<h1>Bad gateway</h1>", 500),
        JSONResponse(["no", "object"], 500),
        JSONResponse({"message": "no word of Slack's"}, 500),
    ],
)
async def test_an_answer_in_other_words_than_slacks_is_tried_again(answer: Response) -> None:
    error = await refused_with(answer)
    assert error_name(error) == "HTTP 500"
    assert not as_job_error(error).permanent


async def test_slacks_own_word_is_final() -> None:
    error = await refused_with(JSONResponse({"ok": False, "error": "is_archived"}))
    assert error_name(error) == "is_archived"
    assert as_job_error(error).permanent
