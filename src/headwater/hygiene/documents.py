"""Documents: the naming convention as a page that a team can read, and as what a file of it holds.

Reads  the settings
Makes  Markdown; plain values
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headwater.contract.settings import Settings

MEANS = {
    "source": "where the visitor comes from",
    "medium": "by what kind of contact",
    "campaign": "for which campaign",
    "content": "by which ad, link or version",
    "term": "for which keyword",
    "id": "the campaign's id at the platform",
}
"""Each tag and what it says."""


def plain(settings: Settings) -> dict[str, Any]:
    """Return the part of the settings that is the convention."""
    return {
        "naming": asdict(settings.naming),
        "source_aliases": dict(settings.source_aliases),
        "medium_aliases": dict(settings.medium_aliases),
        "campaign_aliases": dict(settings.campaign_aliases),
        "own_domains": list(settings.own_domains),
    }


def document(settings: Settings) -> str:
    """Return the convention as Markdown."""
    naming = settings.naming
    lines = [
        "# How campaign links are named",
        "",
        "| tag | says | needed | must be like |",
        "|---|---|---|---|",
    ]
    for tag, means in MEANS.items():
        needed = "yes" if tag in naming.required else ""
        pattern = naming.patterns.get(tag, "").replace("|", "\\|")
        lines.append(f"| `utm_{tag}` | {means} | {needed} | {f'`{pattern}`' if pattern else ''} |")
    case = "lower case" if naming.lower_case else "any case"
    parting = (
        f"words parted by {' or '.join(f'`{sign}`' for sign in naming.separators)}, never by a space"
        if naming.separators
        else "words parted as you like"
    )
    lines += ["", f"Values: {case}, {parting}, at most {naming.longest} characters."]
    sources = ", ".join(f"`{one}`" for one in naming.sources) or "every source that Headwater knows by name"
    mediums = ", ".join(f"`{one}`" for one in naming.mediums) or "any"
    lines += ["", f"**Sources:** {sources}.", "", f"**Mediums:** {mediums}."]
    aliases = {
        "source": settings.source_aliases, "medium": settings.medium_aliases, "campaign": settings.campaign_aliases,
    }  # fmt: skip
    rows = [
        f"| `utm_{tag}` | `{alias}` | `{name}` |"
        for tag, held in aliases.items()
        for alias, name in held.items()
    ]
    if rows:
        lines += ["", "| tag | instead of | write |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"
