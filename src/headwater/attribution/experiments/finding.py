"""Finding: what a test says of the channel as a whole, as a row that `import --as experiments` takes.

Reads  the result of a hold-out or a geo test
Makes  the increment where the channel was on, with interval

The increment is that of the days of the test and of the people or regions that the channel could reach then: these
are the contacts that stand in the data, and to them it is scaled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scipy.stats import norm

if TYPE_CHECKING:
    from datetime import date

    from headwater.attribution.experiments.geo import GeoResult
    from headwater.attribution.experiments.holdout import HoldoutResult

COLUMNS = ("channel", "goal", "since", "until", "incremental", "standard_error", "kind", "source")
"""Columns of the file that `import --as experiments` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was tested and when."""

    channel: str
    goal: str
    since: date
    until: date
    """Last day, included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An increment with its interval, and how it was found."""

    trial: Trial
    kind: str
    incremental: float
    standard_error: float
    low: float
    high: float
    lift: float | None
    """Increment as a share of what would have come without the channel; None where that is nothing."""
    p_value: float
    source: str

    def row(self) -> dict[str, Any]:
        """Return the row of `import --as experiments`."""
        told = {
            "channel": self.trial.channel,
            "goal": self.trial.goal,
            "since": self.trial.since.isoformat(),
            "until": self.trial.until.isoformat(),
            "incremental": round(self.incremental, 4),
            "standard_error": round(self.standard_error, 4),
            "kind": self.kind,
            "source": self.source,
        }
        return {name: told[name] for name in COLUMNS}


def of_holdout(trial: Trial, made: HoldoutResult) -> Finding:
    """Return what a hold-out test says."""
    return Finding(
        trial=trial,
        kind="holdout",
        incremental=made.incremental,
        standard_error=made.standard_error,
        low=made.low,
        high=made.high,
        lift=made.lift,
        p_value=made.p_value,
        source=f"headwater: {made.persons_held} of {made.persons_held + made.persons_met} persons held out",
    )


def of_geo(trial: Trial, made: GeoResult, *, switched_off: bool) -> Finding:
    """Return what a geo test says.

    Where the channel was switched off, what the switched regions lost is the share that it brings elsewhere, where
    it was on; where it was switched on, it is what they gained. The standard error is that of a normal interval as
    wide as this one, which is wider where there are few regions.
    """
    if switched_off:
        # share of the conversions that come with the channel on, times those of the regions where it was on
        factor = -made.elsewhere / made.expected if made.expected > 0 else 0.0
        anyway = made.elsewhere - made.effect * factor
    else:
        factor, anyway = 1.0, made.expected
    value, reach = made.effect * factor, abs(made.reach * factor)
    return Finding(
        trial=trial,
        kind="geo",
        incremental=value,
        standard_error=reach / float(norm.ppf(0.5 + made.confidence / 2)),
        low=value - reach,
        high=value + reach,
        lift=value / anyway if anyway > 0 else None,
        p_value=made.p_value,
        source=f"headwater: {'off' if switched_off else 'on'} in {len(made.switched)} of "
        f"{len(made.switched) + made.others} regions, {made.placebos} placebos",
    )
