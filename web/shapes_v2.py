"""The objects of /v2/follow_ups: v3's without the category."""

from storage.records import FollowUpRecord
from web.shapes import FollowUp, PaginationMeta, Shape, follow_up_values


class Shown(Shape):
    follow_up: FollowUp


class Listed(Shape):
    """`pagination_meta` is there when a page was asked for, which is ours."""

    follow_ups: tuple[FollowUp, ...]
    pagination_meta: PaginationMeta | None = None


def follow_up(found: FollowUpRecord) -> FollowUp:
    return FollowUp.model_validate(follow_up_values(found))
