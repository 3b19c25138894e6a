"""Addresses are read in one place, and what is no address is never an error."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from headwater.collect import addresses

BITS = {"v4_bits": 24, "v6_bits": 48}


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    found = addresses.parsed(text)

    assert found is None or ipaddress.ip_address(str(found)) == found


@given(st.ip_addresses())
def test_what_is_cut_off_tells_nothing_and_what_is_kept_stays(address: addresses.Address) -> None:
    kept = addresses.truncated(address, **BITS)

    assert addresses.truncated(kept, **BITS) == kept
    assert kept.packed[-1] == 0


def test_an_address_of_the_old_kind_within_the_new_one_is_cut_as_the_old() -> None:
    found = addresses.parsed("::ffff:203.0.113.77")

    assert found is not None
    assert str(addresses.truncated(found, **BITS)) == "203.0.113.0"


def test_a_range_may_be_one_address_or_have_bits_behind_its_mask() -> None:
    ranges = (" 203.0.113.9/24", "2001:db8::1")

    within = [addresses.is_within(text, ranges) for text in ("203.0.113.200", "2001:db8::1", "198.51.100.1")]
    assert within == [True, True, False]
    assert not addresses.is_within("", ranges)
