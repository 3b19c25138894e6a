"""The one spelling of an address that is hashed."""

from __future__ import annotations

import pytest

from headwater.store import addresses


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        (" Ada.Lovelace@Example.COM\n", "ada.lovelace@example.com"),
        ("ada+news@example.com", "ada+news@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ("null@null", "null@null"),
    ],
)
def test_an_email_is_trimmed_lowered_and_composed(raw: str, normal: str) -> None:
    assert addresses.email(raw) == normal


@pytest.mark.parametrize(
    "raw", ["", "  ", "n/a", "@x.com", "ada@", "no email", "a@b@c", "x" * 400 + "@example.com"]
)
def test_what_cannot_be_an_email_has_no_normal_form(raw: str) -> None:
    assert addresses.email(raw) is None


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("+1 (650) 555-1234", "+16505551234"),
        ("001 650 555 1234", "+16505551234"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("(650) 555-1234", "6505551234"),
        ("+49 ١٢٣٤٥٦٧٨", "+4912345678"),
    ],
)
def test_a_phone_with_a_country_is_e164_and_without_one_its_digits(raw: str, normal: str) -> None:
    assert addresses.phone(raw) == normal


def test_a_region_gives_a_phone_its_country() -> None:
    assert addresses.phone("030 123456", region="DE") == "+4930123456"


@pytest.mark.parametrize("raw", ["", "n/a", "123", "+", "1" * 40])
def test_what_cannot_be_a_phone_has_no_normal_form(raw: str) -> None:
    assert addresses.phone(raw) is None
