"""Identifiers: every raw key seen on an event or an import, and whether it may link.

Reads  events, imported_touchpoints, imported_conversions, imported_persons, imported_paths
Makes  identifiers   one row per kind and value

Placeholders (`null`, `undefined`, `0`, ...) stay here, so that they can be seen, but never link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.steps import Step
from headwater.contract.tables import (
    EVENTS,
    IDENTIFIERS,
    IMPORTED_CONVERSIONS,
    IMPORTED_PATHS,
    IMPORTED_PERSONS,
    IMPORTED_TOUCHPOINTS,
)
from headwater.identity.placeholders import placeholder_condition

if TYPE_CHECKING:
    from collections.abc import Collection

    from headwater.contract.tables import Table

_EVENT_KINDS = (("user", "user_id"), ("anonymous", "anonymous_id"), ("email", "email"), ("phone", "phone"))
_IMPORTS: tuple[Table, ...] = (IMPORTED_TOUCHPOINTS, IMPORTED_CONVERSIONS, IMPORTED_PERSONS)


def identifiers(*, placeholder_hashes: Collection[str] = ()) -> Step:
    """Make `identifiers`; `placeholder_hashes` are keyed hashes of placeholder e-mails and phones."""
    seen = [
        f"select '{kind}:' || {column} as identifier from events where {column} is not null and {column} <> '' group by {column}"
        for kind, column in _EVENT_KINDS
    ]
    seen += [
        "select 'user:' || previous_id as identifier from events where previous_id is not null and previous_id <> ''",
        "select 'anonymous:' || previous_id as identifier from events where previous_id is not null and previous_id <> ''",
    ]
    seen += [
        f"select person as identifier from {table.name} where person is not null and person <> ''"
        for table in _IMPORTS
    ]
    seen += ["select 'path:' || path_id as identifier from imported_paths"]
    hashed = ", ".join(f"'{value}'" for value in sorted(placeholder_hashes)) or "''"
    return Step(
        makes=IDENTIFIERS,
        reads=(EVENTS, *_IMPORTS, IMPORTED_PATHS),
        sql=f"""
            with seen as (
                {" union all ".join(seen)}
            ),

            split as (
                select
                    identifier,
                    split_part(identifier, ':', 1) as kind,
                    substr(identifier, strpos(identifier, ':') + 1) as value
                from seen
                group by identifier
            ),

            placeholders as (
                -- as a filter the condition costs a tenth of what it costs as a column
                select identifier
                from split
                where kind in ('user', 'anonymous') and ({placeholder_condition("value")})
                union all
                select identifier
                from split
                where kind in ('email', 'phone') and value in ({hashed})
            )

            select s.identifier, s.kind, s.value, p.identifier is null as may_link
            from split as s
            left join placeholders as p on p.identifier = s.identifier
        """,
    )
