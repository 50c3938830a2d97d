"""/docs/api: the document to read, in any browser, with nothing from elsewhere."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.web.conftest import Server
from tests.web.test_openapi import DOCUMENT, OPERATIONS
from web.reference_page import page

SERVER = "https://follow-ups.example"


class Read(HTMLParser):
    """What a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        self.tags.add(tag)
        self.attributes |= given.keys()
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def read() -> Read:
    return Read(page(DOCUMENT, SERVER))


async def test_it_is_served_without_a_key_under_a_strict_policy(server: Server) -> None:
    async with server.client() as http:
        http.event_hooks = {}
        answer = await http.get("/docs/api")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert f"curl {server.base_url}/v3/follow_ups" in Read(answer.text).text


def test_it_needs_no_script_and_nothing_from_elsewhere(read: Read) -> None:
    assert read.tags.isdisjoint({"script", "img", "iframe", "link", "object", "form", "base"})
    assert not {name for name in read.attributes if name.startswith("on") or name in {"src", "style"}}
    assert [link for link in read.links if not link.startswith(("#", "/"))] == []


def test_every_link_within_it_leads_somewhere_and_no_name_is_there_twice(read: Read) -> None:
    assert len(read.ids) == len(set(read.ids))
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.ids)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_has_an_anchor_its_address_and_a_request_to_copy(read: Read, name: str) -> None:
    path, method, operation = OPERATIONS[name]
    assert name in read.ids
    assert f"#{name}" in read.links
    assert re.search(rf"{method.upper()}\s+{re.escape(path)}", read.text)
    places = {one["name"]: one["example"] for one in operation.get("parameters", ()) if one["in"] == "path"}
    assert f"{SERVER}{path.format(**places)} " in read.text


def test_what_is_described_is_text_and_never_markup() -> None:
    document = {**DOCUMENT, "info": {**DOCUMENT["info"], "description": "<script>alert(1)</script> `<b>`"}}
    html = page(document, "https://x/\"'><script>")
    assert "<script>" not in html
    assert "<code>&lt;b&gt;</code>" in html
