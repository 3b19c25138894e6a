"""Upkeep: doctor, backup and restore from the command line."""

from __future__ import annotations

from contextlib import closing, nullcontext
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import orjson
import pytest

from headwater.collect import request
from headwater.collect.aside import Aside
from headwater.collect.frames import Framed, Seal
from headwater.collect.register import Register
from headwater.store.secrets import secret_key, subkey
from tests.cli.shell import SECRET, as_json, headwater, serving, shop, well

if TYPE_CHECKING:
    from pathlib import Path


def test_doctor_finds_a_healthy_workspace_well(workspace: Path) -> None:
    found = as_json("doctor", "--dir", workspace)

    assert {row["check"]: row["is_well"] for row in found} == {
        "folder": True, "disk": True, "permissions": True, "secret key": True, "server": True,
        "unknown keys": True, "journal": True, "set aside": True,
        "archive": True, "tables": True, "conservation": True, "clock": True, "write key": True,
        "own domains": True, "goals": True, "tracker": True, "landings": True, "refused": True, "consent": True,
    }  # fmt: skip


def test_doctor_exits_with_1_where_something_is_wrong(workspace: Path) -> None:
    done = headwater("doctor", "--json", "--dir", workspace, HEADWATER_SECRET_KEY="quite another secret key")

    assert done.returncode == 1
    wrong = [row for row in orjson.loads(done.stdout) if not row["is_well"]]
    assert wrong[0]["check"] == "secret key"
    assert "HEADWATER_SECRET_KEY" in wrong[0]["hint"]


def test_doctor_says_that_there_is_no_workspace(tmp_path: Path) -> None:
    done = headwater("doctor", "--dir", tmp_path / "none")

    assert done.returncode == 1
    assert "headwater init" in done.stdout


def test_a_restored_backup_answers_as_the_workspace_did(tmp_path: Path) -> None:
    place = shop(tmp_path)
    well("settings", "apply", "-", "--dir", place, stdin='{"window_days": 30}')
    before = as_json("report", "compare", "--dir", place)

    well("backup", tmp_path / "copy", "--dir", place)
    well("restore", tmp_path / "copy", "--dir", tmp_path / "again")

    assert as_json("report", "compare", "--dir", tmp_path / "again") == before
    assert not (tmp_path / "copy" / "warehouse.duckdb").exists()


def set_aside(place: Path) -> None:
    """Keep a request of two events as one that a worker died of."""
    some = [{"type": "track", "event": "x", "userId": "ada", "messageId": name} for name in "ab"]
    came = request.Request("POST", "/v1/batch", "", {}, orjson.dumps({"batch": some}), 1_790_000_000_000_000)
    seal = Seal(subkey(secret_key({"HEADWATER_SECRET_KEY": SECRET}), purpose="journal"))
    with closing(Register(place)) as register:
        aside = Aside(place, seal, connection=register.connection())
        aside.name(0, 1)
        aside.keep(0, 1, Framed(came, is_cut=False))


def doctors_word(place: Path) -> tuple[bool, str]:
    done = headwater("doctor", "--json", "--dir", place)
    [row] = [row for row in orjson.loads(done.stdout) if row["check"] == "set aside"]
    return row["is_well"], row["found"]


@pytest.mark.parametrize("is_served", [False, True], ids=["without a server", "through the server"])
def test_what_was_set_aside_is_shown_and_put_through_again(tmp_path: Path, is_served: bool) -> None:
    place = tmp_path / "shop"
    well("init", "--dir", place)
    set_aside(place)

    ill = doctors_word(place)
    listed = as_json("replay", "--list", "--dir", place)
    with serving(place) if is_served else nullcontext():
        done = as_json("replay", "--dir", place)
    well("build", "--dir", place)

    assert ill == (False, "1 requests that the worker died of")
    assert [(row["kind"], row["path"], row["received_at"]) for row in listed] == [
        ("set aside", "/v1/batch", "2026-09-21 14:13:20")
    ]
    assert done == {"put_through": 1, "set_aside_again": 0, "waiting": 0}
    assert doctors_word(place) == (True, "0 requests that the worker died of")
    events = as_json("sql", "select event_id from events order by 1", "--dir", place)
    assert [row["event_id"] for row in events["rows"]] == ["a", "b"]
    assert well("replay", "--dir", place) == "Nothing is set aside.\n"


def test_doctor_counts_the_requests_that_came_with_an_unknown_key(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    well("init", "--dir", place)

    with serving(place) as server:
        for key in ("nobodys", "nobodys either"):
            sent = Request(f"{server['url']}/v1/batch?writeKey={quote(key)}", b"{}", method="POST")
            with pytest.raises(HTTPError, match="401"):
                urlopen(sent, timeout=30)
        found = {row["check"]: row for row in as_json("doctor", "--dir", place)}

    assert found["unknown keys"]["found"].startswith("2 requests were refused (401)")
    assert "headwater key list" in found["unknown keys"]["hint"]
