// Stream: what comes in, as it comes in, and the sum that anyone can check.
import { useLive } from "../api/live";
import { count, timeOfDay } from "../format";
import { Card, Command, Empty } from "./card";
import { Sparkline } from "./sparkline";

export function StreamCard() {
  const { status, beat } = useLive();
  if (!status) {
    return (
      <Card title="Live events">
        <Empty>Connecting to the server…</Empty>
      </Card>
    );
  }
  return (
    <Card
      title="Live events"
      note={
        status.complete_to
          ? `Reports are complete to ${timeOfDay(status.complete_to)}`
          : "No report is built yet"
      }
    >
      <div className="grid flex-1 gap-x-6 gap-y-4 px-4 pb-4 sm:grid-cols-[auto_minmax(0,1fr)] sm:items-end sm:px-5">
        <p>
          <span data-testid="live-events" className="text-[40px] leading-none font-semibold tracking-tight">
            {count(status.stored)}
          </span>{" "}
          <span className="text-quiet">stored</span>
        </p>
        <Sparkline beat={beat} />
        <div className="sm:col-span-2">{status.received ? <Conservation /> : <Waiting />}</div>
      </div>
    </Card>
  );
}

/** received = stored + duplicate + refused, and whether that is so. */
export function Conservation() {
  const { status } = useLive();
  if (!status) return null;
  const { received, stored, duplicate, refused } = status;
  const missing = received - stored - duplicate - refused;
  return (
    <p className="flex flex-wrap items-baseline gap-x-1.5 gap-y-1 border-t border-line pt-3 text-[13px] text-quiet sm:flex-nowrap">
      <Amount label="received" value={received} /> = <Amount label="stored" value={stored} /> +{" "}
      <Amount label="duplicate" value={duplicate} /> + <Amount label="refused" value={refused} />
      <span className={`ml-auto whitespace-nowrap font-medium ${missing ? "text-bad" : "text-good"}`}>
        {missing ? `${count(Math.abs(missing))} do not add up` : "✓"}
        {missing ? null : <span className="sr-only">adds up</span>}
      </span>
    </p>
  );
}

function Amount({ label, value }: { readonly label: string; readonly value: number }) {
  return (
    <span className="whitespace-nowrap">
      <span className="font-medium text-ink">{count(value)}</span> {label}
    </span>
  );
}

function Waiting() {
  return (
    <div className="border-t border-line pt-3 text-quiet">
      <p className="font-medium text-ink">Waiting for the first event</p>
      <p className="mt-1">
        Make a write key with <Command>headwater key add</Command>, then point any Segment or RudderStack
        client at <Command>{window.location.origin}</Command>. Or import a file:{" "}
        <Command>headwater import FILE --as events</Command>.
      </p>
    </div>
  );
}
