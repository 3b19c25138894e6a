"""Read-only SQL: let through one SELECT over the workspace's tables, refuse everything else.

Reads  a statement as a person typed it
Makes  the same statement, or a UsageError that says what it may not do

The statement is parsed by DuckDB itself, in a connection of its own that holds nothing, so that what
is checked is what will run. Functions that reach files, the environment or the engine are refused by
an allow-list of table functions: a function that a later DuckDB brings is refused until it is named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import duckdb
import orjson

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE_FUNCTIONS = frozenset({"generate_series", "json_each", "json_tree", "range", "repeat", "unnest"})
"""Table functions that compute from their arguments alone."""
REFUSED_FUNCTIONS = frozenset(
    {"currval", "getenv", "json_execute_serialized_sql", "nextval", "pragma_version", "query", "query_table"}
)
REFUSED_PREFIXES = ("duckdb_", "glob", "parquet_", "read_", "sniff_", "sqlite_", "pg_", "which_secret")
"""Scalar functions that reach outside the tables, by name or by how the name begins."""
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HINT = "only one SELECT over the workspace's tables can run here; `headwater steps` lists the tables."


class UnsafeSqlError(UsageError):
    """The SQL is not one SELECT over the workspace's tables."""


def checked(query: str) -> str:
    """Return `query` without its closing semicolon; raise UnsafeSqlError where it may not run."""
    with duckdb.connect(":memory:") as parser:
        kinds = _kinds(parser, query)
        if len(kinds) != 1:
            raise UnsafeSqlError(f"There are {len(kinds)} statements.", hint=HINT)
        if kinds[0] != "SELECT":
            raise UnsafeSqlError(f"{kinds[0]} is not allowed.", hint=HINT)
        tree = orjson.loads(parser.execute("select json_serialize_sql(?)", [query]).fetchall()[0][0])
    if tree.get("error"):
        raise UnsafeSqlError(f"This cannot be checked: {tree.get('error_message')}", hint=HINT)
    for node in _nodes(tree["statements"]):
        _check(node)
    return query.strip().rstrip(";")


def _kinds(parser: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    try:
        return [str(found.type).rpartition(".")[2] for found in parser.extract_statements(query)]
    except duckdb.Error as error:
        raise UnsafeSqlError(f"The SQL cannot be read: {error}", hint=HINT) from error


def _check(node: dict[str, Any]) -> None:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        names = [node.get("catalog_name"), node.get("schema_name"), node.get("table_name")]
        for name in names:
            if name and not PLAIN_NAME.fullmatch(name):
                raise UnsafeSqlError(f"{name!r} is no table; files cannot be read.", hint=HINT)
    called = str(node.get("function_name", "")).lower()
    if kind == "TABLE_FUNCTION":
        called = str(node["function"].get("function_name", "")).lower()
        if called not in TABLE_FUNCTIONS:
            raise UnsafeSqlError(f"The table function {called} is not allowed.", hint=HINT)
    elif called in REFUSED_FUNCTIONS or called.startswith(REFUSED_PREFIXES):
        raise UnsafeSqlError(f"The function {called} is not allowed.", hint=HINT)


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
