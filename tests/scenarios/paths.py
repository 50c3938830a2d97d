"""Every way to an incident or a follow-up, each as somebody would try it who has only its ids.

The paths are named after the bot's own tables, so that one added there without an entry here fails a test.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from bot import commands, dispatch, events
from playground import Person
from playground.reading import visible_text
from playground.records import Channel, Json, View
from playground.surfaces import Modal
from tests.scenarios import forging
from tests.scenarios.conftest import Scenario
from views import follow_up_item

BLANK: Json = {
    "type": "modal",
    "callback_id": "blank",
    "title": {"type": "plain_text", "text": "Blank"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Blank"}}],
}


@dataclass(frozen=True)
class Target:
    """The ids that a payload names."""

    channel_id: str
    incident_id: str
    follow_up_id: str

    def place(self, **more: Any) -> str:
        return json.dumps({"incident": self.incident_id, "query": ["all", "", None, None], **more})


@dataclass
class Visit:
    """Somebody tries a path: `told` is all that they are shown by it, and by nothing else."""

    scenario: Scenario
    person: Person
    target: Target
    answers: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scenario.slack.workspace.state.homes.pop(self.person.id, None)
        view = self.scenario.slack.modals.open(self.person.id, BLANK)
        self.modal = Modal(self.person, view)
        self._ephemerals = len(self._said())

    def _said(self) -> list[str]:
        messages = self.scenario.slack.workspace.all_messages()
        return [message.text for message in messages if message.ephemeral_for == self.person.id]

    async def clicks(self, action_id: str, option: str | None = None, **view: Any) -> None:
        action: Json = {"action_id": action_id, "block_id": "b", "type": "button", "action_ts": "1.0"}
        if option is not None:
            action["selected_option"] = {"text": {"type": "plain_text", "text": option}, "value": option}
        payload = self._envelope("block_actions") | {"actions": [action]}
        payload["view"] |= {"private_metadata": self.target.place()} | view
        await forging.delivered(self.scenario, payload)

    async def submits(self, callback_id: str, values: Json, **place: Any) -> None:
        payload = self._envelope("view_submission")
        blocks = [
            {"type": "input", "block_id": block_id, "element": {"action_id": block_id.partition(":")[0]}}
            for block_id in values
        ]
        by_block = {block_id: {block_id.partition(":")[0]: state} for block_id, state in values.items()}
        payload["view"] |= {
            "callback_id": callback_id,
            "blocks": blocks,
            "state": {"values": by_block},
            "private_metadata": self.target.place(**place),
        }
        self.answers.append(await forging.delivered(self.scenario, payload))

    async def asks_for_options(self, action_id: str, typed: str) -> None:
        payload = self._envelope("block_suggestion")
        payload |= {"action_id": action_id, "block_id": "b", "value": typed}
        self.answers.append(await forging.delivered(self.scenario, payload))

    def _envelope(self, kind: str) -> Json:
        slack = self.scenario.slack
        payload = slack.dispatch._payloads.envelope(kind, self.person.id)
        payload |= slack.dispatch._payloads.container(self.modal.view)
        return payload | {"trigger_id": slack.tickets.trigger(self.person.id, self.modal.view.id)}

    async def types(self, text: str) -> None:
        slack = self.scenario.slack
        user = slack.workspace.users[self.person.id]
        known = slack.workspace.channels
        channel = known.get(self.target.channel_id) or Channel(self.target.channel_id, "nowhere")
        payload = slack.dispatch._payloads.slash_command(user, channel, "/incident", text)
        payload["response_url"] = slack.tickets.reply_url(user.id, channel.id)
        payload["trigger_id"] = slack.tickets.trigger(user.id)
        answer = await slack.doors.deliver("slash_commands", payload)
        assert answer.ok, answer

    @property
    def told(self) -> str:
        shown = [json.dumps(answer, ensure_ascii=False) for answer in self.answers]
        shown += self._said()[self._ephemerals :]
        shown += [visible_text(view.blocks, view.state) for view in self._views()]
        return "\n".join(shown)

    def _views(self) -> Iterator[View]:
        yield from self.scenario.slack.modals.stack(self.person.id)
        if home := self.scenario.slack.modals.home(self.person.id):
            yield home


Act = Callable[[Visit], Awaitable[None]]
About = Literal["incident", "person", "nothing"]


@dataclass(frozen=True)
class Path:
    """What it shows or changes: the incident it names; a person's own from any incident; or neither.

    `by_slacks_word`: that somebody stands in the channel is Slack's claim, not theirs.
    """

    about: About
    act: Act
    by_slacks_word: bool = False


def clicking(action: str) -> Act:
    return lambda visit: visit.clicks(f"{action}:{visit.target.follow_up_id}")


def choosing(choice: str) -> Act:
    return lambda visit: visit.clicks(
        f"menu:{visit.target.follow_up_id}", f"{choice}:{visit.target.follow_up_id}"
    )


def typing(text: str) -> Act:
    return lambda visit: visit.types(text)


async def paging(visit: Visit) -> None:
    edge = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"
    await visit.clicks("list_older", private_metadata=visit.target.place(first=edge, last=edge))


async def paging_back(visit: Visit) -> None:
    edge = "00000000000000000000000000"
    await visit.clicks("list_newer", private_metadata=visit.target.place(first=edge, last=edge))


async def creating(visit: Visit) -> None:
    title = {"type": "plain_text_input", "value": "Forged"}
    await visit.submits("follow_up_form", {"title:0": title})


async def saving(visit: Visit) -> None:
    title = {"type": "plain_text_input", "value": "Forged"}
    follow_up_id = visit.target.follow_up_id
    await visit.submits("follow_up_form", {"title:0": title}, follow_up=follow_up_id, version=1)


async def saving_an_old_version(visit: Visit) -> None:
    title = {"type": "plain_text_input", "value": "Forged"}
    follow_up_id = visit.target.follow_up_id
    await visit.submits("follow_up_form", {"title:0": title}, follow_up=follow_up_id, version=7)


async def deleting(visit: Visit) -> None:
    await visit.submits("follow_up_delete", {}, follow_up=visit.target.follow_up_id, surface="list")


async def searching(visit: Visit) -> None:
    text = {"type": "plain_text_input", "value": "secret"}
    await visit.submits("follow_up_search", {"search_for": text}, surface="list")


async def tracking(visit: Visit) -> None:
    name = {"type": "plain_text_input", "value": "Curious"}
    await visit.submits("track_channel", {"incident_name": name}, channel=visit.target.channel_id)


async def opening_home(visit: Visit) -> None:
    await visit.person.opens_home()


HOME = {"type": "home", "private_metadata": "{}"}

PATHS: dict[str, Path] = {
    "command follow-ups": Path("incident", typing("follow-ups"), by_slacks_word=True),
    "command followups": Path("incident", typing("followups"), by_slacks_word=True),
    "command follow-up": Path("incident", typing("follow-up Forged"), by_slacks_word=True),
    "command followup": Path("incident", typing("followup"), by_slacks_word=True),
    "command help": Path("nothing", typing("help")),
    "command ": Path("nothing", typing("")),
    "action complete": Path("incident", clicking("complete")),
    "action reopen": Path("incident", clicking("reopen")),
    "action card_complete": Path("incident", clicking("card_complete")),
    "action card_reopen": Path("incident", clicking("card_reopen")),
    "action card_take": Path("incident", clicking("card_take")),
    "action card_edit": Path("incident", clicking("card_edit")),
    "menu edit": Path("incident", choosing("edit")),
    "menu assign_to_me": Path("incident", choosing("assign_to_me")),
    "menu take": Path("incident", choosing("take")),
    "menu not_doing": Path("incident", choosing("not_doing")),
    "menu delete": Path("incident", choosing("delete")),
    "action list_add": Path("incident", lambda visit: visit.clicks("list_add")),
    "action list_filter": Path("incident", lambda visit: visit.clicks("list_filter", "all")),
    "action list_search": Path("nothing", lambda visit: visit.clicks("list_search")),
    "action list_clear_search": Path("incident", lambda visit: visit.clicks("list_clear_search")),
    "action list_older": Path("incident", paging),
    "action list_newer": Path("incident", paging_back),
    "action home_filter": Path("person", lambda visit: visit.clicks("home_filter", "outstanding", **HOME)),
    "action home_older": Path("person", lambda visit: visit.clicks("home_older", **HOME)),
    "action home_newer": Path("person", lambda visit: visit.clicks("home_newer", **HOME)),
    "submission follow_up_form": Path("incident", creating),
    "submission follow_up_form, editing": Path("incident", saving),
    "submission follow_up_form, of another version": Path("incident", saving_an_old_version),
    "submission follow_up_delete": Path("incident", deleting),
    "submission follow_up_search": Path("incident", searching),
    "submission track_channel": Path("incident", tracking),
    "options labels": Path("person", lambda visit: visit.asks_for_options("labels", "secret")),
    "options team": Path("nothing", lambda visit: visit.asks_for_options("team", "")),
    "event app_home_opened": Path("person", opening_home),
}

# What Slack tells, with nobody asking: it shows nothing to anyone.
SAID_BY_SLACK = {
    "channel_archive",
    "channel_id_changed",
    "channel_left",
    "channel_rename",
    "channel_unarchive",
    "group_archive",
    "group_left",
    "group_rename",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "user_change",
}


def there_are() -> set[str]:
    """All paths, by the bot's own tables."""
    menu = {*follow_up_item.MENU, follow_up_item.TAKE}
    tables = {
        "command": commands.COMMANDS,
        "action": (dispatch.CHANGES.keys() | dispatch.SHOWS.keys()) - menu,
        "menu": menu,
        "submission": dispatch.SUBMISSIONS,
        "options": dispatch.OPTIONS,
        "event": events.EVENTS.keys() - SAID_BY_SLACK,
    }
    return {f"{table} {name}" for table, names in tables.items() for name in names}
