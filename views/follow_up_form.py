"""The form that makes a follow-up and edits one, and what people typed in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from storage.limits import LABEL_LIMIT, LABELS_PER_FOLLOW_UP, TITLE_LIMIT
from storage.records import CategoryRecord, FollowUpRecord, IncidentRecord, PriorityRecord, Status, TeamRecord
from views.blocks import (
    INPUT_LENGTH_LIMIT,
    NAME_LIMIT,
    NOTICE_LIMIT,
    OPTION_VALUE_LIMIT,
    OPTIONS_LIMIT,
    Block,
    context,
    divider,
    fitting,
    input_block,
    literal,
    modal,
    option,
    plain,
    plain_section,
    section,
    sentence,
    static_select,
    text_input,
)
from views.form_values import FormValues

FIELDS = {
    "title": "Title",
    "description": "Description",
    "assignee": "Assignee",
    "team": "Team",
    "priority": "Priority",
    "category": "Category",
    "labels": "Labels",
    "due_on": "Due date",
    "status": "Status",
}
STATUS_OPTIONS = [
    option("Outstanding", Status.OUTSTANDING),
    option("Completed", Status.COMPLETED),
    option("Not doing", Status.NOT_DOING),
]


def follow_up_form(
    values: FormValues,
    *,
    priorities: Sequence[PriorityRecord],
    categories: Sequence[CategoryRecord],
    metadata: str,
    editing: bool,
    revision: int,
    incident: IncidentRecord | None,
    notice: Sequence[str] = (),
    current: FollowUpRecord | None = None,
) -> Block:
    """`current` is the stored follow-up: its priority and category stay on offer when they are archived."""
    kept_priority, kept_category = (current.priority, current.category) if current else (None, None)
    fields: Iterable[tuple[str, Block | None]] = (
        ("title", title_input(values.title, focus=not editing)),
        ("description", description_input(values.description)),
        ("assignee", users_select(values.assignee_slack_user_id)),
        ("team", team_select(values.team)),
        (
            "priority",
            ranked_select("priority", priorities, values.priority_id, kept_priority),
        ),
        (
            "category",
            ranked_select("category", categories, values.category_id, kept_category),
        ),
        ("labels", labels_select(values.labels)),
        ("due_on", date_picker(values.due_on)),
        ("status", static_select("status", STATUS_OPTIONS, values.status) if editing else None),
    )
    return modal(
        "Edit follow-up" if editing else "New follow-up",
        [
            *notice_blocks(notice),
            *incident_line(incident),
            *(field_block(field, element, revision) for field, element in fields if element),
            *unshown_description(values.description),
        ],
        callback_id="follow_up_form",
        submit="Save" if editing else "Create",
        close="Cancel",
        metadata=metadata,
    )


def field_block(field: str, element: Block, revision: int) -> Block:
    hint = "Markdown works here." if field == "description" else ""
    required = field in {"title", "status"}
    return input_block(FIELDS[field], block_id(field, revision), element, optional=not required, hint=hint)


def block_id(field: str, revision: int) -> str:
    """A new revision makes a new block: Slack keeps what was typed in a block it knows."""
    return f"{field}:{revision}"


def field_errors(errors: Mapping[str, str], revision: int) -> dict[str, str]:
    return {block_id(field, revision): sentence(words) for field, words in errors.items()}


def notice_blocks(notice: Sequence[str]) -> Iterator[Block]:
    if notice:
        first, *rest = (literal(line, NOTICE_LIMIT) for line in notice)
        yield section("\n".join(fitting([f"⚠ *{first}*", *rest], "\n")))
        yield divider()


def incident_line(incident: IncidentRecord | None) -> Iterator[Block]:
    if incident:
        yield context(f"{literal(incident.reference, NAME_LIMIT)} · {literal(incident.name)}")


def title_input(title: str, *, focus: bool) -> Block:
    longest = min(max(TITLE_LIMIT, len(title)), INPUT_LENGTH_LIMIT)
    return text_input("title", title, longest, focus=focus)


def description_input(description: str | None) -> Block | None:
    if too_long_for_slack(description):
        return None
    return {**text_input("description", description or ""), "multiline": True}


def unshown_description(description: str | None) -> Iterator[Block]:
    if too_long_for_slack(description):
        yield plain_section("The description is too long to edit in Slack. Saving keeps it as it is.")


def too_long_for_slack(description: str | None) -> bool:
    return description is not None and len(description) > INPUT_LENGTH_LIMIT


def users_select(slack_user_id: str | None) -> Block:
    element: Block = {"type": "users_select", "action_id": "assignee"}
    if slack_user_id:
        element["initial_user"] = slack_user_id
    return element


def team_select(team: TeamRecord | None) -> Block:
    element: Block = {"type": "external_select", "action_id": "team", "min_query_length": 0}
    if team:
        element["initial_option"] = option(team.name, team.id)
    return element


def ranked_select(
    field: str,
    known: Sequence[PriorityRecord] | Sequence[CategoryRecord],
    chosen_id: str | None,
    kept: PriorityRecord | CategoryRecord | None,
) -> Block | None:
    choices = [option(record.name, record.id) for record in known[: OPTIONS_LIMIT - 1]]
    if kept and kept.id not in {record.id for record in known[: OPTIONS_LIMIT - 1]}:
        choices.append(option(kept.name, kept.id))
    return static_select(field, choices, chosen_id) if choices else None


def labels_select(labels: Sequence[str]) -> Block:
    initial = [label_option(label) for label in different(labels)][:OPTIONS_LIMIT]
    element: Block = {
        "type": "multi_external_select",
        "action_id": "labels",
        "min_query_length": 0,
        "max_selected_items": max(LABELS_PER_FOLLOW_UP, len(initial)),
    }
    if initial:
        element["initial_options"] = initial
    return element


def date_picker(day: date | None) -> Block:
    element: Block = {"type": "datepicker", "action_id": "due_on"}
    if day:
        element["initial_date"] = day.isoformat()
    return element


def team_options(teams: Iterable[TeamRecord]) -> list[Block]:
    return [option(team.name, team.id) for team in teams][:OPTIONS_LIMIT]


def label_options(known: Iterable[str], typed: str) -> list[Block]:
    """The labels that match what was typed, and the offer to add it last when there is no such label yet."""
    typed = " ".join(typed.split())[:LABEL_LIMIT].strip()
    matching = [label for label in different(known) if typed.casefold() in label.casefold()]
    if not typed or typed.casefold() in {label.casefold() for label in matching}:
        return [label_option(label) for label in matching[:OPTIONS_LIMIT]]
    # The text is what the chosen label reads, so that the offer itself stands beside it.
    offer = {"text": plain(typed), "value": typed, "description": plain("New label")}
    return [*(label_option(label) for label in matching[: OPTIONS_LIMIT - 1]), offer]


def label_option(label: str) -> Block:
    return option(label, label)


def different(labels: Iterable[str]) -> list[str]:
    """Labels without repeats, whatever their case: Slack refuses two options of one value."""
    first: dict[str, str] = {}
    for label in labels:
        if label.strip():
            first.setdefault(label[:OPTION_VALUE_LIMIT].casefold(), label)
    return list(first.values())
