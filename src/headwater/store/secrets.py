"""Secrets: the key that protects personal data, and the keys that are made from it.

Reads  $HEADWATER_SECRET_KEY, or the file that $HEADWATER_SECRET_KEY_FILE names
Makes  ${XDG_CONFIG_HOME:-~/.config}/headwater/secret.key, once, where neither is given

The key never lies in the data folder: a copy of the workspace alone tells nobody an address.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from headwater.contract.errors import HeadwaterError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES = 32
SHORTEST = 16
"""Characters of the shortest secret that is accepted."""
VARIABLE = "HEADWATER_SECRET_KEY"


class SecretKeyError(HeadwaterError):
    """The secret key is missing, too short or not the one that the workspace was made with."""


def secret_key(environment: Mapping[str, str] | None = None) -> bytes:
    """Return the 32 bytes of the secret key; the first call of all makes it, mode 0600.

    Raises SecretKeyError where the given secret is too short or its file cannot be read.
    """
    given = os.environ if environment is None else environment
    if text := given.get(VARIABLE):
        return _stretched(text, place=f"${VARIABLE}")
    if named := given.get(f"{VARIABLE}_FILE"):
        return _stretched(_text(Path(named)), place=named)
    path = key_path(given)
    if not path.exists():
        _make(path)
    return _stretched(_text(path), place=str(path))


def key_path(environment: Mapping[str, str]) -> Path:
    """Return where the key lies when nobody names another place."""
    folder = environment.get("XDG_CONFIG_HOME") or str(
        Path(environment.get("HOME") or Path.home()) / ".config"
    )
    return Path(folder) / "headwater" / "secret.key"


def subkey(key: bytes, *, purpose: str, salt: bytes = b"") -> bytes:
    """Return 32 bytes made from the key for one purpose alone (HKDF with SHA-256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=f"headwater {purpose}".encode()).derive(
        key
    )


def _stretched(text: str, *, place: str) -> bytes:
    secret = text.strip()
    if len(secret) < SHORTEST:
        raise SecretKeyError(
            f"The secret key in {place} has {len(secret)} characters.",
            hint=f"use at least {SHORTEST}; `openssl rand -hex 32` makes a good one.",
        )
    return hashlib.sha256(secret.encode()).digest()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretKeyError(
            f"The secret key in {path} cannot be read ({error}).",
            hint=f"set ${VARIABLE}, or ${VARIABLE}_FILE to a text file that this user may read.",
        ) from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)  # of two processes that start at once, the first one's key stands
    except FileExistsError:
        pass
    finally:
        aside.unlink()
