"""TCF: strings composed bit by bit are read as they were written."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.tcf import NEEDS_CONSENT, NOT_ALLOWED, parsed

numbers = st.frozensets(st.integers(1, 24), max_size=8)
vendors = st.frozensets(st.integers(1, 900), max_size=12)


def bits(value: int, width: int) -> str:
    return format(value, f"0{width}b")


def field(members: frozenset[int], width: int) -> str:
    return "".join("1" if place in members else "0" for place in range(1, width + 1))


def vendor_field(members: frozenset[int]) -> str:
    highest = max(members, default=0)
    return bits(highest, 16) + "0" + field(members, highest)


def vendor_ranges(members: frozenset[int]) -> str:
    singles = "".join("0" + bits(one, 16) for one in sorted(members))
    return bits(max(members, default=0), 16) + "1" + bits(len(members), 12) + singles


def composed(
    purposes: frozenset[int] = frozenset(),
    interests: frozenset[int] = frozenset(),
    listed: str = bits(0, 17),
    interested: str = bits(0, 17),
    restrictions: str = bits(0, 12),
    version: int = 2,
) -> str:
    said = (
        bits(version, 6) + bits(1, 36) + bits(2, 36) + bits(3, 12) + bits(4, 12) + bits(5, 6) + bits(6, 12)
        + bits(7, 12) + bits(4, 6) + "00" + field(frozenset({1}), 12) + field(purposes, 24)
        + field(interests, 24) + "0" + bits(8, 12) + listed + interested + restrictions
    )  # fmt: skip
    said += "0" * (-len(said) % 8)
    content = bytes(int(said[place : place + 8], 2) for place in range(0, len(said), 8))
    return urlsafe_b64encode(content).decode().rstrip("=")


@given(numbers, numbers, vendors, vendors)
def test_purposes_and_vendors_are_read_from_fields_and_from_ranges(
    purposes: frozenset[int], interests: frozenset[int], one: frozenset[int], other: frozenset[int]
) -> None:
    text = composed(purposes, interests, vendor_field(one), vendor_ranges(other))

    for said in (parsed(text), parsed(f"{text}.YAAAAAAAAAA")):
        assert said is not None
        assert (said.purposes, said.interests) == (purposes, interests)
        assert (said.vendors, said.vendor_interests) == (one, other)


def test_a_range_holds_every_vendor_from_its_first_to_its_last() -> None:
    said = parsed(composed(listed=bits(9, 16) + "1" + bits(1, 12) + "1" + bits(4, 16) + bits(9, 16)))

    assert said is not None
    assert said.vendors == frozenset(range(4, 10))


def test_legitimate_interest_does_only_where_it_is_asked_for() -> None:
    said = parsed(composed(frozenset({1}), frozenset({7})))

    assert said is not None
    assert (said.allows(1), said.allows(7), said.allows(7, by_interest=True)) == (True, False, True)
    assert not said.allows(1, vendor=12)


def test_a_publishers_restriction_holds_for_the_vendors_it_names() -> None:
    listed = vendor_field(frozenset({5, 6}))
    ranges = bits(1, 12) + "0" + bits(5, 16)
    restrictions = (
        bits(2, 12)
        + bits(7, 6)
        + bits(NOT_ALLOWED, 2)
        + ranges
        + bits(8, 6)
        + bits(NEEDS_CONSENT, 2)
        + ranges
    )

    said = parsed(composed(frozenset({7}), frozenset({8}), listed, listed, restrictions))

    assert said is not None
    assert [said.allows(7, vendor=vendor) for vendor in (5, 6)] == [False, True]
    assert [said.allows(8, vendor=vendor, by_interest=True) for vendor in (5, 6)] == [False, True]


def test_what_cannot_be_read_is_nothing() -> None:
    whole = composed(frozenset({1}))

    assert [parsed(text) for text in ("", "no string", whole[:20], composed(version=1), "€")] == [None] * 5


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    parsed(text)
