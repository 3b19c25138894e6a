"""Past: the tables as they were known at a time, in a file of their own beside the warehouse.

Reads  the archive: facts known by then
Makes  DIR/as-of/*.duckdb, the last few that were asked for; each can be made again at any time

A file is found by its time, its settings and what built it, and brings in whatever the archive has
gained since that was known by then, so that it is never stale.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from headwater import loading
from headwater.identity.apart import steps_apart
from headwater.warehouse import build_fully, opened, solve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from headwater.contract.query import Remake
    from headwater.contract.settings import Settings
    from headwater.contract.steps import AnyStep
    from headwater.engine.duckdb import DuckDB

FOLDER = "as-of"
ASIDE = "remade-"
"""How the folders of tables begin that are made for one question."""
MOST_KEPT = 8
"""Files that stay: those that were asked for last."""


class Past:
    """The as-of files of one workspace; `made_by` names the code that builds them."""

    def __init__(self, root: Path, *, made_by: str) -> None:
        self._root = root
        self._made_by = made_by
        self._lock = threading.RLock()
        self._in_use: Counter[Path] = Counter()
        for left in (root / FOLDER).glob(f"{ASIDE}*"):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def tables(
        self, moment: datetime, *, settings: Settings, steps: Sequence[AnyStep], solves: Collection[str] = ()
    ) -> Iterator[DuckDB]:
        """Give the tables as they were known at `moment` (UTC); `solves` names the lazy ones that are needed."""
        path = self._path(moment, settings)
        with self._lock:
            engine = opened(path)
            self._in_use[path] += 1
        try:
            with self._lock:
                os.utime(path)
                self._built(engine, moment, steps, solves=solves)
                self._forget_old()
            yield engine
        finally:
            engine.close()
            with self._lock:
                self._in_use[path] -= 1

    @contextmanager
    def remade(self, wish: Remake, *, steps: Sequence[AnyStep]) -> Iterator[DuckDB]:
        """Give tables made from some of the facts; they are gone when the caller is done."""
        chosen = list(steps if wish.apart is None else steps_apart(steps, wish.apart))
        with TemporaryDirectory(prefix=ASIDE, dir=self._folder()) as aside:
            engine = opened(Path(aside) / "remade.duckdb")
            try:
                loading.load(engine, self._root, as_of=wish.until, admitted=wish.admitted)
                build_fully(engine, chosen)
                yield engine
            finally:
                engine.close()

    def _path(self, moment: datetime, settings: Settings) -> Path:
        made = hashlib.sha256(f"{settings.version()} {self._made_by}".encode()).hexdigest()[:12]
        return self._folder() / f"{moment:%Y%m%dT%H%M%S%f}-{made}.duckdb"

    def _folder(self) -> Path:
        folder = self._root / FOLDER
        folder.mkdir(exist_ok=True)
        return folder

    def _built(
        self, engine: DuckDB, moment: datetime, steps: Sequence[AnyStep], *, solves: Collection[str]
    ) -> None:
        engine.execute("create table if not exists built (is_built boolean)")
        state = engine.rows("select is_built from built")
        # a build that was stopped has no row here, or has the rows of its load still
        was_stopped = not state or loading.is_pending(engine)
        if loading.load(engine, self._root, as_of=moment) or was_stopped:
            engine.execute("delete from built")
            build_fully(engine, steps)
            loading.forget_batch(engine)
            engine.execute("insert into built values (true)")
        if solves:
            solve(engine, steps, solves)

    def _forget_old(self) -> None:
        files = sorted((self._root / FOLDER).glob("*.duckdb"), key=lambda path: path.stat().st_mtime_ns)
        for path in files[:-MOST_KEPT]:
            if not self._in_use[path]:
                for part in (path, path.with_name(f"{path.name}.wal")):
                    part.unlink(missing_ok=True)
