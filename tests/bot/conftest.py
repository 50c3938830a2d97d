"""The scenarios' product, for what has to be sent by hand."""

import pytest

from tests.scenarios.conftest import command, more_settings, replicas, scenario, transport

__all__ = ["command", "more_settings", "replicas", "scenario", "transport"]


@pytest.fixture
def backend() -> str:
    """The door asks nothing of the database."""
    return "sqlite"
