"""Agents: the crawlers of the public list are known, people's browsers are not taken for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from headwater.contract.settings import Settings
from headwater.journey.agents import agents_table, crawler
from headwater.journey.flags import rules

DATA = Path(__file__).parents[3] / "shared" / "data"
PEOPLE = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36 Edg/{}",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{} Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{} Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/{};FBBV/1;FBDV/iPhone14,5]",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram {} (iPhone14,5; iOS 17_4)",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/{} Chrome/115.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{}) Gecko/20100101 Firefox/{}",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36 OPR/{}",
    "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.5) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/{} TV Safari/537.36",
]  # fmt: skip
VERSIONS = ["16.4", "17.0", "99.0", "109.0", "115.0.0.0", "120.0.6099.71", "124.0.0.0", "131.0.0.0", "140.0"]
HUMANS = [agent.format(version, version) for agent in PEOPLE for version in VERSIONS]


def test_every_instance_of_the_list_is_a_crawler() -> None:
    instances = [agent for row in CRAWLER_USER_AGENTS_DATA for agent in row["instances"]]

    judged = agents_table(instances, rules(Settings())).to_pylist()

    assert [row["user_agent"] for row in judged if row["flag"] is None] == []
    assert len(set(instances)) > 2000


def test_every_instance_of_the_public_file_is_a_crawler() -> None:
    file = DATA / "classification" / "crawler-user-agents.json"
    if not file.exists():
        pytest.skip(f"the public list is not at {file}")
    instances = [agent for row in json.loads(file.read_text(encoding="utf-8")) for agent in row["instances"]]

    assert [agent for agent in instances if crawler(agent) is None] == []
    assert len(instances) >= 2116


def test_no_browser_of_a_person_is_flagged() -> None:
    judged = agents_table(HUMANS, rules(Settings())).to_pylist()

    assert [row for row in judged if row["flag"] is not None] == []
    assert len(judged) > 100


def test_mail_gateways_and_tools_are_known_by_the_rules() -> None:
    sent = ["Barracuda Sentinel (EE)", "Microsoft Office Existence Discovery", "insomnia/8.6"]

    judged = {row["user_agent"]: row["flag"] for row in agents_table(sent, rules(Settings())).to_pylist()}

    assert [judged[agent] for agent in sent] == ["link_scanner", "link_scanner", "bot"]


def test_a_rule_of_the_settings_comes_before_the_list() -> None:
    own = Settings(flag_rules=({"flag": "good", "user_agent": "*googlebot*", "why": "our own search"},))

    [row] = agents_table(["Googlebot/2.1"], rules(own)).to_pylist()

    assert (row["flag"], row["place"]) == ("good", 1)
