"""Answers: the calls that only read: reports, explain, person, steps and SQL.

Reads  the query string
Makes  JSON, CSV, Parquet or an Arrow stream

Options go to the workspace as they were typed: the Python door and this one understand the same words.
"""

import io
from enum import StrEnum
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from headwater.api.served import Served
from headwater.api.shapes import RecentConversion, ReportAnswer, ReportListed, SqlQuestion, StepShown
from headwater.contract.errors import NotFoundError, UnknownStepError
from headwater.contract.steps import AnyStep, Loop, Step, literal
from headwater.report.render import plain
from headwater.result import ReportResult

router = APIRouter()

RECENT = """
select conversion_id, cast(person_id as varchar) as person_id, occurred_at, goal, net_value, refunded,
    coalesce(step_count, 0) as step_count
from conversions left join (select conversion_id, step_count from journeys) as journeys using (conversion_id)
"""
ALONG = """
select conversion_id from journey_steps group by conversion_id
having string_agg(channel, ' > ' order by step)"""
KNOWN = "select conversion_id from conversions where conversion_id = "
MaxAge = Annotated[
    float | None,
    Query(
        ge=1, description="seconds: what was so up to that long ago will do; meta.as_of says when that was"
    ),
]
AsOf = Annotated[str | None, Query(description="what was known, and set, at this time (UTC)")]
ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"


class Format(StrEnum):
    """How a table is written."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"


@router.get("/reports")
def reports() -> list[ReportListed]:
    """List the reports."""
    from headwater.report import REPORTS

    return [ReportListed(name=report.name, summary=report.summary) for report in REPORTS.values()]


@router.get("/reports/{name}", responses={200: {"model": ReportAnswer}})
def report(
    request: Request,
    name: str,
    by: Annotated[str | None, Query(description="channel, source, medium, campaign, ad, ...")] = None,
    model: Annotated[str | None, Query(description="one model or several, joined by commas")] = None,
    goal: Annotated[str | None, Query(description="one goal; default: every macro goal")] = None,
    window: Annotated[str | None, Query(description="30d, or all")] = None,
    since: Annotated[str | None, Query(description="first day of conversion")] = None,
    until: Annotated[str | None, Query(description="last day of conversion, included")] = None,
    segment: Annotated[str | None, Query(description="attribute=value")] = None,
    currency: Annotated[str | None, Query(description="ISO 4217 code")] = None,
    as_of: AsOf = None,
    between: Annotated[
        str | None, Query(description="two times with a comma between, for the report restatement")
    ] = None,
    move: Annotated[str | None, Query(description="budget only: FROM:TO:AMOUNT, as money or as 10%")] = None,
    with_flagged: Annotated[bool, Query(description="count bots, staff and tests too")] = False,  # noqa: FBT002 (a query option)
    limit: Annotated[int | None, Query(ge=1, description="most rows")] = None,
    max_age: MaxAge = None,
    format: Format = Format.JSON,  # noqa: A002 (the name is the contract)
) -> Response:
    """Answer one report.

    Without `max_age` what a model is fitted to is fitted anew if anything has come in. With it questions share a moment,
    which lasts longer than asked for where fits take long. `as_of` and `between` are of their own times.
    """
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
    held = _served(request).held
    if held and max_age is not None and as_of is None and between is None:
        return written(held.ask(lambda moment: moment.report(name, **options), max_age=max_age), format)
    return written(_served(request).door.report(name, **options), format)


@router.get("/conversions")
def conversions(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    goal: str | None = None,
    path: Annotated[str | None, Query(description="channels before it, oldest first: a > b")] = None,
    touches: Annotated[int, Query(ge=0, description="least touchpoints before it")] = 0,
    max_age: MaxAge = None,
) -> list[RecentConversion]:
    """List the latest conversions, those along one path if one is given."""
    chosen = f"where goal = {literal(goal)}" if goal else "where is_macro"
    chosen += f" and coalesce(step_count, 0) >= {touches}" if touches else ""
    chosen += f" and conversion_id in ({ALONG} = {literal(path)})" if path else ""
    query = f"{RECENT} {chosen} order by occurred_at desc, conversion_id limit {limit}"
    served = _served(request)
    if served.held and max_age is not None:
        rows = served.held.ask(lambda moment: moment.rows(query), max_age=max_age)
    else:
        rows = served.door.sql(query)
    return [RecentConversion(**plain(row)) for row in rows.to_pylist()]


@router.get("/explain/{conversion_id:path}")
def explain(
    request: Request,
    conversion_id: str,
    model: str | None = None,
    as_of: AsOf = None,
    max_age: MaxAge = None,
) -> Response:
    """Say for each touch of a conversion what credit it gets, what is behind that, and why others get none.

    `conversion.unattributed` and `unattributed_value` are what each model leaves to nobody. For models that learn
    from data each touch has `behind` (the numbers its share rests on) and `without` (how it would be without it).
    """
    served = _served(request)
    held = served.held if as_of is None else None
    if held and max_age is not None and served.door.sql(f"{KNOWN}{literal(conversion_id)}"):
        for _ in range(2):
            try:
                said = held.ask(lambda moment: moment.explain(conversion_id, model), max_age=max_age)
            except NotFoundError:  # it came later than the moment that is held
                held.renew()
            else:
                return as_json(said)
    return as_json(served.door.explain(conversion_id, model=model, as_of=as_of))


@router.get("/persons/{identifier:path}")
def person(request: Request, identifier: str, as_of: AsOf = None) -> Response:
    """Tell one person's timeline; any identifier of the person will do."""
    return as_json(_served(request).door.person(identifier, as_of=as_of))


@router.get("/steps")
def steps(request: Request, dialect: str = "duckdb") -> list[StepShown]:
    """List the steps of the pipeline in order, with their SQL."""
    return [shown(step, dialect=dialect) for step in _served(request).door.steps()]


@router.get("/steps/{name}")
def step(request: Request, name: str, dialect: str = "duckdb") -> StepShown:
    """Show one step."""
    made = {step.makes.name: step for step in _served(request).door.steps()}
    if name not in made:
        raise UnknownStepError.named(name, known=made)
    return shown(made[name], dialect=dialect)


@router.post("/sql", responses={200: {"model": ReportAnswer}})
def sql(request: Request, question: SqlQuestion, format: Format = Format.JSON) -> Response:  # noqa: A002
    """Run one SELECT over the workspace's tables."""
    rows = _served(request).door.sql(question.query, as_of=question.as_of)
    if format is Format.ARROW:
        return Response(_stream(rows), media_type=ARROW)
    return written(ReportResult("sql", tuple(rows.column_names), rows.to_pylist()), format)


def written(result: ReportResult, format: Format) -> Response:  # noqa: A002
    """Return a result as an HTTP answer in the format that was asked for."""
    if format is Format.CSV:
        return Response(result.to_csv(), media_type="text/csv; charset=utf-8", headers=_file(result, "csv"))
    if format is Format.PARQUET:
        return Response(result.to_parquet(), media_type=PARQUET, headers=_file(result, "parquet"))
    if format is Format.ARROW:
        return Response(_stream(result.to_arrow()), media_type=ARROW)
    return Response(result.to_json(), media_type="application/json")


def as_json(value: Any) -> Response:
    """Return any value of a report as JSON, money as decimal strings."""
    return Response(orjson.dumps(plain(value)), media_type="application/json")


def shown(step: AnyStep, *, dialect: str) -> StepShown:
    """Return a step as the API tells of it, its SQL in the dialect asked for."""
    from headwater.dialect import sql_of

    kind = "sql" if isinstance(step, Step) else "loop" if isinstance(step, Loop) else "solve"
    return StepShown(
        name=step.makes.name,
        kind=kind,
        doc=step.makes.doc,
        reads=[table.name for table in step.reads],
        columns=step.makes.names(),
        sql=sql_of(step, dialect=dialect),
    )


def _served(request: Request) -> Served:
    served: Served = request.app.state.served
    return served


def _file(result: ReportResult, ending: str) -> dict[str, str]:
    return {"content-disposition": f'inline; filename="{result.report}.{ending}"'}


def _stream(rows: Any) -> bytes:
    import pyarrow as pa

    out = io.BytesIO()
    with pa.ipc.new_stream(out, rows.schema) as writer:
        writer.write_table(rows)
    return out.getvalue()
