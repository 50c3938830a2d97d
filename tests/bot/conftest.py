"""The scenarios' product, for what has to be sent by hand. The door asks nothing of the database."""

from tests.scenarios.conftest import backend, command, scenario, transport

__all__ = ["backend", "command", "scenario", "transport"]
