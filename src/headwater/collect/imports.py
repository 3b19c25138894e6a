"""Imports: files of events, touches, conversions, spend, paths, persons and experiments.

Reads  CSV, JSON lines or Parquet (plain or gzip), or standard input
Makes  files of the archive: the new facts, the refused rows with their reasons, and the counts

The same file twice changes nothing. received = stored + duplicate + refused, always.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.collect import archive
from headwater.collect.importing import refused, settling
from headwater.collect.importing.bench import Bench, read_parquet
from headwater.collect.importing.kinds import kind_named
from headwater.collect.importing.landing import land, landing_place
from headwater.collect.importing.meter import Meter
from headwater.collect.importing.opening import opened
from headwater.collect.importing.source import Named, named
from headwater.contract.errors import HeadwaterError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from headwater.collect.importing.keyed import Hasher
    from headwater.collect.importing.kinds import Kind
    from headwater.collect.importing.opening import Opened
    from headwater.collect.importing.settled import Settled

PREVIEW_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What an import came to, in rows of the files."""

    kind: str
    received: int
    stored: int
    duplicate: int
    refused: int
    reasons: dict[str, int] = field(default_factory=dict)
    """Refused rows by reason."""
    replaced_days: int = 0
    """Days of spend that were there and now say something else."""
    assumed_zone: int = 0
    """Rows whose time names no zone; they were read in `time_zone`."""
    time_zone: str = "UTC"
    files: list[str] = field(default_factory=list)
    """Files of the archive that were published."""
    preview: list[dict[str, Any]] = field(default_factory=list)
    """First new facts; only in a dry run."""
    preview_refused: list[dict[str, Any]] = field(default_factory=list)
    """First refused rows."""

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        return asdict(self)


def imported(
    files: Sequence[str | Path],
    *,
    kind: str,
    root: Path,
    personal: Hasher,
    mapping: Mapping[str, str] | None = None,
    where: str | None = None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
    known_at: datetime | None = None,
    currency: str = "USD",
    time_zone: str = "UTC",
) -> ImportSummary:
    """Import files of one kind into the archive under `root`.

    `mapping` renames their columns (theirs -> ours); `where` picks rows by an SQL condition over their
    columns; a time without a zone is read in `time_zone`; `progress` is told bytes done and in all.
    Raises HeadwaterError for a file, column or condition that cannot be; a row that cannot is refused.
    """
    chosen = kind_named(kind)
    if not files:
        raise UsageError("No file is named.", hint="name files, or - for standard input.")
    now = (known_at or datetime.now(UTC)).astimezone(UTC) if known_at is None or known_at.tzinfo else known_at
    with landing_place(root) as folder:
        given = [named(name, folder=folder, number=number) for number, name in enumerate(files)]
        _check_once(given)
        bench = Bench(folder, readable=[one.path for one in given], archive=root / "archive")
        try:
            run = _Run(chosen, root, folder, bench, personal, now.replace(tzinfo=None), keep=not dry_run)
            meter = Meter([one.size for one in given], progress)
            sources = run.opened(
                given, mapping=mapping or {}, where=where, zone=time_zone, currency=currency, meter=meter
            )
            return run.finished(
                given, sources, settled=run.settled(sources, meter), asked=(mapping, where, time_zone)
            )
        except duckdb.Error as error:
            raise HeadwaterError(
                f"The import stopped: {str(error).splitlines()[0]}",
                hint="nothing was stored; check --where, or try with less of the file.",
            ) from error
        finally:
            bench.close()


def _check_once(given: Sequence[Named]) -> None:
    seen: dict[str, str] = {}
    for one in given:
        if one.digest in seen:
            raise UsageError(
                f"{one.origin} and {seen[one.digest]} are the same file.", hint="name each file once."
            )
        seen[one.digest] = one.origin


class _Run:
    """One import, from opened files to published ones."""

    def __init__(
        self,
        kind: Kind,
        root: Path,
        folder: Path,
        bench: Bench,
        hasher: Hasher,
        known_at: datetime,
        *,
        keep: bool,
    ) -> None:
        self.kind = kind
        self.root = root
        self.folder = folder
        self.bench = bench
        self.hasher = hasher
        self.known_at = known_at
        self.keep = keep

    def opened(self, given: Sequence[Named], *, meter: Meter, **options: Any) -> list[Opened]:
        """Make each file ready to be read by column."""
        return [
            opened(
                one, place=place, kind=self.kind, bench=self.bench, hasher=self.hasher, keep=self.keep,
                known_at=self.known_at, tick=meter.reading(place), **options,
            )
            for place, one in enumerate(given)
        ]  # fmt: skip

    def settled(self, sources: Sequence[Opened], meter: Meter) -> Settled:
        """Find out which rows are new."""
        there = archive.files(self.root, self.kind.name)
        rows = [one.rows for one in sources]
        found = settling.settled(self.bench, rows, archive=there, tick=meter.settling())
        meter.finish()
        return found

    def finished(
        self, given: Sequence[Named], sources: Sequence[Opened], *, settled: Settled, asked: Any
    ) -> ImportSummary:
        """Write down the refused rows and the counts, and publish."""
        refusals = refused.Refusals(
            self.folder / "refused.parquet", kind=self.kind.name, hasher=self.hasher, keep=self.keep,
            known_at=self.known_at,
        )  # fmt: skip
        has_faults = sum(one.picked for one in sources) > settled.accepted
        for place, one in enumerate(sources):
            self._refuse(place, one, settled, refusals, has_faults=has_faults)
        refusals.close()
        received = sum(one.picked + one.lost for one in sources)
        if received != settled.stored + settled.duplicate + refusals.count:
            raise HeadwaterError(
                f"{received} rows came, {settled.stored + settled.duplicate + refusals.count} are accounted for.",
                hint="nothing was stored; this is a fault of Headwater: please report it with the file.",
            )
        return ImportSummary(
            kind=self.kind.name,
            received=received,
            stored=settled.stored,
            duplicate=settled.duplicate,
            refused=refusals.count,
            reasons=dict(sorted(refusals.reasons.items())),
            replaced_days=settled.replaced_days,
            assumed_zone=sum(one.assumed_zone for one in sources),
            time_zone=sources[0].rows.zone,
            files=self._published(given, settled, refusals, received, asked) if self.keep else [],
            preview=[] if self.keep else self._preview(settled),
            preview_refused=refusals.first,
        )

    def _refuse(
        self, place: int, one: Opened, settled: Settled, refusals: refused.Refusals, *, has_faults: bool
    ) -> None:
        origin = one.rows.source.origin
        if one.lost:
            refused.write_unreadable(self.bench, one.unreadable, refusals, origin=origin)
        if has_faults:
            refused.write_faulty(self.bench, one.rows, refusals)
        if place in settled.repeated:
            key = self.kind.table.key[0]
            refused.write_repeated(self.bench, settled.repeated[place], refusals, origin=origin, field=key)

    def _preview(self, settled: Settled) -> list[dict[str, Any]]:
        if not settled.files:
            return []
        return self.bench.records(f"select * from {read_parquet(settled.files)} limit {PREVIEW_ROWS}")

    def _published(
        self, given: Sequence[Named], settled: Settled, refusals: refused.Refusals, received: int, asked: Any
    ) -> list[str]:
        told = repr((self.kind.name, [one.digest for one in given], asked))
        name = f"import-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
        files = [(self.kind.name, path, f"{name}-{place}") for place, path in enumerate(settled.files)]
        if refusals.count:
            there = archive.files(self.root, "refused")
            if new := refused.only_new(self.bench, refusals.path, archive=there):
                files.append(("refused", new, name))
        intake = self.folder / "intake.parquet"
        row = {
            "receipt_id": f"{name}-{self.known_at:%Y%m%dT%H%M%S%f}",
            "origin": ", ".join(one.origin for one in given),
            "kind": self.kind.name,
            "received": received,
            "stored": settled.stored,
            "duplicate": settled.duplicate,
            "refused": refusals.count,
            "known_at": self.known_at,
        }
        pq.write_table(pa.Table.from_pylist([row], schema=INTAKE_SCHEMA), intake, compression="zstd")
        files.append(("intake", intake, name))
        return [str(path) for path in land(self.root, self.folder, files, received_on=self.known_at.date())]


INTAKE_SCHEMA = pa.schema(
    [
        ("receipt_id", pa.string()), ("origin", pa.string()), ("kind", pa.string()),
        ("received", pa.int64()), ("stored", pa.int64()), ("duplicate", pa.int64()), ("refused", pa.int64()),
        ("known_at", pa.timestamp("us")),
    ]
)  # fmt: skip
