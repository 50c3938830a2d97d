"""The statuses an incident can have: one for each category, since nobody makes their own here yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from storage.records import StatusCategory


@dataclass(frozen=True, slots=True)
class IncidentStatus:
    """`rank` is the order of an incident's life."""

    id: str
    name: str
    description: str
    rank: int


# Ids are those of their first release: scripts keep them. The words are incident.io's.
STATUSES: Mapping[StatusCategory, IncidentStatus] = MappingProxyType(
    {
        category: IncidentStatus(f"01KZZZZZZZ00000000000000{20 + rank}", name, description, rank)
        for rank, (category, name, description) in enumerate(
            (
                (StatusCategory.TRIAGE, "Triage", "It is being found out whether this is an incident."),
                (StatusCategory.LIVE, "Active", "It is going on and worked on."),
                (StatusCategory.PAUSED, "Paused", "Nothing is done about it for now."),
                (StatusCategory.LEARNING, "Post-incident", "It is over, and learnt from."),
                (StatusCategory.CLOSED, "Closed", "It is over, and nothing is left to do."),
                (StatusCategory.DECLINED, "Declined", "It turned out to be no incident."),
                (StatusCategory.MERGED, "Merged", "It is part of another incident."),
                (StatusCategory.CANCELED, "Canceled", "It was declared by mistake."),
            ),
            start=1,
        )
    }
)
CATEGORIES: Mapping[str, StatusCategory] = MappingProxyType(
    {status.id: category for category, status in STATUSES.items()}
)
