"""Path steps: all journeys, converting or not, as the rows that path models count.

Reads  journey_steps, journeys, touchpoints
Makes  the SELECT that `contract.models.PathModel` expects

A person without a conversion of the goal is one journey that did not convert, `person:` and its id,
over all its touchpoints. Persons of imported paths stand in `journeys` with both their counts and are
never counted again as such.
"""

from __future__ import annotations

from headwater.contract.steps import literal


def goal_condition(goal: str | None) -> str:
    """Return the condition on `journeys` for one goal; None means every goal that brings revenue."""
    return "is_macro" if goal is None else f"goal = {literal(goal)}"


def path_steps_sql(*, goal: str | None = None, where: str = "true", player: str = "channel") -> str:
    """Return the SQL of the journeys of a goal and of the persons who did not fulfil it.

    `player` is an expression over the columns of `touchpoints`; `where` is a condition on the columns
    of `journeys` that narrows the converting journeys only.
    """
    wanted = goal_condition(goal)
    if player == "channel":
        source = "select conversion_id, step, step_count, channel as player from journey_steps"
    else:
        source = f"""
            select steps.conversion_id, steps.step, steps.step_count, named.player
            from journey_steps as steps
            inner join (select touchpoint_id, {player} as player from touchpoints) as named
                on named.touchpoint_id = steps.touchpoint_id
        """
    return f"""
        select
            placed.conversion_id as journey_id,
            placed.step,
            placed.step_count,
            placed.player,
            chosen.conversion_count,
            chosen.null_count,
            chosen.net_value
        from ({source}) as placed
        inner join (
            select conversion_id, conversion_count, null_count, net_value
            from journeys
            where ({wanted}) and ({where}) and flag is null
        ) as chosen on chosen.conversion_id = placed.conversion_id
        union all
        select
            'person:' || cast(person_id as varchar) as journey_id,
            step,
            step_count,
            player,
            cast(0 as bigint) as conversion_count,
            cast(1 as bigint) as null_count,
            cast(0 as decimal(18, 6)) as net_value
        from ({null_steps_sql(player=player, fulfilled=f"({wanted}) or {PATH_ROW}")}) as without
    """


PATH_ROW = "null_count > 0 or conversion_count = 0"
"""A row of `journeys` that stands for an imported path."""


def null_steps_sql(*, player: str, fulfilled: str) -> str:
    """Return the numbered touchpoints of the persons without a row in `journeys` that is `fulfilled`."""
    return f"""
        select
            person_id,
            row_number() over (partition by person_id order by occurred_at, touchpoint_id) as step,
            count(*) over (partition by person_id) as step_count,
            player
        from (
            select touch.person_id, touch.occurred_at, touch.touchpoint_id, {player} as player
            from touchpoints as touch
            left join (select distinct person_id as done from journeys where ({fulfilled}) and flag is null) as converted
                on converted.done = touch.person_id
            where converted.done is null and touch.is_uncredited is not true and touch.flag is null
        ) as remaining
    """
