"""Flags: which events are no good touches (bots, scanners, prefetches, staff, tests, spam), and why.

Reads  facts/flag_rules.toml and the settings; events, agents
Makes  flag_rules    the rules in the order in which they are tried
       event_flags   one row per flagged event

Nothing is deleted for a flag. Flagged events have sessions, touchpoints and conversions of their own,
which bear the flag; reports leave them out unless they are asked not to. The first rule that holds
decides, and a rule with the flag "good" takes an event out of all rules after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from headwater.contract.errors import UnknownSettingError, UsageError
from headwater.contract.steps import Solve, Step, literal
from headwater.contract.tables import AGENTS, EVENT_FLAGS, EVENTS, FLAG_RULES
from headwater.journey import facts
from headwater.journey.rules import Condition, Rule, patterns_of, sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headwater.contract.settings import Settings

GOOD = "good"
FLAGS = ("bot", "link_scanner", "prefetch", "internal", "test", "burst", "spam")
"""Every flag; a touchpoint or conversion without one is a good one."""
BURST = "burst"
"""The flag that rules cannot give: a session has it for its number of events."""


def _host(column: str) -> str:
    return _plain_host(_place(column))


def _place(column: str) -> str:
    return f"split_part({column}, '/', 3)"


def _plain_host(place: str) -> str:
    return f"lower(split_part(split_part(split_part({place}, '?', 1), '#', 1), ':', 1))"


def _truth(column: str, *keys: str) -> str:
    """Return a condition: the JSON in a column has one of the keys, and it is true; most rows have none."""
    found = " or ".join(f"lower(json_extract_string({column}, '$.{key}')) in ('true', '1')" for key in keys)
    return f"case when strpos({column}, 'est') > 0 then {found} else false end"


IS_TEST = f"""case
    when {_truth("e.context", "test", "isTest")} then 'true'
    when {_truth("e.properties", "test", "is_test", "isTest", "test_mode", "testMode")} then 'true'
    when case
        when strpos(e.properties, '"livemode"') > 0
            then lower(json_extract_string(e.properties, '$.livemode')) = 'false'
        else false
    end then 'true'
    else ''
end"""
FIELDS = {
    "user_agent": "lower(coalesce(e.user_agent, ''))",
    "host": f"case when e.url <> '' then {_host('e.url')} else '' end",
    "referrer_host": f"case when e.referrer <> '' then {_host('e.referrer')} else '' end",
    "query": "case when strpos(e.url, '?') > 0 then lower(e.url) else '' end",
    "page": "lower(coalesce(e.url, ''))",
    "event": "lower(coalesce(e.event, ''))",
    "user_id": "lower(coalesce(e.user_id, ''))",
    "anonymous_id": "lower(coalesce(e.anonymous_id, ''))",
    "origin": "lower(coalesce(e.origin, ''))",
    "mark": "coalesce(e.marks, '')",
    "is_test": IS_TEST,
}
"""What a rule may look at, and the SQL over the event `e` that says it: lower case, never null.

`query` is the page where it has a query, `mark` what the collector noted when the event came.
"""


_IDENTIFIER = """case
    when user_id <> '' then 'user:' || user_id
    when anonymous_id <> '' then 'anonymous:' || anonymous_id
    when email <> '' then 'email:' || email
end"""
NEEDED = {
    "query": "strpos(e.url, '?') > 0",
    "mark": "e.marks <> ''",
    "user_agent": "e.user_agent <> ''",
    "event": "e.event <> ''",
    "user_id": "e.user_id <> ''",
}
"""Without this a field is empty, and the engine need not make its text."""
HOST_COLUMNS = {"host": "url", "referrer_host": "referrer"}
"""Fields that are a host, and the column of the event that has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRule:
    """A flag, the conditions that must all hold for it, and whether it is about the whole person."""

    flag: str
    why: str
    rule: Rule
    of_person: bool
    said: str
    """The conditions as they were written."""

    @property
    def host_field(self) -> str | None:
        """The field of a rule about nothing but one host: each host is judged once, as user agents are."""
        fields = {condition.field for condition in self.rule.conditions}
        return next(iter(fields)) if len(fields) == 1 and fields <= set(HOST_COLUMNS) else None

    @property
    def is_of_agent(self) -> bool:
        """Whether the user agent alone decides, so that each is judged once and not with every event."""
        return {condition.field for condition in self.rule.conditions} == {"user_agent"}


def rules(settings: Settings | None = None) -> tuple[FlagRule, ...]:
    """Return all rules in the order in which they are tried; those of the settings come first.

    Raises UsageError or UnknownSettingError naming the rule and the field that cannot be.
    """
    told = facts.toml("flag_rules.toml")
    own = settings.flag_rules if settings else ()
    return (
        *(_parsed(raw, f"flag_rules[{n}]", told["lists"]) for n, raw in enumerate(own)),
        *(_parsed(raw, "settings", told["lists"]) for raw in _of_settings(settings)),
        *(_parsed(raw, f"rule {n}", told["lists"]) for n, raw in enumerate(told["rules"], start=1)),
    )


def _of_settings(settings: Settings | None) -> Iterator[dict[str, Any]]:
    if settings and settings.internal_users:
        why = "the setting internal_users names the customer id"
        users = [user.lower() for user in settings.internal_users]
        yield {"flag": "internal", "why": why, "user_id": users, "person": True}
    if settings and settings.own_domains:
        why = "a page on somebody's own machine or network; the setting own_domains names the real sites"
        real = [pattern for name in settings.own_domains for pattern in (name.lower(), f"*.{name.lower()}")]
        yield {"flag": "test", "why": why, "host": "@own_machines", "not_host": real}


def _parsed(raw: Any, place: str, lists: Mapping[str, Sequence[str]]) -> FlagRule:
    hint = 'write for example {"flag": "bot", "user_agent": "*monitor*"}.'
    if not isinstance(raw, dict) or raw.get("flag") not in (GOOD, *FLAGS) or raw.get("flag") == BURST:
        known = ", ".join((GOOD, *(flag for flag in FLAGS if flag != BURST)))
        raise UsageError(f"{place} names no flag that rules can give.", hint=f"{hint} There are: {known}.")
    conditions = []
    for key, value in raw.items():
        if key in ("flag", "why", "person"):
            continue
        name = key.removeprefix("not_")
        if name not in FIELDS:
            known_keys = {"flag", "why", "person", *FIELDS, *(f"not_{field}" for field in FIELDS)}
            raise UnknownSettingError.named(
                f"{place}.{key}", known={f"{place}.{field}" for field in known_keys}
            )
        patterns = tuple(patterns_of(value, place=f"{place}.{key}", lists=lists))
        conditions.append(Condition(name, patterns, negated=key != name))
    if not conditions:
        raise UsageError(f"{place} has no condition.", hint=hint)
    return FlagRule(
        flag=raw["flag"],
        why=str(raw.get("why", "")) or place,
        rule=Rule(channel=raw["flag"], conditions=tuple(conditions)),
        of_person=raw.get("person") is True,
        said=", ".join(f"{key} = {_said(raw[key])}" for key in raw if key not in ("flag", "why", "person")),
    )


def _said(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def flag_rules(settings: Settings) -> Solve:
    """Make `flag_rules`; the list of crawlers has the last place."""
    listed = rules(settings)
    rows: list[tuple[int, str, str, str, bool]] = [
        (n, rule.flag, rule.why, rule.said, rule.of_person) for n, rule in enumerate(listed, start=1)
    ]
    rows.append((len(listed) + 1, "bot", "the list crawler-user-agents", "user_agent = (the list)", False))
    types = (pa.int64(), pa.string(), pa.string(), pa.string(), pa.bool_())
    columns = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), types, strict=True)]
    made = pa.table(columns, names=FLAG_RULES.names())
    return Solve(makes=FLAG_RULES, reads=(), solve=lambda _: made)


def _of_hosts(column: str, judged: Mapping[int, FlagRule], identifier: str) -> str:
    """Return the SELECT of the events whose host is flagged; each host that occurs is judged once."""
    if not judged:
        return ""
    whens = " ".join(
        f"when {sql(rule.rule, dict.fromkeys(HOST_COLUMNS, 'n.name'))} then {place}"
        for place, rule in judged.items()
    )
    return f"""
                union all
                select e.event_id, h.place, cast(null as varchar) as reason, {identifier.format(place="h.place")} as identifier
                from events as e
                join (
                    select n.raw, case {whens} end as place
                    from (
                        select raw, {_plain_host("raw")} as name
                        from (
                            select {_place(column)} as raw from events where {column} <> '' group by {_place(column)}
                        ) as occurring
                    ) as n
                ) as h on h.place is not null and h.raw = {_place(f"e.{column}")}"""


def _may_hold(rule: FlagRule, names: Mapping[str, str]) -> str:
    """Return what tells most events at once that the rule does not hold: all of it but the hosts."""
    cheap = tuple(c for c in rule.rule.conditions if c.field not in HOST_COLUMNS)
    first = [
        NEEDED[c.field]
        for c in cheap
        if c.field in NEEDED and not c.negated and not any(pattern.holds("") for pattern in c.patterns)
    ]
    return " and ".join([*first, sql(Rule(channel=rule.flag, conditions=cheap), names)]) if cheap else "true"


def event_flags(settings: Settings) -> Step:
    """Make `event_flags`: what the user agents were judged to be, and what the other rules say."""
    listed = rules(settings)
    others = {place: rule for place, rule in enumerate(listed, start=1) if not rule.is_of_agent}
    judged = {place: rule for place, rule in others.items() if rule.host_field is None}
    of_person = ", ".join(str(place) for place, rule in enumerate(listed, start=1) if rule.of_person) or "0"
    identifier = f"case when {{place}} in ({of_person}) then {_IDENTIFIER} end"
    hosts = "".join(
        _of_hosts(
            column, {place: rule for place, rule in others.items() if rule.host_field == field}, identifier
        )
        for field, column in HOST_COLUMNS.items()
    )
    used = sorted({condition.field for rule in judged.values() for condition in rule.rule.conditions})
    names = {field: FIELDS[field] if field in HOST_COLUMNS else f"e.{field}_said" for field in used}
    whens = "\n".join(f"when {sql(rule.rule, names)} then {place}" for place, rule in judged.items())
    said = "".join(f", {FIELDS[field]} as {field}_said" for field in used if field not in HOST_COLUMNS)
    may_hold = "\nor ".join(f"({_may_hold(rule, names)})" for rule in judged.values())
    return Step(
        makes=EVENT_FLAGS,
        reads=(EVENTS, AGENTS, FLAG_RULES),
        sql=f"""
            with seen as (
                select e.event_id, a.place, a.reason, {identifier.format(place="a.place")} as identifier
                from events as e
                join (select user_agent, place, reason from agents where flag is not null) as a
                    on a.user_agent = e.user_agent
                union all
                select r.event_id, r.place, cast(null as varchar) as reason, {identifier.format(place="r.place")} as identifier
                from (
                    -- most events fail every rule before their hosts are looked at
                    select e.event_id, e.user_id, e.anonymous_id, e.email, case {whens} end as place
                    from (
                        select e.*{said} from events as e
                    ) as e
                    where {may_hold}
                ) as r
                join (select place from flag_rules) as l on l.place = r.place
                {hosts}
            ),

            first_of as (
                select
                    event_id,
                    place,
                    reason,
                    identifier,
                    row_number() over (partition by event_id order by place) as turn
                from seen
            )

            select f.event_id, r.flag, coalesce(f.reason, r.reason) as reason, f.identifier
            from first_of as f
            join flag_rules as r on r.place = f.place
            where f.turn = 1 and r.flag <> {literal(GOOD)}
        """,
    )
