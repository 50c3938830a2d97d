"""What a follow-up's form holds: from a record, and from what people typed and chose."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from storage.records import FollowUpRecord, PriorityRecord, Status, TeamRecord


@dataclass(frozen=True, slots=True)
class FormValues:
    title: str = ""
    description: str | None = None
    assignee_slack_user_id: str | None = None
    team: TeamRecord | None = None
    priority_id: str | None = None
    category_id: str | None = None
    labels: tuple[str, ...] = ()
    due_on: date | None = None
    status: Status | None = None


def values_of(follow_up: FollowUpRecord) -> FormValues:
    return FormValues(
        title=follow_up.title,
        description=follow_up.description,
        assignee_slack_user_id=follow_up.assignee.slack_user_id if follow_up.assignee else None,
        team=follow_up.assignee_team,
        priority_id=follow_up.priority.id if follow_up.priority else None,
        category_id=follow_up.category.id if follow_up.category else None,
        labels=follow_up.labels,
        due_on=follow_up.due_on,
        status=follow_up.status,
    )


def values_for_new(priorities: Sequence[PriorityRecord], **known: Any) -> FormValues:
    default = next((priority.id for priority in priorities if priority.is_default), None)
    return FormValues(**{"priority_id": default, **known})


def typed_values(state_values: Mapping[str, Mapping[str, Any]], base: FormValues | None = None) -> FormValues:
    """What `view.state.values` says. A field the form did not show keeps its value in `base`."""
    states = {action: state for block in state_values.values() for action, state in block.items()}
    read = {name: reader(states[field]) for field, (name, reader) in READERS.items() if field in states}
    return replace(base or FormValues(), **read)


def chosen(state: Mapping[str, Any]) -> str | None:
    selected = state.get("selected_option")
    return selected["value"] if selected else None


def chosen_team(state: Mapping[str, Any]) -> TeamRecord | None:
    selected = state.get("selected_option")
    return TeamRecord(selected["value"], "", selected["text"]["text"]) if selected else None


def chosen_day(state: Mapping[str, Any]) -> date | None:
    day = state.get("selected_date")
    return date.fromisoformat(day) if day else None


def chosen_status(state: Mapping[str, Any]) -> Status | None:
    status = chosen(state)
    return Status(status) if status else None


def typed_title(state: Mapping[str, Any]) -> str:
    return (state.get("value") or "").strip()


def typed_text(state: Mapping[str, Any]) -> str | None:
    return state.get("value") or None


def chosen_person(state: Mapping[str, Any]) -> str | None:
    return state.get("selected_user")


def chosen_labels(state: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(picked["value"] for picked in state.get("selected_options") or ())


READERS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Any]]] = {
    "title": ("title", typed_title),
    "description": ("description", typed_text),
    "assignee": ("assignee_slack_user_id", chosen_person),
    "team": ("team", chosen_team),
    "priority": ("priority_id", chosen),
    "category": ("category_id", chosen),
    "labels": ("labels", chosen_labels),
    "due_on": ("due_on", chosen_day),
    "status": ("status", chosen_status),
}
