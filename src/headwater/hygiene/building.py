"""Building: a tagged link from a page and the values of its tags.

Reads  a URL, values by tag, the Rulebook, perhaps a platform's template
Makes  a `Built`: the link, its channel and what is wrong with it

What the page's address holds already stays: other parameters and the fragment as they are, tags that
are given anew are replaced where they stand. Values are worded as the convention says (case, spaces,
known spellings) and each change is told.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from headwater.contract.naming import TAGS
from headwater.hygiene.findings import ERROR, Finding
from headwater.hygiene.links import Pair, encoded, parted
from headwater.hygiene.linting import findings
from headwater.hygiene.platforms import macros_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.hygiene.platforms import Platform
    from headwater.hygiene.rulebook import Rulebook

CLEAN_ENDS = " \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """One built link."""

    url: str
    channel: str
    """What its visits will count as; empty where macros decide."""
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By tag, the value as it was given and as it is written, where the two differ."""
    findings: tuple[Finding, ...] = ()

    @property
    def is_well(self) -> bool:
        """Nothing is wrong with it."""
        return all(finding.level != ERROR for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return the link as plain values."""
        told = [finding.to_dict() for finding in self.findings]
        return asdict(self) | {"changed": dict(self.changed), "findings": told, "is_well": self.is_well}


def built(url: str, tags: Mapping[str, str], rules: Rulebook, *, platform: Platform | None = None) -> Built:
    """Return the link to `url` with `tags` (by `source`, `medium`, ...).

    With a platform, its template fills in what is not given, macros included.
    """
    template = platform.tags if platform else {}
    given = {tag: tags.get(tag) or template.get(tag, "") for tag in TAGS}
    worded = {
        tag: value if macros_in(value) else rules.preferred(tag, value)
        for tag, value in given.items()
        if value
    }
    more = dict(platform.more) if platform else {}
    link = parted(url.strip(CLEAN_ENDS))
    wanted = {f"utm_{tag}": value for tag, value in worded.items()} | more
    pairs = [pair for pair in link.pairs if str(pair)]
    placed = [
        Pair(pair.key, "=", encoded(wanted.pop(pair.key))) if pair.key in wanted else pair for pair in pairs
    ]
    placed += [Pair(name, "=", encoded(value)) for name, value in wanted.items()]
    whole = str(link.with_pairs(tuple(placed)))
    says_all = not any(macros_in(worded.get(tag, "")) for tag in ("source", "medium"))
    channel = rules.channel(
        rules.source(worded.get("source", "")).name, worded.get("medium", ""), worded.get("campaign", "")
    )
    return Built(
        url=whole,
        channel=channel if says_all and worded else "",
        changed={tag: (value, worded[tag]) for tag, value in given.items() if value and worded[tag] != value},
        findings=tuple(findings(whole, rules, is_template=bool(macros_in(whole)) and platform is not None)),
    )
