"""Priorities, categories and labels by themselves. They are ours: the published API has no such routes."""

from storage.records import CategoryRecord, LabelRecord, PriorityRecord
from web.shapes import PaginationMeta, Ranked, Shape


class Priority(Ranked):
    is_default: bool


class PriorityShown(Shape):
    follow_up_priority: Priority


class PrioritiesListed(Shape):
    follow_up_priorities: tuple[Priority, ...]


class CategoryShown(Shape):
    follow_up_category: Ranked


class CategoriesListed(Shape):
    follow_up_categories: tuple[Ranked, ...]


class Label(Shape):
    """`follow_ups` is how many have it of those that the key may see."""

    id: str
    name: str
    follow_ups: int


class LabelShown(Shape):
    follow_up_label: Label


class LabelsListed(Shape):
    follow_up_labels: tuple[Label, ...]
    pagination_meta: PaginationMeta


def priority(found: PriorityRecord) -> Priority:
    return Priority(
        id=found.id,
        name=found.name,
        rank=found.rank,
        description=found.description,
        is_default=found.is_default,
    )


def category(found: CategoryRecord) -> Ranked:
    return Ranked(id=found.id, name=found.name, rank=found.rank, description=found.description)


def label(found: LabelRecord) -> Label:
    return Label(id=found.id, name=found.name, follow_ups=found.follow_ups)
