"""Meaning: what may be wrong with the values of a link's tags under the convention.

Reads  a Link, the Rulebook
Makes  findings
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from headwater.contract.naming import TAGS, matches
from headwater.hygiene.findings import Finding
from headwater.hygiene.form import meant_tag
from headwater.hygiene.links import decoded
from headwater.hygiene.platforms import NEARLY, macros_in
from headwater.hygiene.rulebook import PARTING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from headwater.hygiene.links import Link, Pair
    from headwater.hygiene.rulebook import Rulebook

EMAIL = re.compile(r"[^\s@/?#&=:,;]+@[^\s@/?#&=:,;]+[.][A-Za-z]{2,}")
PHONE = re.compile(r"[+]\d[\d ().-]{7,18}\d")
PERSONAL_KEYS = re.compile(
    r"e[-_]?mail(_?addr(ess)?)?|user[-_]?(e?mail)|phone([-_]?(number|no))?|tel(ephone)?|mobile([-_]?number)?"
    r"|(first|last|full|sur)[-_]?name|birth(day|date)|dob|ssn"
)
PERSONAL_MACRO = re.compile(r"(?i)e-?mail|phone|f_?name|l_?name|first_?name|last_?name|full_?name")
ENDS = ".,;:!?)\"'"
CONFLICTS: dict[str, re.Pattern[str]] = {
    "search": re.compile(r".*social.*|e-?mail.*|newsletter|sms|push|affiliate.*|influencer"),
    "social": re.compile(
        r"e-?mail.*|newsletter|sms|organic|paid_?-?search|sem|seo|paid_?-?shopping|affiliate.*"
    ),
    "email": re.compile(r"cpc|cpm|ppc|.*social.*|display|organic|sms|paid.*|seo|sem"),
    "video": re.compile(r"e-?mail.*|newsletter|sms|paid_?-?search|sem|seo"),
    "ai": re.compile(r"e-?mail.*|newsletter|sms|.*social.*|display"),
}
"""By the category of the source, the mediums that cannot be."""
_OF_PLATFORMS = re.compile(r"cp[cmv]|ppc|paid|.*social|display|retargeting|native|banner")
_ANYWHERE = re.compile(r"(?i)utm_(\w+)=")


def required(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find tags that are not there."""
    del is_template
    tags = {*link.tags, *_meant(link)}
    if not tags and rules.naming.required:
        yield Finding(code="untagged", field="url", said="it carries no utm parameter")
        return
    for tag in rules.naming.required:
        if tag not in tags:
            yield Finding(code="missing", field=f"utm_{tag}", said=f"utm_{tag} is not there")


def _meant(link: Link) -> Iterator[str]:
    """Return the tags that are there in a wrong place or under a wrong name; that is found elsewhere."""
    yield from (tag.lower() for tag in _ANYWHERE.findall(str(link)))
    known = tuple(f"utm_{tag}" for tag in TAGS)
    yield from ((meant_tag(pair.key, known) or "").removeprefix("utm_") for pair in link.pairs)


def values(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find values that the convention does not allow."""
    del is_template
    for tag, pair in link.tags.items():
        value = pair.decoded
        if not value.strip():
            yield Finding(code="empty", field=f"utm_{tag}", said=f"utm_{tag} has no value")
        elif tag in TAGS and not macros_in(value) and not NEARLY.fullmatch(value):
            yield from _written(tag, value, rules)
            yield from _listed(tag, value.strip(), rules, beside=link.tags)


def _written(tag: str, value: str, rules: Rulebook) -> Iterator[Finding]:
    field, naming = f"utm_{tag}", rules.naming
    right = rules.worded(value)
    if any(letter.isspace() for letter in value):
        yield Finding(code="space", field=field, said=f"{value!r} holds spaces", suggestion=right)
    if naming.lower_case and value != value.lower():
        yield Finding(code="case", field=field, said=f"{value!r} is not in lower case", suggestion=right)
    if value[-1] in ENDS:
        yield Finding(
            code="trailing",
            field=field,
            said=f"{value!r} ends with {value[-1]!r}",
            suggestion=right.rstrip(ENDS),
        )
    wrong = [
        sign for sign in PARTING if naming.separators and not sign.isspace() and sign in value[:-1].strip()
        and sign not in naming.separators
    ]  # fmt: skip
    if wrong:
        told = " ".join(wrong)
        yield Finding(
            code="separator", field=field, said=f"{value!r} parts words by {told}", suggestion=right
        )
    if len(value) > naming.longest:
        yield Finding(
            code="too_long", field=field, said=f"{len(value)} characters; the most is {naming.longest}"
        )
    pattern = naming.patterns.get(tag)
    if pattern is not None and not matches(pattern, value):
        yield Finding(code="pattern", field=field, said=f"{value!r} is not like {pattern!r}")


def _listed(tag: str, value: str, rules: Rulebook, *, beside: Mapping[str, Pair]) -> Iterator[Finding]:
    field, allowed = f"utm_{tag}", rules.allowed(tag)
    worded = rules.worded(value)
    if value in allowed or worded in allowed:
        return
    name = rules.named(tag, value)
    is_alias = name != value and name.lower() != value.lower()
    if allowed:
        if is_alias and name in allowed:
            yield Finding(
                code="alias", field=field, said=f"{value!r} is spelled {name!r} here", suggestion=name
            )
            return
        near = closest(worded, allowed)
        yield Finding(code="unlisted", field=field, said=f"{value!r} is not on the list", suggestion=near)
    elif is_alias:
        yield Finding(code="alias", field=field, said=f"{value!r} is spelled {name!r} here", suggestion=name)
    elif tag == "source" and worded not in rules.sources and name not in rules.sources:
        near = closest(worded, rules.sources)
        medium = beside["medium"].decoded.lower() if "medium" in beside else ""
        if not near and not _OF_PLATFORMS.match(medium):
            return  # a newsletter, a partner, a poster: their names are ours to choose
        yield Finding(
            code="unknown_source", field=field, said=f"no source called {value!r} is known", suggestion=near
        )


@lru_cache(maxsize=4096)
def closest(value: str, names: Collection[str]) -> str:
    """Return the name most like a value, or nothing where none is."""
    near = get_close_matches(value, sorted(names), n=1, cutoff=0.75)
    return near[0] if near else ""


def contradiction(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find a medium that the source cannot have, and tags that no channel rule knows."""
    del is_template
    told = {tag: pair.decoded.strip() for tag, pair in link.tags.items()}
    source, medium = told.get("source", ""), told.get("medium", "")
    if not source or not medium or macros_in(source) or macros_in(medium):
        return
    known = rules.source(source)
    medium = rules.named("medium", medium).lower()
    channel = rules.channel(source, medium, told.get("campaign", ""))
    pattern = CONFLICTS.get(known.category)
    if pattern is not None and pattern.fullmatch(medium.replace(" ", "_")):
        yield Finding(
            code="conflict",
            field="utm_medium",
            said=f"{known.name} is {known.category}, the medium says {medium!r}; it would count as {channel}",
        )
    elif channel == "other":
        yield Finding(
            code="no_channel", field="utm_medium", said=f"{source!r} with {medium!r} would count as other"
        )


def personal(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find what says who a person is; it would stand in logs, referrers and every tool on the page."""
    del rules, is_template
    for field, text in (("url", link.before.partition("://")[2]), ("url", link.fragment)):
        if EMAIL.search(decoded(text)) and "@" not in text.partition("/")[0]:
            yield Finding(code="personal", field=field, said="an e-mail address stands in it")
    for pair in link.pairs:
        said = _personal(pair.key, decoded(pair.decoded))
        if said:
            yield Finding(code="personal", field=pair.name, said=said)


def _personal(key: str, value: str) -> str:
    if EMAIL.search(value):
        return "its value is an e-mail address"
    if PHONE.search(f"+{value.strip()}" if value.startswith(" ") else value):
        return "its value is a phone number"
    if PERSONAL_KEYS.fullmatch(key) and value.strip():
        return "its name says that it holds personal data"
    if any(PERSONAL_MACRO.search(macro) for macro in macros_in(value)):
        return "it will be filled in with personal data"
    return ""


def click_ids(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find click ids that stand in a link before anybody has clicked."""
    del is_template
    names = {name.lower(): platform for name, platform in rules.click_ids.items()}
    for pair in link.pairs:
        if pair.key in names and pair.value and not macros_in(decoded(pair.value)):
            yield Finding(
                code="click_id",
                field=pair.name,
                said=f"{names[pair.key]} sets it at each click; it was pasted",
            )
