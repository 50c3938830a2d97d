"""The scenarios' product."""

from tests.scenarios.conftest import command, replicas, scenario, transport

__all__ = ["command", "replicas", "scenario", "transport"]
