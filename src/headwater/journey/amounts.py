"""Amounts: money as text, read where it can be meant in one way only.

Reads  a column of text, such as the `revenue` of an event
Makes  SQL for the amount, DECIMAL(18,6), null where there is none

`12,50`, `$1,234.50` and `1.234,50 EUR` can be meant in one way; `1,234` can be meant in two and is not
guessed. Plain numbers, nearly all, cost one cast.
"""

from __future__ import annotations

MONEY = "decimal(18, 6)"

_SIGN_OF_MONEY = "([A-Za-z\\p{Sc}]{1,3})?"
_SPACE = "[ \u00a0\u202f]*"
_WRITTEN = (
    f"^{_SPACE}[-+]?{_SPACE}{_SIGN_OF_MONEY}{_SPACE}[-+]?"
    f"([0-9][0-9., '\u00a0\u202f\u2019]*?){_SPACE}{_SIGN_OF_MONEY}{_SPACE}$"
)
"""An amount between a sign of money before it and one after it."""

_GAP = "[ '\u00a0\u202f\u2019]"
_DECIMAL_POINT = f"^([0-9]+|[0-9]{{1,3}}(,[0-9]{{3}})+|[0-9]{{1,3}}({_GAP}[0-9]{{3}})+)[.][0-9]+$"
_DECIMAL_COMMA = (
    f"^([0-9]+,[0-9]{{1,2}}|([0-9]{{1,3}}([.][0-9]{{3}})+|[0-9]{{1,3}}({_GAP}[0-9]{{3}})+),[0-9]+)$"
)
_WHOLE = f"^([0-9]+|[0-9]{{1,3}}({_GAP}[0-9]{{3}})+|[0-9]{{1,3}}(,[0-9]{{3}}){{2,}}|[0-9]{{1,3}}([.][0-9]{{3}}){{2,}})$"


def amount(column: str) -> str:
    """Return SQL for the amount that the text in `column` states, null where it states none."""
    body = f"regexp_extract({column}, {_text(_WRITTEN)}, 2)"
    negative = f"case when strpos({column}, '-') > 0 then -1 else 1 end"
    return f"""case
        when try_cast({column} as {MONEY}) is not null or {column} is null then try_cast({column} as {MONEY})
        when regexp_matches({body}, {_text(_DECIMAL_COMMA)})
            then {negative} * try_cast(replace({_digits(body, "[^0-9,]")}, ',', '.') as {MONEY})
        when regexp_matches({body}, {_text(_DECIMAL_POINT)})
            then {negative} * try_cast({_digits(body, "[^0-9.]")} as {MONEY})
        when regexp_matches({body}, {_text(_WHOLE)})
            then {negative} * try_cast({_digits(body, "[^0-9]")} as {MONEY})
    end"""


def _digits(body: str, others: str) -> str:
    return f"regexp_replace({body}, '{others}', '', 'g')"


def _text(pattern: str) -> str:
    quoted = pattern.replace("'", "''")
    return f"'{quoted}'"
