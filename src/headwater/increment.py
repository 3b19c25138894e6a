"""Increment: bring the tables up to date for the persons that a batch touches, from a time on.

Reads  the batch of new rows (`loading`), all tables
Makes  the same tables that a full build makes

Every step runs with the SQL of the full build, in a schema of its own (`delta`) whose tables hold
only what is touched; then the result replaces the touched rows. A person whose events are new is
touched from the start of the session before the first new event on; a person whose identifiers
changed hands, from the beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.tables import (
    AGENTS,
    CHANNEL_CODES,
    CLICK_IDS,
    CLICK_LINKS,
    COMPONENTS,
    CONVERSIONS,
    DEVICE_OWNERS,
    EVENT_FLAGS,
    EVENTS,
    GOAL_EVENTS,
    HOSTS,
    IDENTIFIERS,
    IMPORTED_CONVERSIONS,
    IMPORTED_PATHS,
    IMPORTED_PERSONS,
    IMPORTED_TOUCHPOINTS,
    JOURNEY_STEPS,
    JOURNEYS,
    LANDINGS,
    LINKS,
    PERSON_EVENTS,
    PERSON_PATHS,
    PERSONS,
    REFUNDS,
    SESSIONS,
    STAGE_TIMES,
    TOUCHPOINTS,
    TRANSITIONS,
)
from headwater.identity.persons import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.contract.steps import AnyStep
    from headwater.contract.tables import Table
    from headwater.engine.duckdb import DuckDB
    from headwater.loading import Batch

_IMPORTS = (IMPORTED_TOUCHPOINTS, IMPORTED_CONVERSIONS, IMPORTED_PERSONS, IMPORTED_PATHS)
_BEGINNING = "timestamp '0001-01-01'"


def increment(engine: DuckDB, steps: Mapping[str, AnyStep], batch: Batch) -> None:
    """Apply the batch in the schema `batch` to every table; `steps` are by the table they make."""
    build = _Increment(engine, steps)
    with engine.transaction():
        build.open(batch)
        build.flags()
        build.identity()
        build.touched()
        build.person_events()
        build.visits()
        build.paths()
        build.conversions()
        build.journeys()
        build.close()


class _Increment:
    """The state of one increment: the engine, the steps, and the schemas it works in."""

    def __init__(self, engine: DuckDB, steps: Mapping[str, AnyStep]) -> None:
        self.engine = engine
        self.steps = steps
        self.has_other_channels = False

    # -- schemas -------------------------------------------------------------------------------

    def open(self, batch: Batch) -> None:
        """Make the working schemas; tables that the batch does not bring are empty in it."""
        for schema in ("delta", "whole"):
            self.engine.execute(f"drop schema if exists {schema} cascade")
            self.engine.execute(f"create schema {schema}")
        for raw in (EVENTS, *_IMPORTS):
            if raw.name not in batch.rows:
                self.engine.execute(
                    f"create table batch.{raw.name} as select * from main.{raw.name} where false"
                )
        for raw in (EVENTS, *_IMPORTS):
            self.engine.execute(f"create view delta.{raw.name} as select * from batch.{raw.name}")

    def close(self) -> None:
        """Drop the working schemas, table by table.

        `drop schema ... cascade` forgets what this transaction has inserted into its own new tables,
        and the commit then fails (seen with DuckDB 2.0.0).
        """
        for schema in ("delta", "whole", "batch"):
            for name, kind in self.engine.rows(
                "select table_name, case when table_type = 'VIEW' then 'view' else 'table' end "
                "from information_schema.tables where table_schema = ? order by table_type desc",
                [schema],
            ):
                self.engine.execute(f'drop {kind} {schema}."{name}"')
            self.engine.execute(f"drop schema if exists {schema} cascade")

    def run(self, table: Table, *, path: str = "delta,main", into: str = "delta") -> None:
        """Run the step that makes `table`, reading the schemas of `path` in order."""
        self.engine.execute(f"set search_path = '{path}'")
        try:
            self.engine.run(self.steps[table.name], into=into)
        finally:
            self.engine.execute("set search_path = 'main'")

    def append(self, table: Table, key: str) -> None:
        """Add the rows of delta whose key the table does not have yet."""
        self.engine.execute(
            f"insert into main.{table.name} by name select * from delta.{table.name} as d "
            f"where not exists (select 1 from main.{table.name} as m where {key})"
        )

    def drop(self, table: Table, *, kind: str = "table") -> None:
        """Take a table out of delta, so that steps read it from the warehouse."""
        self.engine.execute(f"drop {kind} delta.{table.name}")

    # -- flags -----------------------------------------------------------------------------------

    def flags(self) -> None:
        """Judge the user agents that were never seen (mostly there are none), and flag the new events."""
        unknown = self.engine.rows(
            "select 1 from batch.events where user_agent <> '' "
            "and user_agent not in (select user_agent from main.agents) limit 1"
        )
        if unknown:
            self.run(AGENTS)
            self.append(AGENTS, "m.user_agent = d.user_agent")
            self.drop(AGENTS)
        self.run(EVENT_FLAGS)
        self.append(EVENT_FLAGS, "m.event_id = d.event_id")
        self.drop(EVENT_FLAGS)

    # -- identity ------------------------------------------------------------------------------

    def identity(self) -> None:
        """Bring identifiers, links, components, persons and device owners up to date; note what changed."""
        self.run(IDENTIFIERS)
        self.engine.execute(
            """
            create table delta.concerned as
            select d.identifier from delta.identifiers as d
            where not exists (select 1 from main.identifiers as m where m.identifier = d.identifier)
            """
        )
        self.append(IDENTIFIERS, "m.identifier = d.identifier")
        self.run(LINKS)
        self._merge_links()
        self.drop(LINKS)
        self.drop(IDENTIFIERS)
        self._click_links()
        self._components()
        self._persons()
        self._device_owners()
        self.engine.execute(
            """
            create table delta.changed_persons as
            select old_id as person_id from delta.changes
            union
            select new_id from delta.changes
            union
            select person_id from delta.changed_owners
            """
        )

    def _click_links(self) -> None:
        """Replace the click links where they changed; the ends of new and of old ones may be other persons."""
        self.run(CLICK_LINKS, path="main")
        self.engine.execute(
            """
            create table delta.changed_clicks as
            select identifier, other_identifier from (
                (select * from delta.click_links except all select * from main.click_links)
                union all
                (select * from main.click_links except all select * from delta.click_links)
            ) as clicks
            """
        )
        if self.engine.rows("select 1 from delta.changed_clicks limit 1"):
            self.replace(CLICK_LINKS, "true")
        self.drop(CLICK_LINKS)

    def _components(self) -> None:
        """Make the components anew that a new link reaches, over however many links."""
        self.engine.execute(
            """
            create table delta.reached as
            select identifier from delta.new_links
            union select other_identifier from delta.new_links
            union select identifier from delta.changed_clicks
            union select other_identifier from delta.changed_clicks
            """
        )
        if not self.engine.rows("select 1 from delta.reached limit 1"):
            return
        self.engine.execute("create table delta.frontier as select identifier from delta.reached")
        both_ways = " union all ".join(
            f"select {far} as identifier from main.{links} where {near} in (select identifier from delta.frontier)"
            for links in (LINKS.name, CLICK_LINKS.name)
            for near, far in (("identifier", "other_identifier"), ("other_identifier", "identifier"))
        )
        while self.engine.rows("select 1 from delta.frontier limit 1"):
            self.engine.execute(
                f"""
                create or replace table delta.next_frontier as
                select distinct identifier from ({both_ways}) as neighbours
                where identifier not in (select identifier from delta.reached)
                """
            )
            self.engine.execute("insert into delta.reached select identifier from delta.next_frontier")
            self.engine.execute("create or replace table delta.frontier as select * from delta.next_frontier")
        self._narrow((LINKS, CLICK_LINKS), "identifier in (select identifier from delta.reached)")
        self.run(COMPONENTS, path="whole,main")
        self._widen((LINKS, CLICK_LINKS))
        self.replace(COMPONENTS, "identifier in (select identifier from delta.reached)")
        self.drop(COMPONENTS)

    def _persons(self) -> None:
        """Make the rows of `persons` anew that are new, reached by a link or flagged; note what they were."""
        self.engine.execute(
            """
            insert into delta.concerned
            select identifier from delta.reached
            union
            select identifier from main.persons
            where person_id in (
                select person_id from main.persons
                where identifier in (
                    select f.identifier from main.event_flags as f
                    join batch.events as e on e.event_id = f.event_id
                    where f.identifier is not null
                )
            )
            """
        )
        concerned = "identifier in (select identifier from delta.concerned)"
        self.engine.execute(f"create table delta.old_persons as select * from main.persons where {concerned}")
        self._narrow((IDENTIFIERS, COMPONENTS, EVENT_FLAGS), concerned)
        self.run(PERSONS, path="whole,main")
        self._widen((IDENTIFIERS, COMPONENTS, EVENT_FLAGS))
        self.replace(PERSONS, concerned)
        self.drop(PERSONS)
        self.engine.execute(
            """
            create table delta.changes as
            select
                o.identifier,
                o.person_id as old_id,
                n.person_id as new_id,
                o.is_shared or n.is_shared or n.flag is distinct from o.flag as is_mixed
            from delta.old_persons as o
            join main.persons as n on n.identifier = o.identifier
            where n.person_id <> o.person_id or n.is_shared <> o.is_shared or n.flag is distinct from o.flag
            """
        )

    def _device_owners(self) -> None:
        """Replace the owners of shared devices where they changed; note whose events are others now."""
        self.run(DEVICE_OWNERS, path="main")
        self.engine.execute(
            """
            create table delta.changed_owners as
            select distinct person_id from (
                (select * from delta.device_owners except all select * from main.device_owners)
                union all
                (select * from main.device_owners except all select * from delta.device_owners)
            ) as owners
            """
        )
        if self.engine.rows("select 1 from delta.changed_owners limit 1"):
            self.replace(DEVICE_OWNERS, "true")
        self.drop(DEVICE_OWNERS)
        # who only has another id now, as a whole: the events go along as they are
        self.engine.execute(
            """
            create table delta.renamed as
            select c.old_id, min(c.new_id) as new_id
            from delta.changes as c
            where c.old_id not in (select person_id from delta.changed_owners)
            group by c.old_id
            having
                min(c.new_id) = max(c.new_id)
                and not max(c.is_mixed)
                and count(*) = (select count(*) from delta.old_persons as o where o.person_id = c.old_id)
            """
        )

    def _narrow(self, tables: Iterable[Table], where: str) -> None:
        """Let steps that read the schema `whole` first see only some rows of the warehouse."""
        for table in tables:
            self.engine.execute(
                f"create view whole.{table.name} as select * from main.{table.name} where {where}"
            )

    def _widen(self, tables: Iterable[Table]) -> None:
        for table in tables:
            self.engine.execute(f"drop view whole.{table.name}")

    def _merge_links(self) -> None:
        self.engine.execute(
            """
            create table delta.merged_links as
            select
                d.identifier,
                d.other_identifier,
                greatest(d.evidence, coalesce(m.evidence, d.evidence)) as evidence,
                least(d.event_id, coalesce(m.event_id, d.event_id)) as event_id,
                least(d.first_at, coalesce(m.first_at, d.first_at)) as first_at,
                greatest(d.last_at, coalesce(m.last_at, d.last_at)) as last_at,
                d.link_count + coalesce(m.link_count, 0) as link_count
            from delta.links as d
            left join main.links as m on m.identifier = d.identifier and m.other_identifier = d.other_identifier
            """
        )
        self.engine.execute(
            """
            create table delta.new_links as
            select d.identifier, d.other_identifier from delta.links as d
            where not exists (
                select 1 from main.links as m
                where m.identifier = d.identifier and m.other_identifier = d.other_identifier
            )
            """
        )
        self.engine.execute(
            "delete from main.links where (identifier, other_identifier) in "
            "(select identifier, other_identifier from delta.merged_links)"
        )
        self.engine.execute("insert into main.links by name select * from delta.merged_links")

    # -- who is touched, and from when on --------------------------------------------------------

    def touched(self) -> None:
        """Make delta.touched(person_id, since_at, since_id): everything from there on is made anew."""
        self._new_hosts()
        self.run(GOAL_EVENTS)
        self.append(GOAL_EVENTS, "m.event = d.event and m.stage = d.stage")
        self.drop(GOAL_EVENTS)
        self.run(REFUNDS)
        self.append(REFUNDS, "m.refund_id = d.refund_id")
        self.run(PERSON_EVENTS)
        self._reported_again()
        self.engine.execute(
            """
            create table delta.touched_whole as
            select person_id from delta.changed_persons
            union
            select p.person_id from main.persons as p
            join (
                select person from batch.imported_touchpoints
                union select person from batch.imported_conversions
                union select person from batch.imported_persons
                union select 'path:' || path_id from batch.imported_paths
            ) as i on i.person = p.identifier
            union
            select c.person_id from main.conversions as c
            join batch.imported_conversions as i on i.conversion_id = c.conversion_id
            union
            select t.person_id from main.touchpoints as t
            join batch.imported_touchpoints as i on i.touchpoint_id = t.touchpoint_id
            union
            select stable_hash('touchpoint:' || touchpoint_id) from batch.imported_touchpoints
            union
            select stable_hash('conversion:' || conversion_id) from batch.imported_conversions
            union
            -- who has both good visits and flagged ones: the two overlap, so that no time parts them
            select person_id
            from (
                select person_id, flag is null as is_good from delta.person_events where is_visit
                union
                select person_id, coalesce(flag, 'burst') = 'burst' as is_good from main.sessions
                where person_id in (select person_id from delta.person_events)
                union
                select person_id, coalesce(flag, 'burst') = 'burst' as is_good from main.sessions
                where person_id in (select person_id from delta.reported_again)
            ) as kinds
            group by person_id
            having count(*) > 1
            """
        )
        self.engine.execute(
            f"""
            create table delta.touched as
            with first_new as (
                select person_id, min(occurred_at) as first_at
                from (
                    select person_id, occurred_at from delta.person_events
                    union all
                    select person_id, occurred_at from delta.reported_again
                ) as news
                where person_id not in (select person_id from delta.touched_whole)
                group by person_id
            ),

            latest as (
                select f.person_id, max(s.started_at) as started_at
                from first_new as f
                join main.sessions as s on s.person_id = f.person_id and s.started_at < f.first_at
                group by f.person_id
            ),

            session_before as (
                select person_id, started_at, max(session_id) as session_id
                from main.sessions
                where (person_id, started_at) in (select person_id, started_at from latest)
                group by person_id, started_at
            )

            select
                f.person_id,
                coalesce(b.started_at, {_BEGINNING}) as since_at,
                coalesce(b.session_id, '') as since_id
            from first_new as f
            left join session_before as b on b.person_id = f.person_id
            union all
            select person_id, {_BEGINNING}, '' from delta.touched_whole
            """
        )

    def _new_hosts(self) -> None:
        """Look up the referrers that were never seen; mostly there are none, and their lists stay unread."""
        unknown = self.engine.rows(
            f"select 1 from batch.events where referrer <> '' "
            f"and {host_of('referrer')} not in (select host from main.hosts) limit 1"
        )
        if unknown:
            self.run(HOSTS)
            self.append(HOSTS, "m.host = d.host")
            self.drop(HOSTS)

    def _reported_again(self) -> None:
        """Find the conversions that new events report again or refund: their persons are touched too."""
        self.run(CONVERSIONS)
        self.engine.execute(
            """
            create table delta.reported_again as
            select c.person_id, c.occurred_at
            from main.conversions as c
            where c.conversion_id in (
                select conversion_id from delta.conversions
                union
                select order_id from delta.refunds where order_id is not null
            )
            """
        )
        self.drop(CONVERSIONS)
        self.drop(REFUNDS)

    # -- events of the touched persons -----------------------------------------------------------

    def person_events(self) -> None:
        """Give events to the persons that they belong to now; those since the time into delta.person_events."""
        self.engine.execute(
            """
            create table delta.moved as
            select event_id from main.person_events
            where person_id in (
                select old_id from delta.changes where old_id not in (select old_id from delta.renamed)
                union
                select person_id from delta.changed_owners
            )
            """
        )
        if self.engine.rows("select 1 from delta.moved limit 1"):
            self._moved_events()
        self.engine.execute(
            "update main.person_events set person_id = r.new_id "
            "from delta.renamed as r where r.old_id = person_events.person_id"
        )
        self.engine.execute("insert into main.person_events by name select * from delta.person_events")
        # narrow columns first: times and places in the table say almost all, and texts are read of few rows
        self.engine.execute(
            """
            create table delta.places as
            select p.rowid as place from main.person_events as p
            join delta.touched as t on t.person_id = p.person_id and p.occurred_at >= t.since_at
            """
        )
        self.engine.execute(
            """
            create or replace table delta.person_events as
            select p.* from (
                select * from main.person_events where rowid in (select place from delta.places)
            ) as p
            join delta.touched as t on t.person_id = p.person_id
            where p.occurred_at > t.since_at or p.event_id >= t.since_id
            """
        )
        self.engine.execute(
            """
            create or replace table delta.places as
            select rowid as place from main.events
            where
                occurred_at in (select occurred_at from delta.person_events)
                and (event in (select event from main.goal_events) or strpos(context, '"campaign"') > 0)
            """
        )
        self.drop(EVENTS, kind="view")
        self.engine.execute(
            """
            create table delta.events as
            select event_id, type, event, occurred_at, properties, context from main.events
            where rowid in (select place from delta.places) and event_id in (select event_id from delta.person_events)
            """
        )

    def _moved_events(self) -> None:
        """Find out anew to whom the events of those belong whose identifiers went different ways."""
        self.drop(EVENTS, kind="view")
        self.engine.execute(
            """
            create table delta.events as
            select * from batch.events
            union all
            select * from main.events where event_id in (select event_id from delta.moved)
            """
        )
        self.run(PERSON_EVENTS)
        self.drop(EVENTS)
        self.engine.execute("create view delta.events as select * from batch.events")
        self.engine.execute(
            "delete from main.person_events where event_id in (select event_id from delta.moved)"
        )

    def visits(self) -> None:
        """Make sessions, landings and touchpoints anew for the touched persons."""
        self.engine.execute(
            """
            create table delta.removed_sessions as
            select s.session_id from main.sessions as s
            join delta.touched as t on t.person_id = s.person_id
            where s.started_at > t.since_at or (s.started_at = t.since_at and s.session_id >= t.since_id)
            """
        )
        self.run(SESSIONS)
        self._number_on()
        self.replace(SESSIONS, "session_id in (select session_id from delta.removed_sessions)")
        self.run(CLICK_IDS)
        self.replace(CLICK_IDS, "event_id in (select session_id from delta.removed_sessions)")
        self.run(LANDINGS)
        self.replace(LANDINGS, "session_id in (select session_id from delta.removed_sessions)")
        self._imports_of_the_touched()
        self.run(TOUCHPOINTS)
        self.replace(
            TOUCHPOINTS,
            """touchpoint_id in (
                select session_id from delta.removed_sessions
                union all
                select touchpoint_id from delta.imported_touchpoints
                union all
                select t.touchpoint_id from main.touchpoints as t
                join delta.imported_paths as p on t.person_id = stable_hash('path:' || p.path_id)
            )""",
        )
        for table in (SESSIONS, CLICK_IDS, LANDINGS, TOUCHPOINTS):
            self.drop(table)

    def _number_on(self) -> None:
        """Let the visits that are made anew be counted on from those before them, which stay.

        Each flag has visits of its own; only a burst is told by the visit itself, which is one of the others.
        """
        stream = "coalesce(nullif(s.flag, 'burst'), '')"
        self.engine.execute(
            f"""
            create table delta.kept_visits as
            select s.person_id, {stream} as stream, count(*) as visits from main.sessions as s
            where s.person_id in (select person_id from delta.touched)
                and s.session_id not in (select session_id from delta.removed_sessions)
            group by s.person_id, {stream}
            """
        )
        self.engine.execute(
            "update delta.sessions as s set visit_no = s.visit_no + k.visits "
            f"from delta.kept_visits as k where k.person_id = s.person_id and k.stream = {stream}"
        )

    def paths(self) -> None:
        """Pack the paths of the touched persons anew; those of all, where the channels are others now.

        What they were is kept in delta.old_paths, for `_transitions` to take off.
        """
        self.run(CHANNEL_CODES, path="main")
        changed = self.engine.rows(
            "(select * from delta.channel_codes except select * from main.channel_codes) union all "
            "(select * from main.channel_codes except select * from delta.channel_codes)"
        )
        if changed:
            self.drop(CHANNEL_CODES)
            for table in (CHANNEL_CODES, PERSON_PATHS):
                self.run(table, path="main", into="main")
            self.has_other_channels = True
            return
        self.engine.execute(
            """
            create table delta.old_paths as
            select * from main.person_paths where person_id in (select person_id from delta.touched)
            """
        )
        self.engine.execute(
            """
            create view whole.touchpoints as
            select * from main.touchpoints where person_id in (select person_id from delta.touched)
            """
        )
        self.run(PERSON_PATHS, path="whole,main")
        self.replace(PERSON_PATHS, "person_id in (select person_id from delta.touched)")
        self.drop(PERSON_PATHS)
        self.drop(CHANNEL_CODES)

    def _imports_of_the_touched(self) -> None:
        """Widen the imports in delta to all that the touched persons have."""
        for table, id_name in (
            (IMPORTED_TOUCHPOINTS, "touchpoint_id"),
            (IMPORTED_CONVERSIONS, "conversion_id"),
        ):
            self.drop(table, kind="view")
            self.engine.execute(
                f"""
                create table delta.{table.name} as
                select i.* from main.{table.name} as i
                where i.{id_name} in (
                    select {id_name} from batch.{table.name}
                    union
                    select o.{id_name} from main.{table.name} as o
                    join main.persons as p on p.identifier = o.person
                    where p.person_id in (select person_id from delta.touched)
                )
                """
            )
        self.drop(IMPORTED_PATHS, kind="view")
        self.engine.execute(
            "create table delta.imported_paths as select * from main.imported_paths "
            "where path_id in (select path_id from batch.imported_paths)"
        )

    def conversions(self) -> None:
        """Make the conversions of the touched persons anew."""
        self.engine.execute(
            """
            create table delta.removed_conversions as
            select c.conversion_id from main.conversions as c
            join delta.touched as t on t.person_id = c.person_id
            where c.event_id is not null
                and (c.occurred_at > t.since_at or (c.occurred_at = t.since_at and c.event_id >= t.since_id))
            union
            select conversion_id from delta.imported_conversions
            union
            select 'path:' || path_id from delta.imported_paths
            """
        )
        self.run(CONVERSIONS)
        self.engine.execute(
            "delete from main.conversions where conversion_id in (select conversion_id from delta.removed_conversions)"
        )
        # what is still there was reported first by an event of somebody who is not touched
        self.engine.execute(
            "delete from delta.conversions where conversion_id in (select conversion_id from main.conversions)"
        )
        self.engine.execute("insert into main.conversions by name select * from delta.conversions")
        self.engine.execute(
            """
            create view whole.conversions as
            select * from main.conversions where person_id in (select person_id from delta.touched)
            """
        )
        self.run(STAGE_TIMES, path="whole,main")
        self.replace(STAGE_TIMES, "person_id in (select person_id from delta.touched)")
        self.drop(STAGE_TIMES)

    def journeys(self) -> None:
        """Make the journeys of the conversions that are new anew."""
        self.run(JOURNEY_STEPS)
        self.replace(JOURNEY_STEPS, "conversion_id in (select conversion_id from delta.removed_conversions)")
        self.run(JOURNEYS)
        if self.has_other_channels:
            self.replace(JOURNEYS, "conversion_id in (select conversion_id from delta.removed_conversions)")
            self.run(TRANSITIONS, path="main", into="main")
        else:
            self._transitions()

    def _transitions(self) -> None:
        """Replace the journeys; take off the steps of whoever is affected and add their new ones."""
        self.engine.execute(
            """
            create table delta.affected as
            select person_id from delta.touched
            union
            select person_id from delta.journeys
            union
            select person_id from main.journeys
            where conversion_id in (select conversion_id from delta.removed_conversions)
            """
        )
        self.engine.execute(
            """
            create table delta.new_paths as
            select * from main.person_paths where person_id in (select person_id from delta.affected)
            """
        )
        self.engine.execute(
            """
            insert into delta.old_paths
            select * from delta.new_paths where person_id not in (select person_id from delta.touched)
            """
        )
        self._count_affected("old")
        self.replace(JOURNEYS, "conversion_id in (select conversion_id from delta.removed_conversions)")
        self._count_affected("new")
        sums = ", ".join(
            f"cast(sum(sign * {column.name}) as {column.type}) as {column.name}"
            for column in TRANSITIONS.columns
            if column.name not in TRANSITIONS.key
        )
        key = ", ".join(TRANSITIONS.key)
        self.engine.execute(
            f"""
            create table delta.transitions as
            select * from (
                select {key}, {sums} from (
                    select 1 as sign, * from main.transitions
                    union all by name select -1 as sign, * from delta.old_transitions
                    union all by name select 1 as sign, * from delta.new_transitions
                ) as parts group by {key}
            ) as added
            where step_count <> 0 or conversion_count <> 0 or null_count <> 0 or net_value <> 0
            """
        )
        self.replace(TRANSITIONS, "true")

    def _count_affected(self, which: str) -> None:
        """Make delta.{which}_transitions of the affected persons alone."""
        self.engine.execute(f"create or replace view whole.person_paths as select * from delta.{which}_paths")
        self.engine.execute(
            "create or replace view whole.journeys as select * from main.journeys "
            "where person_id in (select person_id from delta.affected)"
        )
        self.run(TRANSITIONS, path="whole,main")
        self.engine.execute(f"alter table delta.transitions rename to {which}_transitions")

    def replace(self, table: Table, where: str) -> None:
        """Delete the rows of the warehouse that `where` names and put those of delta in their place."""
        self.engine.execute(f"delete from main.{table.name} where {where}")
        self.engine.execute(f"insert into main.{table.name} by name select * from delta.{table.name}")
