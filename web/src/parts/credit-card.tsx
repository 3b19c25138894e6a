// Credit card: one model's credit with how sure it is, what it cost, and what would have come anyway.
import { useFittedReport } from "../api/client";
import type { Report, Row } from "../api/types";
import { color } from "../channels";
import { credit, decimal, magnitude, micros, money, share, timeOfDay, times, words } from "../format";
import { choose } from "../route";
import { type Asked, Card, Command, Nothing } from "./card";
import { type Metric, useChosen } from "./choices";
import { ByChooser, FigureChooser, PeriodChooser } from "./choosers";
import { Select } from "./controls";
import { Foot } from "./csv-link";
import { Guard } from "./guard";
import { Ends, IntervalMark } from "./interval";
import { since } from "./period";
import { Cell, FirstHead, Head, NameHead, ROOMY, Table } from "./table";

const BASELINE = "incremental";
const SHOWN = 12;

export function CreditCard() {
  const { by, metric, period, model: wanted } = useChosen();
  const options = { by, since: since(period) };
  const query = useFittedReport("attribution", options);
  const report = query.data;
  const models = report?.meta.models ?? [];
  const model = shownModel(report, wanted);
  return (
    <Card
      title="What marketing brought"
      note={
        model === BASELINE ? "What would not have come without it" : "Credit by one model, and how sure it is"
      }
      actions={
        <>
          <Select
            label="Model"
            choices={models.map((one) => ({ value: one, label: words(one) }))}
            value={model}
            onChange={(value) => choose("model", value)}
          />
          <ByChooser value={by} />
          <PeriodChooser value={period} />
          <FigureChooser value={metric} />
        </>
      }
    >
      {report?.rows.length ? (
        <>
          <Parts report={report} model={model} metric={metric} />
          <Guard meta={report.meta} model={model} onUse={(better) => choose("model", better)} />
          <CreditTable report={report} model={model} metric={metric} />
          <Foot report="attribution" options={options}>
            95 % intervals; every number as of {timeOfDay(String(report.meta.as_of))}
            {models.includes(BASELINE)
              ? ""
              : `. With more conversions, ${words(BASELINE).toLowerCase()} is among the models.`}
          </Foot>
        </>
      ) : (
        <NoCredit query={query} />
      )}
    </Card>
  );
}

/** What stands where no conversion has any credit to give. */
export function NoCredit({ query }: { readonly query: Asked }) {
  return (
    <Nothing query={query}>
      No conversion has a touch before it in this period. Choose a longer one, or import past touches and
      conversions: <Command>headwater import FILE --as touchpoints</Command>
    </Nothing>
  );
}

/** The model that is shown: the chosen one, else the one with a baseline where it is among them, else the advised one. */
export function shownModel(report: Report | undefined, chosen: string | null): string {
  const models = report?.meta.models ?? [];
  const wanted = [chosen, BASELINE, report?.meta.recommended?.model];
  return wanted.find((one) => one != null && models.includes(one)) ?? models[0] ?? BASELINE;
}

interface ShownProps {
  readonly report: Report;
  readonly model: string;
  readonly metric: Metric;
}

/** All conversions as one line: what each value brought, and what it left to nobody. */
function Parts({ report, model, metric }: ShownProps) {
  const { meta } = report;
  const left = meta.unattributed?.[model];
  const all = metric === "value" ? meta.total_value : meta.total_conversions;
  const rest = metric === "value" ? left?.value : left?.conversions;
  const whole = magnitude(all);
  if (whole <= 0) return null;
  const figure = figures(report, metric);
  const by = report.columns[0] ?? "channel";
  const rows = ofModel(report, model).filter((row) => magnitude(row[metric]) > 0);
  const label = model === BASELINE ? "would have come anyway" : "no touch in the window";
  return (
    <div className="px-4 pb-3 sm:px-5">
      <div aria-hidden="true" className="flex h-3 gap-px overflow-hidden rounded-full bg-sunken">
        {rows.map((row) => (
          <span
            key={String(row[by])}
            style={{
              width: `${(100 * magnitude(row[metric])) / whole}%`,
              background: color(String(row[by] || "(none)")),
            }}
          />
        ))}
      </div>
      <p className="mt-1.5 flex flex-wrap justify-between gap-x-4 text-[13px] text-quiet">
        <span>
          <span className="font-medium text-ink">{figure(less(all, rest))}</span> of {figure(all)}{" "}
          {metric === "value" ? "revenue" : "conversions"}{" "}
          {model === BASELINE ? "would not have come" : "credited"}
        </span>
        <span>
          <span className="font-medium text-ink">{figure(rest)}</span> ({share(magnitude(rest) / whole)}){" "}
          {label}
        </span>
      </p>
    </div>
  );
}

function CreditTable({ report, model, metric }: ShownProps) {
  const by = report.columns[0] ?? "channel";
  const rows = ofModel(report, model).slice(0, SHOWN);
  const figure = figures(report, metric);
  const currency = report.meta.currency ?? "USD";
  const most = Math.max(
    1e-9,
    ...rows.map((row) => Math.max(magnitude(row[metric]), magnitude(row[`${metric}_high`]))),
  );
  const shown = metric === "value" ? "Revenue" : "Conversions";
  return (
    <Table
      label="Credit with intervals"
      caption={
        <>
          {shown} that {words(model)} credits, by {by}, with intervals
        </>
      }
      heads={
        <>
          <FirstHead>{words(by)}</FirstHead>
          <Head className={ROOMY}>{shown}</Head>
          <Head className={`${ROOMY} w-[30%] min-w-32`}>95 % interval</Head>
          {["Rank", "Spend", "Return"].map((one) => (
            <Head key={one} className={ROOMY}>
              {one}
            </Head>
          ))}
        </>
      }
    >
      {rows.map((row) => (
        <tr key={String(row[by])} className="border-b border-line last:border-0 hover:bg-sunken/50">
          <NameHead name={row[by]} className="max-w-34 py-2 pr-2 sm:max-w-48" />
          <Cell className={ROOMY}>{figure(row[metric])}</Cell>
          <Cell className={ROOMY}>
            <Ends low={row[`${metric}_low`]} high={row[`${metric}_high`]} figure={figure} />
            <IntervalMark
              value={magnitude(row[metric])}
              low={end(row[`${metric}_low`])}
              high={end(row[`${metric}_high`])}
              most={most}
            />
          </Cell>
          <Cell className={ROOMY}>{ranked(row)}</Cell>
          <Cell className={ROOMY}>{row.spend == null ? "–" : money(String(row.spend), currency)}</Cell>
          <Cell className={ROOMY}>{row.roas == null ? "–" : times(magnitude(row.roas))}</Cell>
        </tr>
      ))}
    </Table>
  );
}

/** The rows of one model that have credit or cost something, the largest first. */
function ofModel(report: Report, model: string): Row[] {
  const mine = report.rows.filter(
    (row) => row.model === model && (magnitude(row.conversions) || row.spend != null),
  );
  return mine.sort((a, b) => magnitude(b.conversions) - magnitude(a.conversions));
}

function figures(report: Report, metric: Metric): (value: unknown) => string {
  const currency = report.meta.currency ?? "USD";
  return (value) => (metric === "value" ? money(String(value ?? "0"), currency) : credit(magnitude(value)));
}

/** The difference of two figures; money exactly. */
function less(all: unknown, rest: unknown): unknown {
  if (typeof all === "string") return decimal(micros(all) - micros(String(rest ?? "0")));
  return magnitude(all) - magnitude(rest);
}

function end(value: unknown): number | null {
  return value == null ? null : magnitude(value);
}

/** "2", or "1 to 3" where chance alone could make it another. */
function ranked(row: Row): string {
  if (row.rank_low == null || row.rank_low === row.rank_high) return String(row.rank ?? "–");
  return `${row.rank_low} to ${row.rank_high}`;
}
