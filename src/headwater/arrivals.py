"""Arrivals: what came in, accepted or refused and why, oldest first; the live debugger reads it.

Reads  events, refused and intake, through any door
Makes  one dictionary per arrival, each with an id after which a reader can go on

Everything comes from what is stored, so that what is shown here is what reports are made of: addresses
are keyed hashes or masked, and an arrival shows one to two seconds after its request. Duplicates are
counted, not kept: one arrival says how many a batch held.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from headwater.contract.errors import HeadwaterError, UsageError
from headwater.contract.steps import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rows = Callable[[str], list[dict[str, Any]]]
    """Answers one SELECT with rows."""

OUTCOMES = ("accepted", "refused", "duplicate")
LATE = timedelta(seconds=10)
"""How much later than its time an arrival may still come to be seen, where several write."""
REMEMBERED = 20_000
"""Arrivals that a follower knows it has shown."""
MOST = 5000
"""Arrivals of one look; of a flood that brings more at one moment the rest is not shown."""
FLAGS = {"$clock": "clock", "test": "test", "anonymous": "anonymous"}
"""Keys of an event's context that say how far to believe it, and what they are called here."""
BEGINNING = datetime(1970, 1, 1)  # noqa: DTZ001 (times here are UTC without a mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which arrivals are wanted; empty means all."""

    outcome: str = ""
    type: str = ""
    """Type or name of the event."""
    origin: str = ""
    person: str = ""
    """An anonymous id, a customer id, or a keyed hash of an e-mail address or phone number."""

    def __post_init__(self) -> None:
        if self.outcome and self.outcome not in OUTCOMES:
            raise UsageError(f"There is no outcome {self.outcome!r}.", hint=f"choose {', '.join(OUTCOMES)}.")


def latest(rows: Rows, wanted: Wanted, *, limit: int = 20) -> list[dict[str, Any]]:
    """Return the newest arrivals, oldest first."""
    found = rows(
        f"select * from ({_all(wanted, BEGINNING)}) as arrivals order by known_at desc, id desc limit {limit}"
    )
    return [shown(row) for row in reversed(found)]


def since(rows: Rows, wanted: Wanted, moment: datetime, *, limit: int = MOST) -> list[dict[str, Any]]:
    """Return the arrivals from `moment` (UTC) on, oldest first."""
    return [
        shown(row)
        for row in rows(
            f"select * from ({_all(wanted, moment)}) as arrivals order by known_at, id limit {limit}"
        )
    ]


@dataclass(kw_only=True)
class Follower:
    """Shows each arrival once, from a place on; `more` is called again and again."""

    rows: Rows
    wanted: Wanted = field(default_factory=Wanted)
    _from: datetime = BEGINNING
    _seen: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def begin(
        self, *, last_id: str = "", moment: datetime | None = None, last: int = 20
    ) -> list[dict[str, Any]]:
        """Return what comes first: all after an arrival, all from a moment on, or the last few."""
        if last_id:
            at, _, _ = last_id.partition("|")
            self._from = _time(at)
            return self._new(lambda row: row["id"] > last_id)
        if moment is not None:
            self._from = moment
            return self._new(lambda _: True)
        found = latest(self.rows, self.wanted, limit=last)
        if found:
            newest = _time(found[-1]["known_at"].rstrip("Z"))
            self._noted(since(self.rows, self.wanted, newest - LATE))
        return found

    def more(self) -> list[dict[str, Any]]:
        """Return what came since the last time."""
        return self._new(lambda _: True)

    def _new(self, is_new: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        looked = since(self.rows, self.wanted, self._from)
        found = [row for row in looked if row["id"] not in self._seen and is_new(row)]
        self._noted(looked)
        return found

    def _noted(self, looked: list[dict[str, Any]]) -> None:
        """Remember what was looked at, and where the next look begins."""
        for row in looked:
            self._seen[row["id"]] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        if looked:
            newest = _time(looked[-1]["known_at"].rstrip("Z"))
            is_stuck = len(looked) == MOST and newest <= self._from
            after = newest + timedelta(microseconds=1) if is_stuck else newest
            self._from = max(self._from, after if len(looked) == MOST else newest - LATE)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return an arrival in plain values: an id to go on after, what it says, and flags."""
    context, properties = _object(row.get("context")), _object(row.get("properties"))
    at = row["known_at"].isoformat(timespec="microseconds")
    told = {
        "id": f"{at}|{row['outcome']}|{row['id']}",
        "outcome": row["outcome"],
        "known_at": f"{at}Z",
        "origin": row["origin"],
        "type": row["type"],
        "event": row["event"],
    }
    if row["outcome"] == "duplicate":
        return told | {"count": row["count"]}
    if row["outcome"] == "refused":
        return told | {name: row[name] for name in ("field", "reason", "detail", "raw")}
    names = ("anonymous_id", "user_id", "email", "phone", "url", "referrer")
    flags = [
        name if context[key] is True else f"{name}: {context[key]}"
        for key, name in FLAGS.items()
        if key in context
    ]
    return told | {
        "event_id": row["id"],
        "occurred_at": row["occurred_at"].isoformat() + "Z" if row["occurred_at"] else None,
        **{name: row[name] for name in names},
        "flags": flags,
        "properties": properties,
        "context": context,
    }


def line(arrival: dict[str, Any]) -> str:
    """Return an arrival as one line of text.

    >>> line({"outcome": "duplicate", "known_at": "2026-03-01T09:30:00.5Z", "origin": "segment", "type": None,
    ...       "event": None, "count": 3})
    '09:30:00  duplicate  segment     3 known already'
    """
    head = f"{arrival['known_at'][11:19]}  {arrival['outcome']:<9}  {arrival['origin']:<10}"
    if arrival["outcome"] == "duplicate":
        return f"{head}  {arrival['count']} known already"
    if arrival["outcome"] == "refused":
        where = f" ({arrival['field']})" if arrival["field"] else ""
        return f"{head}  {arrival['reason']}{where}: {arrival['detail']}  {(arrival['raw'] or '')[:120]}"
    who = arrival["user_id"] or arrival["anonymous_id"] or ("a person" if arrival["email"] else "nobody")
    parts = [
        arrival["type"],
        arrival["event"],
        who,
        arrival["url"],
        *(f"[{flag}]" for flag in arrival["flags"]),
    ]
    return f"{head}  {'  '.join(part for part in parts if part)}"


def rows_of(table: Callable[[str], Any]) -> Rows:
    """Return what asks a door's `sql` for rows; no rows while there are no tables yet."""

    def rows(query: str) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = table(query).to_pylist()
        except HeadwaterError:
            return []
        return found

    return rows


def _all(wanted: Wanted, moment: datetime) -> str:
    known = f"known_at >= timestamp {literal(moment.isoformat(' '))}"
    if wanted.origin:
        known += f" and origin = {literal(wanted.origin)}"
    return " union all ".join(_parts(wanted, known))


def _parts(wanted: Wanted, known: str) -> Iterator[str]:
    if wanted.outcome in ("", "accepted"):
        kind = (
            f" and (type = {literal(wanted.type)} or event = {literal(wanted.type)})" if wanted.type else ""
        )
        ids = ("anonymous_id", "user_id", "email", "phone")
        who = " or ".join(f"{name} = {literal(wanted.person)}" for name in ids)
        own = {"outcome": "'accepted'", "id": "event_id"} | {name: name for name in (*AROUND, *SAID)}
        yield _part(own, "events", known + kind + (f" and ({who})" if wanted.person else ""))
    is_about_anybody = not wanted.person and not wanted.type
    if wanted.outcome == "refused" or (wanted.outcome == "" and is_about_anybody):
        texts = [text for text in (wanted.person, wanted.type) if text]
        like = "".join(f" and contains(raw, {literal(text)})" for text in texts)
        own = {"outcome": "'refused'", "id": "refused_id", "type": "kind"}
        own |= {name: name for name in ("known_at", "origin", "field", "reason", "detail", "raw")}
        yield _part(own, "refused", known + like)
    if wanted.outcome == "duplicate" or (wanted.outcome == "" and is_about_anybody):
        own = {"outcome": "'duplicate'", "id": "receipt_id", "type": "kind", "count": "duplicate"}
        yield _part(
            own | {"known_at": "known_at", "origin": "origin"}, "intake", f"duplicate > 0 and {known}"
        )


AROUND = ("known_at", "origin", "type", "event")
SAID = (
    "occurred_at", "anonymous_id", "user_id", "email", "phone", "url", "referrer", "properties", "context",
)  # fmt: skip
COLUMNS = ("outcome", "id", *AROUND, *SAID, "count", "field", "reason", "detail", "raw")


def _part(own: dict[str, str], table: str, where: str) -> str:
    """Return a SELECT of all COLUMNS, null where the table has none."""
    listed = ", ".join(f'{own.get(name, "null")} as "{name}"' for name in COLUMNS)
    return f"select {listed} from {table} where {where}"


def _object(text: Any) -> dict[str, Any]:
    try:
        found = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no place to go on from.", hint="use the id of an arrival.") from error
