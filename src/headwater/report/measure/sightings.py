"""Sightings: who reported which order: the browser, the server, the order system.

Reads  events, goal_events, imported_conversions, conversions, person_events
Makes  SQL: one row per order with an id, with who saw it and in which browser it was made

An event is the server's where a server library says so or where no browser or app shows; a posted
conversion is the server's too. An imported conversion is the order system's. Where the browser did
not report the order, the browser is the one in which the person was seen last before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.orders import ORDER_KEYS, first_said
from headwater.contract.steps import literal

if TYPE_CHECKING:
    from collections.abc import Mapping

SIDES = ("browser", "server", "orders")
POSTED_BY = "touch"
"""Origin of conversions that were posted to the collector; all others were imported."""
SERVERS = "[-_. ](python|node|go|golang|ruby|php|java|rust|net|clojure|elixir|kotlin)$|^(analytics|posthog)-(node|server)|server"
"""Names of libraries that run on servers (RE2, lower case)."""
CLIENTS = (
    "javascript|analytics[.]js|analytics-next|browser|web|ios|android|flutter|react|swift|hw[.]js|headwater"
)


def _json(column: str, *paths: str) -> str:
    found = ", ".join(f"nullif(json_extract_string({column}, '$.{path}'), '')" for path in paths)
    return f"coalesce({found}, '')"


def _agent(column: str) -> str:
    return _json(column, "userAgent", "user_agent")


def _side(column: str) -> str:
    library = f"lower({_json(column, 'library.name')})"
    return f"""case
        when regexp_matches({library}, '{SERVERS}') and not regexp_matches({library}, 'javascript') then 'server'
        when regexp_matches({_agent(column)}, '^(Mozilla|Opera)/') or regexp_matches({library}, '{CLIENTS}')
            then 'browser'
        else 'server'
    end"""


BROWSER = """case
    when agent = '' then ''
    when regexp_matches(agent, 'Edg(A|iOS|e)?/') then 'Edge'
    when regexp_matches(agent, 'OPR/|Opera') then 'Opera'
    when contains(agent, 'SamsungBrowser/') then 'Samsung Internet'
    when regexp_matches(agent, 'Firefox/|FxiOS/') then 'Firefox'
    when regexp_matches(agent, 'FBA[NV]|Instagram|TikTok|musical_ly|LinkedInApp') then 'in-app'
    when regexp_matches(agent, 'Chrome/|CriOS/|Chromium/') then 'Chrome'
    when contains(agent, 'Safari/') then 'Safari'
    else 'other'
end"""
DEVICE = """case
    when agent = '' then ''
    when regexp_matches(agent, '(?i)ipad|tablet|kindle') then 'tablet'
    when regexp_matches(agent, '(?i)mobi|iphone') then 'mobile'
    when contains(agent, 'Android') then 'tablet'
    else 'desktop'
end"""


def day_of(zone: str) -> str:
    """Return SQL for the day of `occurred_at` in a time zone."""
    return f"cast(timezone({literal(zone)}, timezone('UTC', occurred_at)) as date)"


def sides(zone: str) -> Mapping[str, str]:
    """Return SQL over `sightings` by the name that `--by` may have."""
    day = day_of(zone)
    return {
        "day": f"cast({day} as varchar)",
        "browser": BROWSER,
        "device": DEVICE,
        "consent": "consent",
        "goal": "goal",
    }


def sightings(where: str) -> str:
    """Return the SELECT of the orders whose conversion `c` meets `where`.

    Columns are conversion_id, occurred_at, goal, net_value, agent, consent, and in_browser, in_server,
    in_orders, each 0 or 1.
    """
    order = first_said(ORDER_KEYS, "e.properties")
    posted = first_said(("order_id", "conversion_id"), "properties")
    consent = _json(
        "context", "consent.analytics", "consent.analytics_storage", "consent.ads", "consent.ad_storage"
    )
    return f"""
        with reports as (
            select distinct {order} as order_id, g.goal, {_side("e.context")} as side, e.occurred_at, e.context
            from events as e
            join goal_events as g on g.event = e.event and not g.is_refund and g.is_macro
            where e.type = 'track' and {order} is not null
            union all
            select coalesce({posted}, event_id), null, 'server', occurred_at, context
            from events where type = 'conversion'
            union all
            select conversion_id, null, 'orders', occurred_at, null
            from imported_conversions where origin <> '{POSTED_BY}'
        ),

        seen as (
            select
                c.conversion_id, c.person_id, c.occurred_at, c.goal, c.net_value,
                max(case when r.side = 'browser' then 1 else 0 end) as in_browser,
                max(case when r.side = 'server' then 1 else 0 end) as in_server,
                max(case when r.side = 'orders' then 1 else 0 end) as in_orders,
                coalesce(
                    max(case when r.side = 'browser' then nullif({_agent("r.context")}, '') end),
                    max(nullif({_agent("r.context")}, ''))
                ) as agent,
                max(nullif({consent.replace("context", "r.context")}, '')) as consent
            from reports as r
            join conversions as c on c.conversion_id = r.order_id and (r.goal is null or r.goal = c.goal)
            where {where}
            group by c.conversion_id, c.person_id, c.occurred_at, c.goal, c.net_value
        ),

        before as (
            select
                s.conversion_id,
                arg_max({_agent("e.context")}, e.occurred_at) as agent,
                arg_max({consent.replace("context", "e.context")}, e.occurred_at) as consent
            from seen as s
            join person_events as p on p.person_id = s.person_id and p.occurred_at <= s.occurred_at
            join events as e on e.event_id = p.event_id
            where s.agent is null and p.is_visit and {_agent("e.context")} <> ''
            group by s.conversion_id
        )

        select
            s.conversion_id, s.occurred_at, s.goal, s.net_value, s.in_browser, s.in_server, s.in_orders,
            coalesce(s.agent, b.agent, '') as agent, coalesce(s.consent, b.consent, '') as consent
        from seen as s
        left join before as b on b.conversion_id = s.conversion_id
    """
