"""The rulebook of the tests: the convention of a small shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.contract.settings import parsed
from headwater.convention import rulebook

if TYPE_CHECKING:
    from headwater.hygiene.rulebook import Rulebook

GOOD = "https://shop.example/shoes?utm_source=google&utm_medium=cpc&utm_campaign=spring_sale"


def book(**settings: Any) -> Rulebook:
    """Return the rules under some settings; our site is shop.example."""
    return rulebook(parsed({"own_domains": ["shop.example"], **settings}))
