"""Behind: what the share of each touch of one conversion rests on, for models that learn from data.

Reads  journey_steps, journeys, touchpoints, removal_effects, incremental_effects, conversions
Makes  by touchpoint: the numbers behind its share, and how the conversion would stand without it

The numbers give the ledger's share again: added / whole, removal effect / sum of effects / repeats,
1 / size of the coalition / repeats. Leaving a channel out does not solve the model anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.attribution.incremental.histories import HORIZON
from headwater.attribution.incremental.solving import LEAST_CONVERSIONS
from headwater.attribution.packing import UNNAMED
from headwater.contract.models import Behind
from headwater.contract.steps import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headwater.contract.ports import Reader

    Rows = Sequence[Mapping[str, Any]]

IMPORTED_PATH = "path:"
"""How the ids of conversions begin that came with paths."""
BEYOND = f"more than {HORIZON:g} days before the conversion: the model looks no further back"
TIMELESS = "no fit: imported paths have no times, and the model goes by times"
NOTHING_CAUSAL = "no fit: none of the channels can be switched off"
NO_EFFECT = "the model finds nothing that its channel adds"


def by_increment(
    reader: Reader, conversion_id: str, *, weighted: Callable[[str], str]
) -> Mapping[str, Behind]:
    """Say what each touch added to the intensity of converting, and what would have come without it.

    `weighted` is that of the fitted model.
    """
    steps = _rows(reader, _incremental_sql(weighted(_journey_sql(conversion_id))))
    if not steps:
        return {}
    why = _no_fit(reader, conversion_id, goal=steps[0]["goal"])
    if why:
        return {step["touchpoint_id"]: Behind(facts={"why": why}, note=why) for step in steps}
    whole = 1 + sum(step["added"] for step in steps)
    return {
        step["touchpoint_id"]: Behind(
            facts=_increment(step, whole), without=_without_touch(step, steps, whole), note=_nothing_of(step)
        )
        for step in steps
    }


def by_removal(reader: Reader, conversion_id: str) -> Mapping[str, Behind]:
    """Say by which removal effects the Markov graph divides the conversion over its channels."""
    steps = _rows(reader, _removal_sql(conversion_id))
    effects = {step["channel"]: step["effect"] for step in steps}
    return _by_channel(steps, effects, said=_removal)


def by_coalition(reader: Reader, conversion_id: str) -> Mapping[str, Behind]:
    """Say which channels share the conversion equally: they were all there, and only all of them count."""
    steps = _rows(
        reader, f"select touchpoint_id, channel from ({_journey_sql(conversion_id)}) as s order by step"
    )
    return _by_channel(steps, {step["channel"]: 1.0 for step in steps}, said=_coalition)


# -- what a fitted model rests on -------------------------------------------------------------------


def _increment(step: Mapping[str, Any], whole: float) -> dict[str, Any]:
    age = step["age_days"]
    said = (
        f"Where 1 was there anyway, it added {step['added']:.3f}, {age:.1f} days before the conversion; "
        f"with all touches it was {whole:.3f}."
    )
    told = ("adds_hours", "adds_days", "adds_weeks", "role", "evidence")
    return (
        {"added": step["added"], "whole": whole, "age_days": age}
        | {name: step[name] for name in told}
        | {"says": said}
    )


def _without_touch(step: Mapping[str, Any], steps: Rows, whole: float) -> dict[str, Any]:
    left = whole - step["added"]
    others = (each for each in steps if each["touchpoint_id"] != step["touchpoint_id"])
    credit: dict[str, float] = {}
    for each in others:
        credit[_named(each)] = credit.get(_named(each), 0.0) + each["added"] / left
    share = step["added"] / whole
    said = "Without it the conversion would have been as likely."
    if share:
        got = _listed(credit)
        said = f"Without it the conversion would have been {_percent(share)} less likely. Had it come all the same, "
        said += f"{_percent(1 / left)} of it would have come anyway{f'; the rest: {got}' if got else ''}."
    return {"less_likely": share, "credit": credit, "unattributed": 1 / left, "says": said}


def _nothing_of(step: Mapping[str, Any]) -> str:
    """Say why the touch added nothing; empty where it did."""
    if step["added"]:
        return ""
    if step["role"] == "none" or "by definition" in (step["evidence"] or ""):
        return str(step["evidence"])
    return BEYOND if step["age_days"] > HORIZON else NO_EFFECT


def _no_fit(reader: Reader, conversion_id: str, *, goal: str) -> str:
    """Say why the goal has no fit; empty where it has one."""
    [found] = _rows(
        reader,
        f"""
        select
            (select count(*) from incremental_effects where goal = {literal(goal)}) as fitted,
            (
                select count(*) from conversions
                where goal = {literal(goal)} and flag is null and conversion_count = 1
            ) as conversions
        """,
    )
    if found["fitted"]:
        return ""
    if conversion_id.startswith(IMPORTED_PATH):
        return TIMELESS
    if found["conversions"] >= LEAST_CONVERSIONS:
        return NOTHING_CAUSAL
    return f"no fit: {goal} has fewer than {LEAST_CONVERSIONS} conversions ({found['conversions']})"


# -- what a path model rests on ---------------------------------------------------------------------


def _by_channel(
    steps: Rows, effects: Mapping[str | None, float], *, said: Callable[..., dict[str, Any]]
) -> dict[str, Behind]:
    """Divide by the effects of the distinct channels, equally where all of them are 0, as the ledger does."""
    repeats = {channel: sum(step["channel"] == channel for step in steps) for channel in effects}
    facts = {channel: said(channel, effects, repeats[channel]) for channel in effects}
    without = {channel: _without_channel(channel, effects) for channel in effects}
    return {
        step["touchpoint_id"]: Behind(facts=facts[step["channel"]], without=without[step["channel"]])
        for step in steps
    }


def _removal(channel: str | None, effects: Mapping[str | None, float], repeats: int) -> dict[str, Any]:
    effect, whole = effects[channel], sum(effects.values())
    says = (
        f"Without its channel {_percent(effect)} of conversions would be lost, by the graph of all journeys; "
        f"the effects of the channels here sum to {_percent(whole)}{_repeated(repeats)}."
        if whole
        else f"No channel here has a removal effect, so all share equally{_repeated(repeats)}."
    )
    return {"removal_effect": effect, "sum_of_effects": whole, "repeats": repeats, "says": says}


def _coalition(channel: str | None, effects: Mapping[str | None, float], repeats: int) -> dict[str, Any]:
    names = sorted(name or UNNAMED for name in effects)
    says = (
        f"One of {len(names)} channels that share equally{_repeated(repeats)}."
        if len(names) > 1
        else f"The only channel, {channel or UNNAMED}{_repeated(repeats)}."
    )
    return {"coalition": names, "repeats": repeats, "says": says}


def _without_channel(channel: str | None, effects: Mapping[str | None, float]) -> dict[str, Any]:
    others = {name: effect for name, effect in effects.items() if name != channel}
    whole = sum(others.values())
    credit = {
        name or UNNAMED: effect / whole if whole else 1 / len(others) for name, effect in others.items()
    }
    says = f"Were its channel not there, the credit would go to: {_listed(credit) or 'nobody'}."
    return {"credit": credit, "unattributed": 0.0 if others else 1.0, "says": says}


def _repeated(repeats: int) -> str:
    return f"; its {repeats} touches share that" if repeats > 1 else ""


def _listed(credit: Mapping[str, float]) -> str:
    """Return who gets what, the largest first; empty where nobody gets anything."""
    got = sorted((-share, name) for name, share in credit.items() if share)
    return ", ".join(f"{name} {_percent(-share)}" for share, name in got)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


# -- reading ----------------------------------------------------------------------------------------


def _named(step: Mapping[str, Any]) -> str:
    return step["channel"] or UNNAMED


def _rows(reader: Reader, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = reader.query(sql).to_pylist()
    return found


def _journey_sql(conversion_id: str) -> str:
    return f"""
        select steps.*, ends.net_value, ends.goal
        from (select * from journey_steps where conversion_id = {literal(conversion_id)}) as steps
        inner join (select conversion_id as ending_id, net_value, goal from journeys) as ends
            on ends.ending_id = steps.conversion_id
    """


def _removal_sql(conversion_id: str) -> str:
    return f"""
        select steps.touchpoint_id, steps.channel, coalesce(known.effect, 0e0) as effect
        from ({_journey_sql(conversion_id)}) as steps
        left join (select * from removal_effects where model = 'markov') as known
            on known.goal = steps.goal and known.channel = steps.channel
        order by steps.step
    """


def _incremental_sql(weighted_sql: str) -> str:
    return f"""
        select
            placed.touchpoint_id, placed.channel, placed.met_goal as goal, placed.added,
            cast(date_diff('microsecond', placed.added_at, placed.converted_at) as double)
                / 86400000000e0 as age_days,
            fit.role, fit.evidence, fit.adds_hours, fit.adds_days, fit.adds_weeks
        from ({weighted_sql}) as placed
        left join (select * from incremental_effects where campaign is not null) as fit
            on fit.goal = placed.met_goal and fit.channel = placed.fit_channel
            and fit.campaign = placed.fit_campaign
        order by placed.step
    """
