"""Linting: all that is wrong with one link, rule by rule.

Reads  a URL, the Rulebook
Makes  findings, those about the form first
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.hygiene import form, meaning
from headwater.hygiene.findings import Finding
from headwater.hygiene.links import parted

if TYPE_CHECKING:
    from headwater.hygiene.rulebook import Rulebook

RULES = (
    form.no_url,
    form.names,
    form.places,
    form.signs,
    form.placeholders,
    form.length,
    meaning.required,
    meaning.values,
    meaning.contradiction,
    meaning.personal,
    meaning.click_ids,
)
"""Every rule, in the order of the findings."""
MOST = 20_000
"""Characters of a link that is looked into; a longer one is only said to be too long."""


def findings(
    url: str, rules: Rulebook, *, is_template: bool = False, is_on_site: bool = False
) -> list[Finding]:
    """Return what is wrong with a link.

    A template may hold macros. Of a link that stands on our own site only one thing is asked: that it
    carries no tags where it leads to our own site.
    """
    if len(url) > MOST:
        return [Finding(code="too_long", field="url", said=f"{len(url)} characters; nobody can follow that")]
    link = parted(url)
    if is_on_site:
        is_ours = rules.is_own(link.host) or (not link.host and "://" not in link.before)
        if is_ours and link.tags:
            said = f"on our own site, with {', '.join(f'utm_{tag}' for tag in link.tags)}"
            return [Finding(code="internal", field="url", said=said)]
        return []
    return [finding for rule in RULES for finding in rule(link, rules, is_template=is_template)]
