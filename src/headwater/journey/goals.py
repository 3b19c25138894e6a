"""Goals: which of the event names that occur fulfil a goal or give money back.

Reads  events
Makes  goal_events   one row per event name (and CRM stage) that matters

Names are compared without regard to case, spaces, hyphens and underscores: OrderCompleted is
order_completed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.steps import Step, literal
from headwater.contract.tables import EVENTS, GOAL_EVENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.contract.settings import Goal


def plain(name: str) -> str:
    """Return an event name as it is compared.

    >>> plain("Order_Completed"), plain("order-completed ")
    ('ordercompleted', 'ordercompleted')
    """
    return "".join(name.lower().replace("_", " ").replace("-", " ").split())


def plain_of(column: str) -> str:
    """Return SQL for the text in a column as it is compared."""
    return f"regexp_replace(lower({column}), '[\\s_-]+', '', 'g')"


def goal_events(*, goals: Sequence[Goal], refund_events: Sequence[str]) -> Step:
    """Make `goal_events`; the first goal that lists a name has it."""
    rows: dict[tuple[str, str], str] = {}
    for goal in goals:
        macro = literal(goal.is_macro)
        for event in goal.events:
            rows.setdefault(
                (plain(event), ""), f"{literal(goal.name)} as goal, {macro} as is_macro, false as is_refund"
            )
        for stage in goal.stages:
            rows.setdefault(
                ("stage", plain(stage)),
                f"{literal(goal.name)} as goal, {macro} as is_macro, false as is_refund",
            )
    for event in refund_events:
        rows.setdefault((plain(event), ""), "'' as goal, false as is_macro, true as is_refund")
    listed = " union all ".join(
        f"select {literal(name)} as name, {literal(stage)} as stage, {what}"
        for (name, stage), what in rows.items()
    )
    return Step(
        makes=GOAL_EVENTS,
        reads=(EVENTS,),
        sql=f"""
            with listed as (
                {listed or "select '' as name, '' as stage, '' as goal, false as is_macro, false as is_refund where false"}
            ),

            seen as (
                select event, {plain_of("event")} as name
                from events
                where type = 'track' and event is not null
                group by event
            )

            select s.event, l.stage, l.goal, l.is_macro, l.is_refund
            from seen as s
            join listed as l on l.name = s.name
        """,
    )
