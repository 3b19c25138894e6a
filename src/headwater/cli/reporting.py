"""Reporting: `report`, `explain` and `person`.

Reads  options as they are typed
Makes  tables on stdout

The tables are brought up to date first; where nothing is new that takes no time.
"""

from typing import Annotated, Any

from cyclopts import Parameter

from headwater.cli import explaining, show
from headwater.cli.app import NOWHERE, Common, app
from headwater.contract.query import ReportTable

Model = Annotated[str | None, Parameter(help="One model, or several joined by commas.")]
AsOf = Annotated[str | None, Parameter(help="What was known, and set, at this time (UTC).")]


@app.command
def report(
    name: Annotated[str | None, Parameter(help="Which report; without it they are listed.")] = None,
    /,
    *,
    by: Annotated[
        str | None,
        Parameter(
            help="channel, source, medium, campaign, content, term, ad, landing_page, referrer, country, ..."
        ),
    ] = None,
    model: Model = None,
    goal: Annotated[str | None, Parameter(help="One goal (default: every macro goal).")] = None,
    window: Annotated[
        str | None, Parameter(help="How far back a touch may earn credit: 30d, 12h, all.")
    ] = None,
    since: Annotated[str | None, Parameter(help="First day of conversion, 2026-05-01.")] = None,
    until: Annotated[str | None, Parameter(help="Last day of conversion, included.")] = None,
    segment: Annotated[str | None, Parameter(help="Only persons with attribute=value.")] = None,
    currency: Annotated[str | None, Parameter(help="Report in this currency.")] = None,
    as_of: AsOf = None,
    between: Annotated[
        tuple[str, str] | None, Parameter(help="Two times: what changed from the one to the other.")
    ] = None,
    move: Annotated[
        str | None, Parameter(help="budget only: FROM:TO:AMOUNT, the amount as money or as 10%.")
    ] = None,
    with_flagged: Annotated[
        bool, Parameter(help="Count bots, link scanners, staff and tests too.", negative="")
    ] = False,
    limit: Annotated[int | None, Parameter(help="Most rows.")] = None,
    freeze: Annotated[
        str | None, Parameter(help="Keep the answer under this name; `headwater runs` shows it.")
    ] = None,
    format: Annotated[show.Format | None, Parameter(help="table, json, csv or parquet.")] = None,
    common: Common = NOWHERE,
) -> None:
    """Answer one report: overview, attribution, compare, paths, lag, touches, roles, quality, ...

    JSON holds report, columns, rows and meta; money is a decimal string, times are UTC.

    For example:

    ```
    headwater report compare --by channel --model first,last,markov --window 30d --json
    ```
    """
    if name is None:
        from headwater.report import REPORTS

        rows = [{"report": known.name, "answers": known.summary} for known in REPORTS.values()]
        return show.listing("reports", rows, columns=("report", "answers"), json=common.json)
    asked: dict[str, Any] = {
        "by": by,
        "model": model,
        "goal": goal,
        "window": window,
        "since": since,
        "until": until,
        "segment": segment,
        "currency": currency,
        "as_of": as_of,
        "between": between,
        "move": move,
        "with_flagged": with_flagged or None,
        "limit": limit,
    }
    options = {key: value for key, value in asked.items() if value is not None}
    door = common.open()
    try:
        answer = door.frozen.freeze(freeze, name, **options) if freeze else door.report(name, **options)
    finally:
        door.close()
    return show.result(answer, format=format or ("json" if common.json else "table"))


@app.command
def explain(
    conversion_id: str,
    /,
    *,
    model: Annotated[
        str | None, Parameter(help="Only this model, with what stands behind each share.")
    ] = None,
    as_of: AsOf = None,
    common: Common = NOWHERE,
) -> None:
    """Say for every touch before a conversion what credit each model gives it, or why none.

    The last row is what nobody gets: under `incremental` it would have come anyway. With `--model` the
    table says what each share rests on, and below it how the conversion would stand without the touch.
    JSON has all models, with `behind` and `without` for each touch.

    For example:

    ```
    headwater explain order-1042 --model incremental
    ```
    """
    door = common.open()
    try:
        said = door.explain(conversion_id, model=model, as_of=as_of)
    finally:
        door.close()
    if common.json:
        return show.facts(said, json=True)
    return explaining.explained(said, model=model)


@app.command
def person(identifier: str, /, *, as_of: AsOf = None, common: Common = NOWHERE) -> None:
    """Tell one person's timeline; any identifier will do: a person_id, a customer id, an e-mail address.

    For example:

    ```
    headwater person user:1042
    ```
    """
    door = common.open()
    try:
        said = door.person(identifier, as_of=as_of)
    finally:
        door.close()
    if common.json:
        return show.facts(said, json=True)
    print(f"person {said['person_id']}: {', '.join(one['identifier'] for one in said['identifiers'])}")
    rows = said["timeline"]
    columns = tuple(dict.fromkeys(key for row in rows for key in row))
    return show.grids(ReportTable(report="timeline", columns=columns, rows=rows))
