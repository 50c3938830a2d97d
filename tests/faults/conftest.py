"""The scenarios' product and playground, for what goes wrong between them."""

from tests.scenarios.conftest import command, replicas, scenario, transport

__all__ = ["command", "replicas", "scenario", "transport"]
