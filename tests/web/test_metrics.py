"""`/metrics` counts the API's requests and what became of webhooks, and holds nobody's ids."""

from storage.columns import new_id
from storage.webhook_deliveries import WAITS
from tests.outgoing.receiver import receiver, status
from tests.scenarios.conftest import Scenario, adds, list_of
from tests.scenarios.test_metrics import OPERATING, Samples, exposed, samples
from tests.web.conftest import Server
from tests.web.test_webhooks import CREATED, UPDATED, an_endpoint, given_up, more_settings, owner

__all__ = ["more_settings"]

REQUESTS, WEBHOOKS = "follow_ups_api_requests_total", "follow_ups_webhooks_total"


def of(name: str, counted: Samples) -> dict[tuple[str, ...], float]:
    return {key[1:]: count for key, count in counted.items() if key[0] == name}


async def test_requests_are_counted_by_the_template_of_their_route(server: Server) -> None:
    key = await server.key()
    made = await server.follow_up(await server.person(), await server.incident())
    before = await samples(server.scenario)

    assert (await key.http.get(f"/v3/follow_ups/{made.id}")).status_code == 200
    assert (await key.http.get(f"/v3/follow_ups/{new_id()}")).status_code == 404
    assert (await key.http.post("/v3/follow_ups", json={})).status_code == 422
    async with server.client() as stranger:
        assert (await stranger.get("/v1/identity")).status_code == 401

    assert of(REQUESTS, await samples(server.scenario) - before) == {
        ("GET", "/v3/follow_ups/{id}", "2xx"): 1,
        ("GET", "/v3/follow_ups/{id}", "4xx"): 1,
        ("POST", "/v3/follow_ups", "4xx"): 1,
        ("GET", "/v1/identity", "4xx"): 1,
    }
    assert made.id not in await exposed(server.scenario)


async def test_whatever_somebody_asks_for_is_no_label_of_its_own(server: Server) -> None:
    key = await server.key()
    before = await samples(server.scenario)

    assert (await key.http.get("/v3/my-secret-path")).status_code == 404
    assert (await key.http.request("PROPFIND", "/v3/follow_ups")).status_code == 405

    assert of(REQUESTS, await samples(server.scenario) - before) == {
        ("GET", "unknown", "4xx"): 1,
        ("other", "/v3/follow_ups", "4xx"): 1,
    }


async def test_webhooks_are_counted_by_how_they_ended(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "Something else")
    before = await samples(scenario)
    async with receiver() as well, receiver(status(500)) as ill:
        owned_by = await owner(scenario, maya)
        await an_endpoint(scenario, well, owned_by, CREATED)
        await an_endpoint(scenario, ill, owned_by, UPDATED)
        await adds(maya, "Rotate the certs")
        await scenario.is_quiet()
        await (await list_of(maya)).clicks("Complete", beside="Rotate the certs")
        await given_up(scenario)

    assert of(WEBHOOKS, await samples(scenario) - before) == {
        ("delivered",): 1,
        ("retried",): len(WAITS),
        ("failed",): 1,
    }


def test_what_is_counted_is_in_the_documentation() -> None:
    assert f"`{REQUESTS}`" in OPERATING.read_text()
    assert f"`{WEBHOOKS}`" in OPERATING.read_text()
