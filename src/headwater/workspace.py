"""Workspace: one folder with everything in it, and the methods that every door calls.

Reads  the folder's archive, control database and encrypted store
Makes  the warehouse, and answers

The warehouse is a cache: it is made from the archive and the settings, and made afresh by itself where
it is missing, broken or of another version of the settings.
"""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from headwater import attribution, loading, pipeline, report
from headwater.built import BuildSummary, summary
from headwater.collect import imports
from headwater.contract.errors import HeadwaterError, NotFoundError, UsageError
from headwater.contract.query import ReportContext
from headwater.contract.tables import CREDITS
from headwater.freezing import Freezer
from headwater.held import Held, Moment
from headwater.identity.placeholders import placeholder_values
from headwater.increment import increment
from headwater.options import moment_of, query_of
from headwater.past import Past
from headwater.readonly import checked
from headwater.report.explain import explanation
from headwater.report.timeline import timeline
from headwater.result import ReportResult
from headwater.store.control import Control
from headwater.store.personal import Personal
from headwater.store.secrets import secret_key
from headwater.warehouse import LAZY, build_fully, forget_solved, is_fatal, opened, put_aside, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    import pyarrow as pa

    from headwater.collect.imports import ImportSummary
    from headwater.contract.ports import Reader
    from headwater.contract.query import Remake
    from headwater.contract.settings import Settings
    from headwater.contract.steps import AnyStep
    from headwater.engine.duckdb import Cursor, DuckDB

WAREHOUSE = "warehouse.duckdb"
EVERY_LAZY = tuple(table.name for table in LAZY)
FORMAT = "4"
"""Raised when the steps change so that a warehouse made before them is void."""
INCREMENT_AT_MOST = 0.2
"""A batch larger than this share of all events is built in full: that is faster."""
PATIENCE_SECONDS = 10
"""How long an answer waits for a build to end; then it reads the tables while they change."""


class Workspace:
    """A workspace folder, opened by this process alone.

    `builds_on_read` brings the tables up to date before every answer; a server, whose loader builds
    all the time, answers from the tables as they are. `control` holds the settings, where that is not
    for the folder or $HEADWATER_DATABASE_URL to say.
    """

    def __init__(
        self, folder: str | Path, *, builds_on_read: bool = True, control: Control | None = None
    ) -> None:
        self.dir = Path(folder)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.control = control or Control.in_folder(self.dir)
        self.personal = Personal(self.dir / "personal.sqlite", secret_key())
        self.engine = opened(self.dir / WAREHOUSE)
        self.builds_on_read = builds_on_read
        self._past = Past(self.dir, made_by=f"{FORMAT} {version('headwater')}")
        self._building = threading.RLock()
        self._held = self.control.settings_at()
        self._needs_full = not self._is_current()
        self._builds = 0
        self.held = Held(self._moment_of_now)

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
            moment = moment_of(as_of)
            settings, _ = self.control.settings_at(moment)
            with self._past.tables(moment, settings=settings, steps=self._steps(settings)) as engine:
                return summary(engine, mode="full", started=started)
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
        self._held = self.control.settings_at()
        self._needs_full = self._needs_full or loading.is_pending(self.engine) or not self._is_current()
        self.held.drop_unused()
        batch = loading.load(self.engine, self.dir)
        mode = "nothing new"
        if full or self._needs_full or batch.is_first or batch.restated or self._is_large(batch):
            mode = "full"
            self._needs_full = True
            self.engine.execute("delete from built")
            build_fully(self.engine, self._steps())
            loading.forget_batch(self.engine)
            self._remember()
            self.held.drop()
        elif batch:
            mode = "incremental"
            forget_solved(self.engine)
            increment(self.engine, {step.makes.name: step for step in self._steps()}, batch)
        self._builds += mode != "nothing new"
        return summary(self.engine, mode=mode, started=started)

    def _reopen(self) -> None:
        """Throw the warehouse away and begin a new one, after an error that the engine cannot survive."""
        self.held.drop()
        self.engine.close()
        put_aside(self.dir / WAREHOUSE)
        self.engine = opened(self.dir / WAREHOUSE)
        self._needs_full = not self._is_current()

    def _is_large(self, batch: loading.Batch) -> bool:
        new = batch.rows.get("events", 0)
        total = self.engine.rows("select count(*) from events")[0][0]
        return bool(new > 100_000 and new > INCREMENT_AT_MOST * total)

    @property
    def frozen(self) -> Freezer:
        """The answers that were frozen, and the way to freeze more."""
        return Freezer(self.report, self.control, made_by=version("headwater"))

    def _steps(self, settings: Settings | None = None) -> list[AnyStep]:
        hashes = {
            hashed
            for kind in ("email", "phone")
            for hashed in self.personal.hashed(kind, placeholder_values(kind)).values()
            if hashed
        }
        return list(pipeline.steps(settings or self._held[0], placeholder_hashes=hashes))

    # -- the state of the warehouse ----------------------------------------------------------------

    def _is_current(self) -> bool:
        self.engine.execute("create table if not exists built (settings_version varchar, format varchar)")
        return self.engine.rows("select settings_version, format from built") == [
            (self._held[0].version(), FORMAT)
        ]

    def _remember(self) -> None:
        with self.engine.transaction():
            self.engine.execute("delete from built")
            self.engine.execute("insert into built values (?, ?)", [self._held[0].version(), FORMAT])
        self._needs_full = False

    def _ready(self) -> None:
        """Build what is missing before an answer: new files, other settings."""
        if not self.builds_on_read and not self._needs_full:
            return
        self.build()

    def _solve(self, engine: DuckDB, settings: Settings, tables: Collection[str]) -> None:
        """Bring lazy tables up to date: they are solved when somebody asks for what needs them."""
        if tables:
            with self._building:
                solve(engine, self._steps(settings), tables)

    # -- answers -----------------------------------------------------------------------------------

    def report(self, name: str, **options: Any) -> ReportResult:
        """Return the answer of one report; options are the fields of `ReportQuery`, as text or values.

        Raises UnknownReportError, UnknownModelError, UnknownDimensionError and UsageError.
        """
        query = query_of(options)
        if query.as_of and query.between:
            raise UsageError("A report is as of a time or between two, not both.", hint="leave one away.")
        as_of = query.between[1] if query.between else query.as_of
        with self._answering(as_of, stays=True) as context:
            return ReportResult.of(report.answer(name, context, query))

    def explain(
        self, conversion_id: str, *, model: str | None = None, as_of: datetime | str | None = None
    ) -> dict[str, Any]:
        """Return the credit of one conversion, touch by touch, with the reason of what is left out."""
        with self._answering(_moment(as_of), solves=EVERY_LAZY, stays=True) as context:
            return explanation(context, conversion_id, model)

    def person(self, identifier: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """Return the timeline of the person with this person_id or identifier."""
        with self._answering(_moment(as_of)) as context:
            return timeline(context.reader, self._person_id(context.reader, str(identifier)))

    @contextmanager
    def _answering(
        self, as_of: datetime | None, *, solves: Collection[str] = (), stays: bool = False
    ) -> Iterator[ReportContext]:
        """Give what an answer rests on: the tables and the settings of now, or those of `as_of` (UTC).

        `stays` reads all of it from one moment between two builds.
        """
        if as_of is None:
            self._ready()
            held = self._held
            tables: AbstractContextManager[DuckDB] = nullcontext(self.engine)
        else:
            held = self.control.settings_at(as_of)
            tables = self._past.tables(as_of, settings=held[0], steps=self._steps(held[0]), solves=solves)
        with tables as engine:
            reader = engine.cursor()
            try:
                context = self._context(engine, reader, held)
                if as_of is None and stays:
                    self._stay(reader, held[0], solves)
                    context = replace(
                        context, solve=lambda table: self._stay(reader, held[0], [table, *solves])
                    )
                elif as_of is None:
                    self._solve(engine, held[0], solves)
                yield context
            finally:
                reader.close()

    def _stay(self, reader: Cursor, settings: Settings, tables: Collection[str]) -> None:
        """Bring lazy tables up to date, and let the reader see all tables as they are then."""
        if self._building.acquire(timeout=-1 if tables else PATIENCE_SECONDS):
            try:
                self._solve(self.engine, settings, tables)
                reader.stay()
            finally:
                self._building.release()

    def _context(
        self, engine: DuckDB, reader: Reader, held: tuple[Settings, datetime | None]
    ) -> ReportContext:
        settings, settled_at = held
        return ReportContext(
            reader=reader,
            settings=settings,
            models=attribution.models(settings),
            settled_at=settled_at,
            remade=self._remade,
            solve=lambda table: self._solve(engine, settings, [table]),
        )

    def _moment_of_now(self, let_go: Callable[[], None]) -> Moment:
        """Solve what is lazy, let the last moment go, and hold the tables as they are then."""
        with self._building:
            self._ready()
            started, held, builds = time.monotonic(), self._held, self._builds
            self._solve(self.engine, held[0], EVERY_LAZY)
            let_go()
            with suppress(
                duckdb.TransactionException
            ):  # somebody reads just now: the file is tidied next time
                self.engine.execute("checkpoint")
            reader = self.engine.cursor()
            reader.stay()
        return Moment(
            replace(self._context(self.engine, reader, held), solve=None, remade=None),
            close=reader.close,
            is_now=lambda: builds == self._builds,
            seconds=time.monotonic() - started,
        )

    @contextmanager
    def _remade(self, wish: Remake) -> Iterator[ReportContext]:
        """Give what an answer would rest on if only some of the facts were known."""
        held = self.control.settings_at(wish.settings_at)
        steps = self._steps(held[0])
        if wish.admitted or wish.apart:
            tables = self._past.remade(wish, steps=steps)
        else:
            tables = self._past.tables(wish.until, settings=held[0], steps=steps)
        with tables as engine:
            reader = engine.cursor()
            try:
                yield self._context(engine, reader, held)
            finally:
                reader.close()

    def _person_id(self, reader: Reader, said: str) -> int:
        hashes = [self.personal.hashed(kind, [said])[said] for kind in ("email", "phone")]
        guesses = [said, *(f"{kind}:{said}" for kind in ("user", "anonymous", "email", "phone", "path"))]
        guesses += [
            f"{kind}:{hashed}" for kind, hashed in zip(("email", "phone"), hashes, strict=True) if hashed
        ]
        marks = ", ".join("?" for _ in guesses)
        found = reader.query(
            f"select person_id from persons where identifier in ({marks}) order by person_id limit 1", guesses
        ).column(0)
        if not found and said.lstrip("-").isdigit():
            found = reader.query(
                "select person_id from persons where person_id = ? union all "
                "select person_id from touchpoints where person_id = ? limit 1",
                [int(said), int(said)],
            ).column(0)
        if not found:
            raise NotFoundError(
                f"Nobody is known as {said!r}.",
                hint="give a person_id, a customer id, a device id or an e-mail address.",
            )
        return int(found[0].as_py())

    def sql(self, query: str, *, as_of: datetime | str | None = None) -> pa.Table:
        """Return the rows of one SELECT over the tables; anything else is refused."""
        statement = checked(query)
        said = statement.lower()
        solves = EVERY_LAZY if CREDITS.name in said else [name for name in EVERY_LAZY if name in said]
        with self._answering(_moment(as_of), solves=solves) as context:
            try:
                return context.reader.query(statement)
            except duckdb.Error as error:
                raise UsageError(
                    f"The SQL failed: {error}", hint="`headwater steps` lists the tables."
                ) from error

    def steps(self) -> list[AnyStep]:
        """Return the steps of the pipeline in order."""
        return self._steps(self.settings)

    def close(self) -> None:
        """Let go of the folder."""
        self.held.close()
        self.engine.close()
        self.personal.close()
        self.control.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _moment(as_of: datetime | str | None) -> datetime | None:
    return None if as_of is None else moment_of(as_of)
