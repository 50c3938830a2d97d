"""An action, as incident.io's API shows it, becomes a follow-up. It is ours: there are no actions here."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from storage import follow_ups, people
from storage.errors import NotFoundError
from storage.follow_ups import Draft
from storage.limits import TITLE_LIMIT
from storage.records import FollowUpRecord, Status
from storage.text import is_blank, one_line
from web.answers import answer
from web.context import Call
from web.errors import invalid
from web.follow_ups import no_incident
from web.keys import Called, KeyedRoute, needs
from web.payloads import SLACK_USER_ID, IdText, Payload
from web.shapes_v3 import Shown, follow_up
from web.versions import tagged

router = APIRouter(prefix="/v3/follow_ups", tags=["Follow-ups v3"], route_class=KeyedRoute)


class ActionAssignee(Payload):
    slack_user_id: Annotated[str, Field(pattern=SLACK_USER_ID)] | None = None


class Action(Payload):
    """What of a published action a follow-up keeps. Other fields of it may be sent, and are left out."""

    id: IdText
    description: Annotated[str, Field(min_length=1)]
    status: Literal["outstanding", "completed", "not_doing", "deleted"] = "outstanding"
    assignee: ActionAssignee | None = None


class ConvertAction(Payload):
    """`incident_id` is of an incident here, whatever the action's own is."""

    incident_id: IdText
    action: Action


@router.post(
    "/actions/convert_action", status_code=201, response_model=Shown, openapi_extra=needs("follow_ups.create")
)
async def convert_action(call: Called, payload: ConvertAction) -> Response:
    """The same action again makes no second one."""
    made = await _converted(call, payload)
    return tagged(answer(Shown(follow_up=follow_up(made)), 201), made)


async def _converted(call: Call, payload: ConvertAction) -> FollowUpRecord:
    action = payload.action
    if action.status == "deleted":
        raise invalid("/action/status", "A deleted action leaves no work behind.")
    if is_blank(action.description):
        raise invalid("/action/description", "The action says nothing that could be a title.")
    slack_user_id = action.assignee.slack_user_id if action.assignee else None
    if slack_user_id is not None:
        await call.slack.meet(slack_user_id)
    await call.slack.check_incident(payload.incident_id)
    try:
        async with call.database.write() as session:
            values = _words(action.description)
            if slack_user_id is not None:
                person = await people.find(session, call.slack.team_id, slack_user_id)
                if person is None:
                    raise invalid("/action/assignee/slack_user_id", "Slack doesn’t know this person.")
                values["assignee_id"] = person.id
            draft = Draft(**values, id=action.id)
            made = await follow_ups.create(session, call.actor, payload.incident_id, draft, now=call.now)
            if action.status == "outstanding" or made.version > 1:
                return made
            changes = {"status": Status(action.status)}
            return await follow_ups.change(session, call.actor, made.id, changes, now=call.now)
    except NotFoundError:
        raise no_incident() from None


def _words(description: str) -> dict[str, Any]:
    """The first line is the title; where there is more, or it is too long for one, all is the description."""
    title = one_line(next(line for line in description.splitlines() if not is_blank(line)))
    if len(title) > TITLE_LIMIT:
        title = title[: TITLE_LIMIT - 1] + "…"
    return (
        {"title": title} if title == one_line(description) else {"title": title, "description": description}
    )
