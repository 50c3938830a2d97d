"""A local Slack workspace: Slack's side of the wire, for running and testing an app with no Slack account."""

from playground.blocks import message_errors, options_errors, view_errors
from playground.driver import Person
from playground.server import Playground

__all__ = ["Person", "Playground", "message_errors", "options_errors", "view_errors"]
