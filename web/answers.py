"""What goes out: a shape as JSON, without the keys it has no value for."""

from fastapi import Response
from pydantic import BaseModel

JSON = "application/json"


def written(shape: BaseModel) -> bytes:
    return shape.__pydantic_serializer__.to_json(shape, exclude_none=True)


def answer(shape: BaseModel, status: int = 200) -> Response:
    return Response(written(shape), status, media_type=JSON)
