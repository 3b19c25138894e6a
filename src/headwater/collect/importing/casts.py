"""Casts: the SQL that turns one of their values into one of ours, and the faults that it can have.

Each input stands in a column `in_<field>` as it came, and as text in `text_<field>`; the value that
is made of it gets the name `v_<field>`. A value that is there and cannot be read is a fault, never a
guess: a day such as 15/03/2026 or an amount such as 1.234,56 can be meant in two ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headwater.collect.importing.bench import literal
from headwater.collect.importing.currencies import CURRENCIES
from headwater.collect.importing.reasons import Fault, Reason

if TYPE_CHECKING:
    from headwater.collect.importing.kinds import Field
    from headwater.collect.importing.source import Column

LONGEST_ID = 1024
LONGEST_TEXT = 64 << 10
LONGEST_JSON = 1 << 20
WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "HUGEINT",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """One value: its SQL and the conditions under which it is wrong."""

    field: Field
    value: str
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One value as it came: the field that it is for, their column, its trimmed text and the zone."""

    field: Field
    column: Column
    given: str
    zone: str


def text_of(column: Column, alias: str) -> str:
    """Return the SQL of a value as text."""
    if column.type == "VARCHAR":
        return alias
    return (
        f"to_json({alias})"
        if column.type.startswith(("STRUCT", "MAP")) or column.type.endswith("]")
        else f"cast({alias} as varchar)"
    )


def cast(field: Field, column: Column, *, zone: str) -> Cast:
    """Return the value of `field` from `column`, and what can be wrong with it."""
    given = f"nullif(trim(text_{field.name}), '')"
    makers = {
        "time": _time, "date": _date, "money": _money, "count": _count, "number": _number, "json": _json,
        "currency": _currency, "path": _path, "email": _email, "phone": _phone, "person": _person,
    }  # fmt: skip
    if field.type in makers:
        value, faults = makers[field.type](Input(field=field, column=column, given=given, zone=zone))
    else:
        value, faults = _text(field, given)
    if field.needed:
        missing = Fault(
            condition=f"{given} is null",
            field=field.name,
            reason=Reason.MISSING_VALUE,
            detail="no value is given",
        )
        faults = (missing, *faults)
    if field.default is not None:
        value = f"coalesce({value}, {field.default})"
    return Cast(field=field, value=value, faults=faults)


Made = tuple[str, tuple[Fault, ...]]


def _fault(field: Field, condition: str, reason: Reason, detail: str) -> Fault:
    return Fault(condition=condition, field=field.name, reason=reason, detail=detail)


def _too_long(field: Field, limit: int) -> Fault:
    return _fault(
        field, f"strlen(text_{field.name}) > {limit}", Reason.TOO_LONG, f"longer than {limit} bytes"
    )


def _text(field: Field, given: str) -> Made:
    """Ids, URLs and click ids stay byte for byte; names lose the spaces around them."""
    value = given if field.type == "name" else f"nullif(text_{field.name}, '')"
    return value, (_too_long(field, LONGEST_ID if field.type in ("id", "name") else LONGEST_TEXT),)


def _time(has: Input) -> Made:
    raw = f"in_{has.field.name}"
    if has.column.type.startswith("TIMESTAMP") or has.column.type == "DATE":
        value = f"cast({raw} as timestamp)"
    elif (
        has.column.type in WHOLE
        or has.column.type in ("DOUBLE", "FLOAT")
        or has.column.type.startswith("DECIMAL")
    ):
        value = f"epoch(try_cast({raw} as decimal(25, 6)))"
    else:
        value = f"moment({has.given}, {literal(has.zone)})"
    detail = "write 2026-03-15T09:30:00Z, or seconds or milliseconds since 1970"
    value = f"in_range({value})"
    wrong = f"{has.given} is not null and v_{has.field.name} is null"
    return value, (_fault(has.field, wrong, Reason.BAD_TIMESTAMP, detail),)


def _date(has: Input) -> Made:
    if has.column.type.startswith("TIMESTAMP") or has.column.type == "DATE":
        value = f"cast(cast(in_{has.field.name} as timestamp) as date)"
    else:
        midnight = r"\d{4}([-/])\d\d([-/])\d\d([T ]00:00(:00([.]0+)?)?(Z|UTC)?)?"
        value = (
            f"case when regexp_full_match({has.given}, '{midnight}') then try_cast({has.given}[1:10] as date)"
            f" when regexp_full_match({has.given}, '(19|20)[0-9]{{6}}')"
            f" then cast(try_strptime({has.given}, '%Y%m%d') as date) end"
        )
    wrong = f"{has.given} is not null and v_{has.field.name} is null"
    return value, (_fault(has.field, wrong, Reason.BAD_TIMESTAMP, "write the day as 2026-03-15"),)


def _numeric(field: Field, given: str, kind: str) -> tuple[Fault, ...]:
    wrong = f"{given} is not null and v_{field.name} is null"
    faults = [_fault(field, wrong, Reason.BAD_NUMBER, kind)]
    if not field.negative:
        detail = "below zero"
        if field.type == "money":
            detail += "; money given back is an `Order Refunded` event, not a negative value"
        faults.append(_fault(field, f"v_{field.name} < 0", Reason.NEGATIVE_VALUE, detail))
    return tuple(faults)


def _money(has: Input) -> Made:
    return f"money(exact({has.given}))", _numeric(
        has.field, has.given, "write an amount as 1234.56, with no sign of money or thousands"
    )


def _count(has: Input) -> Made:
    exact = f"exact({has.given})"
    value = f"case when {exact} = trunc({exact}) then try_cast({exact} as bigint) end"
    return value, _numeric(has.field, has.given, "write a whole number")


def _number(has: Input) -> Made:
    value = f"case when exact({has.given}) is not null then try_cast({has.given} as double) end"
    return value, _numeric(has.field, has.given, "write a number as 1234.56")


def _currency(has: Input) -> Made:
    known = ", ".join(literal(code) for code in sorted(CURRENCIES))
    wrong = f"v_{has.field.name} not in ({known})"
    return f"upper({has.given})", (
        _fault(has.field, wrong, Reason.UNKNOWN_CURRENCY, "no ISO 4217 code, such as EUR"),
    )


def _json(has: Input) -> Made:
    text = f"text_{has.field.name}"
    is_object = f"{has.given} is not null and json_valid({text}) and json_type({text}) = 'OBJECT'"
    value = f"case when {is_object} then cast(json({text}) as varchar) end"
    wrong = f"{has.given} is not null and v_{has.field.name} is null"
    return value, (
        _too_long(has.field, LONGEST_JSON),
        _fault(has.field, wrong, Reason.BAD_JSON, "no JSON object"),
    )


def _path(has: Input) -> Made:
    value = rf"regexp_split_to_array({has.given}, '\s*>\s*')"
    wrong = f"list_contains(v_{has.field.name}, '')"
    return value, (
        _too_long(has.field, LONGEST_JSON),
        _fault(has.field, wrong, Reason.BAD_PATH, "a touch of the path has no name"),
    )


def _email(has: Input) -> Made:
    """Take a value that looks like a hash as hashed already, and leave out what is no address."""
    return f"case when looks_hashed({has.given}) then {has.given} else hash_{has.field.name} end", (
        _too_long(has.field, LONGEST_ID),
    )


def _phone(has: Input) -> Made:
    hashed = f"length({has.given}) >= 32 and looks_hashed({has.given})"
    return f"case when {hashed} then {has.given} else hash_{has.field.name} end", (
        _too_long(has.field, LONGEST_ID),
    )


def _person(has: Input) -> Made:
    """Take a bare value as a customer id, unless it is an e-mail address; `kind:value` stands."""
    value = f"""case
        when {has.given} is null then null
        when hash_{has.field.name} is not null then hash_{has.field.name}
        when regexp_matches({has.given}, '^(email|phone):')
            then case when looks_hashed(split_part({has.given}, ':', 2)) then {has.given} end
        when regexp_matches({has.given}, '^(anonymous|user|click|order|path):.') then {has.given}
        else 'user:' || {has.given}
    end"""
    wrong = f"{has.given} is not null and v_{has.field.name} is null"
    detail = "the part after the colon is neither an address nor its hash"
    return value, (_too_long(has.field, LONGEST_ID), _fault(has.field, wrong, Reason.BAD_IDENTIFIER, detail))
