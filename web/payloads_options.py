"""What may be sent about priorities, categories and labels."""

from web.payloads import Payload


class CategoryCreate(Payload):
    """Without a rank it is the last."""

    name: str
    description: str | None = None
    rank: int | None = None


class CategoryChange(Payload):
    """What is left out stays; null empties the description."""

    name: str | None = None
    description: str | None = None
    rank: int | None = None


class PriorityCreate(CategoryCreate):
    is_default: bool = False


class PriorityChange(CategoryChange):
    """Whichever becomes the default takes that from the one before."""

    is_default: bool | None = None


class LabelChange(Payload):
    name: str


def given(payload: CategoryCreate | CategoryChange) -> dict[str, object]:
    """What was sent. Null means something for a description only."""
    values = payload.model_dump(exclude_unset=True)
    return {name: value for name, value in values.items() if value is not None or name == "description"}
