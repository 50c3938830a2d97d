"""Days and moments in the words people use, in the reader's own time zone."""

from datetime import date, datetime

from storage.records import FollowUpRecord, Status
from storage.zones import zone

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS_WITH_A_NAME = {0: "today", 1: "tomorrow"}


def local_day(moment: datetime, zone_name: str | None) -> date:
    return moment.astimezone(zone(zone_name)).date()


def day_words(day: date, today: date) -> str:
    words = f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"
    return words if day.year == today.year else f"{words} {day.year}"


def due_words(follow_up: FollowUpRecord, *, today: date, now: datetime, absolute: bool = False) -> str | None:
    """`due tomorrow`, `due Fri 27 Nov`, or `⚠ due Fri 20 Nov, 3 days late`; closed work is never late.

    `absolute` is for what stays as it was written, while days pass: it names the day and no more.
    """
    due_on = follow_up.due_on
    if due_on is None:
        return None
    if absolute or follow_up.status is not Status.OUTSTANDING:
        return f"due {day_words(due_on, today)}"
    days = (due_on - today).days
    words = f"due {DAYS_WITH_A_NAME.get(days) or day_words(due_on, today)}"
    if not follow_up.is_overdue(now):
        return words
    if days >= 0:
        return f"⚠ {words}"
    return f"⚠ {words}, {-days} {'day' if days == -1 else 'days'} late"


def ago(moment: datetime, now: datetime) -> str:
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    days = minutes // (24 * 60)
    return "1 day ago" if days == 1 else f"{days} days ago"
