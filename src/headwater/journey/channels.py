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

CHANNELS: dict[str, str] = {
    "direct": "pull",
    "cross_network": "push",
    "ai_assistant": "pull",
    "paid_shopping": "pull",
    "paid_search": "pull",
    "paid_social": "push",
    "paid_video": "push",
    "display": "push",
    "paid_other": "push",
    "organic_shopping": "pull",
    "organic_social": "push",
    "organic_video": "pull",
    "organic_search": "pull",
    "email": "push",
    "affiliate": "pull",
    "audio": "push",
    "sms": "push",
    "push": "push",
    "referral": "pull",
    "offline": "push",
    "other": "pull",
}
"""Every built-in channel with its role: push came to the person, pull met a person already moving."""

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


_SAME = {
    "affiliates": "affiliate",
    "ai": "ai_assistant",
    "ai_assistants": "ai_assistant",
    "banner": "display",
    "direct_traffic": "direct",
    "e_mail": "email",
    "emails": "email",
    "facebook": "paid_social",
    "instagram": "paid_social",
    "mobile_push_notifications": "push",
    "natural_search": "organic_search",
    "none": "direct",
    "online_display": "display",
    "online_video": "paid_video",
    "organic": "organic_search",
    "paid_display": "display",
    "phone": "offline",
    "podcast": "audio",
    "ppc": "paid_search",
    "programmatic": "display",
    "push_notification": "push",
    "push_notifications": "push",
    "referrals": "referral",
    "retargeting": "display",
    "search": "paid_search",
    "sem": "paid_search",
    "seo": "organic_search",
    "shopping": "paid_shopping",
    "social": "organic_social",
    "text_message": "sms",
    "unassigned": "other",
    "video": "paid_video",
    "youtube": "paid_video",
}


def channel_of_name(text: str) -> str:
    """Return the built-in channel that a given name most likely means; `other` where none does.

    Only for looks and for the role: a channel that an import names is kept as it was given.

    >>> channel_of_name("Paid Search"), channel_of_name("Online Display"), channel_of_name("Zeppelin")
    ('paid_search', 'display', 'other')
    """
    name = "_".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())
    return name if name in CHANNELS else _SAME.get(name, UNASSIGNED)


def role(channel: str) -> str:
    """Return "push" (the ad came to the person) or "pull" (the person was already moving)."""
    return CHANNELS[channel_of_name(channel)]
