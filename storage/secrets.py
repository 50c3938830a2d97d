"""Secrets at rest: AES-256-GCM, bound to the row and column they are kept in.

A sealed secret reads `v1:<key id>:<nonce>:<ciphertext>`. The keys come from ENCRYPTION_KEYS.
"""

import binascii
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping

from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import Database
from storage.models import KeptAnswer, WebhookSecret

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12
BATCH = 100

KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,20}")

# Every column that holds a sealed secret.
SEALED_COLUMNS: tuple[tuple[type[SQLModel], str], ...] = ((WebhookSecret, "sealed"), (KeptAnswer, "sealed"))


class NoKeyError(Exception):
    """There is no key to encrypt with."""

    def __init__(self) -> None:
        super().__init__(
            "ENCRYPTION_KEYS is not set, so secrets can't be kept: make a key with "
            "`python app.py secrets new-key`, set ENCRYPTION_KEYS to it and start again."
        )


class UnreadableSecretError(Exception):
    """What is kept can't be decrypted: its key is gone, or it belongs to another row."""


def place(table: str, row_id: str, column: str) -> str:
    """Where a secret is kept. Moved elsewhere, it can't be read."""
    return f"{table}:{row_id}:{column}"


def new_key(key_id: str) -> str:
    """One entry for ENCRYPTION_KEYS."""
    return f"{key_id}:{b64encode(os.urandom(KEY_BYTES)).decode()}"


class Keyring:
    """The keys by id. The first encrypts, each decrypts what was encrypted with it."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  0.04 s at a start

        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}

    @classmethod
    def parse(cls, written: str) -> "Keyring":
        """Reads `k2:base64…,k1:base64…`. Raises ValueError, whose text never holds a key."""
        keys: dict[str, bytes] = {}
        for number, entry in enumerate((part.strip() for part in written.split(",") if part.strip()), 1):
            key_id, colon, encoded = entry.partition(":")
            if not colon or not KEY_ID.fullmatch(key_id):
                raise ValueError(f"key {number} has no id: write id:base64, for example k1:…")
            if key_id in keys:
                raise ValueError(f"two keys have the id {key_id}")
            try:
                keys[key_id] = b64decode(encoded, validate=True)
            except binascii.Error:
                raise ValueError(f"key {key_id} is not base64") from None
            if len(keys[key_id]) != KEY_BYTES:
                raise ValueError(f"key {key_id} has {len(keys[key_id])} bytes instead of {KEY_BYTES}")
        return cls(keys)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    def seal(self, secret: str, kept_in: str) -> str:
        """Raises NoKeyError."""
        key_id = self.require()
        nonce = os.urandom(NONCE_BYTES)
        ciphertext = self._keys[key_id].encrypt(nonce, secret.encode(), kept_in.encode())
        return ":".join((VERSION, key_id, b64encode(nonce).decode(), b64encode(ciphertext).decode()))

    def open(self, sealed: str, kept_in: str) -> str:
        """Raises UnreadableSecretError."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  as above

        version, key_id, nonce, ciphertext = sealed.split(":")
        if version != VERSION or key_id not in self._keys:
            raise UnreadableSecretError(
                f"The secret was encrypted with key {key_id}, which is not in ENCRYPTION_KEYS: put it back."
            )
        try:
            opened = self._keys[key_id].decrypt(b64decode(nonce), b64decode(ciphertext), kept_in.encode())
        except InvalidTag:
            raise UnreadableSecretError(
                f"The secret does not open with key {key_id}: that key has changed, or the row was copied."
            ) from None
        return opened.decode()

    def is_current(self, sealed: str) -> bool:
        """Whether it is encrypted with the key that encrypts now. Raises NoKeyError."""
        return sealed.split(":")[1] == self.require()

    def require(self) -> str:
        """The id of the key that encrypts. Raises NoKeyError."""
        for key_id in self._keys:
            return key_id
        raise NoKeyError


async def rotate(database: Database, keyring: Keyring) -> int:
    """Encrypt with the first key whatever another encrypted. Returns how many secrets that were.

    Raises NoKeyError, UnreadableSecretError: what came before stays rotated.
    """
    keyring.require()
    rotated = 0
    for table, column in SEALED_COLUMNS:
        last = ""
        while True:
            async with database.write() as session:
                last, found, changed = await _rotate_batch(session, keyring, table, column, last)
            rotated += changed
            if found < BATCH:
                break
    return rotated


async def _rotate_batch(
    session: AsyncSession, keyring: Keyring, table: type[SQLModel], column: str, after: str
) -> tuple[str, int, int]:
    row_id = col(table.id)  # type: ignore[attr-defined]
    is_sealed = col(getattr(table, column)).is_not(None)
    batch = select(table).where(row_id > after, is_sealed).order_by(row_id).limit(BATCH).with_for_update()
    rows = (await session.exec(batch)).all()
    changed = 0
    for row in rows:
        after = row.id  # type: ignore[attr-defined]
        sealed: str = getattr(row, column)
        if not keyring.is_current(sealed):
            kept_in = place(str(table.__tablename__), after, column)
            setattr(row, column, keyring.seal(keyring.open(sealed, kept_in), kept_in))
            changed += 1
    await session.flush()
    return after, len(rows), changed
