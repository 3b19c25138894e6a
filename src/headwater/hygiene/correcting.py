"""Correcting: a link with everything put right that needs no guess.

Reads  a URL, the Rulebook
Makes  the URL that was meant

Names, places, case, spaces, encoding and known spellings are put right. What only a person can tell
(a missing tag, an unlisted medium, personal data) stays as it is. Parameters that are not ours are never
changed. Doing it twice changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from headwater.contract.naming import TAGS
from headwater.hygiene import form
from headwater.hygiene.links import Pair, decoded, encoded, parted
from headwater.hygiene.meaning import ENDS
from headwater.hygiene.platforms import MACRO, NEARLY, macros_in

if TYPE_CHECKING:
    from headwater.hygiene.links import Link
    from headwater.hygiene.rulebook import Rulebook


MOST_TIMES = 5
"""One correction may show another: a sign at the end that was hidden by the one behind it."""


def corrected(url: str, rules: Rulebook, *, is_on_site: bool = False) -> str:
    """Return the link as it should be."""
    for _ in range(MOST_TIMES):
        better = _corrected(url, rules, is_on_site=is_on_site)
        if better == url:
            break
        url = better
    return url


def _corrected(url: str, rules: Rulebook, *, is_on_site: bool) -> str:
    link = parted(trimmed(url))
    if is_on_site:
        kept = tuple(pair for pair in link.pairs if not pair.key.startswith("utm_"))
        is_ours = rules.is_own(link.host) or (not link.host and "://" not in link.before)
        return str(link if not is_ours else replace(link, pairs=kept, mark="?" if kept else ""))
    link = _in_place(link)
    known = form.known_tags(rules)
    pairs = [_named(pair, known) for pair in link.pairs]
    pairs = [_valued(pair, rules) if pair.name.startswith("utm_") else pair for pair in pairs]
    names = {name.lower() for name in rules.click_ids}
    pairs = [
        pair
        for pair in pairs
        if not (pair.key in names and pair.value and not macros_in(decoded(pair.value)))
    ]
    kept = _once(pairs)
    return _signed(replace(link, pairs=kept, mark=link.mark if kept or not link.pairs else ""))


def trimmed(url: str) -> str:
    """Return a URL without the signs of the sentence around it."""
    text = url.strip()
    return text.removesuffix(form.tail(text))


def _in_place(link: Link) -> Link:
    """Return the link with all tags in its query: none behind a second question mark or a `#`."""
    pairs: list[Pair] = []
    for pair in link.pairs:
        first, *rest = form.SWALLOWED.split(str(pair))
        pairs += [Pair(*text.partition("=")) for text in (first, *rest)]
    behind = form.BEHIND.findall(link.fragment)
    fragment = link.fragment
    for text in behind:
        fragment = fragment.replace(text, "", 1)
        pairs.append(Pair(*text.partition("=")))
    if behind:
        fragment = fragment.replace("&&", "&").replace("?&", "?").rstrip("&?").replace("#&", "#")
        fragment = "" if fragment == "#" else fragment
    return replace(link.with_pairs(tuple(pairs)), fragment=fragment)


def _named(pair: Pair, known: tuple[str, ...]) -> Pair:
    if pair.key in known:
        return pair._replace(name=pair.key)
    meant = form.meant_tag(pair.key, known)
    name = meant or (pair.key if meant == "" else pair.name.removeprefix("amp;"))
    return pair._replace(name=name)


def _valued(pair: Pair, rules: Rulebook) -> Pair:
    tag = pair.name.removeprefix("utm_")
    raw = pair.value
    while form.DOUBLE.search(raw):
        raw = form.DOUBLE.sub("%", raw)
    value = decoded(raw)
    if tag not in TAGS or macros_in(value) or NEARLY.fullmatch(value) or "\ufffd" in value:
        return pair._replace(value=raw)
    while (plain := rules.worded(value).rstrip(ENDS)) != value:
        value = plain
    return pair._replace(value=encoded(rules.preferred(tag, value)))


def _once(pairs: list[Pair]) -> tuple[Pair, ...]:
    """Return the parameters; of a tag that says the same twice one is enough."""
    kept: list[Pair] = []
    for pair in pairs:
        if not (pair.name.startswith("utm_") and pair in kept):
            kept.append(pair)
    return tuple(kept)


def _signed(link: Link) -> str:
    """Return the URL with every sign encoded that may not stand in one."""
    text = str(link)
    pieces: list[str] = []
    at = 0
    for found in MACRO.finditer(text):
        pieces += [_escaped(text[at : found.start()]), found.group()]
        at = found.end()
    return "".join((*pieces, _escaped(text[at:])))


def _escaped(text: str) -> str:
    return form.NOT_IN_URLS.sub(lambda sign: "".join(f"%{byte:02X}" for byte in sign.group().encode()), text)
