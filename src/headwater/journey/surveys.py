"""Surveys: the channel that an answer to "how did you hear about us" means.

Reads  facts/survey_answers.csv, and the operator's rows from the settings, which come first
Makes  one SQL CASE expression for all answers, and the same answer in Python for one

An answer stays beside its channel word for word (in the touchpoint's `content`); only the channel
changes when the table does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from headwater.contract.steps import literal
from headwater.journey import facts
from headwater.journey.channels import UNASSIGNED

if TYPE_CHECKING:
    from headwater.contract.settings import Settings

KIND = "survey"
"""Kind of the touchpoints that a person reports of herself."""
_MARKS = ".,;:!?\"'()[]{}/\\-_&+#@*<>|~\u2019\u201c\u201d\u2013\u2014\n\r\t"
"""What may stand between two words."""

Groups = tuple[tuple[str, ...], ...]
"""Words of an answer: of each group one must occur."""


def plain(answer: str) -> str:
    """Return an answer as it is compared: lower case, each word between spaces.

    >>> plain("Saw it on Tik-Tok!")
    ' saw it on tik tok '
    """
    return f" {answer.lower().translate(str.maketrans(_MARKS, ' ' * len(_MARKS))).strip()} "


def plain_of(column: str) -> str:
    """Return SQL for the answer in a column as it is compared."""
    marks = " || ".join(
        f"chr({ord(mark)})" if ord(mark) > 126 or ord(mark) < 32 or mark in "'\\:" else literal(mark)
        for mark in _MARKS
    )
    return f"' ' || trim(translate(lower({column}), {marks}, {literal(' ' * len(_MARKS))})) || ' '"


def answers(settings: Settings | None = None) -> tuple[tuple[Groups, str], ...]:
    """Return the words and the channel of each row, in the order in which they are tried."""
    own = settings.survey_answers if settings else {}
    return (*((_groups(words), channel.strip()) for words, channel in own.items()), *_built_in())


def survey_case(settings: Settings | None = None, *, answer: str = "answer") -> str:
    """Return the rows as one SQL CASE expression; the column `answer` holds what `plain_of` makes."""
    whens = "\n".join(
        f"    when {_condition(groups, answer)} then {literal(channel)}"
        for groups, channel in answers(settings)
    )
    return f"case\n{whens}\n    else '{UNASSIGNED}'\nend"


def survey_channel(answer: str, settings: Settings | None = None) -> str:
    """Return the channel that one answer means.

    >>> survey_channel("A friend told me"), survey_channel("saw an ad on TikTok"), survey_channel("?")
    ('word_of_mouth', 'paid_social', 'other')
    """
    said = plain(answer)
    return next(
        (
            channel
            for groups, channel in answers(settings)
            if all(any(f" {word} " in said for word in group) for group in groups)
        ),
        UNASSIGNED,
    )


@lru_cache(maxsize=1)
def _built_in() -> tuple[tuple[Groups, str], ...]:
    return tuple((_groups(row["words"]), row["channel"]) for row in facts.rows("survey_answers.csv"))


def _groups(words: str) -> Groups:
    return tuple(
        tuple(plain(word.replace("_", " ")).strip() for word in group.split("|")) for group in words.split()
    )


def _condition(groups: Groups, answer: str) -> str:
    return " and ".join(
        "(" + " or ".join(f"contains({answer}, {literal(f' {word} ')})" for word in group) + ")"
        for group in groups
    )
