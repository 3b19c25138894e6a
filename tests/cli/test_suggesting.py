"""Suggesting: aliases from the traffic, and what taking them over does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.shell import as_json, well

if TYPE_CHECKING:
    from pathlib import Path

TOUCHES = """touchpoint_id,person,occurred_at,kind,source,medium,campaign
t1,ada,2026-03-01T09:00:00Z,click,rundbrief,email,spring_sale
t2,bo,2026-03-02T09:00:00Z,click,rundbrief,email,spring_sale
t3,cy,2026-03-03T09:00:00Z,click,rundbreif,e-mail,Spring Sale
"""
CAMPAIGNS = "select distinct source, campaign from touchpoints order by all"


def test_sure_suggestions_are_taken_over_and_restate_history(tmp_path: Path) -> None:
    (tmp_path / "touches.csv").write_text(TOUCHES)
    shop = tmp_path / "shop"
    well("import", tmp_path / "touches.csv", "--as", "touchpoints", "--dir", shop)
    well("settings", "apply", "-", "--dir", shop, stdin='{"campaign_aliases": {"old": "new"}}')

    listed = as_json("utm", "suggest", "--dir", shop)
    done = as_json("utm", "suggest", "--apply", "--dir", shop)
    rows = as_json("sql", CAMPAIGNS, "--dir", shop)["rows"]
    again = as_json("utm", "suggest", "--least", "sure", "--dir", shop)

    assert {(row["alias"], row["name"], row["certainty"]) for row in listed} == {
        ("spring sale", "spring_sale", "sure"), ("e-mail", "email", "sure"), ("rundbreif", "rundbrief", "perhaps"),
    }  # fmt: skip
    assert done["aliases"] == 2
    assert [(row["source"], row["campaign"]) for row in rows] == [
        ("rundbreif", "spring_sale"), ("rundbrief", "spring_sale"),
    ]  # fmt: skip
    assert again == []
    assert as_json("settings", "export", "--dir", shop)["campaign_aliases"] == {
        "old": "new", "spring sale": "spring_sale",
    }  # fmt: skip
