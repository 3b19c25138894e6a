"""Timeline: everything that is known of one person, in the order in which it happened.

Reads  persons, links, person_events, events, touchpoints, conversions
Makes  one dictionary of plain JSON values

E-mail addresses and phone numbers are here as keyed hashes only, and are marked as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.contract.errors import NotFoundError
from headwater.report.measure.rows import rows
from headwater.report.render import plain

if TYPE_CHECKING:
    from headwater.contract.ports import Reader

HASHED = ("email", "phone")
"""Kinds of identifier whose values are keyed hashes."""
MOST = 1000
"""Events, touchpoints and conversions that are listed, the latest ones."""

QUERIES = {
    "events": """
        select e.event_id, e.type, e.event, e.occurred_at, e.known_at, e.url, e.referrer, e.anonymous_id,
            e.user_id, e.properties, e.origin
        from person_events as p join events as e on e.event_id = p.event_id
        where p.person_id = ? and e.type not in ('touch', 'conversion') -- these are in the lists below
        order by e.occurred_at desc, e.event_id desc limit ?
    """,
    "touchpoints": """
        select * exclude (person_id) from touchpoints
        where person_id = ? order by occurred_at desc, touchpoint_id desc limit ?
    """,
    "conversions": """
        select * exclude (person_id) from conversions
        where person_id = ? order by occurred_at desc, conversion_id desc limit ?
    """,
}


def timeline(reader: Reader, person_id: int) -> dict[str, Any]:
    """Return the person's identifiers, links, events, touchpoints and conversions, oldest first.

    `timeline` holds them all in one list, each with `what` (event, touchpoint or conversion) and its
    id. Raises NotFoundError for a person that is not there.
    """
    identifiers = _identifiers(reader, person_id)
    lists = {name: rows(reader, sql, [person_id, MOST])[::-1] for name, sql in QUERIES.items()}
    if not identifiers and not any(lists.values()):
        raise NotFoundError(
            f"There is no person {person_id}.",
            hint="give any identifier of the person, e.g. user:1234; after an import, run `headwater build`.",
        )
    found: dict[str, Any] = plain(
        {
            "person_id": str(person_id),
            "identifiers": identifiers,
            "links": _links(reader, person_id),
            **lists,
            "timeline": _merged(lists),
            "is_cut": any(len(listed) == MOST for listed in lists.values()),
        }
    )
    return found


def _identifiers(reader: Reader, person_id: int) -> list[dict[str, Any]]:
    named = rows(
        reader, "select identifier from persons where person_id = ? order by identifier", [person_id]
    )
    parts = [row["identifier"].partition(":") for row in named]
    return [
        {"identifier": f"{kind}:{value}", "kind": kind, "value": value, "is_hash": kind in HASHED}
        for kind, _, value in parts
    ]


def _links(reader: Reader, person_id: int) -> list[dict[str, Any]]:
    return rows(
        reader,
        """
        select l.* from (select * from links union all select * from click_links) as l join persons as p on p.identifier = l.identifier
        where p.person_id = ? order by l.first_at, l.identifier, l.other_identifier
        """,
        [person_id],
    )


def _merged(lists: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Merge by time; at the same time the touchpoint comes first, since it may lead to the rest."""
    order = {"touchpoints": 0, "events": 1, "conversions": 2}
    entries = [
        (row["occurred_at"], order[name], row[f"{name[:-1]}_id"], name[:-1], row)
        for name, listed in lists.items()
        for row in listed
        if name != "events" or row["occurred_at"] is not None
    ]
    named = {"touchpoint": "channel", "event": "event", "conversion": "goal"}
    return [
        {"what": what, "occurred_at": at, f"{what}_id": key, "name": row[named[what]] or row.get("type")}
        for at, _, key, what, row in sorted(entries, key=lambda entry: entry[:3])
    ]
