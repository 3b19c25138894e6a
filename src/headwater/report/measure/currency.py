"""Currency: money of the workspace in the currency that a report is asked for.

Reads  fx_rates    units of each currency for one euro, by day
Makes  SQL: factors by day, from one currency to another

A day without a rate (after the last publication) takes the rate before it; a day before the first
rate takes the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.errors import UnknownNameError
from headwater.contract.steps import literal

if TYPE_CHECKING:
    from headwater.contract.ports import Reader

RATES = """
    select currency, rated_on, per_eur from fx_rates where per_eur > 0e0 and currency <> 'EUR'
    union all
    select distinct 'EUR', rated_on, 1e0 from fx_rates
"""
"""Rates with the euro itself, which the published table leaves out."""


class UnknownCurrencyError(UnknownNameError):
    """No exchange rate is known for this currency."""

    kind = "currency"


def check_currency(reader: Reader, target: str, *, source: str) -> None:
    """Raise UnknownCurrencyError where money in `source` cannot be stated in `target`."""
    if target == source:
        return
    known = set(reader.query(f"select distinct currency from ({RATES})").column(0).to_pylist())
    for name in (target, source):
        if name not in known:
            raise UnknownCurrencyError.named(name, known=known | {source})


def factors(target: str) -> str:
    """Return the SELECT of `currency, rated_on, factor`: units of `target` for one of `currency`."""
    return f"""
        select one.currency, one.rated_on, other.per_eur / one.per_eur as factor
        from ({RATES}) as one
        join ({RATES}) as other on other.rated_on = one.rated_on and other.currency = {literal(target)}
    """


def converted(rows: str, *, amount: str, day: str, currency: str, target: str) -> str:
    """Return `rows` (a SELECT) with the column `money`: `amount` in the currency `target`.

    `day` and `currency` are SQL over the alias `r`; `money` is null where no rate is known. Money that
    is in `target` already stays as it is, to the last digit.
    """
    rates = factors(target)
    return f"""
        select *, case when is_there then {amount}
            else cast(round(cast({amount} as double) * factor, 6) as decimal(18,6)) end as money
        from (
            select r.*, {currency} = {literal(target)} as is_there,
                coalesce(f.factor, first_known.factor) as factor
            from ({rows}) as r
            asof left join ({rates}) as f on f.currency = {currency} and {day} >= f.rated_on
            left join (
                select currency, factor from ({rates}) as rates
                qualify row_number() over (partition by currency order by rated_on) = 1
            ) as first_known on first_known.currency = {currency}
        ) as rated
    """
