"""Naming: the convention that tagged links keep to: what may stand in the five UTM parameters.

Reads  the `naming` object of the settings, or a file of its own
Makes  a `Naming`

What spellings mean the same thing is not here: those are the aliases of the settings, which also
restate history.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from headwater.contract.errors import UnknownSettingError, UsageError

TAGS = ("source", "medium", "campaign", "content", "term", "id")
"""The UTM parameters, without `utm_`."""

DEFAULT_MEDIUMS = (
    "cpc", "cpm", "ppc", "paid_search", "paid_social", "paid_video", "paid_shopping", "display", "banner",
    "retargeting", "email", "newsletter", "social", "video", "organic", "referral", "affiliate", "audio",
    "podcast", "sms", "push", "app", "qr", "print", "offline", "event", "ai_assistant",
)  # fmt: skip
"""Mediums that the built-in channel rules understand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What tagged links may say."""

    required: tuple[str, ...] = ("source", "medium", "campaign")
    """Tags that every link must carry."""
    sources: tuple[str, ...] = ()
    """Allowed sources; none named means every source that Headwater knows, and a warning for others."""
    mediums: tuple[str, ...] = DEFAULT_MEDIUMS
    """Allowed mediums; an empty list allows all."""
    patterns: dict[str, str] = field(default_factory=dict)
    """By tag, a regular expression (RE2) that the whole value must match."""
    lower_case: bool = True
    """Values are written in lower case."""
    separators: str = "_-"
    """Signs that may part words in a value, the usual one first; empty allows all."""
    longest: int = 100
    """Most characters of one value."""
    longest_url: int = 2048
    """Most characters of a whole link."""
    parameters: tuple[str, ...] = ()
    """Further parameters that begin with utm_ and are meant so."""


def parsed_naming(raw: object) -> Naming:
    """Turn plain keys and values into a Naming.

    Raises UnknownSettingError for a key that does not exist and UsageError for a value that cannot be.
    """
    if isinstance(raw, Naming):
        return raw
    if not isinstance(raw, dict):
        raise UsageError(
            f"naming is {raw!r}.", hint='it is an object, such as {"sources": ["google", "facebook"]}.'
        )
    known = {setting.name: setting for setting in fields(Naming)}
    for key in raw:
        if key not in known:
            raise UnknownSettingError.named(f"naming.{key}", known={f"naming.{name}" for name in known})
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
    }
    for key, value in values.items():
        _check_kind(key, value)
    naming = Naming(**values)
    _check(naming)
    return naming


def _check_kind(key: str, value: object) -> None:
    standard = getattr(Naming(), key)
    of_texts = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    is_right = type(value) is type(standard) and all(isinstance(item, str) for item in of_texts)
    if not is_right:
        kinds = {tuple: "a list of texts", dict: "an object of texts", bool: "true or false", int: "a number"}
        raise UsageError(
            f"naming.{key} cannot be {value!r}.", hint=f"it is {kinds.get(type(standard), 'a text')}."
        )


def _check(naming: Naming) -> None:
    for key, names in (("required", naming.required), ("patterns", tuple(naming.patterns))):
        for name in names:
            if name not in TAGS:
                raise UsageError(f"naming.{key} names {name!r}.", hint=f"the tags are {', '.join(TAGS)}.")
    if naming.longest < 1 or naming.longest_url < 1:
        raise UsageError("Lengths in naming must be positive.", hint="longest = 100, longest_url = 2048.")
    for tag, pattern in naming.patterns.items():
        matches(pattern, "", place=f"naming.patterns.{tag}")


def matches(pattern: str, value: str, *, place: str = "naming.patterns") -> bool:
    """Tell whether the whole of `value` matches; RE2, so that no pattern can take for ever.

    Raises UsageError where the pattern is none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        found = pc.match_substring_regex(pa.array([value], pa.string()), pattern=f"^(?:{pattern})$")
    except pa.ArrowInvalid as error:
        raise UsageError(
            f"{place} is {pattern!r}, which is no regular expression ({str(error).partition(':')[2].strip()}).",
            hint="RE2 is understood: no look-ahead, no back-references.",
        ) from error
    return bool(found[0].as_py())
