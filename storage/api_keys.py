"""API keys: made, shown once, looked up by their hash, revoked. Each has a bucket of requests it may make."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import JSON, Float, bindparam, case, update
from sqlmodel import AutoString, Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import Id, UTCDateTime, new_id
from storage.database import Database
from storage.errors import InvalidFieldError
from storage.prepared import Prepared
from storage.records import CreatorKind, CreatorRecord
from storage.text import is_blank, one_line

NAME_LIMIT = 100
MARK = "fu_"
PREFIX_LENGTH = len(MARK) + 8
LAST_USED_PRECISION = timedelta(minutes=1)

# The bucket of requests: https://api-docs.incident.io names both figures.
CAPACITY = 1200
PER_SECOND = 20

PRIVATE_INCIDENTS = "private_incidents.access"
SET_CREATOR = "follow_ups.set_creator"
WEBHOOKS = "webhook_endpoints.manage"
OPTIONS = "follow_up_options.manage"

# The published scopes, then ours.
SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "actions.view": "read follow-ups",
        "follow_ups.create": "create follow-ups",
        "follow_ups.update": "change follow-ups",
        "follow_ups.destroy": "delete follow-ups",
        "follow_ups.connect_external_issue": "connect follow-ups to issues",
        "incidents.view": "read incidents",
        "incidents.create": "create incidents",
        "incidents.update": "change incidents",
        "incident_statuses.view": "read the statuses of incidents",
        "severities.view": "read severities",
        "users.view": "read people",
        "catalog_entries.view": "read teams",
        PRIVATE_INCIDENTS: "see private incidents and their follow-ups, and make private incidents",
        SET_CREATOR: "name a workflow or an alert as the creator of a follow-up",
        OPTIONS: "add, change and delete priorities and categories; rename and delete labels",
        WEBHOOKS: "read and change where webhooks are sent, and replay them",
    }
)


class ApiKey(SQLModel, table=True):
    """`bucket_full_at` is when the bucket is full again, in Unix seconds: in the past when it is full now."""

    __tablename__ = "api_key"

    id: str = Field(default_factory=new_id, primary_key=True, sa_type=Id)
    name: str
    prefix: str = Field(index=True)
    sha256: str = Field(unique=True)
    scopes: list[str] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UTCDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    bucket_full_at: float = Field(default=0.0, sa_type=Float(53))


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as it is shown: never the secret itself, which is known only to its owner."""

    id: str
    name: str
    prefix: str
    scopes: frozenset[str]
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def actor(self) -> CreatorRecord:
        sees_private = PRIVATE_INCIDENTS in self.scopes
        return CreatorRecord(CreatorKind.API_KEY, self.id, self.name, sees_private=sees_private)

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def _record(key: ApiKey) -> KeyRecord:
    return KeyRecord(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scopes=frozenset(key.scopes),
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


def digest(secret: str) -> str:
    """A key has 256 bits of chance: a slow hash would guard nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def create(
    session: AsyncSession,
    name: str,
    scopes: Collection[str],
    *,
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[KeyRecord, str]:
    """The key and its secret, which nobody can read again. Raises InvalidFieldError."""
    name = one_line(name)
    if is_blank(name) or len(name) > NAME_LIMIT:
        raise InvalidFieldError("name", f"Give the key a name of 1 to {NAME_LIMIT} characters.")
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        raise InvalidFieldError("scopes", f"There is no scope {', '.join(unknown)}.")
    if not scopes:
        raise InvalidFieldError("scopes", "Name at least one scope.")
    if expires_at is not None and expires_at <= now:
        raise InvalidFieldError("expires_at", "This time has passed.")
    secret = MARK + secrets.token_hex(32)
    key = ApiKey(
        name=name,
        prefix=secret[:PREFIX_LENGTH],
        sha256=digest(secret),
        scopes=sorted(scopes),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(key)
    await session.flush()
    return _record(key), secret


async def every(session: AsyncSession) -> list[KeyRecord]:
    """Oldest first, the revoked ones too."""
    return [_record(key) for key in await session.exec(select(ApiKey).order_by(col(ApiKey.id)))]


async def revoke(session: AsyncSession, key_id: str, now: datetime) -> KeyRecord | None:
    """None when there is no such key. A key that is revoked stays so since then."""
    query = select(ApiKey).where(col(ApiKey.id) == key_id).with_for_update()
    key = (await session.exec(query)).one_or_none()
    if key is None:
        return None
    key.revoked_at = key.revoked_at or now
    session.add(key)
    await session.flush()
    return _record(key)


_COLUMNS: tuple[Any, ...] = (
    ApiKey.id,
    ApiKey.name,
    ApiKey.prefix,
    ApiKey.scopes,
    ApiKey.created_at,
    ApiKey.last_used_at,
    ApiKey.expires_at,
    ApiKey.revoked_at,
    ApiKey.sha256,
    ApiKey.bucket_full_at,
)
_BY_PREFIX = Prepared(select(*_COLUMNS).where(col(ApiKey.prefix) == bindparam("prefix", None, AutoString())))


async def by_secret(database: Database, secret: str) -> tuple[KeyRecord, float] | None:
    """The key, usable or not, and when its bucket is full."""
    wanted = digest(secret)
    for id_, name, prefix, scopes, *times, sha256, full_at in await database.rows(
        _BY_PREFIX, prefix=secret[:PREFIX_LENGTH]
    ):
        if hmac.compare_digest(sha256, wanted):
            return KeyRecord(id_, name, prefix, frozenset(scopes), *times), full_at
    return None


def left(full_at: float, now: float) -> float:
    """How many requests the bucket holds now."""
    return CAPACITY - max(0.0, full_at - now) * PER_SECOND


def _taking() -> Prepared:
    now, at = bindparam("now", None, UTCDateTime()), bindparam("at", None, Float(53))
    cost, full = bindparam("cost", None, Float(53)), col(ApiKey.bucket_full_at)
    expires, used = col(ApiKey.expires_at), col(ApiKey.last_used_at)
    is_stale = used.is_(None) | (used < bindparam("stale", None, UTCDateTime()))
    return Prepared(
        update(ApiKey)
        .where(
            col(ApiKey.id) == bindparam("key_id", None, Id()),
            full + cost <= at + CAPACITY / PER_SECOND,
            col(ApiKey.revoked_at).is_(None),
            expires.is_(None) | (expires > now),
        )
        .values(
            bucket_full_at=case((full > at, full), else_=at) + cost,
            last_used_at=case((is_stale, now), else_=used),
        )
        .returning(full, col(ApiKey.scopes))
    )


_TAKING = _taking()


async def take(
    database: Database, key_id: str, requests: int, now: datetime
) -> tuple[float, frozenset[str]] | None:
    """Take that many from the bucket: when it is full again, and the key's scopes as they are now.

    None, and nothing is taken, when it holds fewer, or the key is revoked or expired. Also notes that the key
    is in use. One statement, so that no two replicas take the same request.
    """
    taken = await database.change(
        _TAKING,
        key_id=key_id,
        cost=requests / PER_SECOND,
        at=now.timestamp(),
        now=now,
        stale=now - LAST_USED_PRECISION,
    )
    return (taken[0][0], frozenset(taken[0][1])) if taken else None
