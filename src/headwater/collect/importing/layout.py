"""Layout: which of their columns is which of ours.

A name in `--map` decides; else a column that bears our name, in any case of letters. What is left
over is kept as properties (events) or attributes (persons).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from headwater.contract.errors import HeadwaterError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.collect.importing.kinds import Field, Kind


class UnknownTheirsError(UnknownNameError):
    """The file has no column of this name."""

    kind = "column of the file"


class MissingColumnError(HeadwaterError):
    """A column that is needed is not in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Our field names with their column names, and their columns that are none of ours."""

    ours: Mapping[str, str]
    rest: tuple[str, ...]


def parsed_mapping(text: str) -> dict[str, str]:
    """Turn `theirs=ours,...` into a mapping; raises UsageError for anything else."""
    found: dict[str, str] = {}
    for pair in text.split(","):
        theirs, equals, ours = pair.rpartition("=")
        if not equals or not theirs.strip() or not ours.strip():
            raise UsageError(f"--map cannot read {pair!r}.", hint="write theirs=ours, joined by commas.")
        found[theirs.strip()] = ours.strip()
    return found


def layout(names: Iterable[str], *, kind: Kind, mapping: Mapping[str, str], origin: str) -> Layout:
    """Match their columns to ours; raises MissingColumnError and UnknownNameError."""
    theirs = list(names)
    by_case = {name.lower(): name for name in reversed(theirs)}
    ours: dict[str, str] = {}
    for their, our in mapping.items():
        if their not in theirs and their.lower() not in by_case:
            raise UnknownTheirsError.named(their, known=theirs)
        field = kind.field(our)
        if field.name in ours:
            raise UsageError(
                f"--map names {field.name} twice.", hint="one of their columns for each of ours."
            )
        ours[field.name] = their if their in theirs else by_case[their.lower()]
    taken = set(ours.values())
    for field in kind.fields:
        name = field.name if field.name in theirs else by_case.get(field.name)
        if field.name not in ours and name is not None and name not in taken:
            ours[field.name] = name
    for field in kind.fields:
        if field.needed and field.name not in ours:
            raise _missing(
                field, [name for name in theirs if name not in ours.values()], theirs, kind, origin
            )
    taken = set(ours.values())
    return Layout(ours=ours, rest=tuple(name for name in theirs if name not in taken))


def _missing(field: Field, free: list[str], theirs: list[str], kind: Kind, origin: str) -> MissingColumnError:
    lowered = {name.lower(): name for name in free}
    guess = [lowered[name] for name in field.known_as if name in lowered]
    guess += [lowered[name] for name in get_close_matches(field.name, lowered, n=1)]
    if guess:
        hint = f"if their {guess[0]!r} is it, add `--map {guess[0]}={field.name}`."
    else:
        wanted = ", ".join(f"{one.name} (needed)" if one.needed else one.name for one in kind.fields)
        hint = f"name it with `--map theirs={field.name}`; {kind.name} take {wanted}."
    return MissingColumnError(f"{origin} has no column {field.name}. It has: {', '.join(theirs)}.", hint=hint)
