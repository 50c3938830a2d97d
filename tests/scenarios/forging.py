"""What only somebody with the signing secret could send: Slack's own payloads, with other ids in them."""

from copy import deepcopy
from typing import Any

from playground import Person
from playground.records import Json, View
from playground.surfaces import Modal, PostedMessage
from tests.scenarios.conftest import Scenario


async def submission(
    scenario: Scenario, person: Person, modal: Modal, *, metadata: str | None = None, **values: Any
) -> Json:
    """Sends a submission in which the modal takes no part. `values` go in by field, as Slack has them."""
    view = deepcopy(scenario.slack.dispatch._payloads.view(modal.view))
    if metadata is not None:
        view["private_metadata"] = metadata
    for block in view["state"]["values"].values():
        for action_id, state in block.items():
            state.update(values.get(action_id, {}))
    payload = scenario.slack.dispatch._payloads.envelope("view_submission", person.id)
    payload |= {"trigger_id": scenario.slack.tickets.trigger(person.id), "view": view, "response_urls": []}
    return await delivered(scenario, payload)


async def click(
    scenario: Scenario,
    person: Person,
    action_id: str,
    on: Modal | PostedMessage,
    *,
    option: str | None = None,
    metadata: str | None = None,
) -> None:
    """Sends a click on an element that need not be there."""
    action: Json = {"action_id": action_id, "block_id": "b", "type": "button", "action_ts": "1.0"}
    if option is not None:
        action["selected_option"] = {"text": {"type": "plain_text", "text": option}, "value": option}
    place = on.view if isinstance(on, Modal) else on.message
    payload = scenario.slack.dispatch._payloads.envelope("block_actions", person.id)
    payload |= scenario.slack.dispatch._payloads.container(place)
    view_id = place.id if isinstance(place, View) else None
    payload |= {"trigger_id": scenario.slack.tickets.trigger(person.id, view_id), "actions": [action]}
    if isinstance(place, View):
        payload["view"] = {**payload["view"]}
        if metadata is not None:
            payload["view"]["private_metadata"] = metadata
    else:
        payload["response_url"] = scenario.slack.tickets.reply_url(person.id, place.channel, place.ts)
    await delivered(scenario, payload)


async def delivered(scenario: Scenario, payload: Json) -> Json:
    answer = await scenario.slack.doors.deliver("interactive", payload)
    assert answer.ok, answer
    return answer.body
