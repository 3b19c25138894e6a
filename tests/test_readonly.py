"""Read-only SQL: one SELECT over tables, and nothing that reaches outside them."""

from __future__ import annotations

import pytest

from headwater.readonly import UnsafeSqlError, checked


@pytest.mark.parametrize(
    "query",
    [
        "select 1",
        "select * from events;",
        "from events",
        "with e as (select * from events) select count(*) from e join main.persons using (person_id)",
        "select unnest([1, 2])",
        "select * from range(3), unnest([1])",
        "describe events",
        "summarize events",
        "show tables",
        "values (1)",
        "select 'copy events to x; drop table events' as said",
        "select sum(value) over (partition by channel order by step) from credits qualify true",
    ],
)
def test_a_select_over_tables_is_let_through(query: str) -> None:
    assert checked(query) == query.rstrip(";")


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from 'people.csv'",
        "from 'https://example.com/a.parquet'",
        "select (select count(*) from read_blob('/etc/passwd'))",
        "select * from events limit (select count(*) from read_text('/etc/passwd'))",
        "select * from events where exists (from glob('/etc/*'))",
        "with e as (from parquet_scan('x')) select 1",
        "select 1 union all select a from read_json('x') t(a)",
        "select * from query('copy events to ''x''')",
        "select * from query_table('events')",
        "select getenv('HOME')",
        "select nextval('s')",
        "select * from duckdb_secrets()",
        "select * from pragma_version()",
        "copy events to 'x.csv'",
        "attach 'other.duckdb'",
        "pragma version",
        "set threads = 1",
        "call pragma_version()",
        "install httpfs",
        "load httpfs",
        "insert into events values (1)",
        "delete from events",
        "create table x as select 1",
        "drop table events",
        "explain analyze select 1",
        "export database 'x'",
        "select 1; select 2",
        "",
        "selekt 1",
    ],
)
def test_whatever_reaches_outside_the_tables_is_refused(query: str) -> None:
    with pytest.raises(UnsafeSqlError) as caught:
        checked(query)

    assert "headwater steps" in caught.value.hint
