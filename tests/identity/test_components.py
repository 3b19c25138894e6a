"""Components: persons from links, on two levels, against a slow reference."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.identity.components import components, persons_of
from tests.worlds import hashed, made

Pair = tuple[str, str]
MAX_LINKS = 2


def persons(pairs: list[Pair], max_links: int = MAX_LINKS) -> dict[str, tuple[int, bool]]:
    rows = made(
        components(max_links=max_links),
        links=[{"identifier": min(pair), "other_identifier": max(pair)} for pair in pairs],
    )
    return {row["identifier"]: (row["person_id"], row["is_shared"]) for row in rows}


def together(pairs: list[Pair], max_links: int = MAX_LINKS) -> list[set[str]]:
    found: dict[int, set[str]] = {}
    for identifier, (owner, _) in persons(pairs, max_links).items():
        found.setdefault(owner, set()).add(identifier)
    return sorted(found.values(), key=sorted)


def test_no_links_make_no_persons() -> None:
    assert persons([]) == {}


def test_devices_join_the_customer_that_used_them() -> None:
    assert together([("anonymous:laptop", "user:ada"), ("anonymous:phone", "user:ada")]) == [
        {"anonymous:laptop", "anonymous:phone", "user:ada"}
    ]


def test_the_person_id_is_the_smallest_hash_of_its_identifiers() -> None:
    members = ["anonymous:laptop", "email:ada@hash", "user:ada"]

    found = persons([("anonymous:laptop", "user:ada"), ("email:ada@hash", "user:ada")])

    assert {owner for owner, _ in found.values()} == {min(map(hashed, members))}


def test_a_merge_keeps_one_of_the_two_person_ids() -> None:
    before = persons([("anonymous:laptop", "user:ada"), ("anonymous:phone", "user:bo")])
    after = persons(
        [("anonymous:laptop", "user:ada"), ("anonymous:phone", "user:bo"), ("user:ada", "user:bo")]
    )

    assert {owner for owner, _ in after.values()} == {min(owner for owner, _ in before.values())}


def test_a_shared_device_never_joins_two_customers() -> None:
    pairs = [("anonymous:till", "user:bo"), ("anonymous:till", "user:cy")]

    assert together(pairs) == [{"anonymous:till"}, {"user:bo"}, {"user:cy"}]
    assert persons(pairs)["anonymous:till"][1] is True


def test_two_customer_ids_with_one_address_are_one_person() -> None:
    assert together([("email:ada@hash", "user:ada"), ("email:ada@hash", "user:ada-2")]) == [
        {"email:ada@hash", "user:ada", "user:ada-2"}
    ]


def test_an_address_with_too_many_customer_ids_links_nothing() -> None:
    pairs = [("email:office@hash", f"user:{name}") for name in ("ada", "bo", "cy")]

    assert together(pairs, max_links=3) == [{"email:office@hash", "user:ada", "user:bo", "user:cy"}]
    assert together(pairs, max_links=2) == [{"email:office@hash"}, {"user:ada"}, {"user:bo"}, {"user:cy"}]


def test_devices_do_not_meet_in_an_address_that_too_many_share() -> None:
    shared = [("email:office@hash", f"user:{name}") for name in ("ada", "bo", "cy")]
    devices = [("anonymous:laptop", "email:office@hash"), ("anonymous:phone", "email:office@hash")]

    found = persons([*shared, *devices])

    assert found["anonymous:laptop"][0] != found["anonymous:phone"][0]
    assert found["anonymous:laptop"][1] is False


def test_one_customer_with_very_many_devices_stays_one_person() -> None:
    assert len(together([(f"anonymous:{number}", "user:ada") for number in range(300)])) == 1


def test_a_device_that_only_a_device_vouches_for_follows_it() -> None:
    assert together([("anonymous:laptop", "anonymous:tablet"), ("anonymous:laptop", "user:ada")]) == [
        {"anonymous:laptop", "anonymous:tablet", "user:ada"}
    ]


def test_devices_of_nobody_stay_together() -> None:
    assert together([("anonymous:laptop", "anonymous:tablet")]) == [{"anonymous:laptop", "anonymous:tablet"}]


# -- a slow reference, word for word from the module's docstring --------------------------------------


def joined(groups: list[set[str]], pairs: list[Pair]) -> list[set[str]]:
    for one, other in pairs:
        touched = [group for group in groups if one in group or other in group]
        groups = [group for group in groups if group not in touched] + [set[str]().union(*touched)]
    return groups


def is_device(name: str) -> bool:
    return name.startswith("anonymous:")


def reference(pairs: list[Pair]) -> tuple[list[set[str]], set[str]]:
    """Return the persons and the shared devices."""
    names = sorted({name for pair in pairs for name in pair})
    users = {
        name: {other for pair in pairs if name in pair for other in pair if other.startswith("user:")}
        for name in names
    }
    crowded = {n for n in names if n.startswith(("email:", "phone:")) and len(users[n]) > MAX_LINKS}
    pairs = [pair for pair in pairs if not crowded & set(pair)]
    known = joined(
        [{name} for name in names if not is_device(name)],
        [pair for pair in pairs if not any(map(is_device, pair))],
    )
    groups_of = {
        device: [g for g in known if any(device in pair and g & set(pair) for pair in pairs)]
        for device in names
        if is_device(device)
    }
    shared = {device for device, groups in groups_of.items() if len(groups) > 1}
    clusters = joined(
        [{device} for device in groups_of if device not in shared],
        [pair for pair in pairs if all(map(is_device, pair)) and not shared & set(pair)],
    )
    persons = [set(group) for group in known] + [{device} for device in shared]
    for cluster in clusters:
        owners = {known.index(groups_of[device][0]) for device in cluster if groups_of[device]}
        loose = {device for device in cluster if not groups_of[device]}
        for device in cluster - loose:
            persons[known.index(groups_of[device][0])].add(device)
        if len(owners) == 1:
            persons[owners.pop()] |= loose
        elif loose:
            persons.append(loose)
    return sorted(persons, key=sorted), shared


IDENTIFIERS = [
    *(f"anonymous:{name}" for name in ("laptop", "phone", "tablet", "till")),
    *(f"user:{name}" for name in ("ada", "bo", "cy", "di")),
    "email:ada@hash", "email:bo@hash", "phone:+49",
]  # fmt: skip
PAIRS = st.lists(
    st.tuples(st.sampled_from(IDENTIFIERS), st.sampled_from(IDENTIFIERS)).filter(lambda p: p[0] < p[1]),
    unique=True,
    max_size=12,
)


@pytest.mark.parametrize("few", [0, 10_000], ids=["by the solver", "without it"])
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PAIRS)
def test_components_are_those_of_the_slow_reference(
    few: int, monkeypatch: pytest.MonkeyPatch, pairs: list[Pair]
) -> None:
    monkeypatch.setattr("headwater.identity.components.FEW", few)
    links = pa.table(
        {
            "identifier": pa.array([one for one, _ in pairs], pa.string()),
            "other_identifier": pa.array([other for _, other in pairs], pa.string()),
            "hash": pa.array([hashed(one) for one, _ in pairs], pa.int64()),
            "other_hash": pa.array([hashed(other) for _, other in pairs], pa.int64()),
        }
    )

    rows = persons_of(links, max_links=MAX_LINKS).to_pylist()

    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row["person_id"], set()).add(row["identifier"])
    expected, shared = reference(pairs)
    assert sorted(found.values(), key=sorted) == expected
    assert {row["identifier"] for row in rows if row["is_shared"]} == shared
    assert all(owner == min(map(hashed, members)) for owner, members in found.items())
