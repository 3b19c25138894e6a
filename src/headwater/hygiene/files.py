"""Files: every link of a file checked, and the file again with what can be put right.

Reads  a file's content, the Rulebook
Makes  findings with file and row
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.hygiene.correcting import corrected
from headwater.hygiene.link_files import links as links_of
from headwater.hygiene.links import parted
from headwater.hygiene.linting import findings

if TYPE_CHECKING:
    from headwater.hygiene.findings import Finding
    from headwater.hygiene.link_files import Links, Row
    from headwater.hygiene.rulebook import Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a file is to be read."""

    column: str | None = None
    is_template: bool = False
    is_on_site: bool = False
    tagged_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file with its findings."""

    name: str
    read: Links
    found: tuple[tuple[Row, Finding], ...]

    @property
    def links(self) -> int:
        """How many links it holds."""
        return len(self.read.rows)

    def rows(self) -> list[dict[str, Any]]:
        """Return each finding with file, row and url."""
        return [
            {"file": self.name, "row": row.row, "url": row.url, **finding.to_dict()}
            for row, finding in self.found
        ]

    def fixed(self, rules: Rulebook, wish: Wish) -> tuple[str, int]:
        """Return the file's text with corrected links, and how many changed."""
        wrong = {row.row: row.url for row, _ in self.found}
        better = {number: corrected(url, rules, is_on_site=wish.is_on_site) for number, url in wrong.items()}
        changed = {number: url for number, url in better.items() if url != wrong[number]}
        return self.read.written(changed), len(changed)


def checked(content: bytes, *, name: str, rules: Rulebook, wish: Wish) -> Checked:
    """Return a file with what is wrong with its links."""
    read = links_of(content, name=name, column=wish.column)
    found = tuple(
        (row, finding)
        for row in read.rows
        if not (wish.tagged_only and not parted(row.url).tags)
        for finding in findings(row.url, rules, is_template=wish.is_template, is_on_site=wish.is_on_site)
    )
    return Checked(name=name, read=read, found=found)
