"""Facts: what is stored once and for ever by its id (events, touchpoints).

Reads  the good rows of this import and the ids that are in the archive
Makes  Parquet files with only the facts that are new

A row that made its own id is counted among identical rows of its file, so two equal clicks stay two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.collect.importing.bench import literal, read_parquet
from headwater.collect.importing.settled import Settled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from headwater.collect.importing.bench import Bench
    from headwater.collect.importing.rows import Rows

PARQUET = "format parquet, compression zstd, compression_level 1"


def settled_facts(
    bench: Bench, made: Sequence[Rows], *, archive: Sequence[Path], tick: Callable[[float], None]
) -> Settled:
    """Write the facts of all files that are new to Parquet and count the others as duplicates."""
    key = made[0].kind.table.key[0]
    files, counts = [], []
    for place, rows in enumerate(made):
        path = bench.folder / f"made-{place}.parquet"
        bench.watched(
            f"copy (select * exclude (row) from ({rows.made()})) to {literal(str(path))} ({PARQUET})", tick
        )
        files.append(path)
        counts.append(bench.number(f"select count(*) from {read_parquet([path])}"))
    bench.execute("create table keys (file integer, n bigint, h ubigint)")
    for place, path in enumerate(files):
        source = read_parquet([path], options=", file_row_number = true")
        bench.execute(f"insert into keys select {place}, file_row_number, hash({key}) from {source}")
    _find_candidates(bench, key, files, made, archive)
    kept = [_kept(bench, place, path, key) for place, path in enumerate(files)]
    stored = [path for path, count in kept if count]
    total = sum(count for _, count in kept)
    return Settled(files=stored, accepted=sum(counts), stored=total, duplicate=sum(counts) - total)


def _find_candidates(
    bench: Bench, key: str, files: Sequence[Path], made: Sequence[Rows], archive: Sequence[Path]
) -> None:
    """Make `fixes`: file, n and id of each row that may be there twice, and whether it is kept."""
    bench.execute("create table doubtful as select h from keys group by h having count(*) > 1")
    if archive:
        bench.execute(
            f"insert into doubtful select distinct hash({key}) from {read_parquet(archive)}"
            f" where hash({key}) in (select h from keys)"
        )
    bench.execute("create table candidates (file integer, n bigint, id varchar, is_made boolean)")
    if not bench.number("select count(*) from doubtful"):
        bench.execute("create table fixes (file integer, n bigint, id varchar, is_kept boolean)")
        return
    for place, path in enumerate(files):
        is_made = "true" if key not in made[place].layout.ours else "false"
        source = read_parquet([path], options=", file_row_number = true")
        bench.execute(
            f"insert into candidates select {place}, file_row_number, {key}, {is_made} from {source}"
            f" where hash({key}) in (select h from doubtful)"
        )
    bench.execute("""
        create table told_apart as
        select file, n, case when is_made and nth > 1 then md5(id || '#' || nth) else id end as id
        from (select *, row_number() over (partition by file, id order by n) as nth from candidates)
    """)
    known = "select null as id where false"
    if archive:
        known = f"select {key} as id from {read_parquet(archive)} where {key} in (select id from told_apart)"
    bench.execute(f"""
        create table fixes as
        select
            file, n, id,
            row_number() over (partition by id order by file, n) = 1 and id not in ({known}) as is_kept
        from told_apart
    """)


def _kept(bench: Bench, place: int, path: Path, key: str) -> tuple[Path, int]:
    """Return a file with the rows that are kept, and how many they are; the same file where all are."""
    dropped = bench.number(f"select count(*) from fixes where file = {place} and not is_kept")
    total = bench.number(f"select count(*) from keys where file = {place}")
    if total == dropped or not bench.number(f"select count(*) from fixes where file = {place}"):
        return path, total - dropped
    target = path.with_name(f"kept-{place}.parquet")
    bench.execute(f"""
        copy (
            select rows.* exclude (file_row_number) replace (coalesce(fixes.id, rows.{key}) as {key})
            from {read_parquet([path], options=", file_row_number = true")} as rows
            left join (select * from fixes where file = {place}) as fixes on fixes.n = rows.file_row_number
            where coalesce(fixes.is_kept, true)
        ) to {literal(str(target))} ({PARQUET})
    """)
    path.unlink()
    return target, total - dropped
