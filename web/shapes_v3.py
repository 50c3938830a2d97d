"""The objects of /v3/follow_ups."""

from storage.records import FollowUpRecord
from web import shapes
from web.shapes import PaginationMeta, Ranked, Shape


class FollowUp(shapes.FollowUp):
    category: Ranked | None = None


class Shown(Shape):
    follow_up: FollowUp


class Listed(Shape):
    follow_ups: tuple[FollowUp, ...]
    pagination_meta: PaginationMeta


def follow_up(found: FollowUpRecord) -> FollowUp:
    category = found.category
    return FollowUp.model_validate(
        {
            **shapes.follow_up_values(found),
            "category": Ranked(
                id=category.id, name=category.name, rank=category.rank, description=category.description
            )
            if category
            else None,
        }
    )
