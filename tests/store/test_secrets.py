"""The secret key and the keys made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headwater.store.secrets import SecretKeyError, secret_key, subkey

if TYPE_CHECKING:
    from pathlib import Path


def test_a_key_is_made_once_outside_the_data_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}

    first = secret_key(environment)

    assert secret_key(environment) == first
    assert len(first) == 32
    assert (tmp_path / "headwater" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "headwater").iterdir()] == ["secret.key"]


def test_without_a_config_home_the_key_lies_in_the_home_folder(tmp_path: Path) -> None:
    secret_key({"HOME": str(tmp_path)})

    assert (tmp_path / ".config" / "headwater" / "secret.key").exists()


def test_the_variable_wins_over_the_file_and_both_over_the_made_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a secret in a file, long enough\n")
    made = secret_key({"XDG_CONFIG_HOME": str(tmp_path)})
    by_file = secret_key(
        {"XDG_CONFIG_HOME": str(tmp_path), "HEADWATER_SECRET_KEY_FILE": str(tmp_path / "key")}
    )
    by_variable = secret_key(
        {
            "HEADWATER_SECRET_KEY": "another secret, long enough",
            "HEADWATER_SECRET_KEY_FILE": str(tmp_path / "key"),
        }
    )

    assert len({made, by_file, by_variable}) == 3
    assert secret_key({"HEADWATER_SECRET_KEY": "a secret in a file, long enough"}) == by_file


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(SecretKeyError, match="has 5 characters"):
        secret_key({"HEADWATER_SECRET_KEY": "short"})


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretKeyError, match="missing"):
        secret_key({"HEADWATER_SECRET_KEY_FILE": str(tmp_path / "missing")})


def test_keys_for_two_purposes_or_salts_differ() -> None:
    keys = {
        subkey(bytes(32), purpose="a"),
        subkey(bytes(32), purpose="b"),
        subkey(bytes(32), purpose="a", salt=b"s"),
    }

    assert len(keys) == 3
