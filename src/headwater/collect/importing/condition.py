"""Condition: the SQL after `--where`, checked to be one expression over columns and nothing more.

Reads  the condition as typed
Makes  the names of the columns in it; raises ConditionError for anything but a plain condition

No query may stand inside a condition, so no file, table or setting can be reached from it; the
connection that evaluates it could not open another file anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import orjson

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

HINT = "give one condition over the columns of the file, e.g. \"conversion = 1 and channel <> 'test'\"."
_PARTS = ("where_clause",)
_EMPTY: tuple[Any, ...] = (None, [], {"map": []})


class ConditionError(UsageError):
    """The condition of `--where` is not one that can be asked of a row."""


def condition_columns(condition: str) -> list[str]:
    """Return the names of the columns that the condition speaks of, in the order of their first use."""
    with duckdb.connect(":memory:") as parser:
        text = f"select * from theirs where ({condition}\n)"
        tree = orjson.loads(parser.execute("select json_serialize_sql(?)", [text]).fetchall()[0][0])
    if tree.get("error"):
        raise ConditionError(f"--where cannot be read: {tree.get('error_message')}", hint=HINT)
    if len(tree["statements"]) != 1:
        raise ConditionError("--where holds more than one statement.", hint=HINT)
    node = tree["statements"][0]["node"]
    _check_frame(node)
    found: dict[str, None] = {}
    for part in _nodes(node["where_clause"]):
        if part.get("class") in ("SUBQUERY", "WINDOW", "STAR") or "subquery" in part:
            raise ConditionError("--where may not hold a query.", hint=HINT)
        if part.get("class") == "COLUMN_REF":
            found[part["column_names"][-1]] = None
    return list(found)


def _check_frame(node: dict[str, Any]) -> None:
    rest = ("modifiers", "group_expressions", "group_sets", "having", "sample", "qualify", "cte_map")
    plain = node.get("type") == "SELECT_NODE" and all(node.get(part) in _EMPTY for part in rest)
    if not plain or node["from_table"].get("type") != "BASE_TABLE" or node.get("where_clause") is None:
        raise ConditionError("--where is more than one condition.", hint=HINT)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)
