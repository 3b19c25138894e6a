"""Meta: what stands behind a report's numbers, said with every answer.

Reads  events, intake    when the newest data became known
Makes  the dictionary `meta` of a ReportTable
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from headwater.contract.query import ALL_TIME
from headwater.contract.steps import literal

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from headwater.contract.ports import Reader
    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.report.filters import Selection
    from headwater.report.measure.credited import Credited


def meta(
    context: ReportContext, query: ReportQuery, chosen: Selection | None = None, **said: Any
) -> dict[str, Any]:
    """Return what every report says: as_of, complete_to, settings_version, window, currency and filters.

    `as_of` is the time asked for, else when the newest fact became known or the settings were changed,
    whichever is later: asked as of that time, the answer is the same.
    """
    complete_to = latest_known(context.reader, as_of=query.as_of)
    changes = [moment for moment in (complete_to, context.settled_at) if moment]
    return {
        "as_of": query.as_of or max(changes, default=None),
        "complete_to": complete_to,
        "settings_version": context.settings.version(),
        "models": list(said.pop("models", ())),
        "window": window_text(chosen.window) if chosen else None,
        "currency": chosen.currency if chosen else context.settings.currency,
        "time_zone": context.settings.time_zone,
        "goal": query.goal,
        "since": query.since,
        "until": query.until,
        "segment": query.segment,
        "unattributed": said.pop("unattributed", {}),
        **({"with_flagged": True} if query.with_flagged else {}),
        **said,
    }


def unattributed(result: Credited) -> dict[str, Any]:
    """Return, by model, the conversions and the value for which there is no touchpoint in the window."""
    return {
        model: {"conversions": credit.conversions, "value": credit.value}
        for model, credit in result.unattributed.items()
    }


def totals(result: Credited) -> dict[str, Any]:
    """Return what there was to credit: conversions and their net value."""
    return {"total_conversions": int(result.total.conversions), "total_value": result.total.value}


def latest_known(reader: Reader, *, as_of: datetime | None = None) -> datetime | None:
    """Return when the newest fact became known, UTC, up to `as_of`; None for an empty workspace."""
    until = f"where known_at <= timestamp {literal(plain_time(as_of))}" if as_of else ""
    sql = f"""
        select max(known_at) from (
            select max(known_at) as known_at from events {until}
            union all select max(known_at) from intake {until}
        ) as newest
    """
    found: datetime | None = reader.query(sql).column(0)[0].as_py()
    return found


def plain_time(moment: datetime) -> str:
    """Return a time in UTC as SQL reads it, whatever zone it came in."""
    utc = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return utc.isoformat(" ")


def window_text(window: timedelta) -> str:
    """Return the window in the words of the command line: 30d, 12h or all.

    >>> from datetime import timedelta
    >>> window_text(timedelta(days=30)), window_text(timedelta(hours=12)), window_text(ALL_TIME)
    ('30d', '12h', 'all')
    """
    if window >= ALL_TIME:
        return "all"
    if window.seconds or window.microseconds:
        hours = window.total_seconds() / 3600
        return f"{hours:g}h"
    return f"{window.days}d"
