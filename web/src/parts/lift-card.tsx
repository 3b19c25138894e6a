// Lift card: how much oftener those convert who met something, at first sight and like for like.
import { useReport } from "../api/client";
import type { Row } from "../api/types";
import { count, magnitude, times, words } from "../format";
import { Card, Nothing } from "./card";
import { useChosen } from "./choices";
import { CsvLink } from "./csv-link";
import { Ends, IntervalMark } from "./interval";
import { since } from "./period";
import { Cell, FirstHead, Head, NameHead, Table } from "./table";

const SHOWN = 12;

export function LiftCard() {
  const { by, period } = useChosen();
  const options = { by, since: since(period) };
  const query = useReport("lift", options);
  const report = query.data;
  const rows = (report?.rows ?? []).slice(0, SHOWN);
  const most = Math.max(2, ...rows.map((row) => magnitude(row.high)));
  return (
    <Card
      title="Lift"
      note="How much oftener those convert who met it: at first sight, and like for like"
      actions={<CsvLink report="lift" options={options} />}
    >
      {rows.length ? (
        <>
          <Table
            label="Lift"
            caption={`Lift by ${by}, naive and adjusted, with intervals`}
            heads={
              <>
                <FirstHead>{words(by)}</FirstHead>
                {["Met by", "At first sight", "Like for like"].map((one) => (
                  <Head key={one}>{one}</Head>
                ))}
                <Head className="min-w-36">95 % interval</Head>
              </>
            }
          >
            {rows.map((row) => (
              <LiftRow key={String(row[by])} name={row[by]} row={row} most={most} />
            ))}
          </Table>
          {report?.meta.notes?.map((note) => (
            <p key={note} className="border-t border-line px-4 py-2 text-[12.5px] text-quiet sm:px-5">
              {note}
            </p>
          ))}
        </>
      ) : (
        <Nothing query={query}>Nobody has met anything yet that could be compared.</Nothing>
      )}
    </Card>
  );
}

interface LiftRowProps {
  readonly name: unknown;
  readonly row: Row;
  readonly most: number;
}

function LiftRow({ name, row, most }: LiftRowProps) {
  return (
    <tr className="border-b border-line last:border-0 hover:bg-sunken/50">
      <NameHead name={name} className="max-w-36 py-1.5 pr-3" />
      <Cell>{count(magnitude(row.met))}</Cell>
      <Cell className="text-quiet">{row.naive == null ? "–" : times(magnitude(row.naive))}</Cell>
      <Cell className="font-medium">{row.adjusted == null ? "too few" : times(magnitude(row.adjusted))}</Cell>
      <Cell className="whitespace-nowrap">
        {row.adjusted == null ? null : (
          <>
            <Ends low={row.low} high={row.high} figure={(end) => times(magnitude(end))} />
            <IntervalMark
              value={magnitude(row.adjusted)}
              low={magnitude(row.low)}
              high={magnitude(row.high)}
              most={most}
            />
          </>
        )}
      </Cell>
    </tr>
  );
}
