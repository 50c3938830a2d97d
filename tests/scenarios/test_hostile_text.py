"""Everything people can name is named to ping, link or break: all that reaches Slack is still only text."""

import json
import re
from typing import Any

import pytest

from playground import seed
from playground.records import Json
from tests.scenarios import forging
from tests.scenarios.conftest import Scenario, adds, list_of
from tests.views.judges import errors

HOSTILE = (
    "<!channel> <@U0EVIL> & <https://evil.example|x>",
    "*<!here>* `<#C0EVIL|x>` \u202e_~<!subteam^S0EVIL>",
    "&lt;!everyone&gt; &amp;lt;!here&amp;gt; > |>",
)
MADE_FROM_IDS = re.compile(r"<@U0(?:MAYA|PRIYA|TOM)>")
VIEWS = ("views.open", "views.push", "views.update", "views.publish")
MESSAGES = ("chat.postMessage", "chat.update")


def sent(scenario: Scenario) -> list[Json]:
    """Every view and message the bot has handed to Slack, the answers to commands and buttons among them."""
    slack = scenario.slack
    views = [call.args["view"] for method in VIEWS for call in slack.calls_of(method)]
    posts = [call.args for method in MESSAGES for call in slack.calls_of(method)]
    messages = [{"text": args["text"], "blocks": args.get("blocks") or []} for args in posts]
    answers = [
        {"text": message.text, "blocks": message.blocks or []}
        for message in slack.workspace.all_messages()
        if message.ephemeral_for
    ]
    read = (json.loads(view) if isinstance(view, str) else view for view in views)
    return [*read, *messages, *answers]


def complaints(shown: Json) -> list[str]:
    found = errors(shown) if shown["blocks"] else []
    texts = [shown["text"]] if "type" not in shown else []
    texts += [part["text"] for part in _parts(shown["blocks"]) if part.get("type") == "mrkdwn"]
    for text in texts:
        left = MADE_FROM_IDS.sub("", text)
        if "<" in left or ">" in left or re.search(r"&(?!amp;|lt;|gt;)", left):
            found.append(f"it reached Slack as it was typed: {left!r}")
    return found


def _parts(value: Any) -> list[Json]:
    if isinstance(value, list):
        return [part for item in value for part in _parts(item)]
    if isinstance(value, dict):
        return [value, *(part for item in value.values() for part in _parts(item))]
    return []


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_whole_life_under_hostile_names_pings_nobody(scenario: Scenario, text: str) -> None:
    workspace = scenario.slack.workspace
    for user_id in (seed.MAYA, seed.TOM):
        workspace.change_user(user_id, display_name=text, real_name=text)
    workspace.state.usergroups[seed.SRE].name = text.replace("\u202e", "")
    maya, tom = scenario.maya.in_channel("random"), scenario.tom.in_channel("random")
    scenario.slack.acts.invite(seed.MAYA, seed.RANDOM, seed.BOT)
    scenario.slack.acts.invite(seed.MAYA, seed.RANDOM, seed.DEPLOY_BOT)
    await scenario.is_quiet()

    await maya.types("/incident follow-ups")
    assert await (await maya.modal("Follow-ups")).submits(Incident_name=text) == {}
    await maya.types(f"/incident follow-up {text}")
    form = await maya.modal("New follow-up")
    refused = await form.submits(Title=text, Assignee=seed.DEPLOY_BOT)
    assert "is a bot" in refused["Assignee"]
    (team,) = [name for name in await form.suggestions("Team") if name != "Payments team"]
    fields = {"Title": text, "Description": text, "Team": team, "Assignee": seed.TOM}
    assert await form.submits(**fields, Labels=[text[:40].strip()]) == {}
    await scenario.is_quiet()

    (card,) = [message for message in maya.channel.messages if "Complete" in message.buttons]
    await card.clicks("Edit")
    edited = await maya.modal("Edit follow-up")
    await card.clicks("Edit", by=tom)
    assert await (await tom.modal("Edit follow-up")).submits(Title=f"{text} again") == {}
    await edited.submits(Title=f"{text} differently")  # who comes second is shown both
    await (await maya.modal("Edit follow-up")).closes()
    for button in ("Complete", "Reopen"):
        await card.clicks(button)
        await scenario.is_quiet()
    listed = await list_of(tom)
    await listed.clicks("Search")
    assert await (await tom.modal("Search")).submits(Search_for=text[:40]) == {}
    await tom.opens_home()
    await scenario.is_quiet()
    await maya.types(f"/incident {text}")
    listed = await list_of(maya)
    await forging.click(scenario, maya, "list_clear_search", listed)
    menus = [part for part in _parts(listed.blocks) if part.get("type") == "overflow"]
    target = menus[0]["action_id"].partition(":")[2]
    await listed.chooses("Delete")
    assert await (await maya.modal("Delete follow-up")).submits() == {}
    await scenario.is_quiet()
    await forging.click(scenario, tom, f"card_complete:{target}", card)  # and is told who deleted it
    await scenario.is_quiet()

    everything = sent(scenario)
    assert len(everything) > 15
    assert [complaint for shown in everything for complaint in complaints(shown)] == []


async def test_slack_is_never_asked_to_look_for_mentions_in_words(scenario: Scenario) -> None:
    maya = scenario.maya
    await adds(maya, "@here #general https://evil.example")
    await (await maya.channel.shows("@here")).clicks("Complete")
    await scenario.is_quiet()

    posts = [call.args for method in MESSAGES for call in scenario.slack.calls_of(method)]
    assert len(posts) >= 2
    for args in posts:
        assert not args.get("link_names")
        assert args.get("parse", "none") == "none"
    assert {call.args.get("parse") for call in scenario.slack.calls_of("chat.update")} == {"none"}
