"""What other objects point at, driven by the official client."""

from incident_io.api.incident_statuses_v1 import incident_statuses_v1_list
from incident_io.api.severities_v1 import severities_v1_list, severities_v1_show
from incident_io.api.teams_v3 import teams_v3_list, teams_v3_show
from incident_io.api.users_v2 import users_v2_list, users_v2_show
from incident_io.api.utilities_v1 import utilities_v1_identity
from incident_io.models import (
    IncidentStatusesListResultV1,
    SeveritiesListResultV1,
    SeveritiesShowResultV1,
    TeamsListResultV3,
    TeamsShowResultV3,
    UsersListResultV2,
    UsersShowResultV2,
    UtilitiesIdentityResultV1,
)
from incident_io.types import UNSET

from playground import seed
from storage import people
from tests.web.conftest import ALL, Server


async def test_a_key_knows_its_name_and_what_it_may_do(server: Server) -> None:
    every, viewer = await server.key(*ALL), await server.key("actions.view", "incidents.view", name="Viewer")
    told = [await utilities_v1_identity.asyncio(client=key.official) for key in (every, viewer)]
    of_every, of_viewer = (one.identity for one in told if isinstance(one, UtilitiesIdentityResultV1))
    assert {role.value for role in of_every.roles} == {
        "viewer",
        "incident_creator",
        "incident_editor",
        "global_access",
    }
    assert of_viewer.name == "Viewer"
    assert [role.value for role in of_viewer.roles] == ["viewer"]
    assert of_viewer.additional_properties["scopes"] == ["actions.view", "incidents.view"]
    assert of_viewer.dashboard_url.startswith(server.base_url)


async def test_severities_rise_with_their_rank(server: Server) -> None:
    key = await server.key()
    listed = await severities_v1_list.asyncio(client=key.official)
    assert isinstance(listed, SeveritiesListResultV1)
    assert [(one.rank, one.name) for one in listed.severities] == [
        (1, "Minor"),
        (2, "Major"),
        (3, "Critical"),
    ]
    shown = await severities_v1_show.asyncio(listed.severities[1].id, client=key.official)
    assert isinstance(shown, SeveritiesShowResultV1)
    assert shown.severity == listed.severities[1]
    assert (await key.http.get("/v1/severities/01FCNDV6P870EA6S7TK1DSYDG0")).status_code == 404


async def test_there_is_a_status_for_each_category(server: Server) -> None:
    listed = await incident_statuses_v1_list.asyncio(client=(await server.key()).official)
    assert isinstance(listed, IncidentStatusesListResultV1)
    assert [one.category.value for one in listed.incident_statuses] == [
        "triage",
        "live",
        "paused",
        "learning",
        "closed",
        "declined",
        "merged",
        "canceled",
    ]


async def test_people_who_met_the_bot_are_listed_and_others_by_their_id_in_slack(server: Server) -> None:
    key, maya = await server.key(), await server.person(seed.MAYA)
    before = await users_v2_list.asyncio(client=key.official)
    asked = await users_v2_list.asyncio(client=key.official, slack_user_id=seed.PRIYA)
    after = await users_v2_list.asyncio(client=key.official)
    shown = await users_v2_show.asyncio(maya.id, client=key.official)

    assert isinstance(before, UsersListResultV2)
    assert isinstance(asked, UsersListResultV2)
    assert isinstance(after, UsersListResultV2)
    assert isinstance(shown, UsersShowResultV2)
    assert [one.slack_user_id for one in before.users] == [seed.MAYA]
    assert [one.name for one in asked.users] == ["Priya"]
    assert [one.slack_user_id for one in after.users] == [seed.MAYA, seed.PRIYA]
    assert shown.user.id == maya.id


async def test_bots_and_people_of_other_workspaces_are_no_users_and_leavers_only_if_asked_for(
    server: Server,
) -> None:
    key = await server.key()
    for slack_user_id in (seed.BOT, seed.STRANGER, seed.LEAVER):
        answer = await key.http.get("/v2/users", params={"slack_user_id": slack_user_id})
        assert answer.json()["users"] == []
    everybody = await key.http.get("/v2/users", params={"include_inactive": "true"})
    assert [(one["slack_user_id"], one["is_active"]) for one in everybody.json()["users"]] == [
        (seed.LEAVER, False)
    ]
    async with server.database.read() as session:
        stranger = await people.find(session, seed.TEAM_ID, seed.STRANGER)
    assert stranger is not None
    assert (await key.http.get(f"/v2/users/{stranger.id}")).status_code == 404


async def test_addresses_are_not_kept_so_nobody_can_be_asked_for_by_one(server: Server) -> None:
    answer = await (await server.key()).http.get("/v2/users", params={"email": "maya@harbour.example"})
    assert answer.status_code == 422
    assert "slack_user_id" in answer.json()["errors"][0]["message"]


async def test_users_come_in_pages(server: Server) -> None:
    key = await server.key()
    known = [await server.person(who) for who in (seed.MAYA, seed.PRIYA, seed.TOM)]
    first = (await key.http.get("/v2/users", params={"page_size": 2})).json()
    after = first["pagination_meta"]["after"]
    second = (await key.http.get("/v2/users", params={"page_size": 2, "after": after})).json()
    assert [one["id"] for one in first["users"] + second["users"]] == [one.id for one in known]
    assert "after" not in second["pagination_meta"]


async def test_teams_are_slacks_user_groups(server: Server) -> None:
    key = await server.key()
    listed = await teams_v3_list.asyncio(client=key.official)
    assert isinstance(listed, TeamsListResultV3)
    one = listed.teams[0]
    assert {team.catalog_entry.external_id for team in listed.teams} == {seed.SRE, seed.PAYMENTS}
    shown = await teams_v3_show.asyncio(one.id, client=key.official)
    assert isinstance(shown, TeamsShowResultV3)
    assert shown.team == one
    paged = await teams_v3_list.asyncio(client=key.official, page_size=1, after=one.id)
    assert isinstance(paged, TeamsListResultV3)
    assert [team.id for team in paged.teams] == [listed.teams[1].id]
    assert listed.pagination_meta.after is UNSET
    assert (await key.http.get("/v3/teams/01FCNDV6P870EA6S7TK1DSYDG0")).status_code == 404
