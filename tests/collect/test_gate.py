"""Gate: without consent an event belongs to nobody, and nothing personal reaches the archive."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from collecting import KEY, rows

from headwater.collect.alone import Forgetful
from headwater.collect.gate import Gate, Seen, seen, stable_hash
from headwater.collect.journal import Journal
from headwater.collect.publisher import Publisher
from headwater.collect.request import Request
from headwater.collect.salts import Salts
from headwater.contract.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS, OTHER = "203.0.113.77", "2001:db8:aa:bb:cc::77"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
PAGE = "https://shop.example/?utm_source=news&gclid=Cj0KCQ-secret&email=ada%40example.com#token=t0k3n-value"


def visit(**columns: Any) -> dict[str, Any]:
    context = {"ip": ADDRESS, "userAgent": AGENT, "device": {"id": "device-1"}, "traits": {"plan": "plan-7"}}
    return {
        "type": "page",
        "anonymousId": "laptop-1",
        "userId": "customer-1",
        "properties": {"url": PAGE, "title": "Hats", "user_id": "customer-1", "size": 4},
        **columns,
        "context": context | columns.get("context", {}),
    }


def request(*messages: dict[str, Any], address: str | None = None, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(
        "POST", "/v1/batch", "", named, orjson.dumps({"batch": messages}), 1_700_000_000_000_000, address
    )


def archived(folder: Path, *requests: Request, kind: str = "events", **settings: Any) -> list[dict[str, Any]]:
    journal = Journal(folder / "journal.sqlite")
    for one in requests:
        journal.store(one)
    journal.close()
    with contextlib.closing(
        Publisher(folder, Forgetful(KEY), settings=lambda: Settings(**settings))
    ) as publisher:
        publisher.publish()
    return rows(folder, kind)


def test_who_allows_it_is_recognised_and_the_decision_is_kept(tmp_path: Path) -> None:
    [row] = archived(tmp_path, request(visit(context={"consent": "all"})))

    assert (row["anonymous_id"], row["user_id"]) == ("laptop-1", "customer-1")
    assert (row["consent"], row["may_sync"], row["user_agent"]) == ("all", True, AGENT)
    assert "gclid=Cj0KCQ-secret" in row["url"]


@pytest.mark.parametrize("kind", ["page", "identify"])
def test_who_refuses_is_nobody(tmp_path: Path, kind: str) -> None:
    message = visit(type=kind, traits={"plan": "plan-7"}, context={"consent": "none"})

    [row] = archived(tmp_path, request(message, address=ADDRESS))

    assert [row[name] for name in ("anonymous_id", "user_id", "email", "phone")] == [None] * 4
    assert (row["consent"], row["may_sync"]) == ("none", False)
    said = orjson.dumps(row, default=str).decode()
    for secret in ("laptop-1", "customer-1", "device-1", "203.0.113", "Cj0KCQ", "ada", "t0k3n", "plan-7"):
        assert f'"{secret}' not in said
        assert f"={secret}" not in said
    assert ("Hats" in said) is (kind == "page")


def test_regions_count_only_where_a_trusted_header_names_them(tmp_path: Path) -> None:
    german = request(visit(), cf_ipcountry="DE")

    assert archived(tmp_path / "a", german)[0]["anonymous_id"] == "laptop-1"
    assert archived(tmp_path / "b", german, region_header="CF-IPCountry")[0]["anonymous_id"] is None
    [row] = archived(tmp_path / "c", request(visit()), region_header="cf-ipcountry", unknown_region="EEA")
    assert (row["anonymous_id"], row["consent"]) == (None, "unknown")


def test_what_may_not_be_kept_is_counted_where_it_is_dropped(tmp_path: Path) -> None:
    refused = request(visit(context={"consent": "none"}))

    [row] = archived(tmp_path, refused, kind="refused", without_consent="drop")

    assert (row["reason"], row["raw"]) == ("no_consent", "")
    assert [(one["received"], one["refused"]) for one in rows(tmp_path, "intake")] == [(1, 1)]


def test_global_privacy_control_stops_the_ads_and_nothing_else(tmp_path: Path) -> None:
    [row] = archived(tmp_path, request(visit(), sec_gpc="1"))

    assert (row["anonymous_id"], row["consent"], row["may_sync"]) == ("laptop-1", "gpc", False)


def test_do_not_track_counts_where_the_settings_say_so(tmp_path: Path) -> None:
    tracked = request(visit(), dnt="1")

    assert archived(tmp_path / "a", tracked)[0]["anonymous_id"] == "laptop-1"
    assert archived(tmp_path / "b", tracked, honour_dnt=True)[0]["anonymous_id"] is None


def test_no_full_address_and_no_e_mail_is_in_any_file_of_the_archive(tmp_path: Path) -> None:
    planted = [
        visit(
            context={
                "consent": consent,
                "ip": address,
                "page": {"url": PAGE, "search": "?email=ada@example.com"},
            }
        )
        for consent in ("all", "none", "unknown")
        for address in (ADDRESS, OTHER)
    ]
    broken = {"type": "page", "context": {"ip": ADDRESS}, "note": f"from {OTHER} by ada@example.com"}
    pages = [visit(properties={"$ip": ADDRESS, "uip": OTHER, "link": PAGE, "url": PAGE, "referrer": PAGE})]

    archived(tmp_path, request(*planted, *pages, broken, address=ADDRESS))

    for kind in ("events", "refused", "intake"):
        for row in rows(tmp_path, kind):
            said = orjson.dumps(row, default=str)
            for secret in (ADDRESS, OTHER, "aa:bb:cc", "ada@", "ada%40", "t0k3n"):
                assert secret.encode() not in said, (kind, row)
    content = b"".join(file.read_bytes() for file in (tmp_path / "archive").rglob("*.parquet"))
    assert content
    assert not any(secret in content for secret in (ADDRESS.encode(), OTHER.encode(), b"ada@example"))


def test_prefetches_and_your_own_people_are_noted(tmp_path: Path) -> None:
    own = {"internal_addresses": ("203.0.113.64/28",), "internal_email_domains": ("@Shop.example",)}
    staff = visit(userId="ada@shop.example", context={"ip": "198.51.100.1"})

    found = archived(tmp_path, request(visit(), sec_purpose="prefetch;prerender"), request(staff), **own)

    assert [row["marks"] for row in found] == ["prefetch,internal", "staff"]


def test_what_comes_from_the_servers_own_machine_is_noted(tmp_path: Path) -> None:
    near, far = request(visit(), address="::1"), request(visit(event="far"), address=ADDRESS)

    assert [row["marks"] for row in archived(tmp_path, near, far)] == ["own_machine", None]


@pytest.mark.parametrize(
    "headers",
    [{"purpose": "prefetch"}, {"x-moz": "prefetch"}, {"sec-purpose": "prefetch"}, {"purpose": "preview"}],
)
def test_every_browsers_word_for_a_prefetch_is_read(headers: dict[str, str]) -> None:
    assert seen(Request("GET", "/", "", headers, b"", 0)).is_prefetch
    assert not seen(Request("GET", "/", "", {"purpose": "navigate"}, b"", 0)).is_prefetch


def test_ids_of_the_day_are_the_same_for_a_browser_and_change_at_midnight(tmp_path: Path) -> None:
    gate = Gate(Settings(identity="daily"), salts=Salts(tmp_path))
    row = daily_row(1)

    ids = [gate.passed(one, Seen(address=ADDRESS)) for one in (row, row, daily_row(2))]
    other = gate.passed(row | {"user_agent": "another"}, Seen(address=ADDRESS))

    names = [one["anonymous_id"] for one in (*ids, other) if one]
    assert names[0] == names[1]
    assert len(set(names)) == 3
    assert all(name.startswith("day-") for name in names)
    assert ids[0] is not None
    assert ids[0]["user_id"] is None


@pytest.mark.parametrize(
    ("identity", "anonymous", "expected"),
    [
        ("none", "laptop", None),
        ("cookieless", "laptop", "laptop"),
        ("cookieless", None, "day-"),
        ("full", None, None),
    ],
)
def test_the_workspace_says_which_ids_there_are(
    tmp_path: Path, identity: str, anonymous: str | None, expected: str | None
) -> None:
    row = Gate(Settings(identity=identity), salts=Salts(tmp_path)).passed(
        daily_row(1) | {"anonymous_id": anonymous, "user_id": None}, Seen(address=ADDRESS)
    )

    assert row is not None
    assert (row["anonymous_id"] or "").startswith(expected or "")
    assert (row["anonymous_id"] is None) is (expected is None)


def test_who_takes_consent_back_leaves_a_hash_for_that_alone(tmp_path: Path) -> None:
    [row] = archived(tmp_path, request(visit(context={"consent": "none"})))

    refused = orjson.loads(row["context"])["$refused"]
    assert refused == [str(stable_hash("user:customer-1")), str(stable_hash("anonymous:laptop-1"))]


def daily_row(day: int) -> dict[str, Any]:
    from datetime import datetime

    return {
        **dict.fromkeys(("user_id", "previous_id", "email", "phone", "referrer")),
        "type": "page", "anonymous_id": "laptop", "user_id": "ada", "url": "https://shop.example/", "properties": {},
        "context": {}, "user_agent": AGENT, "known_at": datetime(2026, 3, day),
    }  # fmt: skip
