"""The playground's strict Slack takes every view too."""

from datetime import UTC, datetime
from typing import Any

import pytest

from playground.blocks import message_errors, view_errors
from views.gallery import gallery

SECTIONS = gallery(datetime(2026, 11, 23, 10, 0, tzinfo=UTC))["sections"]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section["name"])
def test_the_playground_takes_everything_in_the_gallery(section: Any) -> None:
    for item in section["items"]:
        found = message_errors(item["message"]) if item["kind"] == "message" else view_errors(item["view"])
        assert found == [], item["name"]
