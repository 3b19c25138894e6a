"""Personal: the one encrypted place for e-mail addresses and phone numbers.

Reads  raw values, as sent
Makes  DIR/personal.sqlite (AES-256-GCM per value) and the keyed hashes that everything else carries

A hash can be made again from the address and the key, never turned back without this file. Two
workspaces hash the same address differently, since each file holds a salt of its own.
"""

from __future__ import annotations

import hmac
import os
import sqlite3
import threading
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headwater.contract.errors import HeadwaterError, UsageError
from headwater.store import addresses
from headwater.store.secrets import SecretKeyError, subkey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HASH_BYTES = 16
NONCE_BYTES = 12
SALT_BYTES = 16
KINDS = ("email", "phone")
SCHEMA = """
    create table if not exists about (name text primary key, value blob not null) without rowid;
    create table if not exists personal (
        kind text not null,
        hash text not null,
        spelling blob not null,
        sealed blob not null,
        primary key (kind, hash, spelling)
    ) without rowid;
"""


class PersonalStoreError(HeadwaterError):
    """The encrypted store cannot be read."""


class Personal:
    """The encrypted store of one workspace; safe to use from several threads."""

    def __init__(self, path: Path, key: bytes, *, region: str | None = None) -> None:
        """Open or make the store; `region` (ISO 3166) reads phone numbers without a country code.

        Raises SecretKeyError where the store was made with another key.
        """
        self.path = path
        self.region = region
        self._lock = threading.Lock()
        self._connection = _opened(path)
        self._salt = self._about("salt", os.urandom(SALT_BYTES))
        self._hash_key = subkey(key, purpose="personal hash", salt=self._salt)
        self._cipher = AESGCM(subkey(key, purpose="personal encryption", salt=self._salt))
        proof = hmac.digest(self._hash_key, b"the key of this store", "sha256")
        if not hmac.compare_digest(self._about("proof", proof), proof):
            self._connection.close()
            raise SecretKeyError(
                f"{path} was made with another secret key.",
                hint="set $HEADWATER_SECRET_KEY (or _FILE) to the key that this workspace was made with.",
            )

    def hashed(self, kind: str, values: Iterable[str]) -> dict[str, str | None]:
        """Return the keyed hash of each value (32 hex digits) and keep nothing."""
        return {value: self._hash(kind, value) for value in values}

    def keyed(self, kind: str, values: Iterable[str]) -> dict[str, str | None]:
        """Keep the raw values, encrypted and durably, and return the keyed hash of each.

        `kind` is "email" or "phone"; what is empty or no such thing at all maps to None and is not kept.
        """
        found = self.hashed(kind, values)
        rows = [self._sealed(kind, hashed, raw) for raw, hashed in found.items() if hashed is not None]
        if rows:
            with self._lock, self._connection as writing:
                writing.executemany("insert or ignore into personal values (?, ?, ?, ?)", rows)
        return found

    def raw(self, kind: str, hashed: str) -> list[str]:
        """Return every spelling that was kept for a hash, sorted; none for an unknown hash."""
        _check(kind)
        with self._lock:
            rows = self._connection.execute(
                "select sealed from personal where kind = ? and hash = ?", (kind, hashed)
            ).fetchall()
        return sorted(self._opened(kind, hashed, sealed) for (sealed,) in rows)

    def erase(self, kind: str, hashed: str) -> int:
        """Forget every spelling of a hash, also on disk, and return how many there were."""
        _check(kind)
        with self._lock:
            with self._connection as writing:
                gone = writing.execute(
                    "delete from personal where kind = ? and hash = ?", (kind, hashed)
                ).rowcount
            self._connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        return gone

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _hash(self, kind: str, raw: str) -> str | None:
        _check(kind)
        normal = addresses.email(raw) if kind == "email" else addresses.phone(raw, region=self.region)
        if normal is None:
            return None
        return hmac.digest(self._hash_key, f"{kind}:{normal}".encode("utf-8", "surrogatepass"), "sha256")[
            :HASH_BYTES
        ].hex()

    def _sealed(self, kind: str, hashed: str, raw: str) -> tuple[str, str, bytes, bytes]:
        plain = raw.encode("utf-8", "surrogatepass")
        spelling = hmac.digest(self._hash_key, b"spelling:" + plain, "sha256")[:HASH_BYTES]
        nonce = os.urandom(NONCE_BYTES)
        return kind, hashed, spelling, nonce + self._cipher.encrypt(nonce, plain, f"{kind}:{hashed}".encode())

    def _opened(self, kind: str, hashed: str, sealed: bytes) -> str:
        nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            plain = self._cipher.decrypt(nonce, body, f"{kind}:{hashed}".encode())
        except InvalidTag as error:
            raise PersonalStoreError(
                f"A value of {kind}:{hashed} in {self.path} has been changed.",
                hint="restore the file from a backup.",
            ) from error
        return plain.decode("utf-8", "surrogatepass")

    def _about(self, name: str, value: bytes) -> bytes:
        with self._lock, self._connection as writing:
            writing.execute("insert or ignore into about values (?, ?)", (name, value))
            kept: bytes = writing.execute("select value from about where name = ?", (name,)).fetchone()[0]
        return kept


def _check(kind: str) -> None:
    if kind not in KINDS:
        raise UsageError(f"{kind!r} is no kind of personal value.", hint=f"there are: {', '.join(KINDS)}.")


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
    try:
        for setting in ("journal_mode = wal", "synchronous = full", "secure_delete = on"):
            connection.execute(f"pragma {setting}").fetchall()
        connection.executescript(SCHEMA)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise PersonalStoreError(
            f"{path} is no store of personal data ({error}).", hint="restore the file from a backup."
        ) from error
    return connection
