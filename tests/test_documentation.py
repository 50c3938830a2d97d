"""What can be set, typed or requested is in the documents."""

import re
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Route

from app import App
from bot.commands import NAMES
from settings import Settings
from storage.api_keys import SCOPES
from web.api import ROUTERS

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_every_setting_has_a_heading_in_the_documentation(name: str) -> None:
    assert f"\n### {name}\n" in (ROOT / "docs/configuration.md").read_text()


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_says_why_in_one_line(name: str) -> None:
    assert Settings.model_fields[name].description


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"`/incident {name}" in (ROOT / "README.md").read_text()


def test_every_route_is_in_the_documentation(tmp_path: Path) -> None:
    app = App(Settings(_env_file=None, database_url=f"sqlite+aiosqlite:///{tmp_path}/x.db"))
    operating = (ROOT / "docs/operating.md").read_text()
    undocumented = [r.path for r in app.asgi.routes if isinstance(r, Route) and r.path not in operating]
    assert undocumented == []


@pytest.mark.parametrize("document", sorted(ROOT.glob("docs/*.md")), ids=lambda path: path.name)
def test_every_document_can_be_reached_from_the_readme(document: Path) -> None:
    assert f"docs/{document.name}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("target", ["run", "test", "setup", "lint", "bench"])
def test_the_readme_names_only_make_targets_that_exist(target: str) -> None:
    assert f"\n{target}:" in (ROOT / "Makefile").read_text()
    assert f"make {target}" in (ROOT / "README.md").read_text()


def test_every_test_that_proves_a_promise_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/reliability.md").read_text()))
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert named
    assert sorted(named - set(re.findall(r"def (test_\w+)", tests))) == []


@pytest.mark.parametrize("router", ROUTERS, ids=lambda router: str(router.tags[0]))
def test_every_route_of_the_api_is_in_its_document(router: APIRouter) -> None:
    api = (ROOT / "docs/api.md").read_text()
    served = [
        f"{method} {route.path}"
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    ]
    assert served
    assert [route for route in served if f"`{route}`" not in api] == []


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_is_in_the_document_of_the_api(scope: str) -> None:
    assert f"`{scope}`" in (ROOT / "docs/api.md").read_text()
