"""What nobody should send: refused as published, with a pointer to the field; nothing is changed by it."""

import json
from typing import Any

import httpx
import pytest

from tests.web.conftest import Key, Server

NOWHERE = "01FCNDV6P870EA6S7TK1DSYDG0"
JSON = {"Content-Type": "application/json"}


def pointer(answer: httpx.Response) -> Any:
    return answer.json()["errors"][0].get("source", {}).get("pointer")


async def lists(key: Key) -> list[str]:
    listed = await key.http.get("/v3/follow_ups")
    return [one["title"] for one in listed.json()["follow_ups"]]


QUERIES: dict[str, list[tuple[str, str]]] = {
    "/v3/follow_ups": [
        ("page_size", "0"),
        ("page_size", "-1"),
        ("page_size", "251"),
        ("page_size", "ten"),
        ("page_size", "1e2"),
        ("page_size", "99999999999999999999"),
        ("page_size", ""),
        ("after", NOWHERE),
        ("after", "nothing"),
        ("after", "\x00"),
        ("incident_id", "INC-1"),
        ("incident_id", "' OR 1=1 --"),
        ("assignee_team_id", "S0SRE"),
        ("incident_mode", "drill"),
        ("created_at[gte]", "yesterday"),
        ("created_at[gte]", "2026-02-30"),
        ("created_at[gte]", "2026-11-24T09:00:00"),
        ("created_at[gte]", "0001-01-01"),
        ("created_at[gte]", "9999-12-31T23:59:59-23:59"),
        ("created_at[lte]", ""),
        ("created_at[lte]", "1732438800"),
        ("created_at[date_range]", "2026-11-01"),
        ("created_at[date_range]", "2026-11-01~"),
        ("created_at[between]", "2026-11-01"),
        ("updated_at[gte]", "٢٠٢٦-١١-٢٤"),
        ("updated_at", "2026-11-24"),
        ("staus", "outstanding"),
        ("status", "deleted"),
        ("status", "open"),
        ("assignee_id", "U0MAYA"),
        ("assigned", "perhaps"),
        ("priority_id", "Urgent"),
        ("category_id", ""),
        ("label", " "),
        ("label", "x" * 51),
        ("creator_kind", "robot"),
        ("due_on[gte]", "tomorrow"),
        ("due_on[gte]", "2026-02-30"),
        ("due_on[lte]", "2026-11-24T09:00:00Z"),
        ("due_on[lte]", "٢٠٢٦-١١-٢٤"),
        ("overdue", "late"),
        ("has_external_issue", "2"),
        ("text", ""),
        ("text", " \x00 "),
        ("text", "x" * 501),
        ("text", " ".join(str(number) for number in range(51))),
        ("sort", "title"),
        ("order", "down"),
        ("after", "x" * 1000),
        ("after", "é"),
    ],
    "/v2/follow_ups": [
        ("page_size", "0"),
        ("after", NOWHERE),
        ("created_at[gte]", "2026-11-24"),
        ("status", "deleted"),
        ("sort", "title"),
    ],
    "/v3/follow_ups/stats": [
        ("incident_id", "INC-1"),
        ("incident_mode", "drill"),
        ("assignee_team_id", "S0SRE"),
        ("created_at[gte]", "yesterday"),
        ("period[lte]", "soon"),
        ("period[date_range]", "2026-11-01"),
        ("period", "2026-11-01"),
        ("page_size", "25"),
    ],
    f"/v3/follow_ups/{NOWHERE}/history": [
        ("page_size", "0"),
        ("page_size", "251"),
        ("after", "-1"),
        ("after", "first"),
        ("after", "99999999999"),
        ("since", "1"),
    ],
    "/v2/incidents": [
        ("page_size", "501"),
        ("after", NOWHERE),
        ("sort_by", "name"),
        ("filter_mode", "none"),
        ("status[one_of]", NOWHERE),
        ("status[one_of]", "live"),
        ("status_category[one_of]", "Active"),
        ("severity[gte]", NOWHERE),
        ("severity[one_of]", "Minor"),
        ("mode[one_of]", "drill"),
        ("mode[not_in]", "test"),
        ("custom_field[01FCNDV6P870EA6S7TK1DSYDG0][one_of]", "x"),
        ("incident_type[one_of]", NOWHERE),
    ],
    "/v2/users": [
        ("page_size", "10001"),
        ("after", NOWHERE),
        ("slack_user_id", "maya"),
        ("slack_user_id", "\x00"),
        ("include_inactive", "perhaps"),
    ],
    "/v3/teams": [("page_size", "-5"), ("after", NOWHERE)],
}


@pytest.mark.parametrize("path", QUERIES)
async def test_parameters_are_refused_by_name(server: Server, path: str) -> None:
    key = await server.key()
    for name, value in QUERIES[path]:
        answer = await key.http.get(path, params={name: value})
        assert (answer.status_code, pointer(answer)) == (422, f"/{name}"), (name, value)


FOLLOW_UPS: list[tuple[dict[str, Any], str]] = [
    ({"title": None}, "/title"),
    ({"title": ""}, "/title"),
    ({"title": " \u200b\u00a0"}, "/title"),
    ({"title": 5}, "/title"),
    ({"title": True}, "/title"),
    ({"title": ["Rotate"]}, "/title"),
    ({"title": "x" * 256}, "/title"),
    ({"description": "x" * 3001}, "/description"),
    ({"description": 1.5}, "/description"),
    ({"labels": "tls"}, "/labels"),
    ({"labels": None}, "/labels"),
    ({"labels": ["tls", 7]}, "/labels/1"),
    ({"labels": [f"label {number}" for number in range(10_000)]}, "/labels"),
    ({"labels": ["x" * 51]}, "/labels"),
    ({"assignee_id": "U0MAYA"}, "/assignee_id"),
    ({"assignee_id": NOWHERE}, "/assignee_id"),
    ({"assignee_id": 1}, "/assignee_id"),
    ({"assignee_team_id": NOWHERE}, "/assignee_team_id"),
    ({"follow_up_priority_option_id": NOWHERE}, "/follow_up_priority_option_id"),
    ({"follow_up_priority_option_id": "Urgent"}, "/follow_up_priority_option_id"),
    ({"follow_up_category_id": NOWHERE}, "/follow_up_category_id"),
    ({"due_on": "2026-02-30"}, "/due_on"),
    ({"due_on": "tomorrow"}, "/due_on"),
    ({"due_on": 0}, "/due_on"),
    ({"due_on": "3000-01-01"}, "/due_on"),
    ({"due_on": "2030-01-01T00:00:00Z"}, "/due_on"),
    ({"due_on": "2030-01-01", "due_zone": "Mars/Olympus"}, "/due_zone"),
    ({"due_on": "2030-01-01", "due_zone": "../../etc/passwd"}, "/due_zone"),
]
NEW: list[tuple[dict[str, Any], str]] = [
    ({"incident_id": None}, "/incident_id"),
    ({"incident_id": NOWHERE}, "/incident_id"),
    ({"incident_id": "INC-1"}, "/incident_id"),
    ({"due_on": "2020-01-01"}, "/due_on"),
    ({"external_issue_reference_id": NOWHERE}, "/external_issue_reference_id"),
    ({"source_permalink": "javascript:alert(1)"}, "/source_permalink"),
    ({"creator": {}}, "/creator"),
    ({"creator": {"user": {"id": NOWHERE}}}, "/creator"),
    ({"creator": {"workflow": {"id": "1", "name": "x"}}}, "/creator/workflow/id"),
]


async def test_the_fields_of_a_follow_up_are_refused_one_by_one(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = await server.follow_up(maya, incident, "Kept")
    for fields, expected in FOLLOW_UPS + NEW:
        body = {"incident_id": incident.id, "title": "New", **fields}
        answer = await key.http.post("/v3/follow_ups", json=body)
        assert (answer.status_code, pointer(answer)) == (422, expected), str(fields)[:80]
    for fields, expected in [*FOLLOW_UPS, ({"status": "done"}, "/status"), ({"status": None}, "/status")]:
        body = {"title": "Changed", "status": "outstanding", **fields}
        answer = await key.http.put(f"/v3/follow_ups/{made.id}", json=body)
        assert (answer.status_code, pointer(answer)) == (422, expected), str(fields)[:80]
    assert await lists(key) == ["Kept"]


async def test_what_is_missing_is_called_required_and_several_are_named_at_once(server: Server) -> None:
    key = await server.key()
    answer = await key.http.post("/v3/follow_ups", json={})
    errors = answer.json()["errors"]
    assert answer.status_code == 422
    assert [(error["code"], error["source"]["field"]) for error in errors] == [
        ("is_required", "incident_id"),
        ("is_required", "title"),
    ]


async def test_a_bot_a_stranger_and_a_leaver_get_no_work(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    for described in ({"is_bot": True}, {"is_stranger": True}, {"is_deleted": True}):
        person = await server.somebody(**described)
        body = {"incident_id": incident.id, "title": "Rotate", "assignee_id": person}
        answer = await key.http.post("/v3/follow_ups", json=body)
        assert (answer.status_code, pointer(answer)) == (422, "/assignee_id")


BODIES: list[tuple[bytes, int, str | None]] = [
    (b"", 422, "/"),
    (b"null", 422, "/"),
    (b"[]", 422, "/"),
    (b'"text"', 422, "/"),
    (b"{", 400, None),
    (b"{'title': 1}", 400, None),
    (b'{"title": "x",}', 400, None),
    (b'{"title": NaN}', 400, None),
    (b'{"title": -Infinity}', 400, None),
    (b'{"title": "x"} {}', 400, None),
    (b"\xff\xfe\x00", 400, None),
    (b'{"title": "\xc3"}', 400, None),
    (b'{"title": "a", "title": "b"}', 400, "/title"),
    (b'{"creator": {"alert": {"id": "1", "id": "2"}}}', 400, "/creator/alert/id"),
    (b"[" * 100_000 + b"]" * 100_000, 400, None),
    (b'{"title":' * 50_000 + b"1" + b"}" * 50_000, 400, None),
    (b'{"title": ' + b"9" * 5_000 + b"}", 400, None),
]


async def test_bodies_that_are_no_json_are_refused(server: Server) -> None:
    key = await server.key()
    for body, status, expected in BODIES:
        answer = await key.http.post("/v3/follow_ups", content=body, headers=JSON)
        assert (answer.status_code, pointer(answer)) == (status, expected), body[:60]


async def test_half_a_character_is_refused_where_it_stands(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    for name, value in (("title", r'"half \ud83d"'), ("labels", r'["\udd25"]'), ("description", r'"\ud83d"')):
        fields = {"incident_id": json.dumps(incident.id), "title": '"Rotate"', name: value}
        body = "{" + ",".join(f'"{key}": {text}' for key, text in fields.items()) + "}"
        answer = await key.http.post("/v3/follow_ups", content=body, headers=JSON)
        assert answer.status_code == 422
        assert str(pointer(answer)).startswith(f"/{name}")


async def test_control_characters_are_left_out_as_in_slack(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    body = {"incident_id": incident.id, "title": "Rotate\x00 the\ncerts\x1f", "labels": ["t\x00ls"]}
    made = (await key.http.post("/v3/follow_ups", json=body)).json()["follow_up"]
    assert (made["title"], made["labels"]) == ("Rotate the certs", ["tls"])


async def test_other_types_of_content_are_refused(server: Server) -> None:
    key, incident = await server.key(), await server.incident()
    body = json.dumps({"incident_id": incident.id, "title": "Rotate"}).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "", "json"):
        answer = await key.http.post("/v3/follow_ups", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 400, kind
        assert answer.json()["errors"][0]["code"] == "unsupported_media_type"
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/merge+json"):
        answer = await key.http.post("/v3/follow_ups", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 201, kind


async def test_a_body_has_at_most_a_megabyte_whatever_its_length_header_says(server: Server) -> None:
    key = await server.key()

    async def streamed() -> Any:
        for _ in range(11):
            yield b" " * 100_000

    whole = await key.http.post("/v3/follow_ups", content=b" " * 1_000_001, headers=JSON)
    parts = await key.http.post("/v3/follow_ups", content=streamed(), headers=JSON)
    for answer in (whole, parts):
        assert (answer.status_code, answer.json()["type"]) == (413, "payload_too_large")


async def test_what_cannot_be_an_id_is_not_there(server: Server) -> None:
    key = await server.key()
    for id_ in ("x", "%00", "..%2f", "%F0%9F%94%A5", "01fcndv6p870ea6s7tk1dsydg0", "8" * 26, "x" * 3000):
        for path in ("/v3/follow_ups", "/v2/incidents", "/v2/users", "/v1/severities", "/v3/teams"):
            answer = await key.http.get(f"{path}/{id_}")
            assert answer.status_code == 404, (path, id_)


ISSUES = [
    ("linear", "https://linear.app/harbour"),
    ("linear", "http://linear.app/harbour/issue/ENG-1"),
    ("linear", "https://linear.app.example.com/harbour/issue/ENG-1"),
    ("linear", "https://me:pw@linear.app/harbour/issue/ENG-1"),
    ("linear", "javascript:alert(1)"),
    ("linear", "https://linear.app/harbour/issue/ENG-1 "),
    ("linear", "https://linear.app/harbour/issue/ENG-1?" + "x" * 2000),
    ("github", "https://github.com/harbour/checkout"),
    ("jira", "https://[::1/browse/OPS-1"),
]


async def test_addresses_that_are_of_no_issue_are_refused(server: Server) -> None:
    key, maya, incident = await server.key(), await server.person(), await server.incident()
    made = await server.follow_up(maya, incident)
    for provider, url in ISSUES:
        answer = await key.http.post(
            f"/v3/follow_ups/{made.id}/actions/connect_external_issue",
            json={"provider": provider, "url": url},
        )
        assert (answer.status_code, pointer(answer)) == (422, "/url"), url[:60]
    unknown = await key.http.post(
        f"/v3/follow_ups/{made.id}/actions/connect_external_issue",
        json={"provider": "trello", "url": "https://trello.com/c/1"},
    )
    assert pointer(unknown) == "/provider"


async def test_a_whole_number_may_be_written_with_a_point(server: Server) -> None:
    """JSON has one kind of number, and some languages write 24 as 24.0."""
    key = await server.key()
    for rank, status in (("7.0", 201), ("7.5", 422), ("1e300", 422), ("-0.0", 201)):
        body = f'{{"name": "As {rank}", "rank": {rank}}}'
        answer = await key.http.post("/v1/follow_up_categories", content=body, headers=JSON)
        assert answer.status_code == status, rank
    listed = (await key.http.get("/v1/follow_up_categories")).json()["follow_up_categories"]
    assert [one["rank"] for one in listed] == [0, 7]


async def test_a_repeated_incident_is_held_to_the_same_limits(server: Server) -> None:
    key = await server.key()
    body = {"idempotency_key": "1", "visibility": "public", "name": "Checkout is down"}
    assert (await key.http.post("/v2/incidents", json=body)).status_code == 200
    answer = await key.http.post("/v2/incidents", json={**body, "summary": "x" * 10_001})
    assert (answer.status_code, pointer(answer)) == (422, "/summary")


async def test_a_pointer_to_an_unknown_parameter_is_escaped(server: Server) -> None:
    key = await server.key()
    answer = await key.http.get("/v3/follow_ups", params={"a~b/c": "1"})
    assert (answer.status_code, pointer(answer)) == (422, "/a~0b~1c")
