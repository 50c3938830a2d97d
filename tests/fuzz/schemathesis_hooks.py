"""What schemathesis is told about this API, in its own process: `st run` imports it."""

import json
import os
import re
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import Failure

from storage.catalogue import clean_labels
from storage.errors import InvalidFieldError
from storage.limits import LABEL_LIMIT, LABELS_PER_FOLLOW_UP
from storage.text import one_line
from web.payloads import is_ulid

# An id that is there, by collection.
KNOWN: dict[str, str] = json.loads(os.environ["KNOWN_IDS"])
# Where else than in the path an id is sent, and of what.
FIELDS = {
    "incident_id": "incidents",
    "assignee_id": "users",
    "owner_id": "users",
    "assignee_team_id": "teams",
    "severity_id": "severities",
    "follow_up_priority_option_id": "follow_up_priorities",
    "follow_up_category_id": "follow_up_categories",
}
TEXTS = ("title", "description", "name", "summary")
SMALLEST_LIMIT = LABEL_LIMIT

# What Pydantic says of a wrong type, a wrong form, or a field that is missing; what storage says of a limit.
OF_FORM = re.compile(
    r"^(Input should|Field required|String should|List should|Value should|Unable to|Extra inputs|A rank is)"
    r"| at most \d"
)


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Ids that are only of the right form lead nowhere: some are of what is there instead.

    What a DELETE names has to go on being there for others, and ids that were answered are left alone.
    """
    path = case.operation.path
    if case.method != "DELETE" and case.path_parameters:
        for name, collection in (("id", path.split("/")[2]), ("delivery_id", "deliveries")):
            if _is_made_up(case.path_parameters.get(name)) and collection in KNOWN:
                case.path_parameters[name] = KNOWN[collection]
    for sent in (case.query, case.body):
        if isinstance(sent, dict):
            _name_known(sent)


def _name_known(sent: dict[str, Any]) -> None:
    for name, collection in FIELDS.items():
        if _is_made_up(sent.get(name)):
            sent[name] = KNOWN[collection]


def _is_made_up(id_: Any) -> bool:
    """Those of this run begin with the time it is, as far as it takes days to change."""
    return isinstance(id_, str) and is_ulid(id_) and not id_.startswith(KNOWN["incidents"][:4])


@schemathesis.hook
def filter_body(_context: HookContext, body: Any) -> bool:
    """Text is measured when it is clean, and labels when each is there once: more before is not wrong."""
    if not isinstance(body, dict):
        return True
    if isinstance(body.get("incident"), dict) and not filter_body(_context, body["incident"]):
        return False
    texts = [body[name] for name in TEXTS if isinstance(body.get(name), str)]
    if any(len(text) > SMALLEST_LIMIT and one_line(text) != text for text in texts):
        return False
    labels = body.get("labels")
    if not isinstance(labels, list) or len(labels) <= LABELS_PER_FOLLOW_UP:
        return True
    try:
        return len(clean_labels([label for label in labels if isinstance(label, str)])) == len(labels)
    except InvalidFieldError:
        return True


@schemathesis.check
def refusals_of_good_form(_context: CheckContext, response: Response, case: Case[Any]) -> None:
    """What conforms to the document is never refused for its form."""
    meta = case.meta
    if response.status_code != 422 or meta is None or not meta.generation.mode.is_positive:
        return
    problems = json.loads(response.content)["errors"]
    about_form = [problem for problem in problems if OF_FORM.search(problem["message"])]
    if about_form:
        raise Failure(
            operation=case.operation.label,
            title="What conforms to the document was refused for its form",
            message=json.dumps(about_form, indent=2),
        )
