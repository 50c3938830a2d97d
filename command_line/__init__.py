"""`python app.py COMMAND`. Each command, or group of them, has a module here and a line in COMMANDS."""

import click

from command_line.databases import copy_database
from command_line.exports import exports
from command_line.imports import imports
from command_line.jobs import jobs
from command_line.keys import keys
from command_line.manifest import manifest
from command_line.secrets import secrets
from command_line.serve import serve
from command_line.webhooks import webhooks

COMMANDS: tuple[click.Command, ...] = (
    serve,
    manifest,
    jobs,
    keys,
    webhooks,
    secrets,
    imports,
    exports,
    copy_database,
)


@click.group(commands=COMMANDS)
def program() -> None:
    """Incident follow-ups for Slack. Without a command it serves."""
