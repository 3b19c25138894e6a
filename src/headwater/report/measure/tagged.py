"""Tagged: how many visits carry the tags that the convention asks for.

Reads  touchpoints, landings, source_aliases
Makes  rows of finding, visits, share and meaning
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.contract.steps import literal
from headwater.report.measure.rows import one

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from headwater.contract.query import ReportContext

TAGGED = "coalesce(utm_source, utm_medium, utm_campaign, utm_content, utm_term) is not null"


def tagged(context: ReportContext, days: tuple[datetime | None, datetime | None]) -> list[dict[str, Any]]:
    """Return how many visits between two times have and lack tags; shares are of all visits.

    A visit may stand under several findings. Names are compared after the aliases.
    """
    naming = context.settings.naming
    findings = {
        "tagged": (TAGGED, "visits with any UTM parameter"),
        "click id only": (
            f"click_id_name is not null and not ({TAGGED})",
            "visits with a click id and no tags: the platform is known, the campaign is not",
        ),
    }
    for tag in ("source", "medium", "campaign", "content", "term"):
        if tag in naming.required:
            findings[f"missing {tag}"] = (
                f"{TAGGED} and coalesce(trim(utm_{tag}), '') = ''",
                f"tagged visits without utm_{tag}",
            )
    known = "source not in (select a.source from source_aliases as a)"
    findings["unknown source"] = (
        f"coalesce(utm_source, '') <> '' and {_not_in('source', naming.sources) if naming.sources else known}",
        "tagged visits from a source that the convention does not list" if naming.sources
        else "tagged visits from a source that Headwater has no name for",
    )  # fmt: skip
    if naming.mediums:
        findings["unlisted medium"] = (
            f"coalesce(utm_medium, '') <> '' and {_not_in('medium', naming.mediums)}",
            "tagged visits with a medium that the convention does not list",
        )
    findings["no channel"] = (
        f"{TAGGED} and channel = 'other'",
        "tagged visits that no channel rule understands",
    )
    since, until = days
    where = ["kind = 'visit'"]
    where += [f"occurred_at >= timestamp {literal(since.isoformat(' '))}"] if since else []
    where += [f"occurred_at < timestamp {literal(until.isoformat(' '))}"] if until else []
    counts = ", ".join(
        f"count(case when {condition} then 1 end) as n{number}"
        for number, (condition, _) in enumerate(findings.values())
    )
    row = one(
        context.reader,
        f"""
        select count(*) as visits, {counts}
        from (
            select t.source, t.medium, t.channel, t.click_id_name, l.utm_source, l.utm_medium, l.utm_campaign,
                l.utm_content, l.utm_term
            from touchpoints as t left join landings as l on l.session_id = t.touchpoint_id
            where {" and ".join(where)}
        ) as visits
        """,
    )
    return [
        {
            "finding": name,
            "visits": row[f"n{number}"],
            "share": row[f"n{number}"] / row["visits"] if row["visits"] else None,
            "meaning": meaning,
        }
        for number, (name, (_, meaning)) in enumerate(findings.items())
    ]


def _not_in(column: str, names: Collection[str]) -> str:
    return f"{column} not in ({', '.join(literal(name) for name in names)})"
