"""Priors: what published experiments say of the share of a pull channel's claim that is truly incremental.

Reads  facts/increment_priors.toml and the setting `increment_priors`
Makes  a wide belief about a share, with its source

What a pull channel adds cannot be read from observation: who meets it was moving already. Until somebody
experiments here, experiments elsewhere say what can be. A push channel keeps what observation says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from headwater.attribution import facts
from headwater.attribution.channel_roles import is_causal, kind_of, role_of
from headwater.contract.channel_names import words_of

if TYPE_CHECKING:
    from headwater.contract.settings import Settings

HELD = 0.95
"""How much of the belief lies between low and high."""
OBSERVED = "read from your own data: the ad came to the person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A belief about the incremental share of a claim: its mean, and what holds 95 % of it, each 0 to 1."""

    share: float
    low: float
    high: float
    source: str
    """Where it comes from, in words for the user."""

    @property
    def concentration(self) -> float:
        """Sum of the two parameters of the Beta distribution with this mean and width; infinite where sure."""
        return concentration(self.share, self.low, self.high)

    @property
    def standard_deviation(self) -> float:
        """Standard deviation of the share."""
        return float((self.share * (1 - self.share) / (1 + self.concentration)) ** 0.5)


def prior_of(channel: str | None, settings: Settings | None = None) -> Prior:
    """Return the belief about the channel's incremental share of a plain exposure model's claim.

    The setting `increment_priors` wins. A push channel has share 1, for its claim stands; direct and whatever
    is no marketing contact has share 0.
    """
    told = settings.increment_priors if settings else {}
    if channel is not None and told:
        by_words = {words_of(name): value for name, value in told.items()}
        chosen = told.get(channel) or by_words.get(words_of(channel))
        if chosen:
            share, low, high = chosen
            return Prior(share=share, low=low, high=high, source="by the setting increment_priors")
    if not is_causal(channel, settings):
        return Prior(share=0.0, low=0.0, high=0.0, source="by definition: there is nothing to switch off")
    if role_of(channel, settings) == "push":
        return Prior(share=1.0, low=1.0, high=1.0, source=OBSERVED)
    return prior_of_kind(kind_of(channel).name)


@lru_cache(maxsize=256)
def prior_of_kind(kind: str) -> Prior:
    """Return the belief for a kind of pull channel; that of all pull channels where nothing is published."""
    told = facts.toml("increment_priors.toml")
    row = next((one for one in told["priors"] if one["kind"] == kind), told["pool"])
    numbers = row if "share" in row else told["pool"]
    return Prior(share=numbers["share"], low=numbers["low"], high=numbers["high"], source=_source(told, row))


def push_doubt() -> tuple[float, str]:
    """Return how far off observation may be for a push channel, as a share of itself, with the source."""
    told = facts.toml("increment_priors.toml")
    return float(told["push"]["doubt"]), _source(told, told["push"])


def concentration(share: float, low: float, high: float) -> float:
    """Return the sum of the parameters of the Beta distribution of which 95 % lie between low and high.

    >>> round(concentration(0.5, 0.025, 0.975), 1)
    2.0
    """
    if low >= high or not 0 < share < 1:
        return float("inf")

    from scipy.optimize import brentq  # loads slowly; only who asks for a belief should wait
    from scipy.special import betainc

    def held(total: float) -> float:
        shape = share * total, (1 - share) * total
        return float(betainc(*shape, high) - betainc(*shape, low)) - HELD

    least, most = 1e-2, 1e7
    if held(least) > 0:
        return least
    return float(brentq(held, least, most)) if held(most) > 0 else most


def _source(told: dict[str, Any], row: dict[str, Any]) -> str:
    papers = {one["id"]: f"{one['authors']} {one['year']}" for one in told["experiments"]}
    named = "; ".join(papers[each] for each in row.get("experiments", ()))
    return f"{row['reached']} ({named})" if named else str(row["reached"])
