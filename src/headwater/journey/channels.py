"""Channels: the rules that turn source, medium, campaign, click id and referrer into one of 21 classes.

Reads  facts/channel_rules.toml, and the operator's rules from the settings, which come first
Makes  one SQL CASE expression for all touchpoints, and the same answer in Python for one

The first rule that holds wins, so a rule's place matters as much as its conditions. A click id may
prove that a click was paid, but fbclid never does: Meta adds it to unpaid links too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from headwater.journey import facts
from headwater.journey.rules import FIELDS, Rule, parsed, sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headwater.contract.settings import Settings

CHANNELS: tuple[str, ...] = (
    "direct",
    "cross_network",
    "ai_assistant",
    "paid_shopping",
    "paid_search",
    "paid_social",
    "paid_video",
    "display",
    "paid_other",
    "organic_shopping",
    "organic_social",
    "organic_video",
    "organic_search",
    "email",
    "affiliate",
    "audio",
    "sms",
    "push",
    "referral",
    "offline",
    "other",
)
"""Every built-in channel; `headwater.attribution.channel_roles` knows what role each plays."""

UNASSIGNED = "other"


@lru_cache(maxsize=1)
def built_in_rules() -> tuple[Rule, ...]:
    """Return the rules that come with Headwater, in order."""
    told = facts.toml("channel_rules.toml")
    return tuple(
        parsed(raw, place=f"rule {n}", lists=told["lists"]) for n, raw in enumerate(told["rules"], start=1)
    )


def rules(settings: Settings | None = None) -> tuple[Rule, ...]:
    """Return all rules in the order in which they are tried; those of the settings come first.

    Raises UsageError naming the rule and the field that cannot be.
    """
    lists = facts.toml("channel_rules.toml")["lists"]
    own = settings.channel_rules if settings else ()
    return (
        *(parsed(raw, place=f"channel_rules[{n}]", lists=lists) for n, raw in enumerate(own)),
        *built_in_rules(),
    )


def channel_case(rules: Sequence[Rule], columns: Mapping[str, str] | None = None) -> str:
    """Return the rules as one SQL CASE expression (VARCHAR, never null).

    `columns` maps a field of `FIELDS` to the SQL expression that holds it; without it each field is a
    column of its own name. Fields that a mapping leaves out count as empty. The expressions must be
    lower case and never null.
    """
    given = (
        dict.fromkeys(FIELDS, "''") | dict(columns)
        if columns is not None
        else {name: name for name in FIELDS}
    )
    whens = "\n".join(f"    when {sql(rule, given)} then '{rule.channel}'" for rule in rules)
    return f"case\n{whens}\n    else '{UNASSIGNED}'\nend"


def channel(rules: Sequence[Rule] | None = None, **values: str) -> str:
    """Return the channel of one touchpoint; `values` are the fields of `FIELDS`, absent ones are empty.

    >>> channel(source="google", medium="cpc", source_category="search")
    'paid_search'
    >>> channel(click_id_name="fbclid", click_paid="unclear")
    'organic_social'
    """
    given = dict.fromkeys(FIELDS, "") | {name: value.lower() for name, value in values.items()}
    return next((rule.channel for rule in rules or built_in_rules() if rule.holds(given)), UNASSIGNED)
