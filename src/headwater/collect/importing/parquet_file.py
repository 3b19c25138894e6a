"""Parquet file: read as it stands, with the types that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from headwater.collect.importing.bench import quoted, read_parquet
from headwater.collect.importing.source import Column, ImportFileError, Named, Source

if TYPE_CHECKING:
    from headwater.collect.importing.bench import Bench


def parquet_source(file: Named, *, bench: Bench) -> Source:
    """Say how to read the file; raises ImportFileError where it is damaged."""
    relation = read_parquet([file.path], options=", file_row_number = true")
    try:
        described = bench.rows(f"describe select * exclude (file_row_number) from {relation}")
    except duckdb.Error as error:
        raise ImportFileError(
            f"{file.origin} is no whole Parquet file ({error}).", hint="export it again."
        ) from error
    return Source(
        origin=file.origin,
        relation=relation,
        row="file_row_number + 1",
        columns=tuple(
            Column(name=row[0], sql=quoted(row[0]), type=row[1], shape="typed") for row in described
        ),
    )
