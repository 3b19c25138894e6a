"""No address, number or name gets from a message into the archive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from collecting import KEY, came, publishing, rows

from headwater.collect.alone import Forgetful
from headwater.collect.journal import Journal
from headwater.collect.personal import refused_text, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ADA = "ada@shop.example"
HASH = Forgetful(KEY).keyed("email", [ADA])[ADA]


def published(folder: Path, *messages: Any, store: Any = None) -> list[dict[str, Any]]:
    journal = Journal(folder / "journal.sqlite")
    journal.store(came(*messages))
    with publishing(folder, store) as publisher:
        publisher.publish()
    journal.close()
    return rows(folder, "events")


def test_an_address_becomes_the_same_hash_wherever_it_stands(tmp_path: Path) -> None:
    found = published(
        tmp_path,
        {"type": "identify", "userId": ADA, "traits": {"email": ADA, "plan": "pro", "partner_email": ADA}},
        {"type": "track", "event": "x", "userId": "ada", "properties": {"contact": {"email": ADA}}},
        {"type": "track", "event": "x", "userId": ADA},
    )

    assert [row["email"] for row in found] == [HASH, None, HASH]
    assert [row["user_id"] for row in found] == [HASH, "ada", HASH]
    assert json.loads(found[0]["properties"]) == {"email": HASH, "plan": "pro", "partner_email": HASH}
    assert json.loads(found[1]["properties"]) == {"contact": {"email": HASH}}


def test_names_and_postal_addresses_of_persons_are_left_out(tmp_path: Path) -> None:
    traits = {
        "name": "Ada L",
        "firstName": "Ada",
        "last_name": "L",
        "address": {"street": "1 Rd"},
        "plan": "pro",
    }

    found = published(tmp_path, {"type": "identify", "userId": "ada", "traits": traits})

    assert json.loads(found[0]["properties"]) == {"plan": "pro"}


def test_names_of_products_pages_and_companies_stay(tmp_path: Path) -> None:
    found = published(
        tmp_path,
        {
            "type": "track",
            "event": "x",
            "userId": "ada",
            "properties": {"name": "Shoe", "items": [{"name": "Lace"}]},
        },
        {"type": "group", "userId": "ada", "groupId": "acme", "traits": {"name": "Acme"}},
    )

    assert [json.loads(row["properties"])["name"] for row in found] == ["Shoe", "Acme"]


def test_traits_in_the_context_of_a_track_lose_the_name_too(tmp_path: Path) -> None:
    context = {"traits": {"name": "Ada L", "email": ADA}, "library": {"name": "analytics.js"}}

    found = published(tmp_path, {"type": "track", "event": "x", "userId": "ada", "context": context})

    assert json.loads(found[0]["context"]) == {"traits": {"email": HASH}, "library": {"name": "analytics.js"}}


def test_an_address_in_a_url_is_marked_and_the_rest_of_the_url_stays(tmp_path: Path) -> None:
    url = "https://shop.example/?email=ada%40shop.example&gclid=Cj0KCQ_a-b~c&utm_source=x"

    found = published(
        tmp_path, {"type": "page", "userId": "ada", "properties": {"url": url, "referrer": url}}
    )

    assert found[0]["url"] == "https://shop.example/?email=[email]&gclid=Cj0KCQ_a-b~c&utm_source=x"
    assert "ada" not in found[0]["referrer"]
    assert "ada" not in found[0]["properties"]


@pytest.mark.parametrize(
    ("ip", "kept"), [("203.0.113.77", "203.0.113.0"), ("2001:db8:1:2::9", "2001:db8:1::"), ("home", None)]
)
def test_an_ip_address_loses_its_last_part(tmp_path: Path, ip: str, kept: str | None) -> None:
    found = published(tmp_path, {"type": "page", "userId": "ada", "context": {"ip": ip}})

    assert json.loads(found[0]["context"]) == {"ip": kept}


@pytest.mark.parametrize(
    "harmless", ["https://mastodon.example/@ada", "@ada", "a @ b", "x%40", "react@18.2.0"]
)
def test_what_only_looks_like_an_address_stays(harmless: str) -> None:
    assert text(harmless) == harmless


def test_refused_input_is_kept_without_what_looks_personal() -> None:
    raw = '{"type":"x","traits":{"email":"ada@shop.example","phone":"+49 30 123456","firstName":"Ada","plan":"pro"},"context":{"ip":"203.0.113.9"}}'

    kept = refused_text(raw)

    assert "ada@" not in kept
    assert "123456" not in kept
    assert "Ada" not in kept
    assert "203.0" not in kept
    assert '"plan":"pro"' in kept


def test_no_planted_value_is_found_in_any_file_of_the_archive(tmp_path: Path) -> None:
    places = ("messageId", "event", "userId", "anonymousId", "timestamp", "category")
    planted = {name: f"ada+{name}@shop.example" for name in places}

    found = published(
        tmp_path,
        {"type": "track", **planted, "properties": {ADA: [ADA, {"deep": f"call {ADA} now"}]}},
        {"type": "nonsense", "userId": ADA, "traits": {"email": ADA}},
    )

    everything = json.dumps([found, rows(tmp_path, "refused")], default=str)
    assert len(found) == 1
    assert "nonsense" in everything
    assert "@shop" not in everything


class Picky:
    """A store that takes nothing for an address."""

    def keyed(self, kind: str, values: Iterable[str]) -> Mapping[str, str | None]:
        return dict.fromkeys(values)


def test_an_id_that_the_store_does_not_know_stays_an_id_of_its_own(tmp_path: Path) -> None:
    found = published(
        tmp_path,
        {"type": "page", "userId": "a@b.cd"},
        {"type": "page", "userId": "e@f.gh"},
        store=Picky(),
    )

    assert found[0]["user_id"] != found[1]["user_id"]
    assert [row["email"] for row in found] == [None, None]
