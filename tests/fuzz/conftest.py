"""The scenarios' product."""

from tests.scenarios.conftest import backend, command, scenario, transport

__all__ = ["backend", "command", "scenario", "transport"]
