"""Findings: what may be wrong with a link, each with a name, a level and its meaning.

Reads  nothing
Makes  `Finding` values

An error makes `headwater utm lint` fail; a warning does not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

ERROR, WARNING = "error", "warning"

CODES: dict[str, tuple[str, str]] = {
    "not_a_url": (ERROR, "it is no web address"),
    "untagged": (ERROR, "it has no tags at all"),
    "missing": (ERROR, "a tag that the convention requires is not there"),
    "empty": (ERROR, "a tag has no value"),
    "duplicate": (ERROR, "a tag stands twice: Headwater counts the first, others the last"),
    "unknown_parameter": (ERROR, "a parameter looks like a tag, but is none"),
    "parameter_case": (ERROR, "a tag's name is not in lower case: most tools do not see it"),
    "html_escape": (ERROR, "`&amp;` stands where `&` is meant"),
    "second_question_mark": (ERROR, "a second `?` swallows the tags behind it"),
    "fragment": (ERROR, "tags stand behind `#`, where no server and few tools see them"),
    "unencoded": (ERROR, "it holds signs that a URL may not hold as they are"),
    "double_encoded": (ERROR, "a value was percent-encoded twice"),
    "trailing": (ERROR, "a sign of the sentence around it was taken along"),
    "space": (ERROR, "a value holds spaces"),
    "case": (ERROR, "a value is not in lower case"),
    "separator": (ERROR, "a value parts words by a sign that the convention does not name"),
    "alias": (WARNING, "another spelling of a name that has one spelling"),
    "unlisted": (ERROR, "the convention does not list the value"),
    "unknown_source": (WARNING, "no source of this name is known"),
    "pattern": (ERROR, "a value does not match the convention's pattern"),
    "too_long": (ERROR, "a value or the whole link is longer than the convention allows"),
    "conflict": (ERROR, "source and medium contradict each other"),
    "no_channel": (WARNING, "the channel rules know no channel for the tags"),
    "personal": (ERROR, "it carries an e-mail address, a phone number or a name of a person"),
    "click_id": (ERROR, "the click id of one click was pasted: all clicks would be that one"),
    "macro": (ERROR, "a placeholder was not filled in, or no platform knows it"),
    "internal": (ERROR, "a link from our own site to our own site: its tags would overwrite the real source"),
}
"""Every finding by name: its level and its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with one link."""

    code: str
    """A name of CODES."""
    field: str
    """The parameter, or `url`."""
    said: str
    """What is wrong, in words, with the value."""
    suggestion: str = ""
    """What should stand there; empty where only a person can tell."""

    @property
    def level(self) -> str:
        """Error or warning."""
        return CODES[self.code][0]

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return {"level": self.level, **asdict(self)}
