"""Figures about follow-ups. They are ours: the published API has none."""

from storage.stats import Figures, Stats
from web.shapes import Ranked, Shape, Team


class StatusCounts(Shape):
    outstanding: int
    completed: int
    not_doing: int


class Numbers(Shape):
    """`median_seconds_to_complete` is from created to completed; left out where nothing is completed."""

    by_status: StatusCounts
    overdue: int
    median_seconds_to_complete: float | None = None


class OfPriority(Numbers):
    """Without `priority`: those that have none."""

    priority: Ranked | None = None


class OfTeam(Numbers):
    """Without `assignee_team`: those that have none."""

    assignee_team: Team | None = None


class Period(Shape):
    """How many were created and completed in `period[…]`, or ever."""

    created: int
    completed: int


class FollowUpStats(Numbers):
    by_priority: tuple[OfPriority, ...]
    by_assignee_team: tuple[OfTeam, ...]
    period: Period


class StatsShown(Shape):
    stats: FollowUpStats


def _numbers(found: Figures) -> dict[str, object]:
    counts = StatusCounts(outstanding=found.outstanding, completed=found.completed, not_doing=found.not_doing)
    return {
        "by_status": counts,
        "overdue": found.overdue,
        "median_seconds_to_complete": found.median_seconds,
    }


def stats(found: Stats) -> FollowUpStats:
    return FollowUpStats.model_validate(
        {
            **_numbers(found.total),
            "by_priority": [
                {
                    **_numbers(figures),
                    "priority": one
                    and Ranked(id=one.id, name=one.name, rank=one.rank, description=one.description),
                }
                for one, figures in found.by_priority
            ],
            "by_assignee_team": [
                {**_numbers(figures), "assignee_team": one and Team(id=one.id, name=one.name)}
                for one, figures in found.by_team
            ],
            "period": Period(created=found.created_in_period, completed=found.completed_in_period),
        }
    )
