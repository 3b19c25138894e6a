"""The encrypted store of personal data."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from headwater.contract.errors import UsageError
from headwater.store.personal import Personal, PersonalStoreError
from headwater.store.secrets import SecretKeyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = bytes(range(32))


@pytest.fixture
def personal(tmp_path: Path) -> Iterator[Personal]:
    store = Personal(tmp_path / "personal.sqlite", KEY)
    yield store
    store.close()


def test_the_plain_value_never_appears_in_any_file(personal: Personal, tmp_path: Path) -> None:
    personal.keyed("email", [f"ada.{number}@example.com" for number in range(500)])

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert len(kept) > 500 * 40
    assert b"ada." not in kept
    assert b"example.com" not in kept


def test_a_value_has_the_same_hash_every_time_and_after_reopening(personal: Personal, tmp_path: Path) -> None:
    first = personal.keyed("email", ["ada@example.com"])["ada@example.com"]
    personal.close()

    again = Personal(tmp_path / "personal.sqlite", KEY)

    assert again.keyed("email", ["ada@example.com"])["ada@example.com"] == first
    assert again.raw("email", first or "") == ["ada@example.com"]
    again.close()


def test_a_hash_is_32_hex_digits(personal: Personal) -> None:
    assert len(bytes.fromhex(personal.hashed("email", ["ada@example.com"])["ada@example.com"] or "")) == 16


def test_two_workspaces_hash_the_same_value_differently(personal: Personal, tmp_path: Path) -> None:
    other = Personal(tmp_path / "other.sqlite", KEY)

    assert personal.hashed("email", ["ada@example.com"]) != other.hashed("email", ["ada@example.com"])
    other.close()


def test_an_email_and_a_phone_of_the_same_text_do_not_share_a_hash(personal: Personal) -> None:
    assert (
        personal.hashed("email", ["1234@5678"])["1234@5678"]
        != personal.hashed("phone", ["1234@5678"])["1234@5678"]
    )


def test_another_key_is_refused_in_words(personal: Personal, tmp_path: Path) -> None:
    personal.keyed("email", ["ada@example.com"])

    with pytest.raises(SecretKeyError, match="another secret key"):
        Personal(tmp_path / "personal.sqlite", bytes(32))


def test_a_file_that_is_no_store_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "personal.sqlite").write_bytes(b"this is no database at all" * 100)

    with pytest.raises(PersonalStoreError, match="no store of personal data"):
        Personal(tmp_path / "personal.sqlite", KEY)


def test_a_value_that_was_changed_on_disk_is_refused(personal: Personal) -> None:
    hashed = personal.keyed("email", ["ada@example.com"])["ada@example.com"] or ""
    personal._connection.execute("update personal set sealed = zeroblob(60)")

    with pytest.raises(PersonalStoreError, match="has been changed"):
        personal.raw("email", hashed)


def test_every_spelling_is_kept_beside_the_one_hash(personal: Personal) -> None:
    found = personal.keyed("email", [" Ada@Example.com ", "ada@example.com", "ada@example.com"])

    assert len(set(found.values())) == 1
    assert personal.raw("email", found["ada@example.com"] or "") == [" Ada@Example.com ", "ada@example.com"]


def test_erasing_forgets_every_spelling_and_nothing_else(personal: Personal) -> None:
    found = personal.keyed("email", ["Ada@example.com", "ada@example.com", "bo@example.com"])

    assert personal.erase("email", found["ada@example.com"] or "") == 2

    assert personal.raw("email", found["ada@example.com"] or "") == []
    assert personal.raw("email", found["bo@example.com"] or "") == ["bo@example.com"]


def test_what_is_no_address_is_not_kept(personal: Personal) -> None:
    found = personal.keyed("email", ["", " ", "n/a", "@x.com", "no email"])

    assert set(found.values()) == {None}
    assert personal._connection.execute("select count(*) from personal").fetchone() == (0,)


def test_hashing_alone_keeps_nothing(personal: Personal) -> None:
    hashed = personal.hashed("email", ["ada@example.com"])["ada@example.com"] or ""

    assert personal.raw("email", hashed) == []


def test_an_unknown_kind_is_refused(personal: Personal) -> None:
    with pytest.raises(UsageError, match="'name'"):
        personal.keyed("name", ["Ada"])


def test_threads_may_keep_values_at_once(personal: Personal) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(
                lambda part: personal.keyed("email", [f"p{n}@example.com" for n in part]), [range(200)] * 8
            )
        )

    assert all(one == found[0] for one in found)
    assert personal._connection.execute("select count(*) from personal").fetchone() == (200,)


def test_only_the_owner_may_read_the_file(personal: Personal, tmp_path: Path) -> None:
    assert (tmp_path / "personal.sqlite").stat().st_mode & 0o077 == 0
