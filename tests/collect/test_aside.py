"""What cannot be taken apart is kept, sealed, until it is put through again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from collecting import came

from headwater.collect import aside
from headwater.collect.aside import Aside
from headwater.collect.backlog import Loss
from headwater.collect.frames import Framed, Seal
from headwater.collect.register import Register

if TYPE_CHECKING:
    from pathlib import Path

SEAL = Seal(b"k" * 32)
FOUND = Framed(came({"email": "ada@shop.example"}, at=7), is_cut=True)


def test_a_kept_request_comes_back_as_it_came_until_it_is_let_go(tmp_path: Path) -> None:
    with closing(Register(tmp_path)) as register:
        kept = Aside(tmp_path, SEAL, connection=register.connection())
        kept.name(4, 2)
        named = aside.names(tmp_path)
        kept.keep(4, 2, FOUND)
        found = list(kept.kept())
        gone = [kept.let_go((4, 2)), kept.let_go((4, 2))]

    assert named == set()
    assert [(one.name, one.found) for one in found] == [((4, 2), FOUND)]
    assert gone == [True, False]


def test_it_is_sealed_and_one_that_the_disk_damages_hides_no_other(tmp_path: Path) -> None:
    with closing(Register(tmp_path)) as register:
        kept = Aside(tmp_path, SEAL, connection=register.connection())
        for place in (1, 2):
            kept.name(1, place)
            kept.keep(1, place, FOUND)
    with closing(sqlite3.connect(tmp_path / "ids.sqlite")) as register, register:
        [(content,)] = register.execute("select content from aside where place = 1")
        register.execute("update aside set content = ? where place = 1", (content[:-1] + b"?",))

    with closing(Aside(tmp_path, SEAL)) as opened:
        assert [one.place for one in opened.kept()] == [2]
    assert b"shop.example" not in content


def test_damaged_commits_are_counted_by_their_requests(tmp_path: Path) -> None:
    losses = [Loss(1, 3, 86_400_000_000, "cut", b"rest"), Loss(2, 4, 0, "gone", None)]
    with closing(Register(tmp_path)) as register:
        kept = Aside(tmp_path, SEAL, connection=register.connection())
        for loss in (*losses, losses[0]):
            kept.lost(loss)

    assert aside.losses(tmp_path) == losses
    assert aside.counted(tmp_path) == aside.Counted(0, 7, 86_400_000_000)


def test_a_folder_without_a_register_keeps_nothing(tmp_path: Path) -> None:
    assert (aside.counted(tmp_path), aside.names(tmp_path)) == (aside.Counted(), set())
    assert list(tmp_path.iterdir()) == []
