// Windows card: what a shorter window would lose, and which one is long enough.
import { csvLink, useReport } from "../api/client";
import type { Row } from "../api/types";
import { count, magnitude, share, words } from "../format";
import { useRoute } from "../route";
import { Card, Nothing } from "./card";
import { Dot } from "./chip";
import { since } from "./period";
import { Scroll } from "./scroll";

interface WindowsMeta {
  readonly used?: string;
  readonly recommended?: {
    readonly window: string | null;
    readonly because: string;
    readonly caution?: string | null;
  };
}

export function WindowsCard() {
  const { choices } = useRoute();
  const options = { since: since(choices.get("period") ?? "") };
  const query = useReport("windows", options);
  const rows = query.data?.rows ?? [];
  const meta = query.data?.meta as WindowsMeta | undefined;
  const best = meta?.recommended;
  return (
    <Card
      title="Windows"
      note="What would be lost if touches counted for less long"
      actions={
        <a
          className="text-[12.5px] text-accent underline-offset-2 hover:underline"
          href={csvLink("windows", options)}
        >
          Download CSV
        </a>
      }
    >
      {rows.length && best?.window ? (
        <>
          <Scroll label="Windows">
            <table className="w-full border-collapse text-[13px]">
              <caption className="sr-only">What each window holds of conversions and of credit</caption>
              <thead>
                <tr className="border-y border-line bg-sunken text-quiet">
                  <th
                    scope="col"
                    className="sticky left-0 bg-sunken py-2 pr-3 pl-4 text-left font-medium sm:pl-5"
                  >
                    Window
                  </th>
                  {["Conversions", "Credit held", "Loses most"].map((label) => (
                    <th
                      key={label}
                      scope="col"
                      className="px-2 py-2 text-right font-medium whitespace-nowrap last:pr-4 sm:last:pr-5"
                    >
                      {label}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <WindowRow
                    key={String(row.window)}
                    row={row}
                    isUsed={row.window === meta?.used}
                    isBest={row.window === best.window}
                  />
                ))}
              </tbody>
            </table>
          </Scroll>
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
      <td className="px-2 py-1.5 text-right">{count(magnitude(row.conversions))}</td>
      <td className="px-2 py-1.5 text-right">
        {row.credit_held == null ? "–" : share(magnitude(row.credit_held))}
      </td>
      <td className="py-1.5 pr-4 pl-2 text-right whitespace-nowrap sm:pr-5">
        {row.most_lost == null ? (
          <span className="text-quiet">nothing</span>
        ) : (
          <span className="inline-flex items-center gap-1.5">
            <Dot name={String(row.most_lost)} />
            {words(String(row.most_lost))}{" "}
            <span className="text-quiet">−{share(magnitude(row.most_lost_share))}</span>
          </span>
        )}
      </td>
    </tr>
  );
}
