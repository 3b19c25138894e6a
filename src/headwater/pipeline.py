"""The pipeline: every step from raw events to credits, in the order in which it runs.

This is the one file that knows all the stages. Read it first. Each line makes one table; a step may
read only raw tables and what a step above it has made. `headwater steps` prints any of them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from headwater import attribution
from headwater.attribution import effects, ledger, transitions
from headwater.attribution.incremental.solving import incremental_effects
from headwater.contract.steps import Solve
from headwater.contract.tables import CLICK_ID_NAMES, EVENTS, FX_RATES, HOSTS, SOURCE_ALIASES, TAG_ALIASES
from headwater.identity import click_links, components, consents, identifiers, links, persons
from headwater.journey import (
    agents,
    channels,
    click_ids,
    conversions,
    flags,
    fx,
    goals,
    hosts,
    journeys,
    landings,
    numbering,
    sessions,
    sources,
    touchpoints,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from headwater.contract.settings import Settings
    from headwater.contract.steps import AnyStep


def steps(settings: Settings, *, placeholder_hashes: Collection[str] = ()) -> Iterator[AnyStep]:
    """Yield the steps in order; `placeholder_hashes` are keyed hashes of placeholder e-mails and phones."""
    # facts that the settings and the package bring
    yield _fx_rates()
    yield _click_id_names()
    yield _source_aliases(settings)
    yield _tag_aliases(settings)
    # flags: what is no good touch, and why
    yield flags.flag_rules(settings)
    yield agents.agents(settings)
    yield flags.event_flags(settings)
    # identity: identifiers -> links -> persons
    yield identifiers.identifiers(placeholder_hashes=placeholder_hashes)
    yield links.links()
    yield click_links.click_links()
    yield components.components(max_links=settings.max_links)
    yield persons.persons()
    yield persons.device_owners()
    yield _hosts(settings)
    yield persons.person_events(tag_pattern=click_ids.PARAMETER_PATTERN)
    yield consents.consents()
    # journey: sessions -> touchpoints, conversions -> journeys
    yield sessions.sessions(
        idle=timedelta(minutes=settings.session_idle_minutes),
        tag_pattern=click_ids.PARAMETER_PATTERN,
        burst=settings.burst_per_minute,
    )
    yield landings.click_ids()
    yield landings.landings()
    yield touchpoints.touchpoints(
        channel_case=channels.channel_case(channels.rules(settings)),
        settings=settings,
        uncredited_kinds=settings.uncredited_kinds,
    )
    yield numbering.channel_codes()
    yield numbering.person_paths()
    yield goals.goal_events(goals=settings.goals, refund_events=settings.refund_events)
    yield conversions.refunds()
    yield conversions.conversions(
        currency=settings.currency, rated_until=fx.rated_until().isoformat(), goals=settings.goals
    )
    yield journeys.stage_times()
    yield journeys.journey_steps(
        window=timedelta(days=settings.window_days) if settings.window_days else None,
        half_life=timedelta(days=settings.half_life_days),
    )
    yield journeys.journeys()
    # attribution: journeys -> credits
    yield transitions.transitions()
    yield effects.removal_effects(order=settings.markov_order)
    yield incremental_effects(settings)
    yield ledger.credits(attribution.models(settings))


def _fx_rates() -> Solve:
    return Solve(makes=FX_RATES, reads=(), solve=lambda _: fx.fx_rates())


def _click_id_names() -> Solve:
    return Solve(makes=CLICK_ID_NAMES, reads=(), solve=lambda _: click_ids.click_ids_table())


def _source_aliases(settings: Settings) -> Solve:
    return Solve(makes=SOURCE_ALIASES, reads=(), solve=lambda _: sources.source_aliases(settings))


def _tag_aliases(settings: Settings) -> Solve:
    return Solve(makes=TAG_ALIASES, reads=(), solve=lambda _: sources.tag_aliases(settings))


def _hosts(settings: Settings) -> Solve:
    host = persons.host_of("referrer")
    return Solve(
        makes=HOSTS,
        reads=(EVENTS,),
        queries={"events": f"select distinct {host} as host from events where referrer <> ''"},
        solve=lambda tables: hosts.hosts_table(
            tables["events"].select(["host"]).cast(pa.schema([("host", pa.string())])),
            own_domains=settings.own_domains,
            excluded_referrers=settings.excluded_referrers,
            source_aliases=settings.source_aliases,
        ),
    )
