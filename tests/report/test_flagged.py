"""Flagged: bots, staff and tests count only where they are asked for, and the rest as if they were not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headwater.contract.errors import UsageError
from headwater.contract.query import ReportQuery
from headwater.options import query_of
from headwater.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
PAGE = "https://shop.example/"
LINES = [
    ("1", "page", "ada", "2026-03-01T09:00:00Z", f"{PAGE}?utm_source=news&utm_medium=email", BROWSER, ""),
    ("2", "page", "ada", "2026-03-02T09:00:00Z", f"{PAGE}?gclid=abc", BOT, ""),
    ("3", "Order Completed", "ada", "2026-03-03T09:00:00Z", "", BROWSER, '{"order_id":"a","revenue":10}'),
    ("4", "page", "bot", "2026-03-01T09:00:00Z", f"{PAGE}?gclid=def", BOT, ""),
    ("5", "Order Completed", "bot", "2026-03-03T09:00:00Z", "", BOT, '{"order_id":"b","revenue":99}'),
    ("6", "page", "bo", "2026-03-01T09:00:00Z", f"{PAGE}?gclid=ghi", BOT, ""),
    ("7", "page", "bo", "2026-03-02T09:00:00Z", PAGE, BROWSER, ""),
]


def quoted(line: tuple[str, ...]) -> str:
    return ",".join('"' + value.replace('"', '""') + '"' for value in line)


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    header = "event_id,type,anonymous_id,occurred_at,url,user_agent,properties"
    (tmp_path / "events.csv").write_text("\n".join([header, *map(quoted, LINES)]), encoding="utf-8")
    with Workspace(tmp_path / "shop") as workspace:
        workspace.import_([tmp_path / "events.csv"], kind="events")
        yield workspace


def credited(shop: Workspace, **options: Any) -> dict[str, float]:
    rows = shop.report("compare", model="first,last,markov", **options).rows
    return {row["channel"]: row["last"] for row in rows if row["last"]}


def test_flagged_touches_earn_nothing_and_flagged_orders_do_not_count(shop: Workspace) -> None:
    assert credited(shop) == {"email": 1.0}
    assert shop.report("overview").rows[0]["conversions"] == 1
    assert shop.report("overview").rows[0]["touchpoints"] == 2


def test_with_flagged_they_all_count_in_one_journey(shop: Workspace) -> None:
    assert credited(shop, with_flagged=True) == {"paid_search": 2.0}
    assert credited(shop, with_flagged=True, window="1d") == {"paid_search": 1.0}
    assert shop.report("overview", with_flagged=True).rows[0]["touchpoints"] == 5
    assert shop.report("paths", with_flagged=True).rows[0]["path"] in (
        ["email", "paid_search"],
        ["paid_search"],
    )


def test_shorter_and_longer_windows_leave_flagged_touches_out_too(shop: Workspace) -> None:
    assert credited(shop, window="all") == {"email": 1.0}
    assert credited(shop, window="36h") == {}


def test_explain_says_why_a_flagged_touch_was_left_out(shop: Workspace) -> None:
    touches = shop.explain("a")["touches"]

    assert [touch["left_out"] for touch in touches] == [None, "flagged: bot"]
    assert sum(touch["credit"].get("markov", 0) for touch in touches) == 1


def test_quality_counts_what_is_flagged_by_reason(shop: Workspace) -> None:
    flagged = shop.report("quality").meta["flagged"]

    counted = {(row["what"], row["flag"]): (row["count"], round(row["share"], 3)) for row in flagged}
    assert counted == {
        ("events", "bot"): (4, 0.571),
        ("touchpoints", "bot"): (3, 0.6),
        ("conversions", "bot"): (1, 0.5),
    }
    assert {row["reason"] for row in flagged if row["what"] == "events"} == {
        "crawler-user-agents: Googlebot/"
    }


def test_raw_rows_of_flagged_events_stay(shop: Workspace) -> None:
    assert shop.sql("select count(*) as n from events").column("n").to_pylist() == [7]


def test_the_option_is_read_as_a_truth_and_nothing_else() -> None:
    assert (
        query_of({"with_flagged": "true"})
        == ReportQuery(with_flagged=True)
        == query_of({"with_flagged": True})
    )
    assert query_of({"with_flagged": "0"}) == ReportQuery()
    with pytest.raises(UsageError):
        query_of({"with_flagged": "maybe"})


def test_the_answer_says_that_flagged_ones_are_in_it(shop: Workspace) -> None:
    assert shop.report("overview", with_flagged=True).meta["with_flagged"] is True
    assert "with_flagged" not in shop.report("overview").meta


def test_a_crawler_that_a_rule_names_later_is_flagged_back_to_its_first_visit(shop: Workspace) -> None:
    before = credited(shop)

    shop.control.apply({"flag_rules": [{"flag": "bot", "user_agent": "*firefox*"}]})

    assert (before, credited(shop)) == ({"email": 1.0}, {})


def test_markov_counts_no_flagged_journey_whichever_way_it_counts(shop: Workspace) -> None:
    as_stored = shop.report("compare", model="markov").rows
    afresh = shop.report("compare", model="markov", window="90d", since="2026-01-01").rows

    assert [(row["channel"], row["markov"]) for row in as_stored if row["markov"]] == [("email", 1.0)]
    assert [(row["channel"], row["markov"]) for row in afresh if row["markov"]] == [("email", 1.0)]
