"""Held: a moment answers what was so then, whatever comes in, and is taken once for all who ask."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from headwater.contract.errors import NotFoundError
from headwater.held import Held
from headwater.workspace import Workspace
from tests import lived

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHORT, LONG = 1.0, 3600.0


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "shop", builds_on_read=False) as made:
        made.control.apply(lived.CHOSEN)
        lived.begin(made, tmp_path)
        made.build()
        yield made


def credited(shop: Workspace, **options: Any) -> bytes:
    return shop.report("attribution", **options).to_json()


def held(shop: Workspace, *, max_age: float = LONG) -> bytes:
    return shop.held.ask(lambda moment: moment.report("attribution"), max_age=max_age).to_json()


# -- what a moment says -----------------------------------------------------------------------------


def test_a_held_answer_is_that_of_its_moment_whatever_is_built_since(shop: Workspace, tmp_path: Path) -> None:
    before = held(shop)
    lived.late_events(shop, tmp_path)
    shop.build()

    asked_again = held(shop)
    other = shop.held.ask(lambda moment: moment.report("overview"), max_age=LONG)

    assert before == asked_again != credited(shop)
    assert other.to_json() == shop.report("overview", as_of=other.meta["as_of"]).to_json()
    assert before == credited(shop, as_of=other.meta["as_of"])


def test_a_moment_that_nothing_was_built_since_is_now_however_old_it_is(shop: Workspace) -> None:
    first = shop.held.ask(lambda moment: moment, max_age=SHORT)
    first.taken_at -= LONG

    assert shop.held.ask(lambda moment: moment, max_age=SHORT) is first
    assert held(shop, max_age=SHORT) == credited(shop)


def test_a_moment_that_is_too_old_gives_way_to_the_next(shop: Workspace, tmp_path: Path) -> None:
    first = shop.held.ask(lambda moment: moment, max_age=SHORT)
    lived.late_events(shop, tmp_path)
    shop.build()
    first.taken_at -= LONG
    first.seconds = 0.0

    # asked what it was not asked before, it is either there still or the next one answers
    shop.held.ask(lambda moment: moment.report("overview"), max_age=SHORT)
    shop.held.renew()

    assert held(shop) == credited(shop)


def test_other_settings_let_the_moment_go(shop: Workspace) -> None:
    before = held(shop)
    shop.control.apply(lived.CHOSEN | {"half_life_days": 1.0})
    shop.build()

    assert held(shop) == credited(shop) != before


def test_a_conversion_that_came_later_is_not_known_until_the_moment_is_renewed(
    shop: Workspace, tmp_path: Path
) -> None:
    held(shop)
    lived.bring(
        shop, tmp_path, "conversions", lived.CONVERSIONS, "new,ada,2026-05-09T10:00:00Z,purchase,5,USD"
    )
    shop.build()

    with pytest.raises(NotFoundError):
        shop.held.ask(lambda moment: moment.explain("new"), max_age=LONG)
    shop.held.renew()

    said = shop.held.ask(lambda moment: moment.explain("new"), max_age=LONG)
    assert said == shop.explain("new")


def test_a_closed_workspace_can_be_opened_again(tmp_path: Path) -> None:
    with Workspace(tmp_path / "shop") as shop:
        held(shop)

    with Workspace(tmp_path / "shop") as again:
        assert again.build().mode == "nothing new"


# -- how it is taken --------------------------------------------------------------------------------


@dataclass
class Slow:
    """Stands for a moment: it says its number, and `take` waits until it may."""

    may: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    taken: int = 0
    fails: bool = False

    def take(self, let_go: Callable[[], None]) -> Any:
        self.begun.set()
        assert self.may.wait(10)
        let_go()
        if self.fails:
            raise NotFoundError("There are no tables.", hint="wait.")
        self.taken += 1
        return Numbered(self.taken)


@dataclass
class Numbered:
    number: int
    is_fresh: bool = True
    is_closed: bool = False

    def is_good(self, _max_age: float) -> bool:
        return self.is_fresh

    def close(self) -> None:
        self.is_closed = True


def number(moment: Any) -> int:
    said: int = moment.number
    return said


def test_all_who_ask_at_once_share_one_moment() -> None:
    slow = Slow()
    kept = Held(slow.take)
    said: list[int] = []
    asking = [threading.Thread(target=lambda: said.append(kept.ask(number, max_age=LONG))) for _ in range(5)]

    for one in asking:
        one.start()
    slow.may.set()
    for one in asking:
        one.join()

    assert (said, slow.taken) == ([1] * 5, 1)


def test_while_the_next_moment_is_taken_the_last_one_answers() -> None:
    slow = Slow()
    slow.may.set()
    kept = Held(slow.take)
    first: Any = kept.ask(lambda moment: moment, max_age=LONG)
    first.is_fresh = False
    slow.may.clear()
    slow.begun.clear()

    meanwhile = kept.ask(number, max_age=SHORT)
    assert slow.begun.wait(10)
    was_open = not first.is_closed
    slow.may.set()
    kept.renew()

    assert (meanwhile, was_open, first.is_closed) == (1, True, True)
    assert kept.ask(number, max_age=SHORT) == 2


def test_what_is_dropped_while_it_is_taken_is_taken_again() -> None:
    slow = Slow()
    kept = Held(slow.take)
    said: list[int] = []
    asking = threading.Thread(target=lambda: said.append(kept.ask(number, max_age=LONG)))
    asking.start()
    assert slow.begun.wait(10)

    kept.drop()
    slow.may.set()
    asking.join()

    assert said == [2]


def test_a_moment_that_cannot_be_taken_is_told_and_tried_again() -> None:
    slow = Slow(fails=True)
    slow.may.set()
    kept = Held(slow.take)

    with pytest.raises(NotFoundError):
        kept.ask(number, max_age=LONG)
    slow.fails = False

    assert kept.ask(number, max_age=LONG) == 1


def test_where_the_next_moment_cannot_be_taken_the_last_is_let_go_and_whoever_asks_is_told() -> None:
    slow = Slow()
    slow.may.set()
    kept = Held(slow.take)
    first: Any = kept.ask(lambda moment: moment, max_age=LONG)
    slow.fails = True

    kept.renew()

    assert first.is_closed
    with pytest.raises(NotFoundError):
        kept.ask(number, max_age=LONG)
