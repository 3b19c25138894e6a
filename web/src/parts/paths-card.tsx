// Paths card: the most common ways to a conversion; choosing one shows somebody who went that way.
import { useReport } from "../api/client";
import type { Row } from "../api/types";
import { count, magnitude, money, share } from "../format";
import { link } from "../route";
import { Card, Command, Nothing } from "./card";
import { PathChips } from "./chip";
import { CsvLink } from "./csv-link";

interface PathsCardProps {
  readonly limit: number;
}

export function PathsCard({ limit }: PathsCardProps) {
  const options = { by: "channel", limit: "400" };
  const query = useReport("paths", options);
  const rows = (query.data?.rows ?? []).filter((row) => magnitude(row.conversions) > 0).slice(0, limit);
  const most = Math.max(1, ...rows.map((row) => magnitude(row.conversions)));
  const currency = query.data?.meta.currency ?? "USD";
  return (
    <Card
      title="Top paths"
      note="Channels in order, up to the conversion"
      actions={<CsvLink report="paths" options={{ by: "channel" }} />}
    >
      {rows.length ? (
        <ol className="border-t border-line">
          {rows.map((row) => (
            <PathRow key={steps(row).join(">")} row={row} most={most} currency={currency} />
          ))}
        </ol>
      ) : (
        <Nothing query={query}>
          No path has led to a conversion yet. Paths appear with the first order; or import them:{" "}
          <Command>headwater import FILE --as paths</Command>
        </Nothing>
      )}
    </Card>
  );
}

interface PathRowProps {
  readonly row: Row;
  readonly most: number;
  readonly currency: string;
}

function PathRow({ row, most, currency }: PathRowProps) {
  const conversions = magnitude(row.conversions);
  const all = conversions + magnitude(row.nulls);
  return (
    <li className="border-b border-line last:border-0">
      <a
        href={link(["people"], { path: steps(row).join(" > ") })}
        className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 px-4 py-2.5 hover:bg-sunken/50 sm:px-5"
      >
        <PathChips path={steps(row)} />
        <span className="text-right">
          <span className="font-medium">{count(conversions)}</span>{" "}
          <span className="text-[12.5px] text-quiet">
            {conversions === 1 ? "conversion" : "conversions"}
            <br />
            {money(String(row.value ?? "0"), currency)} · {share(conversions / Math.max(1, all))} convert
          </span>
        </span>
        <span aria-hidden="true" className="col-span-2 mt-2 h-1 rounded-full bg-sunken">
          <span
            className="block h-full rounded-full bg-bar"
            style={{ width: `${(100 * conversions) / most}%` }}
          />
        </span>
      </a>
    </li>
  );
}

function steps(row: Row): readonly string[] {
  const path = row.path;
  return Array.isArray(path) ? path : [];
}
