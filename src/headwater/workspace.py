"""Workspace: one folder with everything in it, and the methods that every door calls.

Reads  the folder's archive, control database and encrypted store
Makes  the warehouse, and answers

The warehouse is a cache: it is made from the archive and the settings, and made afresh by itself where
it is missing, broken or of another version of the settings.
"""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from headwater import attribution, loading, pipeline, report
from headwater.collect import imports
from headwater.contract.errors import HeadwaterError, NotFoundError, UsageError, WorkspaceBusyError
from headwater.contract.query import ReportContext
from headwater.contract.tables import CREDITS, REMOVAL_EFFECTS
from headwater.engine.duckdb import DuckDB
from headwater.identity.placeholders import placeholder_values
from headwater.increment import increment
from headwater.options import moment_of, query_of
from headwater.readonly import checked
from headwater.report.explain import explanation
from headwater.report.timeline import timeline
from headwater.result import ReportResult
from headwater.store.control import Control
from headwater.store.personal import Personal
from headwater.store.secrets import secret_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import pyarrow as pa

    from headwater.collect.imports import ImportSummary
    from headwater.contract.settings import Settings
    from headwater.contract.steps import AnyStep

WAREHOUSE = "warehouse.duckdb"
FORMAT = "3"
"""Raised when the steps change so that a warehouse made before them is void."""
INCREMENT_AT_MOST = 0.2
"""A batch larger than this share of all events is built in full: that is faster."""
COUNTS = """
    select
        (select count(*) from events) as events,
        (select count(*) from touchpoints) as touchpoints,
        (select count(*) from conversions) as conversions,
        (select count(distinct person_id) from persons) as persons
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSummary:
    """What a build did: its mode and what the tables hold now."""

    mode: str
    """full, incremental or nothing new"""
    seconds: float
    events: int
    touchpoints: int
    conversions: int
    persons: int

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return asdict(self)


class Workspace:
    """A workspace folder, opened by this process alone.

    `builds_on_read` brings the tables up to date before every answer; a server, whose loader builds
    all the time, answers from the tables as they are.
    """

    def __init__(self, folder: str | Path, *, builds_on_read: bool = True) -> None:
        self.dir = Path(folder)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.control = Control.in_folder(self.dir)
        self.personal = Personal(self.dir / "personal.sqlite", secret_key())
        self.engine = opened(self.dir / WAREHOUSE)
        self.builds_on_read = builds_on_read
        self._building = threading.RLock()
        self._needs_full = not self._is_current()
        self._effects_are_stale = True

    @property
    def settings(self) -> Settings:
        """The settings that hold."""
        return self.control.settings()

    # -- bringing in and building ----------------------------------------------------------------

    def import_(
        self,
        files: Sequence[str | Path],
        *,
        kind: str,
        mapping: Mapping[str, str] | None = None,
        where: str | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> ImportSummary:
        """Bring files of one kind into the archive; `build` brings them into the tables.

        Raises HeadwaterError where a file cannot be read at all or lacks a needed column; single
        wrong rows are refused, counted and kept.
        """
        settings = self.settings
        return imports.imported(
            files,
            kind=kind,
            root=self.dir,
            personal=self.personal,
            mapping=mapping,
            where=where,
            dry_run=dry_run,
            progress=progress,
            currency=settings.currency,
            time_zone=settings.time_zone,
        )

    def build(self, *, full: bool = False, as_of: datetime | str | None = None) -> BuildSummary:
        """Bring the tables up to date with the archive and the settings.

        `full` makes every table afresh. `as_of` (UTC) builds beside the warehouse what was known
        then; reports as of that time use it.
        """
        started = time.monotonic()
        if as_of is not None:
            return _summary(self._as_of(moment_of(as_of)), mode="full", started=started)
        with self._building:
            try:
                return self._built(full=full, started=started)
            except (duckdb.Error, HeadwaterError) as error:
                if not is_fatal(error):
                    raise
                # the engine takes no more orders; the archive has everything that the file had
                self._reopen()
                return self._built(full=True, started=started)

    def _built(self, *, full: bool, started: float) -> BuildSummary:
        # a build that was interrupted after its load leaves tables that an increment cannot mend
        self._needs_full = self._needs_full or loading.is_pending(self.engine) or not self._is_current()
        batch = loading.load(self.engine, self.dir)
        mode = "nothing new"
        if full or self._needs_full or batch.is_first or batch.restated or self._is_large(batch):
            mode = "full"
            self._needs_full = True
            self.engine.execute("delete from built")
            build_fully(self.engine, self._steps())
            loading.forget_batch(self.engine)
            self._remember()
        elif batch:
            mode = "incremental"
            increment(self.engine, {step.makes.name: step for step in self._steps()}, batch)
        if mode != "nothing new":
            self._effects_are_stale = True
        return _summary(self.engine, mode=mode, started=started)

    def _reopen(self) -> None:
        """Throw the warehouse away and begin a new one, after an error that the engine cannot survive."""
        self.engine.close()
        put_aside(self.dir / WAREHOUSE)
        self.engine = opened(self.dir / WAREHOUSE)
        self._needs_full = not self._is_current()

    def _is_large(self, batch: loading.Batch) -> bool:
        new = batch.rows.get("events", 0)
        total = self.engine.rows("select count(*) from events")[0][0]
        return bool(new > 100_000 and new > INCREMENT_AT_MOST * total)

    def _steps(self) -> list[AnyStep]:
        hashes = {
            hashed
            for kind in ("email", "phone")
            for hashed in self.personal.hashed(kind, placeholder_values(kind)).values()
            if hashed
        }
        return list(pipeline.steps(self.settings, placeholder_hashes=hashes))

    # -- the state of the warehouse ----------------------------------------------------------------

    def _is_current(self) -> bool:
        self.engine.execute("create table if not exists built (settings_version varchar, format varchar)")
        return self.engine.rows("select settings_version, format from built") == [
            (self.settings.version(), FORMAT)
        ]

    def _remember(self) -> None:
        with self.engine.transaction():
            self.engine.execute("delete from built")
            self.engine.execute("insert into built values (?, ?)", [self.settings.version(), FORMAT])
        self._needs_full = False

    def _ready(self) -> None:
        """Build what is missing before an answer: new files, other settings."""
        if not self.builds_on_read and not self._needs_full:
            return
        self.build()

    def _with_effects(self) -> None:
        """Bring the removal effects up to date: they are solved when somebody asks for credits."""
        with self._building:
            if self._effects_are_stale:
                step = next(step for step in self._steps() if step.makes is REMOVAL_EFFECTS)
                self.engine.run(step)
                self._effects_are_stale = False

    # -- answers -----------------------------------------------------------------------------------

    def report(self, name: str, **options: Any) -> ReportResult:
        """Return the answer of one report; options are the fields of `ReportQuery`, as text or values.

        Raises UnknownReportError, UnknownModelError, UnknownDimensionError and UsageError.
        """
        query = query_of(options)
        if query.as_of is None:
            self._ready()
            engine = self.engine
        else:
            engine = self._as_of(query.as_of)
        reader = engine.cursor()
        try:
            settings = self.settings
            context = ReportContext(reader=reader, settings=settings, models=attribution.models(settings))
            return ReportResult.of(report.answer(name, context, query))
        finally:
            reader.close()
            if engine is not self.engine:
                engine.close()

    def explain(self, conversion_id: str, *, model: str | None = None) -> dict[str, Any]:
        """Return the credit of one conversion, touch by touch, with the reason of what is left out."""
        self._ready()
        self._with_effects()
        reader = self.engine.cursor()
        try:
            settings = self.settings
            context = ReportContext(reader=reader, settings=settings, models=attribution.models(settings))
            return explanation(context, conversion_id, model)
        finally:
            reader.close()

    def person(self, identifier: str) -> dict[str, Any]:
        """Return the timeline of the person with this person_id or identifier."""
        self._ready()
        reader = self.engine.cursor()
        try:
            return timeline(reader, self._person_id(str(identifier)))
        finally:
            reader.close()

    def _person_id(self, said: str) -> int:
        hashes = [self.personal.hashed(kind, [said])[said] for kind in ("email", "phone")]
        guesses = [said, *(f"{kind}:{said}" for kind in ("user", "anonymous", "email", "phone", "path"))]
        guesses += [
            f"{kind}:{hashed}" for kind, hashed in zip(("email", "phone"), hashes, strict=True) if hashed
        ]
        marks = ", ".join("?" for _ in guesses)
        found = self.engine.rows(
            f"select person_id from persons where identifier in ({marks}) limit 1", guesses
        )
        if not found and said.lstrip("-").isdigit():
            found = self.engine.rows(
                "select person_id from persons where person_id = ? union all "
                "select person_id from touchpoints where person_id = ? limit 1",
                [int(said), int(said)],
            )
        if not found:
            raise NotFoundError(
                f"Nobody is known as {said!r}.",
                hint="give a person_id, a customer id, a device id or an e-mail address.",
            )
        return int(found[0][0])

    def sql(self, query: str) -> pa.Table:
        """Return the rows of one SELECT over the tables; anything else is refused."""
        statement = checked(query)
        self._ready()
        if CREDITS.name in statement.lower() or REMOVAL_EFFECTS.name in statement.lower():
            self._with_effects()
        reader = self.engine.cursor()
        try:
            return reader.query(statement)
        except duckdb.Error as error:
            raise UsageError(
                f"The SQL failed: {error}", hint="`headwater steps` lists the tables."
            ) from error
        finally:
            reader.close()

    def steps(self) -> list[AnyStep]:
        """Return the steps of the pipeline in order."""
        return self._steps()

    def close(self) -> None:
        """Let go of the folder."""
        self.engine.close()
        self.personal.close()
        self.control.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- as of a time ------------------------------------------------------------------------------

    def _as_of(self, moment: datetime) -> DuckDB:
        """Return an engine with the tables as they were known at `moment` (UTC)."""
        folder = self.dir / "as-of"
        folder.mkdir(exist_ok=True)
        path = folder / f"{moment:%Y%m%dT%H%M%S%f}-{self.settings.version()}.duckdb"
        engine = DuckDB(path)
        was_stopped = loading.is_pending(engine)
        batch = loading.load(engine, self.dir, as_of=moment)
        if batch or was_stopped:
            build_fully(engine, self._steps())
            loading.forget_batch(engine)
        return engine


def opened(path: Path) -> DuckDB:
    """Open a warehouse; one that cannot be read is put aside, and an empty one takes its place.

    Raises WorkspaceBusyError where another process holds it.
    """
    try:
        return DuckDB(path)
    except WorkspaceBusyError as error:
        if "lock" in error.problem.lower():
            raise
    except duckdb.Error:
        pass
    put_aside(path)
    return DuckDB(path)


def is_fatal(error: BaseException | None) -> bool:
    """Say whether an error, or one behind it, has left the engine unable to go on."""
    while error is not None:
        if isinstance(error, duckdb.FatalException | duckdb.InternalException):
            return True
        error = error.__cause__ or error.__context__
    return False


def put_aside(path: Path) -> None:
    """Rename a warehouse that is of no more use, so that it can be looked at; the last one is kept."""
    for part in (path, path.with_name(f"{path.name}.wal")):
        if part.exists():
            part.replace(part.with_name(f"{part.name}.broken"))


def build_fully(engine: DuckDB, steps: Sequence[AnyStep]) -> None:
    """Make every table afresh; removal effects wait until somebody asks for credits."""
    for step in steps:
        if step.makes is REMOVAL_EFFECTS:
            engine.create(REMOVAL_EFFECTS)
        else:
            engine.run(step)


def _summary(engine: DuckDB, *, mode: str, started: float) -> BuildSummary:
    events, touchpoints, conversions, persons = engine.rows(COUNTS)[0]
    return BuildSummary(
        mode=mode,
        seconds=round(time.monotonic() - started, 3),
        events=events,
        touchpoints=touchpoints,
        conversions=conversions,
        persons=persons,
    )
