"""Apart: persons who were known apart stay apart, and nothing else is touched."""

from __future__ import annotations

from hashlib import md5

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contract.query import KnownApart
from headwater.identity.apart import kept_apart
from headwater.identity.components import persons_of

Pair = tuple[str, str]
identifiers = st.sampled_from(
    [f"{kind}:{name}" for kind in ("user", "anonymous", "email") for name in "abcd"]
)
pairs = st.lists(
    st.tuples(identifiers, identifiers).filter(lambda pair: pair[0] < pair[1]), max_size=12, unique=True
)


def stable_hash(name: str) -> int:
    return int(md5(name.encode(), usedforsecurity=False).hexdigest()[:15], 16)


def linked(found: list[Pair]) -> pa.Table:
    return pa.table(
        {
            "identifier": pa.array([one for one, _ in found], pa.string()),
            "other_identifier": pa.array([other for _, other in found], pa.string()),
            "hash": pa.array([stable_hash(one) for one, _ in found], pa.int64()),
            "other_hash": pa.array([stable_hash(other) for _, other in found], pa.int64()),
        }
    )


def persons(links: pa.Table, alone: set[str]) -> dict[str, tuple[int, bool]]:
    """Return person and whether it is a shared device, of all identifiers; those without links are alone."""
    found = persons_of(links, max_links=50).to_pylist()
    by_name = {row["identifier"]: (row["person_id"], row["is_shared"]) for row in found}
    return {name: (stable_hash(name), False) for name in alone} | by_name


def known(links: list[Pair], seen: set[str]) -> KnownApart:
    found = persons(linked(links), seen)
    table = linked(links)
    return KnownApart(
        persons=pa.table(
            {
                "hash": pa.array([stable_hash(name) for name in found], pa.int64()),
                "person_id": pa.array([person for person, _ in found.values()], pa.int64()),
                "is_device": pa.array([name.startswith("anonymous:") for name in found], pa.bool_()),
            }
        ),
        links=table.select(["hash", "other_hash"]),
    )


def kept(before: list[Pair], seen: set[str], now: list[Pair]) -> list[Pair]:
    found = kept_apart(linked(now), known(before, seen))
    return list(zip(found["identifier"].to_pylist(), found["other_identifier"].to_pylist(), strict=True))


@settings(deadline=None)
@given(before=pairs, more=pairs, seen=st.sets(identifiers))
def test_no_two_customers_who_were_apart_become_one(
    before: list[Pair], more: list[Pair], seen: set[str]
) -> None:
    now = sorted({*before, *more})
    named = {*seen, *(name for pair in before for name in pair)}
    old = persons(linked(before), named)

    new = persons(linked(kept(before, seen, now)), named)

    customers = [name for name in named if not name.startswith("anonymous:")]
    for one in customers:
        for other in customers:
            assert (old[one] == old[other]) == (new[one] == new[other]), (one, other)


@settings(deadline=None)
@given(before=pairs, more=pairs, seen=st.sets(identifiers))
def test_a_known_device_keeps_its_person(before: list[Pair], more: list[Pair], seen: set[str]) -> None:
    now = sorted({*before, *more})
    named = {*seen, *(name for pair in before for name in pair)}
    old = persons(linked(before), named)

    new = persons(linked(kept(before, seen, now)), named)

    for device in (name for name in named if name.startswith("anonymous:") and not old[name][1]):
        assert not new[device][1]
        partners = [name for name in named if not name.startswith("anonymous:") and old[name] == old[device]]
        assert all(new[name] == new[device] for name in partners)


@settings(deadline=None)
@given(before=pairs, more=pairs, seen=st.sets(identifiers))
def test_what_was_linked_stays_linked(before: list[Pair], more: list[Pair], seen: set[str]) -> None:
    assert set(before) <= set(kept(before, seen, sorted({*before, *more})))


@settings(deadline=None)
@given(links=pairs)
def test_nothing_falls_where_nobody_was_known(links: list[Pair]) -> None:
    assert kept([], set(), links) == links


def test_a_person_who_gets_a_name_is_no_merge_and_one_who_had_another_is() -> None:
    first = [("anonymous:a", "user:a")]

    assert kept([], {"anonymous:a"}, first) == first
    assert kept([], {"anonymous:a", "user:a"}, first) == []


def test_two_who_were_apart_are_not_joined_through_a_new_identifier() -> None:
    through = [("email:new", "user:a"), ("email:new", "user:b")]

    assert len(kept([], {"user:a", "user:b"}, through)) == 1
    assert kept([], {"user:a"}, through) == through
