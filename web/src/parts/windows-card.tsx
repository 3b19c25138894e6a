// Windows card: what a shorter window would lose, and which one is long enough.
import { useReport } from "../api/client";
import type { Row } from "../api/types";
import { count, magnitude, share, words } from "../format";
import { Card, Nothing } from "./card";
import { Dot } from "./chip";
import { useChosen } from "./choices";
import { CsvLink } from "./csv-link";
import { since } from "./period";
import { Cell, FirstHead, Head, Table } from "./table";

interface WindowsMeta {
  readonly used?: string;
  readonly recommended?: {
    readonly window: string | null;
    readonly because: string;
    readonly caution?: string | null;
  };
}

export function WindowsCard() {
  const options = { since: since(useChosen().period) };
  const query = useReport("windows", options);
  const rows = query.data?.rows ?? [];
  const meta = query.data?.meta as WindowsMeta | undefined;
  const best = meta?.recommended;
  return (
    <Card
      title="Windows"
      note="What would be lost if touches counted for less long"
      actions={<CsvLink report="windows" options={options} />}
    >
      {rows.length && best?.window ? (
        <>
          <Table
            label="Windows"
            caption="What each window holds of conversions and of credit"
            heads={
              <>
                <FirstHead>Window</FirstHead>
                {["Conversions", "Credit held", "Loses most"].map((one) => (
                  <Head key={one}>{one}</Head>
                ))}
              </>
            }
          >
            {rows.map((row) => (
              <WindowRow
                key={String(row.window)}
                row={row}
                isUsed={row.window === meta?.used}
                isBest={row.window === best.window}
              />
            ))}
          </Table>
          <p className="border-t border-line px-4 py-2 text-[12.5px] text-quiet sm:px-5">
            <span className="font-medium text-ink">{best.window} is long enough:</span> {best.because}.
            {best.caution ? <span className="text-warn"> But {best.caution}.</span> : null}
          </p>
        </>
      ) : (
        <Nothing query={query}>No conversion has a touch before it yet.</Nothing>
      )}
    </Card>
  );
}

interface WindowRowProps {
  readonly row: Row;
  readonly isUsed: boolean;
  readonly isBest: boolean;
}

function WindowRow({ row, isUsed, isBest }: WindowRowProps) {
  return (
    <tr className={`border-b border-line last:border-0 ${isBest ? "bg-accent-soft" : "hover:bg-sunken/50"}`}>
      <th scope="row" className="py-1.5 pr-3 pl-4 text-left font-medium whitespace-nowrap sm:pl-5">
        {row.window === "all" ? "Every earlier touch" : row.window}
        {isUsed ? <span className="ml-1.5 font-normal text-quiet">in use</span> : null}
        {isBest ? <span className="ml-1.5 font-normal text-accent">advised</span> : null}
      </th>
      <Cell>{count(magnitude(row.conversions))}</Cell>
      <Cell>{row.credit_held == null ? "–" : share(magnitude(row.credit_held))}</Cell>
      <Cell className="whitespace-nowrap">
        {row.most_lost == null ? (
          <span className="text-quiet">nothing</span>
        ) : (
          <span className="inline-flex items-center gap-1.5">
            <Dot name={String(row.most_lost)} />
            {words(String(row.most_lost))}{" "}
            <span className="text-quiet">−{share(magnitude(row.most_lost_share))}</span>
          </span>
        )}
      </Cell>
    </tr>
  );
}
