r"""Rules: one channel rule as a value, read from plain keys, held against a touchpoint or turned into SQL.

Reads  dictionaries such as {"channel": "paid_search", "source": "google", "medium": ["cpc", "paid*"]}
Makes  `Rule` values and SQL conditions that DuckDB and Spark understand alike

Texts are compared in lower case. A regular expression must mean the same to RE2, Java and Python, so
look-around, back-references and escapes such as \d are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.contract.errors import UnknownSettingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FIELDS = (
    "kind",
    "source",
    "medium",
    "campaign",
    "source_category",
    "click_id_name",
    "click_paid",
    "referrer_host",
    "referrer_category",
)
"""What a rule may look at: columns of the touchpoint, in lower case, empty and never null."""

_NAMES = {name: name for name in FIELDS} | {"click_id": "click_id_name", "category": "category"}
_CATEGORIES = ("", "search", "social", "ai", "video", "shopping", "email")
_UNPORTABLE = re.compile(r"\(\?|\\|\$|\[:")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One text to compare with: how (equal, contains, begins, ends, matches) and what."""

    how: str
    text: str

    def holds(self, value: str) -> bool:
        """Say whether `value` fits."""
        match self.how:
            case "contains":
                return self.text in value
            case "begins":
                return value.startswith(self.text)
            case "ends":
                return value.endswith(self.text)
            case "matches":
                return re.search(self.text, value) is not None
            case _:
                return value == self.text


@dataclass(frozen=True, slots=True)
class Condition:
    """A field and the patterns of which one must fit, or none where `negated`."""

    field: str
    patterns: tuple[Pattern, ...]
    negated: bool = False

    def holds(self, given: Mapping[str, str]) -> bool:
        """Say whether the touchpoint `given` fits."""
        value = given[self.field] if self.field != "category" else _category(given)
        return any(pattern.holds(value) for pattern in self.patterns) is not self.negated


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A channel and the conditions that must all hold; `why` says where the rule comes from."""

    channel: str
    conditions: tuple[Condition, ...]
    why: str = ""

    def holds(self, given: Mapping[str, str]) -> bool:
        """Say whether the touchpoint `given` (every field of `FIELDS`) is of this channel."""
        return all(condition.holds(given) for condition in self.conditions)


def _category(given: Mapping[str, str]) -> str:
    return given["source_category"] if given["source"] else given["referrer_category"]


# -- reading ---------------------------------------------------------------------------------------


def parsed(raw: Mapping[str, Any], *, place: str, lists: Mapping[str, Sequence[str]]) -> Rule:
    """Turn the keys of a rule into a Rule; `lists` are the named lists that "@name" stands for.

    Raises UsageError or UnknownSettingError that names `place` and what is wrong with it.
    """
    if not isinstance(raw, dict) or not isinstance(raw.get("channel"), str) or not raw["channel"].strip():
        raise UsageError(
            f"{place} names no channel.", hint='write for example {channel = "podcast", medium = "audio"}.'
        )
    conditions = []
    for key, value in raw.items():
        if key in ("channel", "why"):
            continue
        name = key.removeprefix("not_")
        if name not in _NAMES:
            known = {"channel", "why", *_NAMES, *(f"not_{field}" for field in _NAMES)}
            raise UnknownSettingError.named(f"{place}.{key}", known={f"{place}.{field}" for field in known})
        patterns = tuple(patterns_of(value, place=f"{place}.{key}", lists=lists))
        _check_values(name, patterns, place=f"{place}.{key}")
        conditions.append(Condition(_NAMES[name], patterns, negated=key != name))
    if not conditions:
        raise UsageError(f"{place} has no condition.", hint=f"add one of {', '.join(sorted(_NAMES))}.")
    return Rule(
        channel=_channel(raw["channel"], place=place),
        conditions=tuple(conditions),
        why=str(raw.get("why", "")),
    )


def _channel(name: str, *, place: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name.strip()):
        raise UsageError(
            f"{place} names the channel {name!r}.",
            hint="use lower case letters, digits and _, as paid_search.",
        )
    return name.strip()


def patterns_of(value: object, *, place: str, lists: Mapping[str, Sequence[str]]) -> Iterator[Pattern]:
    """Yield the patterns that a value stands for: a text, several, or "@name" for those of a list.

    Raises UsageError or UnknownSettingError that names `place`.
    """
    texts = value if isinstance(value, (list, tuple)) else [value]
    if not texts:
        raise UsageError(f"{place} is an empty list.", hint='write "" to ask for an empty field.')
    for text in texts:
        if not isinstance(text, str):
            raise UsageError(
                f"{place} holds {text!r}, which is no text.", hint='write it in quotes, as "cpc".'
            )
        if text.startswith("@"):
            if text[1:] not in lists:
                raise UnknownSettingError.named(
                    f"{place}: {text}", known={f"{place}: @{name}" for name in lists}
                )
            yield from patterns_of(lists[text[1:]], place=place, lists=lists)
        else:
            yield _pattern(text, place=place)


def _pattern(text: str, *, place: str) -> Pattern:
    if text.startswith("~"):
        return Pattern("matches", _expression(text[1:].lower(), place=place))
    word = text.lower()
    ways = {(True, True): "contains", (False, True): "begins", (True, False): "ends", (False, False): "equal"}
    how = ways[word.startswith("*"), word.endswith("*")]
    inner = word.strip("*") if how != "equal" else word
    if "*" in inner or (how != "equal" and not inner):
        raise UsageError(
            f"{place} cannot be {text!r}.",
            hint="a * stands at the beginning, at the end or at both, beside a text.",
        )
    return Pattern(how, inner)


def _expression(text: str, *, place: str) -> str:
    hint = (
        "keep to letters, [classes], (groups), |, ., *, +, ? and ^; write [0-9] for a digit, [.] for a dot."
    )
    if not text or _UNPORTABLE.search(text):
        raise UsageError(f"{place}: {text!r} is no portable regular expression.", hint=hint)
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"{place}: {text!r} is no regular expression ({error}).", hint=hint) from error
    return text


def _check_values(name: str, patterns: Sequence[Pattern], *, place: str) -> None:
    closed = {"click_paid": ("", "yes", "no", "unclear")} | dict.fromkeys(
        ("category", "source_category", "referrer_category"), _CATEGORIES
    )
    for pattern in patterns:
        if name in closed and pattern.how == "equal" and pattern.text not in closed[name]:
            raise UsageError(
                f"{place} cannot be {pattern.text!r}.", hint=f"there are: {', '.join(closed[name][1:])}."
            )


# -- SQL -------------------------------------------------------------------------------------------


def sql(rule: Rule, columns: Mapping[str, str]) -> str:
    """Return the rule as an SQL condition; `columns` maps each field to the expression that holds it."""
    return " and ".join(_condition(condition, columns) for condition in rule.conditions)


def _condition(condition: Condition, columns: Mapping[str, str]) -> str:
    if condition.field == "category":
        by_source = _any(condition.patterns, columns["source_category"])
        by_referrer = _any(condition.patterns, columns["referrer_category"])
        source = columns["source"]
        found = f"(({source} <> '' and {by_source}) or ({source} = '' and {by_referrer}))"
    else:
        column = columns[condition.field]
        found = _any(condition.patterns, f"lower({column})" if condition.field == "click_id_name" else column)
    return f"not {found}" if condition.negated else found


def _any(patterns: Sequence[Pattern], column: str) -> str:
    equal = [_text(pattern.text) for pattern in patterns if pattern.how == "equal"]
    parts = (
        [f"{column} in ({', '.join(equal)})"] if len(equal) > 1 else [f"{column} = {text}" for text in equal]
    )
    calls = {
        "contains": "contains",
        "begins": "starts_with",
        "ends": "ends_with",
        "matches": "regexp_matches",
    }
    parts += [f"{calls[p.how]}({column}, {_text(p.text)})" for p in patterns if p.how != "equal"]
    return f"({' or '.join(parts)})"


def _text(text: str) -> str:
    """Return `text` as an SQL literal in which no `:name` looks like a parameter of a step."""
    quoted = "'" + text.replace("'", "''") + "'"
    split = re.sub(r":(?=[a-z])", ":' || '", quoted)
    return quoted if split == quoted else f"({split})"
