"""Outputs: each column of the archive's table, from the values of a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headwater.collect.importing.bench import literal

if TYPE_CHECKING:
    from headwater.collect.importing.kinds import Field
    from headwater.collect.importing.rows import Rows
    from headwater.collect.importing.source import Column

EVENT_TYPES = ("page", "screen", "track", "identify", "group", "alias")
JSON_NUMBER = r"-?(0|[1-9][0-9]{0,14})([.][0-9]{1,15})?"
"""Text of a CSV file that is kept as a number: one spelling only, so that an id such as 007 stays text."""
SEPARATOR = "chr(31)"


UNHASHED = ("known_at", "origin", "claimed_at", "marks", "consent", "may_sync")
"""Columns that make no row another one: they are ours, or say again what others say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """SQL by column name; `key` is the hash that stands in where a row has no id of its own."""

    columns: dict[str, str]
    key: str = ""
    key_name: str = ""


def outputs(rows: Rows) -> Outputs:
    """Return the SQL of each column of the table that the kind fills."""
    there = {one.field.name for one in rows.casts}
    found = {field.column: _value(field, there, rows) for field in rows.kind.fields}
    found |= {
        "known_at": f"timestamp '{rows.known_at:%Y-%m-%d %H:%M:%S.%f}'",
        "origin": literal(rows.source.origin),
    }
    if rows.kind.name == "events":
        found |= _event(rows, there)
    if rows.kind.name == "persons":
        found["attributes"] = properties(rows, own=None)
    if rows.kind.name == "spend":
        found["raw"] = _raw(rows)
    if rows.kind.name == "paths":
        found["path_id"] = f"md5(array_to_string(v_path, {SEPARATOR}))"
        return Outputs(columns=found)
    listed = {
        column.name: f"cast({found[column.name]} as {column.type})" for column in rows.kind.table.columns
    }
    if "raw" in found:
        listed["raw"] = found["raw"]
    key = rows.kind.table.key[0]
    if not key.endswith("_id") or key not in {field.name for field in rows.kind.fields}:
        return Outputs(columns=listed)
    derived = () if "user_agent" in there else ("user_agent",)
    content = [name for name in listed if name not in (key, *UNHASHED, *derived)]
    text = f" || {SEPARATOR} || ".join(f"coalesce(cast({name} as varchar), '')" for name in content)
    return Outputs(columns=listed, key=f"coalesce({key}, md5({text}))", key_name=key)


def _value(field: Field, there: set[str], rows: Rows) -> str:
    """Return the value that the file gives, else the default."""
    value = f"v_{field.name}" if field.name in there else field.default or "null"
    if field.type == "currency" and rows.kind.name == "spend":
        return f"coalesce({value}, {literal(rows.currency)})"
    return value


def _event(rows: Rows, there: set[str]) -> dict[str, str]:
    """Return the columns of an event that depend on one another."""
    given = "v_type" if "type" in there else "cast(null as varchar)"
    name = "v_event" if "event" in there else "cast(null as varchar)"
    url = "v_url" if "url" in there else "cast(null as varchar)"
    known = f"lower({given}) in ({', '.join(literal(one) for one in EVENT_TYPES)})"
    occurred = rows.column("occurred_at")
    return {
        "type": f"case when {known} then lower({given}) when coalesce({given}, {name}) is not null then 'track'"
        f" when {url} is not null then 'page' else 'track' end",
        "event": f"case when {given} is null or {known} then {name} else coalesce({name}, {given}) end",
        "user_agent": _agent(there),
        "marks": "null",
        "consent": "null",
        "may_sync": "null",
        "claimed_at": "null" if _is_exact(occurred) else "text_occurred_at",
        "properties": properties(rows, own="v_properties" if "properties" in there else None),
    }


def _agent(there: set[str]) -> str:
    """Return the user agent: a column of the file, else what the context says."""
    told = ["v_user_agent"] if "user_agent" in there else []
    if "context" in there:
        told += [f"json_extract_string(v_context, '$.{key}')" for key in ("userAgent", "user_agent")]
    return f"coalesce({', '.join((*told, 'null'))})"


def _is_exact(column: Column) -> bool:
    """Tell whether `occurred_at` says everything that their column says."""
    return (column.type.startswith("TIMESTAMP") and column.type != "TIMESTAMP_NS") or column.type == "DATE"


def properties(rows: Rows, *, own: str | None) -> str:
    """Return the SQL of a JSON object of everything that is not ours; null where there is nothing."""
    parts = [_member(name, alias, column, own) for name, column, alias in rows.rest()]
    for one in rows.casts:
        if one.field.type in ("email", "phone") and rows.kind.rest == "properties":
            lost = f"v_{one.field.name} is null and nullif(trim(text_{one.field.name}), '') is not null"
            parts.append(
                f"case when {lost} then {literal(_key(one.field.name))} || to_json(text_{one.field.name}) end"
            )
    if own is not None and rows.source.rest is not None:
        inside = f"cast(json_merge_patch(rest, coalesce({own}, '{{}}')) as varchar)"
        parts.insert(0, f"nullif({inside}[2:-2], '')")
    elif own is not None:
        parts.insert(0, f"nullif({own}[2:-2], '')")
    elif rows.source.rest is not None:
        parts.insert(0, "nullif(cast(rest as varchar)[2:-2], '')")
    if not parts:
        return "null"
    return f"nullif('{{' || concat_ws(',', {', '.join(parts)}) || '}}', '{{}}')"


def _key(name: str) -> str:
    import orjson

    return orjson.dumps(name).decode() + ":"


def _member(name: str, alias: str, column: Column, own: str | None) -> str:
    key = literal(_key(name))
    if column.shape == "csv":
        plain = (
            f"case when regexp_full_match({alias}, '{JSON_NUMBER}') then {alias} else to_json({alias}) end"
        )
    elif column.type in ("DOUBLE", "FLOAT"):
        plain = (
            f"case when isfinite({alias}) then to_json({alias}) else to_json(cast({alias} as varchar)) end"
        )
    elif column.type.startswith("DECIMAL"):
        plain = f"cast({alias} as varchar)"
    else:
        plain = f"to_json({alias})"
    here = f"{alias} is not null"
    if own is not None:
        path = literal("$." + _key(name)[:-1])
        here += f" and not coalesce(json_exists({own}, {path}), false)"
    return f"case when {here} then {key} || {plain} end"


def _raw(rows: Rows) -> str:
    """Return the hash of the whole row as it came."""
    if rows.source.line is not None:
        return "md5(line)"
    aliases = [f"in_{one.field.name}" for one in rows.casts] + [alias for _, _, alias in rows.rest()]
    return (
        "md5("
        + f" || {SEPARATOR} || ".join(f"coalesce(cast({alias} as varchar), '')" for alias in aliases)
        + ")"
    )
