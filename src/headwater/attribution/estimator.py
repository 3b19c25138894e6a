"""Estimator: the manners that all models share in Python.

Parameters go into `__init__` and stay as given; `fit` returns the model itself; what is learned ends
in `_`: `channels_`, `credits_` (conversions by channel) and `values_` (money by channel).
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

from headwater.contract.errors import UnknownNameError

if TYPE_CHECKING:
    from decimal import Decimal


class UnknownParameterError(UnknownNameError):
    """A model has no parameter of this name."""

    kind = "parameter"


class Estimator(ABC):
    """A model of its own, without a workspace: `Markov(order=2).fit(journeys).credits_`."""

    channels_: tuple[str, ...]
    """The channels of the journeys, sorted."""
    credits_: dict[str, float]
    """Conversions credited to each channel; they sum to all conversions of journeys with touches."""
    values_: dict[str, Decimal]
    """Money credited to each channel; it sums exactly to the money of these journeys."""

    @abstractmethod
    def fit(self, journeys: Any) -> Self:
        """Divide the conversions of the journeys (see `reading`) and return the model."""

    @classmethod
    def _names(cls) -> list[str]:
        return sorted(name for name in inspect.signature(cls).parameters if name not in ("args", "kwargs"))

    def get_params(self, *, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 (scikit-learn passes it)
        """Return the parameters that the model was made with."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Self:
        """Change parameters; raises UnknownParameterError for one that the model does not have."""
        for name, value in params.items():
            if name not in self._names():
                raise UnknownParameterError.named(name, known=self._names())
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({params})"
