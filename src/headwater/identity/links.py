"""Links: pairs of identifiers that one event shows to belong together, with the evidence.

Reads  events, identifiers
Makes  links   one row per pair, with how often and when it was seen

An event links its customer id to everything else on it; without a customer id (or with a placeholder in
its place), its device to its e-mail address or phone number. A pair with a placeholder in it is no link.
An alias of the event's own device names no customer: two customers on one device stay two.
"""

from __future__ import annotations

from headwater.contract.steps import Step
from headwater.contract.tables import EVENTS, IDENTIFIERS, LINKS

_NO_USER = """(
    coalesce(user_id, '') = '' or user_id in (select value from identifiers where kind = 'user' and not may_link)
)"""
_PAIRS = (
    (
        "'anonymous:' || anonymous_id",
        "'user:' || user_id",
        "identify",
        "user_id <> '' and anonymous_id <> ''",
    ),
    ("'email:' || email", "'user:' || user_id", "identify", "user_id <> '' and email <> ''"),
    ("'phone:' || phone", "'user:' || user_id", "identify", "user_id <> '' and phone <> ''"),
    (
        "'anonymous:' || anonymous_id",
        "'email:' || email",
        "identify",
        f"anonymous_id <> '' and email <> '' and {_NO_USER}",
    ),
    (
        "'anonymous:' || anonymous_id",
        "'phone:' || phone",
        "identify",
        f"anonymous_id <> '' and phone <> '' and {_NO_USER}",
    ),
    ("'email:' || email", "'phone:' || phone", "identify", f"email <> '' and phone <> '' and {_NO_USER}"),
    (
        "'anonymous:' || previous_id",
        "'user:' || user_id",
        "alias",
        "previous_id <> '' and user_id <> '' and previous_id <> user_id",
    ),
    (
        "'user:' || previous_id",
        "'user:' || user_id",
        "alias",
        "previous_id <> '' and user_id <> '' and previous_id <> user_id and previous_id <> coalesce(anonymous_id, '')",
    ),
    (
        "'anonymous:' || previous_id",
        "'anonymous:' || anonymous_id",
        "alias",
        "previous_id <> '' and coalesce(user_id, '') = '' and anonymous_id <> '' and previous_id <> anonymous_id",
    ),
)


def links() -> Step:
    """Make `links`: the smaller identifier first, so that a pair has one row whoever names it."""
    pairs = " union all ".join(
        f"select {left} as one, {right} as other, '{evidence}' as evidence, event_id, occurred_at from events where {condition}"
        for left, right, evidence, condition in _PAIRS
    )
    return Step(
        makes=LINKS,
        reads=(EVENTS, IDENTIFIERS),
        sql=f"""
            with pairs as (
                select
                    least(one, other) as identifier,
                    greatest(one, other) as other_identifier,
                    max(evidence) as evidence,
                    min(event_id) as event_id,
                    min(occurred_at) as first_at,
                    max(occurred_at) as last_at,
                    count(*) as link_count
                from ({pairs}) as shown
                group by least(one, other), greatest(one, other)
            ),

            placeholders as (
                select identifier from identifiers where not may_link
            )

            select pairs.*
            from pairs
            left join placeholders as p on p.identifier = pairs.identifier
            left join placeholders as q on q.identifier = pairs.other_identifier
            where p.identifier is null and q.identifier is null
        """,
    )
