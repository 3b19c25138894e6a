"""Loader: build when something is new, survive what fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headwater.api.loader import Loader
from headwater.api.served import Served
from tests.api.fake import FakeWorkspace


class Failing(FakeWorkspace):
    def build(self, *, full: bool = False, as_of: Any = None) -> Any:
        super().build(full=full, as_of=as_of)
        message = "disk full"
        raise OSError(message)


def loader(door: FakeWorkspace, *, arrived: list[bool]) -> Loader:
    served = Served(door=door, control=None, folder=Path(), version="1", pid=1)  # type: ignore[arg-type]
    return Loader(served, arrived=lambda: arrived.pop(0), refresh=lambda: False)


def builds(door: FakeWorkspace) -> int:
    return door.asked.count(("build", False, None))


def test_the_first_turn_builds_what_was_left_unbuilt() -> None:
    door = FakeWorkspace()

    loader(door, arrived=[False]).turn()

    assert builds(door) == 1


def test_nothing_new_builds_nothing() -> None:
    door = FakeWorkspace()
    working = loader(door, arrived=[False, False])

    working.turn()
    working._rest_until = 0.0
    working.turn()

    assert builds(door) == 1


def test_what_arrives_while_a_build_rests_is_built_after_the_rest() -> None:
    door = FakeWorkspace()
    working = loader(door, arrived=[False, True, False])

    working.turn()
    working.turn()
    before = builds(door)
    working._rest_until = 0.0
    working.turn()

    assert (before, builds(door)) == (1, 2)


def test_a_failed_build_is_tried_again() -> None:
    door = Failing()
    working = loader(door, arrived=[False, False])

    working.turn()
    working._rest_until = 0.0
    working.turn()

    assert builds(door) == 2
