// Lift card: how much oftener those convert who met something, at first sight and like for like.
import { csvLink, useReport } from "../api/client";
import type { Row } from "../api/types";
import { count, magnitude, times, words } from "../format";
import { useRoute } from "../route";
import { Card, Nothing } from "./card";
import { Dot } from "./chip";
import { Ends, IntervalMark } from "./interval";
import { since } from "./period";
import { Scroll } from "./scroll";

const SHOWN = 12;

export function LiftCard() {
  const { choices } = useRoute();
  const by = choices.get("by") ?? "channel";
  const options = { by, since: since(choices.get("period") ?? "") };
  const query = useReport("lift", options);
  const report = query.data;
  const rows = (report?.rows ?? []).slice(0, SHOWN);
  const most = Math.max(2, ...rows.map((row) => magnitude(row.high)));
  return (
    <Card
      title="Lift"
      note="How much oftener those convert who met it: at first sight, and like for like"
      actions={
        <a
          className="text-[12.5px] text-accent underline-offset-2 hover:underline"
          href={csvLink("lift", options)}
        >
          Download CSV
        </a>
      }
    >
      {rows.length ? (
        <>
          <Scroll label="Lift">
            <table className="w-full border-collapse text-[13px]">
              <caption className="sr-only">Lift by {by}, naive and adjusted, with intervals</caption>
              <thead>
                <tr className="border-y border-line bg-sunken text-quiet">
                  <th
                    scope="col"
                    className="sticky left-0 bg-sunken py-2 pr-3 pl-4 text-left font-medium sm:pl-5"
                  >
                    {words(by)}
                  </th>
                  {["Met by", "At first sight", "Like for like"].map((label) => (
                    <th
                      key={label}
                      scope="col"
                      className="px-2 py-2 text-right font-medium whitespace-nowrap"
                    >
                      {label}
                    </th>
                  ))}
                  <th
                    scope="col"
                    className="min-w-36 py-2 pr-4 pl-2 text-right font-medium whitespace-nowrap sm:pr-5"
                  >
                    95 % interval
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <LiftRow key={String(row[by])} name={String(row[by] || "(none)")} row={row} most={most} />
                ))}
              </tbody>
            </table>
          </Scroll>
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

function LiftRow({ name, row, most }: { readonly name: string; readonly row: Row; readonly most: number }) {
  return (
    <tr className="border-b border-line last:border-0 hover:bg-sunken/50">
      <th
        scope="row"
        className="sticky left-0 max-w-36 truncate bg-card py-1.5 pr-3 pl-4 text-left font-medium whitespace-nowrap sm:pl-5"
      >
        <span className="mr-2 inline-flex">
          <Dot name={name} />
        </span>
        {words(name)}
      </th>
      <td className="px-2 py-1.5 text-right">{count(magnitude(row.met))}</td>
      <td className="px-2 py-1.5 text-right text-quiet">
        {row.naive == null ? "–" : times(magnitude(row.naive))}
      </td>
      <td className="px-2 py-1.5 text-right font-medium">
        {row.adjusted == null ? "too few" : times(magnitude(row.adjusted))}
      </td>
      <td className="py-1.5 pr-4 pl-2 text-right whitespace-nowrap sm:pr-5">
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
      </td>
    </tr>
  );
}
