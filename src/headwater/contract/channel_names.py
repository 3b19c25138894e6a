"""Channel names: two spellings mean the same channel where their words are the same.

Reads  a name as somebody wrote it
Makes  its words
"""

from __future__ import annotations

import re

WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")
"""Where a name has its gaps: signs and spaces, and the humps of FacebookAds."""


def words_of(name: str | None) -> str:
    """Return a name in lower case as words with one space between.

    >>> words_of("FacebookAds_Prospecting"), words_of("SEA | brand")
    ('facebook ads prospecting', 'sea brand')
    """
    return " ".join(word.lower() for word in WORD_BREAK.split(name or "") if word)
