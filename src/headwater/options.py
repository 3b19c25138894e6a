"""Options: what people write behind a report (text, lists, dates), as a ReportQuery.

Reads  option names and values as they come from a command line, a web address or Python
Makes  a ReportQuery, or a UsageError that says what cannot be read and how to write it
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from headwater.contract.errors import UsageError
from headwater.contract.query import ALL_TIME, ReportQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def query_of(options: Mapping[str, Any]) -> ReportQuery:
    """Turn options as people write them (text, lists, dates) into a ReportQuery.

    `model` is a name, names joined by commas, or a list; `window` "30d", "12h", "all" or a timedelta;
    `since`, `until` ISO days; `between` two times, or text with a comma between them. Raises UsageError for what cannot be read.
    """
    known = {option.name for option in fields(ReportQuery)} | {"model"}
    for name in options:
        if name not in known:
            raise UsageError(
                f"Reports have no option {name!r}.", hint=f"there are: {', '.join(sorted(known))}."
            )
    given = {name: value for name, value in options.items() if value is not None and value != ""}
    models = given.pop("model", None) or given.pop("models", None) or ()
    if isinstance(models, str):
        models = tuple(part.strip() for part in models.split(",") if part.strip())
    given.pop("models", None)
    readers: dict[str, Callable[[Any], Any]] = {
        "window": _window,
        "since": _day,
        "until": _day,
        "as_of": moment_of,
        "between": _moments,
        "limit": int,
        "with_flagged": _truth,
        "currency": lambda text: str(text).upper(),
    }
    return ReportQuery(
        models=tuple(models),
        **{name: readers.get(name, lambda value: value)(value) for name, value in given.items()},
    )


def _window(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    text = str(value).strip().lower()
    if text == "all":
        return ALL_TIME
    units = {"d": "days", "h": "hours", "w": "weeks"}
    if text[-1:] in units and text[:-1].isdigit() and int(text[:-1]) > 0:
        return timedelta(**{units[text[-1]]: int(text[:-1])})
    raise UsageError(f"The window {value!r} cannot be read.", hint="write 30d, 12h, 2w or all.")


def _truth(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in ("true", "false", "1", "0", "yes", "no"):
        raise UsageError(f"{value!r} is neither true nor false.", hint="write with_flagged=true.")
    return word in ("true", "1", "yes")


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise UsageError(f"The day {value!r} cannot be read.", hint="write it as 2026-05-31.") from error


def _moments(value: Any) -> tuple[datetime, datetime]:
    """Return two times, the earlier first, from a pair or from text with a comma between."""
    parts = value.split(",") if isinstance(value, str) else list(value)
    if len(parts) != 2:
        raise UsageError(
            f"between takes two times, {value!r} are {len(parts)}.",
            hint="write --between 2026-05-01 2026-06-01.",
        )
    first, second = (moment_of(part.strip() if isinstance(part, str) else part) for part in parts)
    if second < first:
        raise UsageError(f"{second} is before {first}.", hint="name the earlier time first.")
    return first, second


def moment_of(value: Any) -> datetime:
    """Return a time in UTC without a zone mark, from ISO text or a datetime; without a zone it is UTC."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise UsageError(
            f"The time {value!r} cannot be read.", hint="write it as 2026-05-31T12:00:00Z."
        ) from error
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
