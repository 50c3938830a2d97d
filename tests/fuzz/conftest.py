"""The scenarios' product."""

from tests.scenarios.conftest import command, more_settings, replicas, scenario, transport

__all__ = ["command", "more_settings", "replicas", "scenario", "transport"]
