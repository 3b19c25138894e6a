"""Tracking: whether what attribution needs arrives; the second half of `headwater doctor`.

Reads  the tables and the settings of a workspace
Makes  findings: keys, own domains, goals, what was seen of each protocol, landings, refusals, consent

Nothing here fails for want of traffic: a new workspace has none. What is missing is said as a hint.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from headwater.contract.steps import literal
from headwater.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.contract.settings import Settings

    Rows = Callable[[str], list[dict[str, Any]]]
    """Answers one SELECT with rows."""

RECENT = timedelta(days=7)
MOST_REFUSED = 0.1
"""Share of recent input that may be refused before something is wrong."""
ENOUGH = 20
"""Rows and events from which on a share says something."""
FEW = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the checks look at: a workspace's tables, settings and number of write keys."""

    rows: Rows
    settings: Settings
    keys: int
    now: datetime


def tracking(watched: Watched) -> list[Finding]:
    """Return one finding for each sign, in order."""
    signs = (_keys, _own_domains, _goals, _protocols, _landings, _refused, _consent)
    return [sign(watched) for sign in signs]


def _keys(watched: Watched) -> Finding:
    hint = "" if watched.keys else "`headwater key add` makes one; without it the collector takes nothing."
    return Finding(check="write key", is_well=True, found=f"{watched.keys} known", hint=hint)


def _own_domains(watched: Watched) -> Finding:
    own = watched.settings.own_domains
    seen = watched.rows(
        "select lower(split_part(split_part(url, '/', 3), ':', 1)) as host, count(*) as events from events "
        "where url like 'http%' group by 1 order by events desc, host limit 20"
    )
    others = [row["host"] for row in seen if not any(_is_below(row["host"], site) for site in own)]
    if own and others:
        hint = f"events come from {_listed(others)} too: add them to own_domains, or sites send with a borrowed key."
    elif not own and len(seen) > 1:
        hint = f"set own_domains ({_listed([row['host'] for row in seen])}), so that none is a referrer of another."
    else:
        hint = ""
    return Finding(check="own domains", is_well=True, found=_listed(own) or "none set", hint=hint)


def _goals(watched: Watched) -> Finding:
    met = watched.rows(
        "select goal, cast(sum(conversion_count) as bigint) as conversions from conversions "
        "where flag is null group by goal order by goal"
    )
    found = ", ".join(f"{row['goal']} {row['conversions']}" for row in met) or "no conversion yet"
    hint = ""
    if not met:
        named = watched.rows(
            "select event, count(*) as events from events where type = 'track' and event is not null "
            f"group by event order by events desc, event limit {FEW}"
        )
        if named:
            hint = (
                f"no goal lists the events that come ({_listed([row['event'] for row in named])}): set goals."
            )
    return Finding(check="goals", is_well=True, found=found, hint=hint)


def _protocols(watched: Watched) -> Finding:
    seen = watched.rows(
        "select origin, count(*) as events, max(known_at) as last_at from events group by origin order by last_at desc"
    )
    if not seen:
        hint = "put /hw.js into the pages, or point a client that is there already to this server."
        return Finding(check="tracker", is_well=True, found="no event yet", hint=hint)
    parts = [f"{row['origin']}: {row['events']}, last {row['last_at']:%Y-%m-%d %H:%M}" for row in seen[:FEW]]
    silent = watched.now - seen[0]["last_at"] > RECENT
    hint = "nothing has come for a week: look at the pages and the servers that send." if silent else ""
    return Finding(check="tracker", is_well=True, found="; ".join(parts), hint=hint)


def _landings(watched: Watched) -> Finding:
    [row] = watched.rows(
        "select count(*) as conversions, count(case when step_count > 0 then 1 end) as touched "
        "from journeys where is_macro and conversion_count = 1 and null_count = 0 and flag is null"
    )
    total, touched = row["conversions"], row["touched"]
    found = f"{touched} of {total} macro conversions have a touchpoint before them"
    is_poor = total >= ENOUGH and touched < total / 2
    hint = (
        "most orders meet no landing: identify visitors, or send anonymousId with the order."
        if is_poor
        else ""
    )
    return Finding(check="landings", is_well=True, found=found, hint=hint)


def _refused(watched: Watched) -> Finding:
    since = literal(f"{watched.now - RECENT:%Y-%m-%d %H:%M:%S}")
    [row] = watched.rows(
        "select cast(coalesce(sum(received), 0) as bigint) as received, "
        "cast(coalesce(sum(refused), 0) as bigint) as refused "
        f"from intake where known_at >= timestamp {since}"
    )
    received, refused = row["received"], row["refused"]
    is_well = received < ENOUGH or refused <= MOST_REFUSED * received
    hint = "" if is_well else "`headwater report quality` and `headwater events --refused` say which and why."
    share = f" ({refused / received:.1%})" if received else ""
    return Finding(
        check="refused",
        is_well=is_well,
        found=f"{refused} of {received} in the last 7 days{share}",
        hint=hint,
    )


def _consent(watched: Watched) -> Finding:
    [row] = watched.rows(
        "select count(*) as events, count(case when contains(context, '\"consent\"') then 1 end) as said from events"
    )
    settings = watched.settings
    found = (
        f"without consent: {settings.without_consent}; unknown region: {settings.unknown_region}; "
        f"{row['said']} of {row['events']} events say what was chosen"
    )
    is_silent = row["events"] >= ENOUGH and not row["said"]
    hint = (
        "no event carries a choice, so the defaults of the regions hold: connect the banner."
        if is_silent
        else ""
    )
    return Finding(check="consent", is_well=True, found=found, hint=hint)


def now() -> datetime:
    """Return the time as the tables state it: UTC, without a zone mark."""
    return datetime.now(UTC).replace(tzinfo=None)


def _is_below(host: str, site: str) -> bool:
    return host == site.lower() or host.endswith(f".{site.lower()}")


def _listed(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more
