"""Scoring: every model on every world, held against what is true.

Reads  worlds by name, or folders that `headwater simulate` wrote
Makes  one row per world, experiments, model and level, with every measure

Each market is imported into a workspace of its own by the same import that users have, and the models are
asked through the same report; nothing here knows a model by name. The same seed gives the same numbers,
but for CPU and memory.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from headwater import attribution
from headwater.contract.errors import UnknownModelError, UsageError
from headwater.contract.models import PathModel, RuleModel
from headwater.result import ReportResult
from headwater.sandbox.score.measures import MEASURES, Claim, measured
from headwater.sandbox.score.truth import LEVELS, QUANTITIES, told, truth
from headwater.sandbox.worlds.catalogue import WORLDS, world_named
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import write
from headwater.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from headwater.contract.models import Model
    from headwater.sandbox.worlds.world import World

FILES = {
    "touchpoints": "touchpoints",
    "conversions": "conversions",
    "refunds": "events",
    "persons": "persons",
    "spend": "spend",
}
"""The files of a market and as what each is imported; experiments come later, where they are asked for."""
EXPERIMENTS = ("none", "pull")
COLUMNS = ("world", "experiments", "model", "by", *MEASURES, "cpu_seconds", "peak_mb")
MEASURED_BY_CLOCK = ("cpu_seconds", "peak_mb")
"""Columns that differ from run to run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to score, and in which markets."""

    models: tuple[str, ...] = ()
    """Names of models; empty: all there are."""
    persons: int = 50_000
    days: int = 60
    seed: int = 1
    experiments: tuple[str, ...] = EXPERIMENTS
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
    worlds: Sequence[str | Path] = ("all",),
    ask: Ask | None = None,
    *,
    tell: Callable[[str], object] = lambda _: None,
) -> ReportResult:
    """Score models on worlds; return one row per world, experiments, model and level.

    `worlds` are names of the catalogue (`all` for each), variants (`random~3`) and folders that
    `headwater simulate` wrote. `tell` hears what is being worked on. Raises UnknownWorldError,
    UnknownModelError and UsageError.
    """
    asked = ask or Ask()
    rows: list[dict[str, Any]] = []
    for named in _each(worlds):
        tell(f"{named} ...")
        rows += _of_folder(named, asked) if isinstance(named, Path) else _of_world(named, asked)
    return _result(rows, asked)


def scored_world(world: World, asked: Ask) -> list[dict[str, Any]]:
    """Simulate a world and score the models on it."""
    with TemporaryDirectory(prefix="headwater-score-") as place:
        plan = Plan(
            world=world,
            persons=asked.persons,
            days=asked.days,
            seed=asked.seed,
            experiments=1 if "pull" in asked.experiments else 0,
        )
        write(plan, Path(place) / "market")
        return list(_rows(Path(place) / "market", Path(place) / "workspace", asked))


def _of_world(name: str, asked: Ask) -> list[dict[str, Any]]:
    return scored_world(world_named(name), asked)


def _of_folder(folder: Path, asked: Ask) -> list[dict[str, Any]]:
    with TemporaryDirectory(prefix="headwater-score-") as place:
        return list(_rows(folder, Path(place) / "workspace", asked))


def _each(worlds: Sequence[str | Path]) -> Iterator[str | Path]:
    """Yield names and folders; all names are looked up before the first market is simulated."""
    found: list[str | Path] = []
    for one in worlds:
        is_folder = isinstance(one, Path) or os.sep in one or Path(one, "world.json").is_file()
        if is_folder:
            told(Path(one))
        elif one != "all":
            world_named(str(one))
        found += list(WORLDS) if one == "all" else [Path(one) if is_folder else one]
    yield from dict.fromkeys(found)


def _rows(market: Path, place: Path, asked: Ask) -> Iterator[dict[str, Any]]:
    """Yield the rows of one market, first without its experiments, then with them."""
    name = told(market)["name"]
    with Workspace(place) as workspace:
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
    _forget_peak()
    began = time.process_time()
    answer = workspace.report("attribution", by=by, model=model)
    cost = {"cpu_seconds": round(time.process_time() - began, 3), "peak_mb": _peak()}
    return measured(_claim(answer.rows, by=by, of=of), truth(market, by=by, of=of)) | cost


def _claim(rows: Sequence[Mapping[str, Any]], *, by: str, of: str) -> Claim:
    low, high = f"{of}_low", f"{of}_high"
    return Claim(
        credited={row[by]: float(row[of]) for row in rows},
        intervals={row[by]: (float(row[low]), float(row[high])) for row in rows if row[low] is not None},
    )


def _result(rows: list[dict[str, Any]], asked: Ask) -> ReportResult:
    meta = {"persons": asked.persons, "days": asked.days, "seed": asked.seed, "of": asked.of}
    return ReportResult("score", COLUMNS, rows, meta)


def _forget_peak() -> None:
    """Let the highest resident memory of this process begin anew, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _peak() -> float | None:
    """Return the highest resident memory of this process since `_forget_peak`, in MiB; None where unknown."""
    try:
        said = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"VmHWM:\s+(\d+) kB", said)
    return round(int(found[1]) / 1024, 1) if found else None
