"""Form: what may be wrong with the shape of a link, whatever its values mean.

Reads  a Link
Makes  findings
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from headwater.contract.naming import TAGS
from headwater.hygiene.findings import Finding
from headwater.hygiene.links import decoded, is_web
from headwater.hygiene.platforms import MACRO, NEARLY, all_macros, is_known, macros_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.hygiene.links import Link
    from headwater.hygiene.rulebook import Rulebook

MORE_TAGS = ("source_platform", "creative_format", "marketing_tactic", "ad_id")
"""Further UTM parameters that Google Analytics or Headwater read."""
NOT_IN_URLS = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})")
DOUBLE = re.compile(r"%25(?=[0-9A-Fa-f]{2})")
SWALLOWED = re.compile(r"[?](?=utm_\w+=|gclid=|fbclid=|msclkid=|ttclid=)", re.IGNORECASE)
BEHIND = re.compile(r"(?:(?<=[#?&])|(?<=&amp;))(utm_\w+=[^&]*)", re.IGNORECASE)
TRAILING = " \t\r\n.,;:!?)>]}\"'&"
_OPENING = {")": "(", ">": "<", "]": "[", "}": "{"}
_DOMAIN = re.compile(r"(?i)(?:[a-z0-9-]+[.])+[a-z]{2,}(?:[/?#].*)?")


def no_url(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find what is no web address; a template may be a suffix or begin with a macro."""
    del rules
    text = str(link)
    if is_web(text) or (is_template and (not link.before or link.before.startswith("{"))):
        return
    suggestion = f"https://{text}" if _DOMAIN.fullmatch(text) else ""
    yield Finding(
        code="not_a_url", field="url", said=f"{text[:80]!r} is no http(s) address", suggestion=suggestion
    )


def names(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find tags whose name is misspelt, in capitals, escaped or there twice."""
    del is_template
    known = known_tags(rules)
    for pair in link.pairs:
        name = pair.name
        if name.startswith("amp;"):
            yield Finding(
                code="html_escape", field=name, said="`&amp;` stands before it", suggestion=pair.key
            )
            name = name.removeprefix("amp;")
        if pair.key in known and name != pair.key:
            yield Finding(
                code="parameter_case", field=name, said=f"{name} is not in lower case", suggestion=pair.key
            )
        elif pair.key not in known and (near := meant_tag(pair.key, known)) is not None:
            yield Finding(
                code="unknown_parameter",
                field=name,
                said=f"{name} is no tag that anybody reads",
                suggestion=near,
            )
    counts = Counter(pair.key for pair in link.pairs if pair.key.startswith("utm_"))
    for key, count in counts.items():
        if count > 1:
            values = ", ".join(repr(pair.decoded) for pair in link.pairs if pair.key == key)
            yield Finding(code="duplicate", field=key, said=f"{key} stands {count} times: {values}")


def known_tags(rules: Rulebook) -> tuple[str, ...]:
    """Return every parameter that is a tag, those of the convention too."""
    more = (name.lower() for name in rules.naming.parameters)
    return (*(f"utm_{tag}" for tag in (*TAGS, *MORE_TAGS)), *more)


@lru_cache(maxsize=4096)
def meant_tag(key: str, known: tuple[str, ...]) -> str | None:
    """Return the tag that a name was meant to be, "" where it begins like one, None where it is another.

    >>> meant_tag("utm_sorce", ("utm_source", "utm_medium")), meant_tag("source", ("utm_source",))
    ('utm_source', None)
    """
    near = get_close_matches(decoded(key).replace("-", "_").replace(" ", "_"), known, n=1, cutoff=0.87)
    return near[0] if near else "" if key.startswith(("utm_", "utm-")) else None


def places(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find tags where nobody looks: behind a second question mark or in the fragment."""
    del rules, is_template
    for pair in link.pairs:
        if SWALLOWED.search(pair.value):
            yield Finding(
                code="second_question_mark",
                field=pair.name,
                said=f"its value runs on: {pair.value[:80]!r}",
                suggestion="&",
            )
    if found := BEHIND.findall(link.fragment):
        yield Finding(
            code="fragment",
            field="url",
            said=f"behind `#`: {', '.join(found)}"[:200],
            suggestion="before the #",
        )


def signs(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find signs that a URL may not hold, and those that were taken along at its end."""
    del rules, is_template
    text = str(link)
    plain = MACRO.sub("", text)
    if found := NOT_IN_URLS.findall(plain.strip()):
        told = " ".join(sorted({quote(sign, safe="") if sign.isspace() else sign for sign in found})[:8])
        yield Finding(code="unencoded", field="url", said=f"signs that must be percent-encoded: {told}")
    if end := tail(text):
        yield Finding(
            code="trailing", field="url", said=f"it ends with {end!r}", suggestion=text.removesuffix(end)
        )
    for pair in link.pairs:
        if pair.key.startswith("utm_") and DOUBLE.search(pair.value):
            yield Finding(
                code="double_encoded",
                field=pair.key,
                said=f"{pair.value!r} is encoded twice",
                suggestion=DOUBLE.sub("%", pair.value),
            )


def tail(text: str) -> str:
    """Return the signs at the end of a URL that belong to the sentence around it.

    >>> tail("https://shop.example/."), tail("https://a.example/b_(c)"), tail("?utm_term={keyword}")
    ('.', '', '')
    """
    rest = text
    while rest and rest[-1] in TRAILING and not any(one.end() == len(rest) for one in MACRO.finditer(rest)):
        opening = _OPENING.get(rest[-1], "")
        if opening and rest.count(opening) >= rest.count(rest[-1]):
            break
        rest = rest[:-1]
    return text[len(rest) :]


def placeholders(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find macros that were left over; in a template, those that no platform knows."""
    del rules
    for field, text in (("url", link.before), *((pair.key, decoded(pair.value)) for pair in link.pairs)):
        found = macros_in(text)
        for macro in found:
            if not is_template:
                yield Finding(code="macro", field=field, said=f"{macro} was not filled in")
            elif not is_known(macro):
                yield _unknown(field, macro)
        if not found and field != "url" and NEARLY.fullmatch(text):
            yield _unknown(field, text)


def _unknown(field: str, macro: str) -> Finding:
    near = get_close_matches(macro, sorted(all_macros()), n=1, cutoff=0.6)
    return Finding(
        code="macro", field=field, said=f"no platform fills in {macro}", suggestion=near[0] if near else ""
    )


def length(link: Link, rules: Rulebook, *, is_template: bool) -> Iterator[Finding]:
    """Find links that are longer than the convention allows."""
    del is_template
    if (count := len(str(link))) > rules.naming.longest_url:
        yield Finding(
            code="too_long", field="url", said=f"{count} characters; the most is {rules.naming.longest_url}"
        )
