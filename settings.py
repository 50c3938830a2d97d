"""Every setting: an environment variable (or a line in `.env`), its default, and why one would change it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

if TYPE_CHECKING:
    from outgoing.targets import Targets
    from storage.secrets import Keyring

SLACK_API_URL = "https://slack.com/api/"


class SettingsError(Exception):
    """One line: the variable, what is wrong with it, and the mend."""


def _keyring(keys: str) -> "Keyring":
    from storage.secrets import Keyring  # noqa: PLC0415  most installations have no use for it

    return Keyring.parse(keys)


def _targets(allowed: Iterable[str]) -> "Targets":
    from outgoing.targets import Targets  # noqa: PLC0415  as above

    return Targets.allowing(allowed)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    slack_bot_token: str | None = Field(
        None, repr=False, description="The bot token, xoxb-…, from OAuth & Permissions."
    )
    slack_signing_secret: str | None = Field(
        None,
        repr=False,
        description="The signing secret from Basic Information; with it Slack reaches the bot over HTTP.",
    )
    slack_app_token: str | None = Field(
        None,
        repr=False,
        description="An app-level token, xapp-…, with connections:write; with it the bot uses Socket Mode.",
    )
    slack_api_url: str = Field(
        SLACK_API_URL, description="Where the Web API is; another place only for tests."
    )
    slack_command: str = Field(
        "/incident", description="The slash command, in case another app has /incident already."
    )
    incident_channel_prefixes: Annotated[tuple[str, ...], NoDecode] = Field(
        ("inc-", "incident-"),
        description="Channels whose names begin so become incidents by themselves; comma-separated.",
    )
    database_url: str = Field(
        "sqlite+aiosqlite:///data/follow-ups.db",
        repr=False,
        description="Where records are kept: an SQLite file, or postgresql+asyncpg://user:password@host/name.",
    )
    public_url: str | None = Field(
        None, description="Where Slack reaches the bot over HTTP, https://…; for `python app.py manifest`."
    )
    encryption_keys: str | None = Field(
        None,
        repr=False,
        description="Keys that encrypt secrets, k2:base64…,k1:base64…; the first encrypts, all decrypt.",
    )
    webhook_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts and networks that webhooks may go to though they are private; comma-separated.",
    )
    host: str = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 inside a container.")
    port: int = Field(3000, ge=0, le=65535, description="The port to listen on.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    playground_transport: str = Field(
        "http", description="How the playground's Slack speaks to the bot: http or socket."
    )

    playground_state: str = Field(
        "data/playground.json", description="Where the playground keeps its workspace over a restart."
    )

    @field_validator("slack_command")
    @classmethod
    def _is_a_command(cls, value: str) -> str:
        if not value.startswith("/") or not 2 <= len(value) <= 32 or any(char.isspace() for char in value):
            raise ValueError("write it with its slash, without spaces, at most 32 characters: /incident")
        return value

    @field_validator("incident_channel_prefixes", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(prefix.strip().lstrip("#").lower() for prefix in value.split(",") if prefix.strip())
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _are_keys(cls, value: str | None) -> str | None:
        if value is not None:
            _keyring(value)
        return value

    @field_validator("webhook_allowed_hosts", mode="before")
    @classmethod
    def _are_hosts(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = tuple(host.strip() for host in value.split(",") if host.strip())
        if value:
            _targets(value)
        return value

    @field_validator("log_level")
    @classmethod
    def _is_a_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("use DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("playground_transport")
    @classmethod
    def _is_a_transport(cls, value: str) -> str:
        if value not in {"http", "socket"}:
            raise ValueError("use http or socket")
        return value

    @property
    def keyring(self) -> "Keyring":
        return _keyring(self.encryption_keys or "")

    @property
    def webhook_targets(self) -> "Targets":
        return _targets(self.webhook_allowed_hosts)

    @property
    def has_slack_credentials(self) -> bool:
        return any((self.slack_bot_token, self.slack_signing_secret, self.slack_app_token))

    @property
    def uses_socket_mode(self) -> bool:
        return self.slack_app_token is not None


TOKENS = (
    ("slack_bot_token", "xoxb-", "copy the Bot User OAuth Token from OAuth & Permissions"),
    (
        "slack_app_token",
        "xapp-",
        "make one under Basic Information, App-Level Tokens, with connections:write",
    ),
)


def load(**values: Any) -> Settings:
    """The settings from the environment. Raises SettingsError, whose text never holds a secret's value."""
    try:
        settings = Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}.") from None
    _check_credentials(settings)
    return settings


def _check_credentials(settings: Settings) -> None:
    if not settings.has_slack_credentials:
        return
    if settings.slack_bot_token is None:
        raise SettingsError(
            "SLACK_BOT_TOKEN is missing: copy the Bot User OAuth Token, xoxb-…, from OAuth & Permissions."
        )
    for field, prefix, mend in TOKENS:
        token = getattr(settings, field)
        if token is not None and not token.startswith(prefix):
            raise SettingsError(f"{field.upper()} does not begin with {prefix}: {mend}.")
    if settings.slack_signing_secret is None and settings.slack_app_token is None:
        raise SettingsError(
            "SLACK_SIGNING_SECRET is missing: copy it from Basic Information to be reached over HTTP, "
            "or set SLACK_APP_TOKEN, xapp-…, to use Socket Mode."
        )
