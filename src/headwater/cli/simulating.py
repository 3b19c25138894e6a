"""Simulating: `simulate`.

Reads  the name of a world, or a file that describes one
Makes  a folder of files to import, with the truth beside them
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, Common, app, say
from headwater.contract.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from headwater.sandbox.worlds.world import World


@app.command
def simulate(
    world: Annotated[
        str | None,
        Parameter(help="A world by name, a variant of it (random~3), or a JSON file such as world.json."),
    ] = None,
    /,
    *,
    out: Annotated[Path | None, Parameter(help="The folder to write to.")] = None,
    persons: Annotated[int, Parameter(help="Persons in the market.")] = 100_000,
    days: Annotated[int, Parameter(help="Days of the period, from 1 January 2026.")] = 60,
    seed: Annotated[
        int, Parameter(help="The same seed writes the same bytes; another makes another market.")
    ] = 1,
    experiments: Annotated[
        int, Parameter(help="Size of the simulated hold-out experiments, in markets of this size; 0: none.")
    ] = 1,
    list: Annotated[bool, Parameter(help="List the worlds and write nothing.")] = False,
    common: Common = NOWHERE,
) -> None:
    """Write a market with known truth: touches, conversions, spend, and what each channel truly brought.

    The folder gets touchpoints, conversions, refunds, spend, persons and experiments as files that `import`
    takes; truth.csv, what is lost without each channel and campaign; and a README.md that tells of the world.

    For example:

    ```
    headwater simulate mild-intent --persons 20000 --out market
    headwater import market/touchpoints.parquet --as touchpoints --dir shop
    headwater import market/conversions.parquet --as conversions --dir shop
    headwater report compare --dir shop
    ```
    """
    from headwater.sandbox.worlds.catalogue import WORLDS
    from headwater.sandbox.worlds.simulation import Plan
    from headwater.sandbox.worlds.writing import facts, write

    if list:
        rows = [{"world": one.name, "title": one.title} for one in WORLDS.values()]
        show.listing("worlds", rows, columns=("world", "title"), json=common.json)
        return
    if world is None or out is None:
        raise UsageError(
            "Name a world and the folder to write to.",
            hint="headwater simulate random --out market; `headwater simulate --list` lists the worlds.",
        )
    plan = Plan(world=chosen(world), persons=persons, days=days, seed=seed, experiments=experiments)
    told = facts(write(plan, out))
    text = (
        f"{out}: {told['conversions']} conversions of {persons} persons in {days} days; "
        f"{told['organic_conversions']:.0f} of {told['expected_conversions']:.0f} expected ones would have come without ads.\n\n"
        f"Next: headwater import {out}/touchpoints.parquet --as touchpoints; the truth is in {out}/truth.csv"
    )
    show.facts({"out": str(out), **told}, json=common.json, text=text)
    say(f"{out}/README.md tells of the world.")


def chosen(name: str) -> "World":
    """Return the world of this name, or the one that a JSON file describes."""
    import orjson

    from headwater.sandbox.worlds.catalogue import world_named
    from headwater.sandbox.worlds.world import World

    if not name.endswith(".json"):
        return world_named(name)
    try:
        told = orjson.loads(Path(name).read_bytes())
    except OSError as error:
        raise NotFoundError(
            f"{name} cannot be read ({error.strerror}).", hint="name a file, or a world of --list."
        ) from error
    except orjson.JSONDecodeError as error:
        raise UsageError(
            f"{name} is no JSON: {error}.", hint="take the world.json that simulate writes."
        ) from error
    return World.of(told.get("world", told) if isinstance(told, dict) else {})
