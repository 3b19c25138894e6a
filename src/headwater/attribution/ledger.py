"""Ledger: every model's share of every conversion, touch by touch.

Reads  journey_steps, journeys, touchpoints, removal_effects, incremental_effects
Makes  credits       a view: what the closed forms say costs nothing to keep
       removal_effects

Money is the difference of two rounded amounts, what the steps up to this one hold and what those
before it hold, so that the parts of a conversion sum to its net value exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.models import FittedModel, RuleModel
from headwater.contract.steps import Step, literal
from headwater.contract.tables import (
    CREDITS,
    INCREMENTAL_EFFECTS,
    JOURNEY_STEPS,
    JOURNEYS,
    PERSONS,
    REMOVAL_EFFECTS,
    TOUCHPOINTS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.contract.models import Model

JOURNEY = """
            select steps.*, ends.net_value, ends.goal
            from journey_steps as steps
            inner join (select conversion_id as ending_id, net_value, goal from journeys) as ends
                on ends.ending_id = steps.conversion_id"""

COLUMNS = "conversion_id, touchpoint_id, step, channel"

DISTINCT = f"""
            select
                *,
                count(*) over (partition by conversion_id, channel) as repeats,
                case when row_number() over (partition by conversion_id, channel order by step) = 1
                    then 1 else 0 end as is_new
            from ({JOURNEY}
            ) as journey"""


def credits(models: Mapping[str, Model]) -> Step:  # noqa: A001 (a step bears its table's name)
    """Make `credits` from the models, rule models by their expressions, path models by the journey.

    In one journey `shapley` gives each distinct channel the same, and `markov` shares by removal
    effect (equally where all of them are 0); the repeats of a channel share equally. Fitted models leave
    what would have come anyway to nobody: their shares sum to less than 1.
    """
    branches = [
        shares_sql(model) if model.share else rule_sql(model)
        for model in models.values()
        if isinstance(model, RuleModel)
    ]
    if "markov" in models:
        branches.append(by_channel_sql("markov", MARKOV_SHARE))
    if "shapley" in models:
        branches.append(by_channel_sql("shapley", SHAPLEY_SHARE))
    branches += [
        differences_sql(name, model.weighted(JOURNEY))
        for name, model in models.items()
        if isinstance(model, FittedModel)
    ]
    return Step(
        makes=CREDITS,
        reads=(JOURNEY_STEPS, JOURNEYS, PERSONS, TOUCHPOINTS, REMOVAL_EFFECTS, INCREMENTAL_EFFECTS),
        sql="\n        union all\n".join(branches),
        materialised=False,
    )


def rule_sql(model: RuleModel) -> str:
    """Return the SELECT of a rule model's rows."""
    return f"""
        select
            {COLUMNS},
            {literal(model.name)} as model,
            upto - passed as weight,
            {money("upto")} - {money("passed")} as value
        from (
            select {COLUMNS}, net_value, {model.upto} as upto, {model.before} as passed
            from ({JOURNEY}
            ) as journey
        ) as shared
    """


def money(share: str) -> str:
    """Return the amount that a cumulative share of the net value holds; all of it is the value itself."""
    part = f"cast(round(cast(net_value as double) * {share}, 6) as decimal(18, 6))"
    return f"case when {share} >= 1e0 then net_value else {part} end"


SHAPLEY_SHARE = f"""
            select
                *,
                1e0 / cast(sum(is_new) over (partition by conversion_id) as double) / cast(repeats as double)
                    as weight
            from ({DISTINCT}
            ) as channels"""

MARKOV_SHARE = f"""
            select
                *,
                case when whole > 0e0 then effect / whole else 1e0 / cast(channel_count as double) end
                    / cast(repeats as double) as weight
            from (
                select
                    *,
                    sum(effect * is_new) over (partition by conversion_id) as whole,
                    sum(is_new) over (partition by conversion_id) as channel_count
                from (
                    select channels.*, coalesce(known.effect, 0e0) as effect
                    from ({DISTINCT}
                    ) as channels
                    left join (
                        select goal as known_goal, channel as known_channel, effect
                        from removal_effects
                        where model = 'markov'
                    ) as known
                        on known.known_goal = channels.goal and known.known_channel = channels.channel
                ) as effects
            ) as summed"""


def shares_sql(model: RuleModel) -> str:
    """Return the SELECT of the rows of a rule model that knows each step's own share."""
    return accumulated_sql(
        model.name, f"select *, {model.share} as weight from ({JOURNEY}\n            ) as journey"
    )


def by_channel_sql(name: str, shares: str) -> str:
    """Return the SELECT of a path model's rows: shares by channel."""
    return accumulated_sql(name, shares)


def accumulated_sql(name: str, shares: str) -> str:
    """Return the SELECT of shares added up step by step; the last step settles their rounding."""
    return differences_sql(
        name,
        f"""
                select
                    *,
                    case when step >= step_count then 1e0 else sum(weight) over (
                        partition by conversion_id order by step
                        rows between unbounded preceding and current row
                    ) end as upto
                from ({shares}
                ) as shares""",
    )


def differences_sql(name: str, running: str) -> str:
    """Return the SELECT whose money is what the steps up to this one hold less what the last held."""
    return f"""
        select
            {COLUMNS},
            {literal(name)} as model,
            weight,
            held - coalesce(lag(held) over (partition by conversion_id order by step), 0) as value
        from (
            select {COLUMNS}, weight, {money("upto")} as held
            from ({running}
            ) as running
        ) as rounded
    """
