"""Records of every kind: ordinary, empty, as long as can be, right-to-left, hostile."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from storage.records import (
    CategoryRecord,
    Change,
    Counts,
    CreatorKind,
    CreatorRecord,
    ExternalIssueRecord,
    Filter,
    FollowUpRecord,
    HistoryRecord,
    IncidentRecord,
    Listing,
    ListQuery,
    PersonRecord,
    PriorityRecord,
    Status,
    TeamRecord,
)

NASTY = (
    "",
    " ",
    "Rotate the certs",
    "<!channel> & <@U1> *x*",
    "*x* _y_ ~z~ `c`",
    "@here #general &lt;!here&gt; <!subteam^S1>",
    "<https://evil.example|click>",
    "line\nbreak\r\n\ttab\u2028separator\x00null",
    "החלפת תעודות \u202eevil\u202c לפני INC-142",
    "\u2069\u202emoc.live",
    "عاجل: تجديد الشهادات",
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿🔥 :tada:",
    "Ro" + "\u0335\u0360\u0489" * 300,
    "\u200b\u2060\ufeff",
    "&" * 5000,
    "<" * 255,
    "🔥" * 255,
    "W" * 5000,
    "ש" * 5000,
    "|>" * 40,
)

texts = st.sampled_from(NASTY) | st.text(max_size=40)
some_text = st.none() | texts
ids = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26)
slack_ids = st.sampled_from(("U01", "W02", "U0123456789", "U1> <!here", ""))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(1990, 1, 1), date(2060, 1, 1)) | st.sampled_from((date.min, date.max))
zones = st.sampled_from(("UTC", "Europe/Berlin", "Pacific/Kiritimati", "Etc/GMT+12", "Nowhere", "", "../etc"))
permalinks = st.sampled_from(
    (
        "https://linear.app/acme/issue/ENG-123",
        "https://x.example/?a=1&b=<|>",
        "javascript:alert(1)",
        "https://x.example/" + "&" * 3000,
        "https://x.example/ <!channel>",
        "",
    )
)

people = st.builds(PersonRecord, ids, slack_ids, texts, zones)
teams = st.builds(TeamRecord, ids, slack_ids, texts)
priorities = st.builds(PriorityRecord, ids, texts, st.integers(-1, 200), some_text, st.booleans())
categories = st.builds(CategoryRecord, ids, texts, st.integers(0, 200), some_text)
issues = st.builds(ExternalIssueRecord, texts, texts, permalinks)
creators = st.builds(CreatorRecord, st.sampled_from(CreatorKind), ids, texts, st.none() | slack_ids)
incidents = st.builds(IncidentRecord, ids, texts, texts, st.just("T01"), st.just("C01"), texts)
labels = st.lists(texts, max_size=30).map(tuple)
follow_ups = st.builds(
    FollowUpRecord,
    id=ids,
    title=texts,
    status=st.sampled_from(Status),
    incident=incidents,
    creator=creators,
    version=st.integers(1, 9),
    created_at=moments,
    updated_at=moments,
    description=some_text,
    labels=labels,
    priority=st.none() | priorities,
    category=st.none() | categories,
    assignee=st.none() | people,
    assignee_team=st.none() | teams,
    external_issue=st.none() | issues,
    due_on=st.none() | days,
    due_zone=st.none() | zones,
    due_at=st.none() | moments,
    source_permalink=st.none() | permalinks,
    completed_at=st.none() | moments,
)
queries = st.builds(ListQuery, st.sampled_from(Filter), texts)
counts = st.builds(Counts, *[st.integers(0, 10**6)] * 3)
listings = st.builds(
    Listing,
    queries,
    counts,
    st.lists(follow_ups, max_size=20, unique_by=lambda follow_up: follow_up.id).map(tuple),
    st.booleans(),
    st.booleans(),
    st.none() | incidents,
)
EVENTS = ("created", "changed", "completed", "not_doing", "reopened", "deleted", "unheard of")
histories = st.builds(
    HistoryRecord,
    id=ids,
    follow_up_id=ids,
    title=texts,
    actor_name=texts,
    actor_slack_user_id=st.none() | slack_ids,
    event=st.sampled_from(EVENTS),
    at=moments,
    version=st.integers(1, 9),
    changes=st.lists(
        st.builds(Change, st.sampled_from(("assignee", "title", "due_on")), some_text, some_text), max_size=3
    ).map(tuple),
)


def worst_follow_up(number: int, text: str) -> FollowUpRecord:
    """Every field filled with the same text."""
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    return FollowUpRecord(
        id=f"01WORST{number:019}",
        title=text,
        status=Status.OUTSTANDING,
        incident=IncidentRecord("01I", text, text, "T01", "C01", text),
        creator=CreatorRecord(CreatorKind.USER, "01P", text, "U01"),
        version=1,
        created_at=moment,
        updated_at=moment,
        description=text,
        labels=tuple(f"{number}{text}" for number in range(30)),
        priority=PriorityRecord("01Q", text, 1),
        category=CategoryRecord("01C", text, 1),
        assignee=PersonRecord("01P", "", text),
        assignee_team=TeamRecord("01T", "S01", text),
        external_issue=ExternalIssueRecord("jira", text, "https://x.example/" + "a" * 900),
        due_on=moment.date(),
        due_zone="UTC",
        due_at=moment,
    )
