"""`python app.py keys …`: the keys of the HTTP API."""

from datetime import UTC, datetime, timedelta

import click

import settings as settings_
from command_line.transactions import in_transaction
from storage import api_keys
from storage.api_keys import SCOPES, KeyRecord


@click.group()
def keys() -> None:
    """Make, list and revoke keys of the HTTP API."""


def _scopes(_context: click.Context, _option: click.Parameter, value: str) -> list[str]:
    named = [scope.strip() for scope in value.split(",") if scope.strip()]
    return list(SCOPES) if named == ["all"] else named


@keys.command()
@click.option("--name", required=True, help="What the key is for; people see it as who made a change.")
@click.option(
    "--scopes", required=True, callback=_scopes, help="Comma-separated, or all. `scopes` lists them."
)
@click.option("--expires-in-days", type=click.IntRange(1, 3650), help="After that the key is refused.")
@click.option("--quiet", is_flag=True, help="Print the key alone.")
def create(name: str, scopes: list[str], expires_in_days: int | None, quiet: bool) -> None:
    """Make a key. It is shown once."""
    now = datetime.now(UTC)
    expires_at = now + timedelta(days=expires_in_days) if expires_in_days else None
    made, secret = in_transaction(
        settings_.load(),
        lambda session: api_keys.create(session, name, scopes, now=now, expires_at=expires_at),
    )
    click.echo(secret if quiet else f"{secret}\n\nKeep it now: it is not shown again.\n{_line(made)}")


@keys.command("list")
def list_keys() -> None:
    """List every key, without its secret."""
    for key in in_transaction(settings_.load(), api_keys.every):
        click.echo(_line(key))


@keys.command()
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """Refuse a key from now on, within a second. ID is the first column of `list`."""
    revoked = in_transaction(
        settings_.load(), lambda session: api_keys.revoke(session, key_id, datetime.now(UTC))
    )
    if revoked is None:
        raise click.ClickException(f"There is no key {key_id}. `list` has those there are.")
    click.echo(_line(revoked))


@keys.command()
def scopes() -> None:
    """List what a key can be allowed."""
    for scope, meaning in SCOPES.items():
        click.echo(f"{scope:36} {meaning}")


def _line(key: KeyRecord) -> str:
    state = "revoked" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "good"
    used = f"used {key.last_used_at:%Y-%m-%d %H:%M} UTC" if key.last_used_at else "never used"
    named = "all scopes" if key.scopes == SCOPES.keys() else ", ".join(sorted(key.scopes))
    return f"{key.id}  {key.prefix}…  {key.name}  ({state}, {used})  {named}"
