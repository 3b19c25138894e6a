"""GPP: the string of the IAB's Global Privacy Platform, as far as it decides what is measured here.

Reads  a GPP string: a header that lists sections, then the sections, with ~ between
Makes  a Gpp: whether somebody opted out of sale, sharing or targeted advertising, and a TCF string

Of the sections of the United States only the opt-outs are read: they stand behind a few notices of two
bits each, and how many those are is all that differs. What cannot be read says nothing.
Layout: IAB Tech Lab, "Global Privacy Platform", consent string specification and its US sections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from headwater.collect.bits import Bits

HEADER_TYPE, HEADER_VERSION = 3, 1
VERSION_BITS, ITEM_BITS, FIELD_BITS = 6, 12, 2
TCF_SECTION, PRIVACY_SECTION = 2, 6
"""The European TCF string, and the privacy string of the United States that came before GPP."""
OPTED_OUT, STAYED = 1, 2
"""Values of an opt-out; 0 means that it does not apply."""
MOST_SECTIONS = 64
"""More are no string of a consent banner."""
GPC_SEGMENT = 1


class Section(NamedTuple):
    """Where the opt-outs of a section stand."""

    notices: int
    """Fields of two bits before the opt-outs."""
    opt_outs: int
    """Sale and targeted advertising; in the national section and California's, sharing too."""


STATE = Section(notices=3, opt_outs=2)
SECTIONS = {
    7: Section(notices=6, opt_outs=3),  # national
    8: Section(notices=3, opt_outs=2),  # California: sale and sharing
    **dict.fromkeys((9, 10), STATE),  # Virginia, Colorado
    11: Section(notices=4, opt_outs=2),  # Utah: a notice on sensitive data
    **dict.fromkeys(
        (12, 13, 14, 15, 16, 17), STATE
    ),  # Connecticut, Florida, Montana, Oregon, Texas, Delaware
    18: Section(notices=4, opt_outs=2),  # Iowa: a notice on sensitive data
    **dict.fromkeys((19, 20, 21, 22), STATE),  # Nebraska, New Hampshire, New Jersey, Tennessee
}
"""Sections by their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpp:
    """What a string says."""

    opted_out: bool | None = None
    """Of sale, sharing or targeted advertising, anywhere; None where no section speaks of it."""
    tcf: str | None = None
    privacy: str | None = None
    """The privacy string of the United States."""


def parsed(text: str) -> Gpp | None:
    """Return what a GPP string says; None where it cannot be read."""
    header, *sections = text.strip().split("~")
    try:
        numbers = _sections(Bits(header))
    except ValueError:
        return None
    if len(numbers) != len(sections):
        return None
    by_number = dict(zip(numbers, sections, strict=True))
    answers = [_opted_out(SECTIONS[number], said) for number, said in by_number.items() if number in SECTIONS]
    said = [answer for answer in answers if answer is not None]
    return Gpp(
        opted_out=any(said) if said else None,
        tcf=by_number.get(TCF_SECTION),
        privacy=by_number.get(PRIVACY_SECTION),
    )


def _sections(bits: Bits) -> list[int]:
    """Return the numbers of the sections, in order: each is told as the distance from the one before."""
    if (bits.number(VERSION_BITS), bits.number(VERSION_BITS)) != (HEADER_TYPE, HEADER_VERSION):
        raise ValueError("no header of this version")
    found: list[int] = []
    for _ in range(bits.number(ITEM_BITS)):
        is_range = bits.flag()
        first = (found[-1] if found else 0) + bits.fibonacci()
        last = first + bits.fibonacci() if is_range else first
        if last - first + len(found) >= MOST_SECTIONS:
            raise ValueError("too many sections")
        found += range(first, last + 1)
    return found


def _opted_out(section: Section, said: str) -> bool | None:
    """Return whether a section holds an opt-out, or its browser's Global Privacy Control."""
    core, *others = said.split(".")
    answers: list[bool | None] = []
    try:
        bits = Bits(core)
        bits.number(VERSION_BITS + FIELD_BITS * section.notices)
        answers += [_answer(bits.number(FIELD_BITS)) for _ in range(section.opt_outs)]
        answers += [_has_gpc(Bits(other)) for other in others]
    except ValueError:
        return None
    given = [answer for answer in answers if answer is not None]
    return any(given) if given else None


def _answer(value: int) -> bool | None:
    return {OPTED_OUT: True, STAYED: False}.get(value)


def _has_gpc(bits: Bits) -> bool | None:
    return (bits.number(FIELD_BITS) == GPC_SEGMENT and bits.flag()) or None
