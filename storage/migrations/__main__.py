"""Alembic's command line on the database of DATABASE_URL, without an ini file."""

import asyncio
import os
import sys

from alembic.config import CommandLine, Config
from sqlalchemy import make_url

from storage import migrations


def main(arguments: list[str]) -> None:
    command_line = CommandLine(prog="python -m storage.migrations")
    options = command_line.parser.parse_args(arguments)
    if not hasattr(options, "cmd"):
        command_line.parser.error("which command?")
    if not (url := os.environ.get("DATABASE_URL")):
        command_line.parser.error("set DATABASE_URL")

    def run(config: Config) -> None:
        config.cmd_opts = options
        command_line.run_cmd(config, options)

    asyncio.run(migrations.run(make_url(url), run))


main(sys.argv[1:])
