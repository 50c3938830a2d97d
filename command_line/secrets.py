"""`python app.py secrets …`: the keys that secrets are encrypted with."""

import click

import settings as settings_
from command_line.transactions import in_database
from storage import secrets as sealed
from storage.secrets import KEY_ID


@click.group()
def secrets() -> None:
    """Make keys for ENCRYPTION_KEYS, and encrypt stored secrets anew."""


@secrets.command("new-key")
@click.argument("name")
def new_key(name: str) -> None:
    """Print a new key called NAME, for example k1, to put first in ENCRYPTION_KEYS."""
    if not KEY_ID.fullmatch(name):
        raise click.BadParameter("use up to 20 letters, digits, - and _, for example k1.")
    click.echo(sealed.new_key(name))


@secrets.command()
def rotate() -> None:
    """Encrypt every stored secret with the first of ENCRYPTION_KEYS. Safe to repeat, also while serving."""
    settings = settings_.load()
    count = in_database(settings, lambda database: sealed.rotate(database, settings.keyring))
    click.echo(f"Encrypted anew: {count}.")
