"""The scenarios' product and playground, for what goes wrong between them."""

from tests.scenarios.conftest import backend, command, scenario, transport

__all__ = ["backend", "command", "scenario", "transport"]
