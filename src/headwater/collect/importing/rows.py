"""Rows: the SQL that turns their rows into ours, each with the first fault that it has.

Reads  a Source, the layout of its columns and the hashes of its addresses
Makes  a SELECT with the columns of the archive's table, and one that lists the refused rows

The rule that a reader would get wrong: a row without an id of its own gets the hash of its content,
so the same row in two exports is the same fact; identical rows within one file are told apart later.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from headwater.collect.importing.bench import literal, quoted
from headwater.collect.importing.casts import Cast, cast, text_of
from headwater.collect.importing.outputs import outputs
from headwater.collect.importing.reasons import Fault, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from headwater.collect.importing.kinds import Kind
    from headwater.collect.importing.layout import Layout
    from headwater.collect.importing.source import Column, Source

HASHED = ("email", "phone", "person")
"""Field types whose values the encrypted store turns into keyed hashes."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of one file under one kind."""

    kind: Kind
    source: Source
    layout: Layout
    picked: str
    """SQL condition, with the columns it speaks of in `asked`."""
    asked: Mapping[str, str]
    """SQL of the columns that the condition speaks of, by name."""
    zone: str
    known_at: datetime
    currency: str

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Their columns by name."""
        return {column.name: column for column in self.source.columns}

    @cached_property
    def casts(self) -> tuple[Cast, ...]:
        """The values that the file gives."""
        given = [field for field in self.kind.fields if field.name in self.layout.ours]
        return tuple(cast(field, self.column(field.name), zone=self.zone) for field in given)

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """Everything that can be wrong with a row; the first one that is counts."""
        return (*(fault for one in self.casts for fault in one.faults), *self._period())

    def _period(self) -> tuple[Fault, ...]:
        since, until = self.kind.period or ("", "")
        if since not in self.layout.ours or until not in self.layout.ours:
            return ()
        condition, detail = f"v_{until} < v_{since}", f"{until} lies before {since}"
        return (Fault(condition=condition, field=until, reason=Reason.BAD_PERIOD, detail=detail),)

    def column(self, field: str) -> Column:
        """Return their column for one of our fields."""
        return self.columns[self.layout.ours[field]]

    def rest(self) -> tuple[tuple[str, Column, str], ...]:
        """Return their columns that are none of ours: name, column and alias."""
        return tuple(
            (name, self.columns[name], f"rest_{place}") for place, name in enumerate(self.layout.rest)
        )

    def theirs(self) -> str:
        """SELECT of the rows that are picked: row, in_*, text_*, rest_*, line."""
        named = [(f"in_{one.field.name}", self.column(one.field.name)) for one in self.casts]
        listed = {"row": self.source.row}
        listed |= {alias: column.sql for alias, column in named}
        listed |= {alias.replace("in_", "text_", 1): text_of(column, column.sql) for alias, column in named}
        listed |= {alias: column.sql for _, column, alias in self.rest()}
        listed |= {one.name: one.sql for one in (self.source.rest, self.source.line) if one}
        if not self.picked:
            plain = ", ".join(f"{sql} as {alias}" for alias, sql in listed.items())
            return f"select {plain} from {self.source.relation}"
        # names with a space cannot meet a name in the condition
        inner = [f'{sql} as "ours {place}"' for place, sql in enumerate(listed.values())]
        inner += [f"{sql} as {quoted(name)}" for name, sql in self.asked.items()]
        outer = [f'"ours {place}" as {alias}' for place, alias in enumerate(listed)]
        return (
            f"select {', '.join(outer)}"
            f" from (select {', '.join(inner)} from {self.source.relation}) as theirs where ({self.picked}\n)"
        )

    def valued(self) -> str:
        """SELECT of all rows with their values (v_*) and `fault`, the place of their first fault."""
        looked = [one.field for one in self.casts if one.field.type in HASHED]
        joins = "".join(
            f" left join addresses as a_{field.name} on a_{field.name}.field = {literal(field.name)}"
            f" and a_{field.name}.raw = text_{field.name}"
            for field in looked
        )
        hashes = "".join(f", a_{field.name}.hashed as hash_{field.name}" for field in looked)
        values = "".join(f", {one.value} as v_{one.field.name}" for one in self.casts)
        cases = " ".join(f"when {fault.condition} then {place}" for place, fault in enumerate(self.faults))
        return f"""
            select *, {f"case {cases} end" if cases else "null"} as fault
            from (select *{values} from (select theirs.*{hashes} from ({self.theirs()}) as theirs{joins}))
        """

    def made(self) -> str:
        """SELECT of the good rows: `row` and the columns of the archive's table."""
        listed = outputs(self)
        key = listed.key
        columns = ", ".join(f"{sql} as {name}" for name, sql in listed.columns.items())
        inner = f"select row, {columns} from ({self.valued()}) where fault is null"
        return f"select * replace ({key} as {listed.key_name}) from ({inner})" if key else inner

    def refused(self) -> str:
        """SELECT of the bad rows: row, fault, raw, and the phone number in them."""
        if self.source.line:
            raw = "line"
        else:
            ours = [(one.field.name, f"in_{one.field.name}") for one in self.casts]
            pairs = [(self.layout.ours[name], alias) for name, alias in ours]
            pairs += [(name, alias) for name, _, alias in self.rest()]
            raw = "to_json({" + ", ".join(f"{literal(name)}: {alias}" for name, alias in pairs) + "})"
        phone = "text_phone" if any(one.field.name == "phone" for one in self.casts) else "null"
        columns = f"row, fault, cast({raw} as varchar) as raw, cast({phone} as varchar) as phone"
        return f"select {columns} from ({self.valued()}) where fault is not null"
