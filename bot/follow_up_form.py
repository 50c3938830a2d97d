"""The form: adding and editing a follow-up, its options, its field errors, two people saving at once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import directory, membership
from bot.context import Context
from bot.interactions import Place, Submission, UnknownError
from bot.surfaces import about, refresh_below
from storage import catalogue, follow_ups, listing, people
from storage.columns import new_id
from storage.errors import ConflictError, InvalidFieldError, NotFoundError, UnavailableError
from storage.fields import UNKNOWN_PERSON, plain
from storage.follow_ups import Draft
from storage.records import CategoryRecord, FollowUpRecord, PriorityRecord
from views import explanations
from views.blocks import Block
from views.follow_up_form import field_errors, follow_up_form
from views.form_values import FormValues, typed_values, values_for_new, values_of

# The form's fields and the follow-up's columns, where they differ.
FIELDS = {
    "assignee_id": "assignee",
    "assignee_team_id": "team",
    "priority_id": "priority",
    "category_id": "category",
}

Response = Mapping[str, Any]


async def new(context: Context, slack_user_id: str, place: Place) -> Block:
    """Raises NotFoundError when the incident is not theirs to see."""
    reader = await directory.reader(context, slack_user_id)
    await directory.check_access_to_incident(context, place.incident_id, reader)
    async with context.database.read() as session:
        incident = await listing.incident(session, reader.actor, place.incident_id)
        priorities, categories = await _choices(session)
    place = replace(place, draft_id=new_id())
    return follow_up_form(
        values_for_new(priorities, title=place.title),
        priorities=priorities,
        categories=categories,
        metadata=place.encode(),
        editing=False,
        revision=0,
        incident=incident,
    )


async def editing(context: Context, slack_user_id: str, place: Place) -> Block:
    async def filled(session: AsyncSession, found: FollowUpRecord) -> Block:
        seen = replace(place, version=found.version)
        return _edit_form(found, values_of(found), seen, *await _choices(session))

    return await about(context, slack_user_id, place.follow_up_id, "Edit follow-up", filled)


async def _choices(session: AsyncSession) -> tuple[list[PriorityRecord], list[CategoryRecord]]:
    return await catalogue.priorities(session), await catalogue.categories(session)


def _edit_form(
    found: FollowUpRecord,
    values: FormValues,
    place: Place,
    priorities: list[PriorityRecord],
    categories: list[CategoryRecord],
    *,
    notice: tuple[str, ...] = (),
) -> Block:
    return follow_up_form(
        values,
        priorities=priorities,
        categories=categories,
        metadata=place.encode(),
        editing=True,
        revision=place.revision,
        incident=found.incident,
        notice=notice,
        current=found,
    )


async def submit(context: Context, submission: Submission) -> Response | None:
    """Create or save. None closes the form; else Slack's answer with field errors or the form shown again."""
    save = _save if submission.place.follow_up_id else _create
    try:
        await save(context, submission)
    except InvalidFieldError as error:
        return _refused(submission, error.errors)
    except NotFoundError:
        return _refused(submission, {"title": explanations.GONE})
    except UnavailableError as error:
        sentence = explanations.unavailable(
            error.current, error.last, submission.reader.actor, context.clock()
        )
        return _refused(submission, {"title": sentence})
    except ConflictError as error:
        if form := await _both_shown(context, submission, error):
            return {"response_action": "update", "view": form}
    context.tasks.background(refresh_below(context, submission))
    return None


def _refused(submission: Submission, errors: Mapping[str, str]) -> Response:
    """The form stays as it is, with a sentence under each field that is refused."""
    named = {FIELDS.get(column, column): sentence for column, sentence in errors.items()}
    return {"response_action": "errors", "errors": field_errors(named, submission.place.revision)}


async def _create(context: Context, submission: Submission) -> None:
    place, reader = submission.place, submission.reader
    await directory.check_access_to_incident(context, place.incident_id, reader)
    columns = await _columns(context, _typed(submission))
    columns.pop("status")
    draft = Draft(**columns, due_zone=reader.timezone, id=place.draft_id or new_id())
    async with context.database.write() as session:
        await context.deliveries.begin(session, submission.trigger_id, context.clock())
        await follow_ups.create(session, reader.actor, place.incident_id, draft, now=context.clock())


async def _save(context: Context, submission: Submission) -> None:
    place, reader = submission.place, submission.reader
    await directory.check_access_to_follow_up(context, place.follow_up_id, reader)
    columns = await _columns(context, _typed(submission))
    shown = {field for block in submission.values.values() for field in block}
    changes = {column: value for column, value in columns.items() if FIELDS.get(column, column) in shown}
    changes["due_zone"] = reader.timezone
    async with context.database.write() as session:
        await context.deliveries.begin(session, submission.trigger_id, context.clock())
        await follow_ups.change(
            session,
            reader.actor,
            place.follow_up_id,
            changes,
            now=context.clock(),
            version=place.version,
        )


def _typed(submission: Submission, base: FormValues | None = None) -> FormValues:
    try:
        return typed_values(submission.values, base)
    except ValueError:
        raise UnknownError from None


async def _columns(context: Context, typed: FormValues) -> dict[str, Any]:
    """What was typed, as the follow-up's columns. Raises InvalidFieldError for someone Slack doesn't know."""
    return {
        "title": typed.title,
        "description": typed.description,
        "assignee_id": await _person_id(context, typed.assignee_slack_user_id),
        "assignee_team_id": typed.team.id if typed.team else None,
        "priority_id": typed.priority_id,
        "category_id": typed.category_id,
        "labels": typed.labels,
        "due_on": typed.due_on,
        "status": typed.status,
    }


async def _person_id(context: Context, slack_user_id: str | None) -> str | None:
    """Slack is asked only about someone new: a form sends the assignee where just the title is mended too."""
    if slack_user_id is None:
        return None
    async with context.database.read() as session:
        known = await people.find(session, context.identity.slack_team_id, slack_user_id)
    person = known or await directory.person(context, slack_user_id)
    if person is None:
        raise InvalidFieldError("assignee_id", UNKNOWN_PERSON)
    if person.is_guest:
        await membership.confirm_channels_of(context, slack_user_id)
    return person.id


async def _both_shown(context: Context, submission: Submission, error: ConflictError) -> Block | None:
    """The form again: what this person changed stays, what they left alone follows what others saved.

    None when nothing of theirs is missing: the same form came twice, or they agree.
    """
    current = error.current
    typed = _typed(submission, values_of(current))
    columns = await _columns(context, typed)
    mine = {
        field: getattr(typed, field)
        for column, field in MERGED.items()
        if plain(columns[column]) != error.base[column]
    }
    theirs = values_of(current)
    if typed.team and theirs.team and typed.team.id == theirs.team.id:
        mine.pop("team", None)  # the same team, of which the form knows less
    merged = replace(theirs, **mine)
    if merged == theirs:
        return None
    place = replace(
        submission.place,
        version=current.version,
        revision=submission.place.revision + 1,
    )
    async with context.database.read() as session:
        priorities, categories = await _choices(session)
    return _edit_form(
        current, merged, place, priorities, categories, notice=explanations.saved_first(error.since)
    )


# Each column and the form's value for it.
MERGED = {
    "title": "title",
    "description": "description",
    "assignee_id": "assignee_slack_user_id",
    "assignee_team_id": "team",
    "priority_id": "priority_id",
    "category_id": "category_id",
    "labels": "labels",
    "due_on": "due_on",
    "status": "status",
}


SUBMISSIONS: dict[str, Callable[[Context, Submission], Awaitable[Response | None]]] = {
    "follow_up_form": submit
}
