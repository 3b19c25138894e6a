"""Page: scores told to a reader.

Reads  the rows of a score
Makes  Markdown: a table of worlds and models for each measure that people ask for, and what models cost
"""

from __future__ import annotations

import textwrap
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from headwater.sandbox.score.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PERSONS = 200_000
"""Persons in each market of the page in the documents."""
COMMAND = f"headwater score --persons {PERSONS} --out docs"
LONGEST = 112
SECTIONS = (
    (
        "wape",
        "channel",
        "Error by channel (WAPE)",
        (
            "The sum of |credited - true| over channels / the sum of what is true. 0 is perfect, 1 as wrong as crediting "
            "nothing. What is credited to direct, which brings nothing, counts as error. Empty where nothing has an effect."
        ),
    ),
    ("wape", "campaign", "Error by campaign (WAPE)", "The same, by campaign."),
    (
        "over_claim",
        "channel",
        "Over-claim",
        "All credit / what all ads together truly bring: 1 is right, 3 claims three times as much as there is.",
    ),
    (
        "claimed",
        "channel",
        "Share of all conversions that is credited",
        "Where ads do nothing (world null), all of it is over-claim.",
    ),
    (
        "coverage",
        "channel",
        "Coverage of the 95 % intervals",
        (
            "The share of channels whose interval holds their true increment. An interval tells of chance, not of "
            "confounding: where a model credits what would have come anyway, its interval misses the truth, surely. Empty "
            "where a model states no interval."
        ),
    ),
    (
        "regret",
        "channel",
        "Budget regret",
        (
            "A tenth of all spend is moved from one channel to another as the model's returns say (no more than the one has, "
            "and the other at most doubled). 0: it was the best move; 1: no better than staying put; above 1: harm. By "
            "average returns; saturation is left aside."
        ),
    ),
    (
        "rank_correlation",
        "channel",
        "Order of the channels",
        "Kendall's tau-b between credit and increment: 1 the same order, 0 none, -1 the reverse.",
    ),
    (
        "total_variation",
        "channel",
        "Split between the channels",
        "Half the sum of |share of credit - share of increments|: how wrong the split is, whatever the level.",
    ),
)


def page(rows: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> str:
    """Return the page of the rows of a score; `facts` are its persons, days, seed and what is credited."""
    lines = ["# Scores: every model against the truth", "", f"<!-- Made by `{COMMAND}`. -->", ""]
    lines += _wrapped(
        "How wrong is each model, and where? Each [world](worlds/index.md) is a simulated market in which it is known "
        f"what every channel brings. Its files are imported as a user imports them ({facts['persons']:,} persons, "
        f"{facts['days']} days, seed {facts['seed']}), each model is asked for its credit in {facts['of']}, and the "
        "credit is held against the truth. Rule models, Markov and Shapley hand out every conversion that had a touch, "
        "also those that would have come anyway: that is most of their error."
    )
    lines += [""]
    lines += _wrapped(
        "`+ pull` means: with one simulated hold-out experiment for each pull channel (search, retargeting, "
        "affiliates), for models that learn from experiments. The numbers are in [scores.csv](scores.csv); the same "
        "seed gives the same ones, but for CPU and memory. Larger markets, other seeds, variants of the worlds and "
        "worlds fitted to your own data: `headwater score --help`."
    )
    worlds = list(dict.fromkeys(str(row["world"]) for row in rows))
    models = list(dict.fromkeys(_label(row) for row in rows))
    for measure, by, title, told in SECTIONS:
        found = {(row["world"], _label(row)): row[measure] for row in rows if row["by"] == by}
        lines += ["", f"## {title}", "", *_wrapped(told), ""]
        lines += _table(
            ("world", *models),
            [(_link(name), *(_said(found.get((name, model))) for model in models)) for name in worlds],
        )
    lines += ["", "## Mean over the worlds, by channel", ""]
    means = [row for row in summary(rows) if row["by"] == "channel"]
    lines += _table(
        ("model", *(name.replace("_", " ") for name in MEASURES)),
        [(_label(row), *(_said(row[name]) for name in MEASURES)) for row in means],
    )
    lines += ["", "## What they cost", ""]
    lines += _wrapped(
        "CPU seconds of one report by channel, by campaign (median over the worlds), and the highest memory of the "
        "process meanwhile, in MiB. Most of the memory is the engine's own; it is the same for all."
    )
    lines += [
        "",
        *_table(("model", "by channel", "by campaign", "MiB"), [_costs(rows, model) for model in models]),
    ]
    return "\n".join([*lines, ""])


def summary(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the mean of each measure over the worlds, by model, experiments and level.

    A world in which a measure has no meaning does not count in its mean.
    """
    groups = list(dict.fromkeys((row["experiments"], row["model"], row["by"]) for row in rows))
    found = []
    for group in groups:
        own = [row for row in rows if (row["experiments"], row["model"], row["by"]) == group]
        means: dict[str, float | None] = {}
        for measure in MEASURES:
            known = [float(row[measure]) for row in own if row[measure] is not None]
            means[measure] = fmean(known) if known else None
        found.append(
            dict(zip(("experiments", "model", "by"), group, strict=True)) | {"worlds": len(own)} | means
        )
    return found


def _label(row: Mapping[str, Any]) -> str:
    """Return the model's name, and the experiments that it was given."""
    return str(row["model"]) if row["experiments"] == "none" else f"{row['model']} + {row['experiments']}"


def _link(world: str) -> str:
    return f"[{world}](worlds/{world}.md)" if world.replace("-", "").isalpha() else world


def _costs(rows: Sequence[Mapping[str, Any]], model: str) -> tuple[str, ...]:
    own = [row for row in rows if _label(row) == model]
    seconds = [
        median(float(row["cpu_seconds"]) for row in own if row["by"] == by) for by in ("channel", "campaign")
    ]
    peaks = [float(row["peak_mb"]) for row in own if row["peak_mb"] is not None]
    return (model, *(f"{one:.2f}" for one in seconds), f"{max(peaks):.0f}" if peaks else "")


def _said(number: float | None) -> str:
    """Return a number with two digits; what is zero but for rounding has no sign."""
    return "" if number is None else f"{round(number, 2) + 0.0:.2f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, LONGEST, break_long_words=False)
