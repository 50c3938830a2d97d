"""Time zones by the names Slack gives them."""

from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1024)
def zone(name: str | None) -> ZoneInfo:
    """UTC for a zone that nobody here knows: Slack's list may be newer than ours."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
