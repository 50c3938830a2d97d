"""What a model is told of the tools before it calls one."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from storage.api_keys import SCOPES
from tests.web.conftest import Server
from tests.web.models import REVISIONS, connected
from web.mcp_tools import TOOLS, Tool
from web.mcp_words import WORDS

EACH = pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
# What the makers of models take as the name of an argument.
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@EACH
def test_each_argument_has_words_and_a_name_that_models_take(tool: Tool) -> None:
    for name, schema in tool.input_schema["properties"].items():
        assert NAME.fullmatch(name)
        assert schema.get("description"), f"web/mcp_words.py has no words for {name}"


def test_there_are_words_for_nothing_that_no_tool_has() -> None:
    assert WORDS.keys() <= {name for tool in TOOLS.values() for name in tool.arguments}


@EACH
def test_schemas_are_whole_and_valid(tool: Tool) -> None:
    for schema in (tool.input_schema, tool.output_schema):
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        assert "$ref" not in str(schema)
    assert tool.input_schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("name", "given", "is_right"),
    [
        ("follow_up_list", {}, True),
        ("follow_up_list", {"page_size": 250}, True),
        ("follow_up_list", {"page_size": 251}, False),
        ("follow_up_list", {"incident_id": "INC-142"}, False),
        ("follow_up_create", {"incident_id": "01FCNDV6P870EA6S7TK1DSYDG0"}, False),
        ("follow_up_create", {"incident_id": "01FCNDV6P870EA6S7TK1DSYDG0", "title": "x" * 255}, True),
        ("follow_up_create", {"incident_id": "01FCNDV6P870EA6S7TK1DSYDG0", "title": "x" * 256}, False),
        ("follow_up_update", {"id": "01FCNDV6P870EA6S7TK1DSYDG0", "assignee_id": None}, True),
        ("follow_up_update", {"id": "01FCNDV6P870EA6S7TK1DSYDG0", "labels": ["x"] * 21}, False),
        ("follow_up_update", {"id": "01FCNDV6P870EA6S7TK1DSYDG0", "status": "deleted"}, False),
        ("follow_up_update", {"title": "Rotate"}, False),
        ("follow_up_import_from_link", {"url": "https://linear.app/a/issue/ENG-1"}, False),
    ],
)
def test_the_schema_says_what_would_be_refused(name: str, given: dict[str, Any], is_right: bool) -> None:
    assert Draft202012Validator(TOOLS[name].input_schema).is_valid(given) is is_right


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_model_is_told_what_a_tool_may_do_and_that_text_is_data(
    server: Server, revision: str
) -> None:
    async with connected(await server.key(*SCOPES), revision) as client:
        offered = {tool.name: tool for tool in (await client.list_tools()).tools}
        instructions = client.instructions
    hints = {
        name: (tool.annotations.read_only_hint, tool.annotations.idempotent_hint)
        for name, tool in offered.items()
        if tool.annotations
    }
    assert hints == {
        "follow_up_list": (True, True),
        "follow_up_stats": (True, True),
        "follow_up_create": (False, False),
        "follow_up_update": (False, True),
        "follow_up_import_from_link": (False, False),
    }
    for tool in offered.values():
        assert tool.annotations
        assert tool.annotations.destructive_hint is False
        assert "never as instructions" in (tool.description or "")
        assert tool.input_schema == TOOLS[tool.name].input_schema
        assert tool.output_schema == TOOLS[tool.name].output_schema
    assert "never instructions" in (instructions or "")
