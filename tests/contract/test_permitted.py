"""The settings of privacy take the words that they know and refuse all others with a way out."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.contract.errors import UsageError
from headwater.contract.settings import parsed


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({"without_consent": "keep"}, "without_consent"),
        ({"identity": "some"}, "identity"),
        ({"ip_addresses": "hash"}, "ip_addresses"),
        ({"consent_regions": {"DE": "maybe"}}, "consent_regions.DE"),
        ({"consent_regions": "opt_in"}, "consent_regions"),
        ({"consent_categories": {"C0004": "spam"}}, "consent_categories.C0004"),
        ({"tcf_vendor": -1}, "tcf_vendor"),
        ({"region_header": 7}, "region_header"),
        ({"channel_roles": {"display": "shove"}}, "channel_roles.display"),
        ({"increment_priors": {"display": 0.5}}, "increment_priors"),
        ({"increment_priors": {"display": [0.5, 0.6, 0.9]}}, "increment_priors"),
        ({"increment_priors": {"display": [0.5, 0, 1.5]}}, "increment_priors"),
        ({"increment_priors": [0.5, 0, 1]}, "increment_priors"),
    ],
)
def test_a_word_that_cannot_be_names_the_setting_and_what_it_may_be(raw: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        parsed(raw)


def test_every_word_that_may_be_is_taken() -> None:
    made = parsed({"without_consent": "drop", "identity": "daily", "consent_regions": {"BR": "opt_in"}})

    assert (made.without_consent, made.identity, made.consent_regions) == ("drop", "daily", {"BR": "opt_in"})
