"""Experimenting: `experiment plan`, `experiment analyse` and `experiment roles`.

Reads  the workspace's own rates, or a file of a test
Makes  how large a test must be; what a test has found, as a file that `import --as experiments` takes
"""

import csv
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, Common, Everywhere, app, say
from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from headwater.attribution.experiments.finding import Finding, Trial
    from headwater.attribution.experiments.given import LeftOut
    from headwater.attribution.experiments.power import Design

experiment = App(name="experiment", help="Tests of what a channel truly brings: plan one, analyse one.")
app.command(experiment)

PERSON_COLUMNS = (
    "days", "persons_met", "conversions_per_person", "persons_needed", "smallest_effect", "is_enough",
)  # fmt: skip
GEO_COLUMNS = ("days", "regions", "conversions", "smallest_effect", "is_enough", "draw")
ROLE_COLUMNS = ("channel", "role", "touches", "experiments", "share", "low", "high", "why", "source")
CHANNELS_SQL = """
    select
        met.channel,
        met.touches,
        (select count(distinct (goal, since, until, kind, source)) from experiments
            where experiments.channel = met.channel) as experiments
    from (select channel, count(*) as touches from touchpoints where flag is null group by channel) as met
    order by met.channel
"""
MOST_TOLD = 10
"""Rows left out that are told one by one."""


@experiment.command
def plan(
    *,
    channel: Annotated[str | None, Parameter(help="The channel to hold people out from.")] = None,
    geos: Annotated[Path | None, Parameter(help="Plan by regions: a CSV with geo, day, conversions.")] = None,
    goal: Annotated[str, Parameter(help="The goal to measure.")] = "purchase",
    effect: Annotated[
        float, Parameter(help="The smallest effect that matters, as a share of conversions: 0.1.")
    ] = 0.1,
    days: Annotated[str, Parameter(help="Lengths of the test, in days.")] = "7,14,28,56",
    held: Annotated[float, Parameter(help="Share of the persons that is held out.")] = 0.5,
    power: Annotated[float, Parameter(help="Chance to find the effect if it is there.")] = 0.8,
    common: Common = NOWHERE,
) -> None:
    """Say how many persons or regions, and how many days, a test needs.

    By persons, the rates are those of the workspace's own persons whom the channel met. By regions, each design is
    tried on the last days of the file, in which nothing was switched, with regions drawn by lot.

    For example:

    ```
    headwater experiment plan --channel retargeting --effect 0.1
    headwater experiment plan --geos conversions_by_city.csv --effect 0.05
    ```
    """
    from headwater.attribution.experiments.power import Design

    if (channel is None) == (geos is None):
        raise UsageError(
            "Name either a channel, to plan by persons, or a file of regions.",
            hint="--channel retargeting, or --geos conversions_by_city.csv",
        )
    if not 0 < effect <= 1 or not 0 < held < 1 or not 0 < power < 1:
        raise UsageError(
            "effect, held and power are shares between 0 and 1.", hint="--effect 0.1 means 10 %."
        )
    design, lengths = Design(power=power, held=held), _lengths(days)
    if channel is not None:
        rows = _by_persons(common, channel, goal, lengths, effect, design)
        show.listing("plan", rows, columns=PERSON_COLUMNS, json=common.json)
        return
    assert geos is not None
    rows = _by_regions(geos, lengths, effect, design)
    show.listing("plan", rows, columns=GEO_COLUMNS, json=common.json)


@experiment.command
def analyse(
    file: Annotated[
        Path | None,
        Parameter(help="CSV: geo, day, conversions; or person, group, conversions and perhaps before."),
    ] = None,
    /,
    *,
    channel: Annotated[str, Parameter(help="The channel that was tested.")],
    since: Annotated[str, Parameter(help="First day of the test.")],
    until: Annotated[str, Parameter(help="Last day of the test, included.")],
    goal: Annotated[str, Parameter(help="The goal that was measured.")] = "purchase",
    treated: Annotated[str | None, Parameter(help="By regions: those that were switched, by commas.")] = None,
    on: Annotated[
        bool, Parameter(help="By regions: the channel was switched on there; else it was switched off.")
    ] = False,
    attribute: Annotated[
        str | None, Parameter(help="By persons, without a file: the imported attribute that holds the group.")
    ] = None,
    held: Annotated[str | None, Parameter(help="By persons: the word for the group held out.")] = None,
    out: Annotated[
        Path | None, Parameter(help="Write the finding to a file for `import --as experiments`.")
    ] = None,
    import_: Annotated[bool, Parameter(name="--import", help="Import the finding.")] = False,
    common: Common = NOWHERE,
) -> None:
    """Say what a channel brought in a test, with an interval.

    By regions: the switched ones are compared with a mixture of the others that went with them before. By persons:
    those held out are compared with the rest, corrected for what they did before. Without a file the groups are an
    attribute of imported persons, and conversions those of the workspace.

    For example:

    ```
    headwater experiment analyse cities.csv --treated bonn,kiel --channel display --since 2026-03-01 --until 2026-03-28
    headwater experiment analyse --attribute test --held out --channel retargeting --since 2026-03-01 --until 2026-03-28 --import
    ```
    """
    from headwater.attribution.experiments.finding import Trial

    first, last = _day(since, "since"), _day(until, "until")
    if last < first:
        raise UsageError(f"The test ends on {last}, before {first}.", hint="--since DAY --until DAY")
    if (file is None) == (attribute is None):
        raise UsageError(
            "Name either a file or the attribute that holds the group.",
            hint="headwater experiment analyse --help",
        )
    trial = Trial(channel=channel, goal=goal, since=first, until=last)
    if file is not None:
        finding, facts = _of_file(file, trial, treated=treated, on=on, held=held)
    else:
        assert attribute is not None
        finding, facts = _of_workspace(common, trial, attribute=attribute, held=held)
    if out is not None:
        _write(finding, out)
        say(f"{out}: headwater import {out} --as experiments")
    if import_:
        _bring(finding, common)
    told = finding.row() | {
        "low": finding.low, "high": finding.high, "lift": finding.lift, "p_value": finding.p_value, **facts,
    }  # fmt: skip
    show.facts(told, json=common.json, text=_text(finding))


@experiment.command
def roles(*, common: Common = NOWHERE) -> None:
    """List the workspace's channels with their role and, for pull channels, the belief about what they add.

    `share` is the part of the credit that a plain model of exposure claims which is believed to be incremental;
    95 % of the belief lies between low and high. An experiment of your own settles it; `headwater settings` sets
    channel_roles and increment_priors.

    For example:

    ```
    headwater experiment roles
    ```
    """
    from headwater.attribution.channel_roles import role_of, role_reason
    from headwater.attribution.priors import prior_of
    from headwater.cli.settings import control

    with control(common) as opened:
        settings = opened.settings()
    door = common.open()
    try:
        found = door.sql(CHANNELS_SQL).to_pylist()
    finally:
        door.close()
    rows = []
    for row in found:
        name = row["channel"]
        belief = prior_of(name, settings)
        rows.append(
            {
                "channel": name,
                "role": role_of(name, settings),
                "touches": row["touches"],
                "experiments": row["experiments"],
                "share": belief.share,
                "low": belief.low,
                "high": belief.high,
                "why": role_reason(name, settings),
                "source": belief.source,
            }
        )
    show.listing("roles", rows, columns=ROLE_COLUMNS, json=common.json)


def _by_persons(
    common: Everywhere, channel: str, goal: str, lengths: list[int], effect: float, design: "Design"
) -> list[dict[str, Any]]:
    from headwater.attribution.experiments.power import persons_needed, smallest_effect
    from headwater.attribution.experiments.rates import met_sql, rates_of

    rows = []
    door = common.open()
    try:
        for length in lengths:
            rates = rates_of(door.sql(met_sql(channel=channel, goal=goal, days=length)))
            needed, least = persons_needed(rates, effect, design), smallest_effect(rates, design)
            rows.append(
                {
                    "days": length,
                    "persons_met": rates.persons,
                    "conversions_per_person": round(rates.mean, 5),
                    "persons_needed": None if needed == float("inf") else int(needed),
                    "smallest_effect": None if least == float("inf") else round(least, 4),
                    "is_enough": least <= effect,
                }
            )
    finally:
        door.close()
    if not any(row["persons_met"] for row in rows):
        raise UsageError(
            f"Nobody met the channel {channel!r} in these days.",
            hint="`headwater report compare` lists the channels by name.",
        )
    return rows


def _by_regions(path: Path, lengths: list[int], effect: float, design: "Design") -> list[dict[str, Any]]:
    from headwater.attribution.experiments.geo_power import geo_designs
    from headwater.attribution.experiments.given import panel_of, rows_of

    panel, left = panel_of(*rows_of(path))
    _tell(left)
    return [
        {
            "days": one.days,
            "regions": len(one.regions),
            "conversions": round(one.conversions, 1),
            "smallest_effect": round(one.smallest_effect, 4),
            "is_enough": one.smallest_effect <= effect,
            "draw": ", ".join(one.regions),
        }
        for one in geo_designs(panel, days=lengths, design=design)
    ]


def _of_file(
    path: Path, trial: "Trial", *, treated: str | None, on: bool, held: str | None
) -> tuple["Finding", dict[str, Any]]:
    from headwater.attribution.experiments.finding import of_geo, of_holdout
    from headwater.attribution.experiments.geo import geo_effect
    from headwater.attribution.experiments.given import panel_of, people_of, rows_of
    from headwater.attribution.experiments.holdout import holdout_effect

    columns, rows = rows_of(path)
    if "geo" in columns:
        panel, left = panel_of(columns, rows)
        _tell(left)
        switched = [name.strip() for name in (treated or "").split(",") if name.strip()]
        made = geo_effect(panel, switched, since=trial.since, until=trial.until)
        facts = asdict(made) | {"switched": list(made.switched), "left_out": len(left)}
        return of_geo(trial, made, switched_off=not on), facts
    people, left = people_of(columns, rows, held=held)
    _tell(left)
    found = holdout_effect(people.outcome, people.is_held, before=people.before)
    return of_holdout(trial, found), asdict(found) | {"left_out": len(left)}


def _of_workspace(
    common: Everywhere, trial: "Trial", *, attribute: str, held: str | None
) -> tuple["Finding", dict[str, Any]]:
    from headwater.attribution.experiments.finding import of_holdout
    from headwater.attribution.experiments.holdout import holdout_effect
    from headwater.attribution.experiments.rates import groups_sql, people_in

    door = common.open()
    try:
        asked = groups_sql(attribute=attribute, goal=trial.goal, since=trial.since, until=trial.until)
        people, torn = people_in(door.sql(asked), held=held)
    finally:
        door.close()
    if torn:
        say(f"{torn} persons are left out: their identifiers are in several groups.")
    found = holdout_effect(people.outcome, people.is_held, before=people.before)
    return of_holdout(trial, found), asdict(found) | {"left_out": torn}


def _write(finding: "Finding", path: Path) -> None:
    row = finding.row()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerow(row)


def _bring(finding: "Finding", common: Everywhere) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"experiment-{finding.trial.channel.replace('/', '-')}.csv"
        _write(finding, path)
        door = common.open()
        try:
            done = door.import_([str(path)], kind="experiments").to_dict()
            door.build()
        finally:
            door.close()
    say("Imported." if done["stored"] else "It was there already.")


def _text(finding: "Finding") -> str:
    lift = "" if finding.lift is None else f", {100 * finding.lift:+.1f} % of what would have come anyway"
    return (
        f"{finding.trial.channel} brought {finding.incremental:.1f} {finding.trial.goal} conversions "
        f"(95 %: {finding.low:.1f} to {finding.high:.1f}){lift}.\n"
        f"p = {finding.p_value:.3f}; {finding.source}."
    )


def _tell(left: list["LeftOut"]) -> None:
    for one in left[:MOST_TOLD]:
        say(f"row {one.row} left out: {one.reason}")
    if len(left) > MOST_TOLD:
        say(f"and {len(left) - MOST_TOLD} more rows")


def _lengths(text: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = [0]
    if min(found) < 1:
        raise UsageError(f"--days cannot read {text!r}.", hint="write whole numbers: --days 14,28")
    return found


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--{name} cannot read {text!r}.", hint="write the day as 2026-03-15.") from error
