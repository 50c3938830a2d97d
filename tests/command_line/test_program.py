"""The commands as a whole."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from command_line import program
from tests.command_line.said import ROOT, run


def commands(group: click.Group, *above: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)
        else:
            yield " ".join((*above, name)), command


EVERY = dict(commands(program))


@pytest.mark.parametrize("name", EVERY)
def test_every_command_has_a_heading_in_the_documentation(name: str) -> None:
    assert f"\n### {name}\n" in (ROOT / "docs/commands.md").read_text()


@pytest.mark.parametrize("name", EVERY)
def test_every_command_and_option_says_what_it_does(name: str) -> None:
    assert EVERY[name].help
    options = [each for each in EVERY[name].params if isinstance(each, click.Option)]
    assert [option.name for option in options if not option.help] == []


async def test_a_command_that_does_not_exist_is_an_error_with_a_hint(tmp_path: Path) -> None:
    said = await run("job", at=tmp_path)
    assert said.code == 2
    assert "No such command 'job'" in said.err


async def test_serving_loads_nothing_of_the_commands() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import app, sys; print({'command_line', 'alembic', 'yaml'} & set(sys.modules))",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert out.decode() == "set()\n"


async def test_serve_is_the_default_by_its_name(tmp_path: Path) -> None:
    said = await run("serve", at=tmp_path, SLACK_BOT_TOKEN="xoxb-1")
    assert said.code == 1
    assert said.err.startswith("SLACK_SIGNING_SECRET is missing")
