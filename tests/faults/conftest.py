"""The scenarios' product and playground, for what goes wrong between them."""

from tests.scenarios.conftest import command, more_settings, replicas, scenario, transport

__all__ = ["command", "more_settings", "replicas", "scenario", "transport"]
