"""The workspace outlives a restart."""

from pathlib import Path
from typing import Any

import pytest

from playground import Playground
from playground.clock import Clock
from playground.persistence import DEBOUNCE, read
from playground.seed import BOT, CHECKOUT, MAYA, TOM

VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "Open"}, "blocks": [{"type": "divider"}]}


@pytest.fixture
def state_path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "workspace.json"


def again(manifest: dict[str, Any], path: Path | None) -> Playground:
    return Playground(manifest, signing_secret="s", bot_token="xoxb-1", app_token="xapp-1", state_path=path)


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_everything_is_there_after_a_restart(manifest: dict[str, Any], state_path: Path) -> None:
    async with again(manifest, state_path) as first:
        said = first.acts.say(TOM, CHECKOUT, "Restarted it")
        first.acts.react(MAYA, CHECKOUT, said.ts, "eyes")
        first.acts.rename(MAYA, CHECKOUT, "inc-142-cart")
        first.modals.open(MAYA, VIEW)
        direct = first.workspace.direct(BOT, MAYA)
    second = again(manifest, state_path)
    assert second.workspace.state == first.workspace.state
    message = second.workspace.message(CHECKOUT, said.ts)
    assert message is not None
    assert message.reactions == [{"name": "eyes", "users": [MAYA], "count": 1}]
    assert [view.content["title"]["text"] for view in second.modals.stack(MAYA)] == ["Open"]
    assert second.workspace.direct(BOT, MAYA).id == direct.id


async def test_a_crash_loses_no_more_than_a_moment(manifest: dict[str, Any], state_path: Path) -> None:
    first = again(manifest, state_path)
    first.acts.say(TOM, CHECKOUT, "Restarted it")
    found = await first.workspace.changes.until(lambda: read(state_path), 2 * DEBOUNCE)
    assert found is not None
    assert found.messages[CHECKOUT][-1].text == "Restarted it"


async def test_stamps_go_on_from_the_newest(manifest: dict[str, Any], state_path: Path) -> None:
    async with again(manifest, state_path) as first:
        first.clock.advance(3600)
        newest = first.acts.say(TOM, CHECKOUT, "From the future").ts
    assert again(manifest, state_path).acts.say(TOM, CHECKOUT, "Later").ts > newest


async def test_without_a_path_nothing_is_written(manifest: dict[str, Any], tmp_path: Path) -> None:
    async with again(manifest, None) as made:
        made.acts.say(TOM, CHECKOUT, "Gone tomorrow")
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("content", ['{"version": 0}', '{"version": 1}', "[]", "{", ""])
def test_a_file_nobody_understands_is_put_aside(
    manifest: dict[str, Any], state_path: Path, content: str
) -> None:
    state_path.parent.mkdir(parents=True)
    state_path.write_text(content)
    assert CHECKOUT in again(manifest, state_path).workspace.channels
    assert (state_path.parent / "workspace.json.unreadable").read_text() == content


def test_stamps_are_unique_and_grow() -> None:
    clock = Clock()
    stamps = [clock.stamp() for _ in range(1000)]
    assert stamps == sorted(set(stamps))


def test_the_command_may_have_another_name(manifest: dict[str, Any]) -> None:
    made = Playground(manifest, signing_secret="s", bot_token="b", app_token="a", command="inc")
    assert [command.command for command in made.registration.commands] == ["/inc"]
