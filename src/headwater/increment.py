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
    from collections.abc import Mapping

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
        self.append(IDENTIFIERS, "m.identifier = d.identifier")
        self.run(LINKS)
        self._merge_links()
        self.drop(LINKS)
        self.drop(IDENTIFIERS)
        for table in (PERSONS, DEVICE_OWNERS):
            self.engine.execute(f"alter table main.{table.name} rename to old_{table.name}")
        for table in (CLICK_LINKS, COMPONENTS, PERSONS, DEVICE_OWNERS):
            self.run(table, path="main", into="main")
        self.engine.execute(
            """
            create table delta.changed_persons as
            with changes as (
                select o.person_id as old_id, n.person_id as new_id
                from main.old_persons as o
                join main.persons as n on n.identifier = o.identifier
                where n.person_id <> o.person_id or n.is_shared <> o.is_shared or n.flag is distinct from o.flag
            )

            select old_id as person_id from changes
            union
            select new_id from changes
            union
            select person_id from (
                (select * from main.device_owners except all select * from main.old_device_owners)
                union all
                (select * from main.old_device_owners except all select * from main.device_owners)
            ) as owners
            """
        )
        for table in (PERSONS, DEVICE_OWNERS):
            self.engine.execute(f"drop table main.old_{table.name}")

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

            session_before as (
                select
                    f.person_id,
                    s.started_at,
                    s.session_id,
                    row_number() over (partition by f.person_id order by s.started_at desc, s.session_id desc) as place
                from first_new as f
                join main.sessions as s on s.person_id = f.person_id and s.started_at < f.first_at
            )

            select
                f.person_id,
                coalesce(b.started_at, {_BEGINNING}) as since_at,
                coalesce(b.session_id, '') as since_id
            from first_new as f
            left join session_before as b on b.person_id = f.person_id and b.place = 1
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
        """Put every event of the touched persons, from their time on, into delta.person_events."""
        self.engine.execute(
            """
            create table delta.moved as
            select p.event_id from main.person_events as p
            where p.person_id in (select person_id from delta.touched_whole)
            """
        )
        self.drop(EVENTS, kind="view")
        self.engine.execute(
            """
            create table delta.events as
            select * from batch.events
            union all
            select * from main.events
            where event_id in (select event_id from delta.moved)
                and event_id not in (select event_id from batch.events)
            """
        )
        self.run(PERSON_EVENTS)
        self.engine.execute(
            "delete from main.person_events where person_id in (select person_id from delta.touched_whole)"
        )
        self.engine.execute("insert into main.person_events by name select * from delta.person_events")
        self.engine.execute(
            """
            create or replace table delta.person_events as
            select p.* from main.person_events as p
            join delta.touched as t on t.person_id = p.person_id
            where p.occurred_at > t.since_at or (p.occurred_at = t.since_at and p.event_id >= t.since_id)
            """
        )
        self.drop(EVENTS)
        self.engine.execute(
            """
            create table delta.events as
            select event_id, type, event, occurred_at, properties, context from main.events
            where
                (event in (select event from main.goal_events) or strpos(context, '"campaign"') > 0)
                and event_id in (select event_id from delta.person_events)
            """
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
