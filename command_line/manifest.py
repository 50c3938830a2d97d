"""`python app.py manifest`: the Slack app for this installation."""

from pathlib import Path
from typing import Any

import click
import yaml

import settings as settings_
from settings import Settings

MANIFEST = Path(__file__).parents[1] / "manifest.yml"


@click.command()
def manifest() -> None:
    """Print the Slack app manifest for this installation."""
    click.echo(filled(settings_.load()), nl=False)


def filled(settings: Settings) -> str:
    """`manifest.yml` for this installation: its command, and its door or Socket Mode."""
    filled: Any = yaml.safe_load(MANIFEST.read_text())
    (command,) = filled["features"]["slash_commands"]
    information = filled["display_information"]
    information["long_description"] = information["long_description"].replace(
        command["command"], settings.slack_command
    )
    command["command"] = settings.slack_command
    events, interactivity = filled["settings"]["event_subscriptions"], filled["settings"]["interactivity"]
    doors = ((command, "url"), (events, "request_url"), (interactivity, "request_url"))
    for holder, key in (*doors, (interactivity, "message_menu_options_url")):
        if settings.public_url is None:
            del holder[key]
        else:
            holder[key] = f"{settings.public_url.rstrip('/')}/slack/events"
    filled["settings"]["socket_mode_enabled"] = settings.public_url is None
    return str(yaml.safe_dump(filled, sort_keys=False, allow_unicode=True))
