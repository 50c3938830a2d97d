"""One transaction of a command, in the database that the program serves with the same settings."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from sqlmodel.ext.asyncio.session import AsyncSession

from settings import Settings
from storage.database import Database
from storage.errors import EndpointDisabledError, InvalidFieldError
from storage.secrets import NoKeyError, UnreadableSecretError
from storage.trouble import DatabaseTroubleError

T = TypeVar("T")

# Their texts are sentences for whoever typed the command.
REFUSALS = (EndpointDisabledError, NoKeyError, UnreadableSecretError)


def in_transaction(settings: Settings, do: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def transaction(database: Database) -> T:
        async with database.write() as session:
            return await do(session)

    return in_database(settings, transaction)


def in_database(settings: Settings, do: Callable[[Database], Awaitable[T]]) -> T:
    async def work() -> T:
        database = Database(_url(settings))
        try:
            await database.require_tables()
            with database.complaining():
                return await do(database)
        except DatabaseTroubleError as error:
            raise click.ClickException(f"{database} {error.trouble}. Try again in a moment.") from None
        finally:
            await database.close()

    try:
        return asyncio.run(work())
    except InvalidFieldError as error:
        raise click.ClickException(" ".join(error.errors.values())) from None
    except REFUSALS as error:
        raise click.ClickException(str(error)) from None


def _url(settings: Settings) -> str:
    if settings.has_slack_credentials:
        return settings.database_url
    import demo  # noqa: PLC0415  the playground is not loaded beside real Slack

    return demo.database_url(settings)
