"""Dimensions: what a report can be broken down by, as SQL over a touchpoint.

Reads  touchpoints   for everything but the channel, which journey_steps carries itself
       events        for country, device and properties: the event that began the touchpoint
Makes  the expression of a dimension and the joins that it needs

A touchpoint with an empty value is never dropped: it is shown as `(none)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headwater.contract.errors import UnknownDimensionError
from headwater.contract.steps import literal

if TYPE_CHECKING:
    from headwater.contract.ports import Reader

NONE = "(none)"
"""Name of the row that holds what has no value in the dimension."""

COLUMNS = {
    "channel": "channel",
    "source": "source",
    "medium": "medium",
    "campaign": "campaign",
    "content": "content",
    "term": "term",
    "ad": "ad_id",
    "landing_page": "landing_page",
    "referrer": "referrer",
    "kind": "kind",
}
"""Dimensions that are columns of `touchpoints`."""

_AGENT = "coalesce(json_extract_string({c}, '$.userAgent'), json_extract_string({c}, '$.user_agent'))"

CONTEXT = {
    "country": """coalesce(
        json_extract_string({c}, '$.location.country'),
        json_extract_string({c}, '$.geo.country'),
        json_extract_string({c}, '$.country'))""",
    "device": f"""coalesce(
        lower(nullif(json_extract_string({{c}}, '$.device.type'), '')),
        case
            when {_AGENT} is null then null
            when regexp_matches({_AGENT}, '(?i)ipad|tablet|kindle') then 'tablet'
            when regexp_matches({_AGENT}, '(?i)mobi|iphone') then 'mobile'
            when regexp_matches({_AGENT}, '(?i)android') then 'tablet'
            else 'desktop'
        end)""",
}
"""Dimensions that the context of the touchpoint's first event tells; `{c}` stands for its JSON."""

PROPERTY = "property:"
"""Prefix that says a name is a property even where a dimension has the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A way to break a report down: its name and its SQL over the aliases `t` and `e`."""

    name: str
    value: str
    """VARCHAR expression over `t` (the touchpoint) and, if `needs_event`, `e` (its event)."""
    needs_touchpoint: bool = True
    needs_event: bool = False

    def of_steps(self, steps: str) -> str:
        """Return `steps` (a SELECT with `touchpoint_id` and `channel`) with the column `player`."""
        if not self.needs_touchpoint:
            return f"select t.*, {self.player()} as player from ({steps}) as t"
        return f"""
            select s.*, {self.player()} as player from ({steps}) as s
            left join touchpoints as t on t.touchpoint_id = s.touchpoint_id {self._event()}
        """

    def of_touchpoints(self, columns: str) -> str:
        """Return a SELECT of `columns` (over `t`) and `player` from all touchpoints."""
        return f"select {columns}, {self.player()} as player from touchpoints as t {self._event()}"

    def player(self) -> str:
        """Return the expression with empty values named."""
        return f"coalesce(nullif({self.value}, ''), {literal(NONE)})"

    def _event(self) -> str:
        return "left join events as e on e.event_id = t.touchpoint_id" if self.needs_event else ""


def dimension(name: str, *, reader: Reader) -> Dimension:
    """Return the dimension called `name`: a column, country, device or a property of events.

    Raises UnknownDimensionError for a name that is neither a dimension nor a property ever sent.
    """
    if name == "channel":
        return Dimension(name=name, value="t.channel", needs_touchpoint=False)
    if name in COLUMNS:
        return Dimension(name=name, value=f"t.{COLUMNS[name]}")
    if name in CONTEXT:
        return Dimension(name=name, value=CONTEXT[name].format(c=_json("e.context")), needs_event=True)
    key = name.removeprefix(PROPERTY)
    if not key or not _is_sent(reader, key):
        raise UnknownDimensionError.named(name, known=[*COLUMNS, *CONTEXT])
    return Dimension(name=name, value=_property("e.properties", key), needs_event=True)


def _json(column: str) -> str:
    """Return `column` where it is JSON, so that a broken row is empty and does not stop the report."""
    return f"(case when json_valid({column}) then cast({column} as json) end)"


def _property(column: str, key: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", key)
    path = literal('$."' + escaped + '"')
    return f"json_extract_string({_json(column)}, {path})"


def _is_sent(reader: Reader, key: str) -> bool:
    found = reader.query(
        f"""
        select 1 from events
        where contains(properties, {literal(f'"{key}"')}) and {_property("properties", key)} is not null
        limit 1
        """
    )
    return bool(found.num_rows)
