"""Landings: the tags of each session's first event, raw, and every click id with its capture time.

Reads  sessions, events, click_id_names
Makes  landings    five UTM parameters, the ad id and the deciding click id per session
       click_ids   every click id, byte for byte

UTM values are decoded as a browser reads them, or left as sent where they are no UTF-8; click ids are
never touched. Of a parameter that stands twice the first counts. What the url does not say, the client's
own `context.campaign` may.
"""

from __future__ import annotations

from headwater.contract.steps import Step
from headwater.contract.tables import CLICK_ID_NAMES, CLICK_IDS, EVENTS, LANDINGS, SESSIONS

_TAGS = {
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_campaign": "name",
    "utm_content": "content",
    "utm_term": "term",
}
_UTF8 = (
    "(?i)^([^%]|%[0-7][0-9a-f]|%(c[2-9a-f]|d[0-9a-f])%[89ab][0-9a-f]|%e0%[ab][0-9a-f]%[89ab][0-9a-f]"
    "|%(e[1-9a-c]|e[ef])(%[89ab][0-9a-f]){2}|%ed%[89][0-9a-f]%[89ab][0-9a-f]"
    "|%f0%[9ab][0-9a-f](%[89ab][0-9a-f]){2}|%f[1-3](%[89ab][0-9a-f]){3}|%f4%8[0-9a-f](%[89ab][0-9a-f]){2})*$"
)
"""Texts whose percent signs all stand for UTF-8; engines refuse to decode others."""
_AD_IDS = ("utm_ad_id", "ad_id", "adid", "hsa_ad")


def click_ids() -> Step:
    """Make `click_ids` from the query of each landing page."""
    return Step(
        makes=CLICK_IDS,
        reads=(SESSIONS, CLICK_ID_NAMES),
        sql=f"""
            with pairs as (
                select
                    session_id,
                    person_id,
                    started_at,
                    url,
                    unnest(string_split(regexp_extract(url, '[?]([^#]*)', 1), '&')) as pair
                from sessions
                where has_tags and strpos(url, '?') > 0
            )

            select
                p.session_id as event_id,
                p.person_id,
                n.name,
                min_by(substr(p.pair, strpos(p.pair, '=') + 1), {_place("p.pair")}) as click_id,
                n.platform,
                p.started_at as captured_at
            from pairs as p
            join click_id_names as n on n.name = split_part(p.pair, '=', 1)
            where strpos(p.pair, '=') > 0 and length(p.pair) > strpos(p.pair, '=')
            group by p.session_id, p.person_id, n.name, n.platform, p.started_at
        """,
    )


def landings() -> Step:
    """Make `landings`; of several click ids the one with the smallest priority decides."""
    raw = ", ".join(f"{_raw(tag)} as {tag}" for tag in _TAGS)
    tags = ", ".join(
        f"coalesce({_decoded(f't.{tag}')}, {_named(key)}) as {tag}" for tag, key in _TAGS.items()
    )
    ad_id = "coalesce(" + ", ".join(_raw(name) for name in _AD_IDS) + ")"
    return Step(
        makes=LANDINGS,
        reads=(SESSIONS, EVENTS, CLICK_IDS, CLICK_ID_NAMES),
        sql=f"""
            with tagged as (
                select
                    s.session_id,
                    case
                        when strpos(s.url, '#') > 0 then '&' || split_part(substr(s.url, strpos(s.url, '?') + 1), '#', 1)
                        when strpos(s.url, '?') > 0 then '&' || substr(s.url, strpos(s.url, '?') + 1)
                    end as query,
                    e.context
                from sessions as s
                left join (
                    select event_id, context from events where strpos(context, '"campaign"') > 0
                ) as e on e.event_id = s.session_id
                where s.has_tags
            ),

            read as (
                select session_id, context, {raw}, {ad_id} as ad_id
                from tagged
            ),

            ranked as (
                select
                    c.event_id,
                    c.name,
                    c.click_id,
                    row_number() over (partition by c.event_id order by n.priority, n.name) as place
                from click_ids as c
                join click_id_names as n on n.name = c.name
            )

            select
                t.session_id,
                {tags},
                t.ad_id,
                r.name as click_id_name,
                r.click_id
            from read as t
            left join ranked as r on r.event_id = t.session_id and r.place = 1
        """,
    )


def _raw(name: str) -> str:
    return f"case when strpos(query, '&{name}=') > 0 then nullif(split_part(split_part(query, '&{name}=', 2), '&', 1), '') end"


def _place(pair: str) -> str:
    # the first of two values; of `gclid=a` and `gclid=ab` neither is found in the other
    return f"strpos(replace(replace(p.url, '?', '&'), '#', '&') || '&', '&' || {pair} || '&')"


def _decoded(raw: str) -> str:
    # most values are plain: decode only those that are not
    return f"""case
        when strpos({raw}, '%') > 0
            then case when regexp_matches({raw}, '{_UTF8}') then url_decode(replace({raw}, '+', ' ')) else {raw} end
        when strpos({raw}, '+') > 0 then replace({raw}, '+', ' ')
        else {raw}
    end"""


def _named(key: str) -> str:
    return f"case when t.context is not null then nullif(json_extract_string(t.context, '$.campaign.{key}'), '') end"
