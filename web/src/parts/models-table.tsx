// Models side by side: one row per channel (or other dimension), one column per model.

import { useMemo, useState } from "react";
import type { Report, Row } from "../api/types";
import { credit, decimal, magnitude, micros, money, words } from "../format";
import type { Metric } from "./choices";
import { Cell, NameHead, Table } from "./table";

interface ModelsTableProps {
  readonly report: Report;
  readonly metric: Metric;
  /** Models to show, in this order; all of the report where none are named. */
  readonly models?: readonly string[] | undefined;
  readonly limit?: number;
}

interface Sort {
  readonly column: string;
  readonly isDown: boolean;
}

export function ModelsTable({ report, metric, models: wantedModels, limit }: ModelsTableProps) {
  const by = report.columns[0] ?? "channel";
  const there = report.columns.slice(1).filter((column) => !column.endsWith("_value"));
  const models = (wantedModels ?? firstOfAll(there)).filter((model) => there.includes(model));
  const left = report.meta.unattributed ?? {};
  const suffix = metric === "value" ? "_value" : "";
  const key = (model: string) => `${model}${suffix}`;
  const [wanted, setSort] = useState<Sort | null>(null);
  const sort = wanted ?? { column: models[0] ?? by, isDown: true };
  const column = sort.column === by ? by : `${sort.column}${suffix}`;
  const rows = useMemo(() => sorted(report.rows, column, sort.isDown), [report, column, sort.isDown]);
  const most = Math.max(
    1e-9,
    ...report.rows.flatMap((row) => models.map((model) => magnitude(row[key(model)]))),
  );
  const currency = report.meta.currency ?? "USD";
  const figure = (value: unknown) =>
    metric === "value" ? money(String(value ?? "0"), currency) : credit(magnitude(value));
  const turn = (column: string) =>
    setSort({ column, isDown: sort.column === column ? !sort.isDown : column !== by });

  return (
    <Table
      label="Models side by side"
      caption={
        <>
          {metric === "value" ? "Revenue" : "Conversions"} by {by} as each model credits it
        </>
      }
      heads={
        <>
          <SortHead column={by} label={words(by)} sort={sort} onSort={turn} isFirst />
          {models.map((model) => (
            <SortHead key={model} column={model} label={words(model)} sort={sort} onSort={turn} />
          ))}
        </>
      }
      foot={
        <>
          <tr className="text-quiet">
            <th scope="row" className="sticky left-0 bg-card py-2.5 pr-3 pl-4 text-left font-medium sm:pl-5">
              Credited in all
            </th>
            {models.map((model) => (
              <td key={model} className="px-2 py-2.5 text-right font-medium text-ink last:pr-4 sm:last:pr-5">
                {figure(total(report.rows, key(model), metric))}
              </td>
            ))}
          </tr>
          <tr className="text-quiet">
            <th scope="row" className="sticky left-0 bg-card pr-3 pb-2.5 pl-4 text-left font-medium sm:pl-5">
              {models.includes("incremental") ? "Would have come anyway" : "No touch in the window"}
            </th>
            {models.map((model) => (
              <td key={model} className="px-2 pb-2.5 text-right font-medium last:pr-4 sm:last:pr-5">
                {figure(metric === "value" ? left[model]?.value : left[model]?.conversions)}
              </td>
            ))}
          </tr>
        </>
      }
    >
      {rows.slice(0, limit).map((row) => (
        <tr key={String(row[by])} className="border-b border-line hover:bg-sunken/50">
          <NameHead name={row[by]} className="max-w-48 py-2 pr-3" />
          {models.map((model) => (
            <Cell key={model} className="min-w-20">
              {figure(row[key(model)])}
              <span aria-hidden="true" className="mt-1 block h-1 rounded-full bg-sunken">
                <span
                  className="block h-full rounded-full bg-bar"
                  style={{ width: `${(100 * Math.max(0, magnitude(row[key(model)]))) / most}%` }}
                />
              </span>
            </Cell>
          ))}
        </tr>
      ))}
    </Table>
  );
}

interface SortHeadProps {
  readonly column: string;
  readonly label: string;
  readonly sort: Sort;
  readonly onSort: (column: string) => void;
  readonly isFirst?: boolean;
}

function SortHead({ column, label, sort, onSort, isFirst = false }: SortHeadProps) {
  const isSorted = sort.column === column;
  const order = isSorted ? (sort.isDown ? "descending" : "ascending") : "none";
  const place = isFirst
    ? "sticky left-0 bg-sunken pl-4 text-left sm:pl-5"
    : "px-2 text-right last:pr-4 sm:last:pr-5";
  return (
    <th scope="col" aria-sort={order} className={`py-2 font-medium whitespace-nowrap ${place}`}>
      <button type="button" onClick={() => onSort(column)} className="text-quiet hover:text-ink">
        {label}
        <span aria-hidden="true" className={`ml-1 ${isSorted ? "text-accent" : "opacity-0"}`}>
          {sort.isDown ? "↓" : "↑"}
        </span>
      </button>
    </th>
  );
}

/** The model that knows what would have come anyway stands first; the others as the report has them. */
function firstOfAll(models: readonly string[]): string[] {
  return [...new Set(["incremental", ...models])];
}

function sorted(rows: readonly Row[], column: string, isDown: boolean): Row[] {
  const names = new Intl.Collator();
  const isName = rows.some((row) => Number.isNaN(magnitude(row[column])));
  const upward = (a: Row, b: Row) =>
    isName
      ? names.compare(String(a[column]), String(b[column]))
      : magnitude(a[column]) - magnitude(b[column]);
  return [...rows].sort((a, b) => (isDown ? upward(b, a) : upward(a, b)));
}

function total(rows: readonly Row[], column: string, metric: Metric): unknown {
  if (metric === "value")
    return decimal(rows.reduce((sum, row) => sum + micros(String(row[column] ?? "0")), 0n));
  return rows.reduce((sum, row) => sum + magnitude(row[column]), 0);
}
