// Intake: what came in, what of it was refused and why, and the latest events.

import { useReport } from "../api/client";
import { useLive } from "../api/live";
import type { Cell, Row } from "../api/types";
import { count, timeOfDay, words } from "../format";
import { Card, Empty, Nothing } from "../parts/card";
import { Scroll } from "../parts/scroll";
import { StreamCard } from "../parts/stream";

export function Intake() {
  return (
    <div className="grid gap-4">
      <StreamCard />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Quality />
        <Latest />
      </div>
    </div>
  );
}

function Quality() {
  const query = useReport("quality");
  const report = query.data;
  return (
    <Card title="Quality" note="By origin and reason; refused input is kept and can be replayed">
      {report?.rows.length ? (
        <Scroll label="Quality">
          <table className="w-full border-collapse text-[13px]">
            <thead>
              <tr className="border-y border-line bg-sunken/60 text-quiet">
                {report.columns.map((column) => (
                  <th
                    key={column}
                    scope="col"
                    className={`px-3 py-2 font-medium first:pl-5 last:pr-5 ${side(report.rows, column)}`}
                  >
                    {words(column)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {report.rows.map((row, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the rows of this report have no key
                <tr key={place} className="border-b border-line last:border-0">
                  {report.columns.map((column) => (
                    <td
                      key={column}
                      className={`px-3 py-1.5 first:pl-5 last:pr-5 ${side(report.rows, column)}`}
                    >
                      {shown(row[column])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : (
        <Nothing query={query}>Nothing has come in yet.</Nothing>
      )}
    </Card>
  );
}

function Latest() {
  const { events } = useLive();
  return (
    <Card title="Latest events" note="As they come in; nothing personal is shown">
      {events.length ? (
        <ul className="border-t border-line">
          {events.slice(0, 18).map((event) => (
            <li
              key={event.number}
              className="flex items-baseline gap-3 border-b border-line px-5 py-1.5 text-[13px] last:border-0"
            >
              <time dateTime={event.received_at} className="text-quiet">
                {timeOfDay(event.received_at)}
              </time>
              <span className="font-medium whitespace-nowrap">
                {event.event || words(event.type ?? "event")}
              </span>
              <span className="min-w-0 flex-1 truncate text-right text-quiet">
                {event.page ?? "from a server"}
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <Empty>Events appear here within a second of their arrival.</Empty>
      )}
    </Card>
  );
}

function side(rows: readonly Row[], column: string): string {
  return rows.some((row) => typeof row[column] === "number") ? "text-right" : "text-left";
}

function shown(value: Cell | undefined): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "number" ? count(value) : String(value);
}
