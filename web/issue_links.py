"""The addresses of issues at the thirteen trackers, and what people call an issue by its address."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from storage.records import ExternalIssueRecord
from web.errors import invalid

LONGEST = 2000

# The host, then the path. The name is put together from the groups of both.
FORMS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "asana": (r"app\.asana\.com", r"/(?:.+/)?(?:task/)?(?P<id>\d{6,})(?:/f)?/?", "{id}"),
        "azure_devops": (
            r"dev\.azure\.com|[\w-]+\.visualstudio\.com",
            r"/.+/_workitems/edit/(?P<id>\d+)/?",
            "#{id}",
        ),
        "click_up": (r"app\.clickup\.com", r"/t/(?:\d+/)?(?P<id>[\w-]+)/?", "{id}"),
        "freshservice": (r"[\w-]+\.freshservice\.com", r"/(?:a|helpdesk)/tickets/(?P<id>\d+)/?", "#{id}"),
        "github": (
            r"github\.com|[\w.-]+",
            r"/(?P<owner>[\w.-]+)/(?P<repo>[\w.-]+)/(?:issues|pull)/(?P<id>\d+)/?",
            "{owner}/{repo}#{id}",
        ),
        "gitlab": (
            r"gitlab\.com|[\w.-]+",
            r"/(?P<project>[\w./-]+?)/(?:-/)?(?:issues|work_items)/(?P<id>\d+)/?",
            "{project}#{id}",
        ),
        "jira": (r"[\w-]+\.atlassian\.net", r"/(?:browse|issues)/(?P<id>[A-Z][A-Z0-9_]+-\d+)/?", "{id}"),
        "jira_server": (r"[\w.-]+", r"(?:/.*)?/browse/(?P<id>[A-Z][A-Z0-9_]+-\d+)/?", "{id}"),
        "linear": (r"linear\.app", r"/[\w-]+/issue/(?P<id>[A-Z0-9]+-\d+)(?:/.*)?", "{id}"),
        "notion": (
            r"(?:www\.)?notion\.so|app\.notion\.com|[\w-]+\.notion\.site",
            r"/(?:[\w@.%-]+/)?(?:[\w%-]*-)?(?P<id>[0-9a-f]{32})/?",
            "{id}",
        ),
        "salesforce": (
            r"[\w.-]+\.(?:lightning\.force|my\.salesforce|salesforce)\.com",
            r"/(?:lightning/r/(?:\w+/)?)?(?P<id>[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?)(?:/view)?/?",
            "{id}",
        ),
        "service_now": (r"[\w-]+\.service-now\.com", r"/.+", ""),
        "shortcut": (r"app\.shortcut\.com", r"/[\w-]+/story/(?P<id>\d+)(?:/.*)?", "sc-{id}"),
    }
)
# ServiceNow puts the record into the query, where it may be escaped once more.
RECORD = re.compile(r"sys_id(?:=|%3D)(?P<id>[0-9a-f]{32})")


def issue_of(provider: str, url: str) -> ExternalIssueRecord:
    """Raises ApiError where the address is not one of an issue there."""
    name = _name(provider, url)
    if name is None:
        raise invalid("/url", f"This is not the address of an issue at {provider}.")
    return ExternalIssueRecord(provider, name, url)


def is_issue(url: str) -> bool:
    """Whether any of the trackers may have it."""
    return any(_name(provider, url) for provider in FORMS)


def _name(provider: str, url: str) -> str | None:
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host, path, name = FORMS[provider]
    if parts.scheme != "https" or parts.username is not None:
        return None
    found = re.fullmatch(path, parts.path)
    if found is None or not re.fullmatch(host, parts.hostname or ""):
        return None
    if provider == "service_now":
        record = RECORD.search(url) or re.search(r"/(?P<id>[0-9a-f]{32})(?:/|$)", parts.path)
        return record["id"] if record else None
    return name.format(**found.groupdict())
