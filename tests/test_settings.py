"""A wrong setting stops the start with one line that names it, and never shows a secret."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

import settings
from settings import Settings, SettingsError

SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s3cret"}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def complaint(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        settings.load()
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_without_anything_set_it_is_the_playground() -> None:
    assert not settings.load().has_slack_credentials


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"SLACK_SIGNING_SECRET": "s3cret"}, "SLACK_BOT_TOKEN is missing"),
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN is missing"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_SIGNING_SECRET is missing"),
        (SLACK | {"SLACK_BOT_TOKEN": "xoxp-s3cret"}, "SLACK_BOT_TOKEN does not begin with xoxb-"),
        (SLACK | {"SLACK_APP_TOKEN": "xoxb-s3cret"}, "SLACK_APP_TOKEN does not begin with xapp-"),
    ],
)
def test_credentials_that_do_not_fit_together_are_named(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], named: str
) -> None:
    said = complaint(monkeypatch, **environment)
    assert said.startswith(named)
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("LOG_LEVEL", "LOUD"),
        ("SLACK_COMMAND", "incident"),
        ("SLACK_COMMAND", "/"),
        ("SLACK_COMMAND", "/in cident"),
        ("SLACK_COMMAND", "/" + "x" * 32),
        ("PLAYGROUND_TRANSPORT", "pigeon"),
        ("ENCRYPTION_KEYS", "k1:c2hvcnQ="),
        ("ENCRYPTION_KEYS", "plain"),
        ("WEBHOOK_ALLOWED_HOSTS", "hooks.internal,http://other.internal"),
        ("WEBHOOK_ALLOWED_HOSTS", "10.0.0.1/8"),
    ],
)
def test_a_value_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert complaint(monkeypatch, **{name: value}).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("INCIDENT_CHANNEL_PREFIXES", "#Inc-, sev ,,", ("inc-", "sev")),
        ("INCIDENT_CHANNEL_PREFIXES", "", ("inc-", "incident-")),
        ("WEBHOOK_ALLOWED_HOSTS", " hooks.internal , 10.0.0.0/8 ", ("hooks.internal", "10.0.0.0/8")),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("PORT", "", 3000),
        ("SLACK_COMMAND", "/followups", "/followups"),
        ("PLAYGROUND_TRANSPORT", "socket", "socket"),
    ],
)
def test_values_are_read_as_people_write_them(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, kept: Any
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(settings.load(), name.lower()) == kept


def test_settings_shown_hold_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SLACK, "SLACK_APP_TOKEN": "xapp-s3cret", "SLACK_BOT_TOKEN": "xoxb-s3cret"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://me:s3cret@host/name")
    key = b64encode(b"s3cret" * 5 + b"s3").decode()
    monkeypatch.setenv("ENCRYPTION_KEYS", f"k1:{key}")
    assert "s3cret" not in repr(settings.load())
    assert key not in repr(settings.load())


def test_a_key_that_is_none_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "c2hvcnQ" not in complaint(monkeypatch, ENCRYPTION_KEYS="k1:c2hvcnQ=")
