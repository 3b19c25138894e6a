"""Aliases: a new name for a spelling restates history; what was sent stays as it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = """event_id,anonymous_id,occurred_at,type,url
e1,ada,2026-03-01T09:00:00Z,page,https://shop.example/?utm_source=Newsletter&utm_medium=Rundbrief&utm_campaign=Spring%2026
e2,bo,2026-03-02T09:00:00Z,page,https://shop.example/?utm_source=news&utm_medium=email&utm_campaign=spring_26
"""
TOUCHES = """touchpoint_id,person,occurred_at,kind,source,medium,campaign
t1,cy,2026-03-01T09:00:00Z,click,newsletter,rundbrief,SPRING 26
"""
SPEND = """platform,date,campaign,cost,currency
Post Office,2026-03-01,Spring 26,10.00,USD
"""
ALIASES = {
    "source_aliases": {"newsletter": "news"},
    "medium_aliases": {"rundbrief": "email"},
    "campaign_aliases": {"spring 26": "spring_26"},
}
TAGS = "select source, medium, campaign, channel from touchpoints order by occurred_at, touchpoint_id"


def filled(folder: Path) -> Workspace:
    for name, text in (("events.csv", EVENTS), ("touches.csv", TOUCHES), ("spend.csv", SPEND)):
        (folder / name).write_text(text)
    workspace = Workspace(folder / "shop")
    workspace.import_([folder / "events.csv"], kind="events")
    workspace.import_([folder / "touches.csv"], kind="touchpoints")
    workspace.import_([folder / "spend.csv"], kind="spend")
    workspace.build()
    return workspace


def test_a_new_alias_restates_history_and_keeps_what_was_sent(tmp_path: Path) -> None:
    with filled(tmp_path) as workspace:
        before = {tuple(row.values()) for row in workspace.sql(TAGS).to_pylist()}
        workspace.control.apply(ALIASES, author="ada")

        workspace.build()

        after = {tuple(row.values()) for row in workspace.sql(TAGS).to_pylist()}
        raw = workspace.sql("select utm_source, utm_medium, utm_campaign from landings order by 1")
    assert ("newsletter", "rundbrief", "Spring 26", "other") in before
    assert after == {("news", "email", "spring_26", "email")}
    assert [tuple(row.values()) for row in raw.to_pylist()] == [
        ("Newsletter", "Rundbrief", "Spring 26"),
        ("news", "email", "spring_26"),
    ]


def test_spend_follows_the_alias_of_its_campaign(tmp_path: Path) -> None:
    with filled(tmp_path) as workspace:
        workspace.control.apply(ALIASES, author="ada")

        rows = workspace.report("attribution", by="campaign").rows

    assert {row["campaign"]: str(row["spend"]) for row in rows if row["spend"]} == {"spring_26": "10.000000"}
