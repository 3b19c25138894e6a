"""Scoring: every model on every world, held against what is true.

Reads  worlds by name, folders that `headwater simulate` wrote, or a workspace to fit a world to
Makes  one row per world, experiments, model and level, with every measure

Each market is imported into a workspace of its own by the same import that users have, and the models are
asked through the same report; nothing here knows a model by name. The same seed gives the same numbers,
but for CPU and memory.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import orjson

from headwater import attribution
from headwater.attribution.channel_roles import is_causal, role_of
from headwater.contract.errors import UnknownModelError, UsageError
from headwater.contract.models import PathModel, RuleModel
from headwater.contract.settings import ALIASES
from headwater.result import ReportResult
from headwater.sandbox.score.fitted import assumed, compared, fitted
from headwater.sandbox.score.measures import MEASURES, Claim, measured
from headwater.sandbox.score.meter import Meter
from headwater.sandbox.score.own import facts
from headwater.sandbox.score.page import page, summary
from headwater.sandbox.score.truth import LEVELS, QUANTITIES, told, truth
from headwater.sandbox.worlds.catalogue import WORLDS, world_named
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import write
from headwater.store.control import Control
from headwater.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from headwater.contract.models import Model
    from headwater.contract.settings import Settings
    from headwater.doors import Door
    from headwater.sandbox.worlds.world import World

FILES = {
    "touchpoints": "touchpoints",
    "conversions": "conversions",
    "refunds": "events",
    "persons": "persons",
    "spend": "spend",
}
"""The files of a market and as what each is imported; experiments come later, where they are asked for."""
FORMS: dict[str, Callable[[ReportResult], str | bytes]] = {
    ".csv": ReportResult.to_csv,
    ".json": ReportResult.to_json,
    ".parquet": ReportResult.to_parquet,
    ".md": lambda answer: page(answer.rows, answer.meta),
}
"""How a score is written, by the ending of the file."""
EXPERIMENTS = ("none", "pull")
OF_EVENTS = frozenset(
    {"goals", "refund_events", "naming", "channel_rules", "flag_rules", "uncredited_kinds", *ALIASES}
)
"""Settings that a simulated market does without: its files have channels and goals already."""
MOST_BROUGHT = 0.9
"""Share of the conversions that ads can bring in a fitted world, at most."""
COLUMNS = ("world", "experiments", "model", "by", *MEASURES, "cpu_seconds", "peak_mb")
VARIANTS = re.compile(r"(?P<name>[^~]+)~(?P<first>\d{1,6})\.\.(?P<last>\d{1,6})")
MEASURED_BY_CLOCK = ("cpu_seconds", "peak_mb")
"""Columns that differ from run to run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to score, and in which markets."""

    models: Sequence[str] = ()
    """Names of models; empty: all there are."""
    persons: int = 200_000
    days: int = 60
    seed: int = 1
    experiments: Sequence[str] = EXPERIMENTS
    """none: from observation alone; pull: with one simulated hold-out per pull channel."""
    of: str = "conversions"
    """conversions or value."""

    def __post_init__(self) -> None:
        """Refuse what there is not."""
        for name, given, known in (
            ("experiments", self.experiments, EXPERIMENTS),
            ("of", (self.of,), QUANTITIES),
        ):
            for one in given:
                if one not in known:
                    raise UsageError(f"{name} cannot be {one!r}.", hint=f"choose from {', '.join(known)}.")


def score(
    worlds: str | Path | Sequence[str | Path] = "all",
    ask: Ask | None = None,
    *,
    tell: Callable[[str], object] = lambda _: None,
    **options: Any,
) -> ReportResult:
    """Score models on worlds; return one row per world, experiments, model and level.

    `worlds` are names of the catalogue (`all` for each), variants (`random~3`, `random~1..9`) and folders that
    `headwater simulate` wrote; `options` are the fields of `Ask`. `tell` hears what is being worked on.
    Raises UnknownWorldError, UnknownModelError and UsageError.

    >>> score("random", models=["last"], persons=500, days=10).rows[0]["model"]
    'last'
    """
    asked = ask or Ask(**options)
    rows: list[dict[str, Any]] = []
    for named in _each([worlds] if isinstance(worlds, str | Path) else worlds):
        tell(f"{named} ...")
        rows += _of_folder(named, asked) if isinstance(named, Path) else _of_world(world_named(named), asked)
    return _result(rows, asked)


def places(out: Path) -> list[Path]:
    """Return the files that `written` makes for `out`. Raises UsageError for an ending that is no form."""
    if out.suffix and out.suffix not in FORMS:
        raise UsageError(f"{out} cannot be written.", hint=f"end it in {', '.join(FORMS)}, or name a folder.")
    return [out] if out.suffix else [out / "scores.csv", out / "scores.md"]


def written(answer: ReportResult, out: Path) -> list[Path]:
    """Write a score into a file (.csv, .json, .parquet, .md) or, as scores.csv and scores.md, into a folder."""
    for path in places(out):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = FORMS[path.suffix](answer)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return places(out)


def score_own(
    door: Door,
    ask: Ask | None = None,
    *,
    brought: Sequence[float] = (0.0, 0.15, 0.4),
    tell: Callable[[str], object] = lambda _: None,
) -> ReportResult:
    """Score models on worlds fitted to a workspace: one for each share of conversions that ads may bring.

    What was fitted, and how well, stands in `meta["fitted"]`; what was assumed in `meta["assumed"]`. The
    models have the settings of the workspace. Raises UsageError where there is too little to fit to.
    """
    asked, settings = ask or Ask(), door.settings
    for share in brought:
        if not 0 <= share <= MOST_BROUGHT:
            raise UsageError(
                f"Ads cannot bring {share:.0%} of the conversions of a fitted world.",
                hint=f"choose shares from 0 to {MOST_BROUGHT:.0%}.",
            )
    tell("reading the workspace ...")
    paid = door.report("attribution", by="channel", model="last")
    own = facts(
        door.sql,
        role=lambda name: role_of(name, settings) if is_causal(name, settings) else "none",
        spend={row["channel"]: float(row["spend"]) for row in paid if row["spend"]},
        currency=settings.currency,
    )
    chosen = replace(asked, persons=min(asked.persons, own.persons), days=min(asked.days, own.days))
    fits = []
    for share in dict.fromkeys(brought):
        tell(f"fitting a world in which ads bring {share:.0%} of the conversions ...")
        fits.append(fitted(own, brought=share, seed=asked.seed))
    rows: list[dict[str, Any]] = []
    for fit in fits:
        tell(f"{fit.world.name} ...")
        rows += _of_world(fit.world, chosen, settings)
    return _result(rows, chosen, fitted=compared(own, fits), assumed=assumed(own))


def _of_world(world: World, asked: Ask, settings: Settings | None = None) -> list[dict[str, Any]]:
    with TemporaryDirectory(prefix="headwater-score-") as place:
        market = Path(place) / "market"
        size = 1 if set(asked.experiments) - {"none"} else 0
        write(
            Plan(world=world, persons=asked.persons, days=asked.days, seed=asked.seed, experiments=size),
            market,
        )
        return list(_rows(market, Path(place) / "workspace", asked, settings))


def _of_folder(folder: Path, asked: Ask) -> list[dict[str, Any]]:
    with TemporaryDirectory(prefix="headwater-score-") as place:
        return list(_rows(folder, Path(place) / "workspace", asked, None))


def _each(worlds: Sequence[str | Path]) -> Iterator[str | Path]:
    """Yield names and folders; all names are looked up before the first market is simulated."""
    found: list[str | Path] = []
    for one in worlds:
        is_folder = isinstance(one, Path) or os.sep in one or Path(one, "world.json").is_file()
        if is_folder:
            told(Path(one))
        found += [Path(one)] if is_folder else _named(str(one))
    yield from dict.fromkeys(found)


def _named(text: str) -> list[str]:
    """Return the worlds that `all`, `random`, `random~3` or `random~1..9` means."""
    if text == "all":
        return list(WORLDS)
    several = VARIANTS.fullmatch(text)
    names = [text]
    if several and int(several["first"]) <= int(several["last"]):
        numbers = range(int(several["first"]), int(several["last"]) + 1)
        names = [f"{several['name']}~{number}" for number in numbers]
    for name in names:
        world_named(name)
    return names


def _rows(market: Path, place: Path, asked: Ask, settings: Settings | None) -> Iterator[dict[str, Any]]:
    """Yield the rows of one market, first without its experiments, then with them."""
    name = told(market)["name"]
    place.mkdir()
    # settings of its own, wherever those of the user lie
    with Workspace(place, control=Control(place / "control.sqlite")) as workspace:
        if settings is not None:
            workspace.control.apply(_of_models(settings))
        for file, kind in FILES.items():
            workspace.import_([market / f"{file}.parquet"], kind=kind)
        workspace.build()
        for experiments in sorted(asked.experiments):
            chosen = _models(workspace, asked, learns=experiments != "none")
            if experiments != "none" and chosen:
                workspace.import_([market / "experiments.parquet"], kind="experiments")
                workspace.build()
            for model in chosen:
                for by in LEVELS:
                    row = {"world": name, "experiments": experiments, "model": model, "by": by}
                    yield row | _scored(workspace, market, model=model, by=by, of=asked.of)


def _models(workspace: Workspace, asked: Ask, *, learns: bool) -> list[str]:
    """Return the models asked for; with `learns` only those that an experiment can teach something."""
    known = attribution.models(workspace.settings)
    for name in asked.models:
        if name not in known:
            raise UnknownModelError.named(name, known=known)
    return [name for name in asked.models or known if not (learns and _is_deaf(known[name]))]


def _is_deaf(model: Model) -> bool:
    """Return whether a model looks at journeys alone, so that no experiment changes what it says."""
    return isinstance(model, RuleModel | PathModel)


def _scored(workspace: Workspace, market: Path, *, model: str, by: str, of: str) -> dict[str, Any]:
    with Meter() as meter:
        answer = workspace.report("attribution", by=by, model=model)
    told = measured(_claim(answer.rows, by=by, of=of), truth(market, by=by, of=of))
    return told | {"cpu_seconds": meter.cpu_seconds, "peak_mb": meter.peak_mb}


def _claim(rows: Sequence[Mapping[str, Any]], *, by: str, of: str) -> Claim:
    low, high = f"{of}_low", f"{of}_high"
    return Claim(
        credited={row[by]: float(row[of]) for row in rows},
        intervals={row[by]: (float(row[low]), float(row[high])) for row in rows if row[low] is not None},
    )


def _of_models(settings: Settings) -> dict[str, Any]:
    """Return the settings that models heed; what turns events into touches and goals is done with."""
    told: dict[str, Any] = orjson.loads(settings.to_json())
    return {name: value for name, value in told.items() if name not in OF_EVENTS}


def _result(rows: list[dict[str, Any]], asked: Ask, **more: Any) -> ReportResult:
    meta = {"persons": asked.persons, "days": asked.days, "seed": asked.seed, "of": asked.of}
    return ReportResult("score", COLUMNS, rows, meta | {"summary": summary(rows)} | more)
