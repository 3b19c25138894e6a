"""Scoring: `score`.

Reads  names of worlds, folders that `simulate` wrote, or a workspace
Makes  a table of how wrong each model is on each
"""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, Common, app, say
from headwater.contract.errors import UsageError


@app.command
def score(
    *,
    worlds: Annotated[
        str,
        Parameter(
            help="Worlds by name, variants (random~3, random~1..9) or folders of `simulate`, joined by commas."
        ),
    ] = "all",
    models: Annotated[str | None, Parameter(help="Models joined by commas (default: all there are).")] = None,
    persons: Annotated[int, Parameter(help="Persons in each market.")] = 200_000,
    days: Annotated[int, Parameter(help="Days of the period.")] = 60,
    seed: Annotated[int, Parameter(help="The same seed gives the same numbers, CPU and memory aside.")] = 1,
    experiments: Annotated[
        str,
        Parameter(
            help="none, pull (one hold-out per pull channel), or both; only models that learn from them."
        ),
    ] = "none,pull",
    fit: Annotated[
        bool, Parameter(help="Score on worlds fitted to the data of the workspace (--dir) instead.")
    ] = False,
    brought: Annotated[
        str,
        Parameter(help="With --fit: what ads may bring, in percent of the conversions; a world for each."),
    ] = "0,15,40",
    of: Annotated[
        Literal["conversions", "value"], Parameter(help="What credit is compared in.")
    ] = "conversions",
    out: Annotated[
        Path | None,
        Parameter(
            help="Write to a file (.csv, .json, .parquet, .md), or scores.csv and scores.md to a folder."
        ),
    ] = None,
    format: Annotated[show.Format | None, Parameter(help="table, json, csv or parquet.")] = None,
    common: Common = NOWHERE,
) -> None:
    """Say how wrong each model is, on simulated markets whose truth is known.

    Each market is imported into a workspace that is thrown away, and every model is asked for its credit by
    channel and by campaign. wape: sum of errors by sum of increments (0 perfect, 1 as wrong as crediting
    nothing); over_claim: credit by what ads truly bring; claimed: credit by all that came; coverage: share
    of intervals that hold the truth; regret: what a budget moved by the model loses against the best move.

    With --fit the market is made to look like the workspace's own data: touches by channel, how they crowd
    before conversions, how often persons convert, values, refunds, devices. What data cannot show, what ads
    bring, is assumed; both are listed below the scores.

    For example:

    ```
    headwater score --worlds random,strong-intent --models last,markov --persons 20000
    headwater score --fit --brought 10,30
    ```
    """
    from headwater.scoring import Ask, places, score_own, written
    from headwater.scoring import score as scored

    if out is not None:
        places(out)  # a wrong name is told before the work, not after it
    ask = Ask(
        models=_words(models or ""),
        persons=persons,
        days=days,
        seed=seed,
        experiments=_words(experiments),
        of=of,
    )
    if fit:
        door = common.open()
        try:
            answer = score_own(door, ask, brought=_shares(brought), tell=say)
        finally:
            door.close()
    else:
        answer = scored(_words(worlds), ask, tell=say)
    for path in written(answer, out) if out else ():
        say(f"{path} is written.")
    show.result(answer, format=format or ("json" if common.json else "table"))


def _shares(text: str) -> list[float]:
    try:
        return [float(word.rstrip(" %")) / 100 for word in _words(text)]
    except ValueError as error:
        raise UsageError(
            f"The percentages {text!r} cannot be read.", hint="write --brought 0,15,40."
        ) from error


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
