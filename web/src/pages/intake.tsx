// Intake: what came in, what of it was refused and why, and the latest events.
import { useReport } from "../api/client";
import { useLive } from "../api/live";
import type { Row } from "../api/types";
import { count, magnitude, timeOfDay, words } from "../format";
import { Card, Empty, Nothing } from "../parts/card";
import { Scroll } from "../parts/scroll";
import { StreamCard } from "../parts/stream";

const COUNTS = ["received", "stored", "duplicate", "refused"];

export function Intake() {
  return (
    <div className="grid gap-4">
      <StreamCard />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <div className="grid gap-4">
          <Sources />
          <Refused />
        </div>
        <Latest />
      </div>
    </div>
  );
}

/** Where input came from, and what became of it; as far as it is in the tables. */
function Sources() {
  const query = useReport("quality");
  const rows = query.data?.rows ?? [];
  return (
    <Card title="Sources" note="What came in, and what became of it">
      {rows.length ? (
        <Scroll label="Sources">
          <table className="w-full border-collapse text-[13px]">
            <thead>
              <tr className="border-y border-line bg-sunken text-quiet">
                <th scope="col" className="py-2 pr-3 pl-4 text-left font-medium sm:pl-5">
                  Source
                </th>
                {COUNTS.map((name) => (
                  <th
                    key={name}
                    scope="col"
                    className="px-2 py-2 text-right font-medium last:pr-4 sm:last:pr-5"
                  >
                    {words(name)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={`${row.kind} ${row.origin}`} className="border-b border-line last:border-0">
                  <th scope="row" className="py-1.5 pr-3 pl-4 text-left font-medium sm:pl-5">
                    {words(String(row.kind))} <span className="font-normal text-quiet">{row.origin}</span>
                  </th>
                  {COUNTS.map((name) => (
                    <td key={name} className="px-2 py-1.5 text-right last:pr-4 sm:last:pr-5">
                      {count(magnitude(row[name]))}
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

/** Refusals by reason. Nothing refused is lost: it is kept and can be replayed. */
function Refused() {
  const meta = useReport("quality").data?.meta as { readonly refused?: readonly Row[] } | undefined;
  const reasons = meta?.refused ?? [];
  if (!reasons.length) return null;
  return (
    <Card title="Refused, by reason" note="Kept with the reason, so that it can be replayed">
      <ul className="border-t border-line">
        {reasons.map((row) => (
          <li
            key={`${row.reason} ${row.kind} ${row.field}`}
            className="flex items-baseline justify-between gap-3 border-b border-line px-4 py-1.5 text-[13px] last:border-0 sm:px-5"
          >
            <span>
              {words(String(row.reason))} <span className="text-quiet">{row.field}</span>
            </span>
            <span className="font-medium">{count(magnitude(row.refused))}</span>
          </li>
        ))}
      </ul>
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
              className="flex items-baseline gap-3 border-b border-line px-4 py-1.5 text-[13px] last:border-0 sm:px-5"
            >
              <time dateTime={event.received_at} className="whitespace-nowrap text-quiet">
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
