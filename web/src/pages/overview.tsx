// Overview: what comes in, what it led to, who gets the credit, the usual ways, and one person's way.
import { useLatestExplained, useReport } from "../api/client";
import { useLive } from "../api/live";
import { count, magnitude, money } from "../format";
import { CreditCard } from "../parts/credit-card";
import { ModelsCard } from "../parts/models-card";
import { PathsCard } from "../parts/paths-card";
import { StreamCard } from "../parts/stream";
import { TimelineCard } from "../parts/timeline";

export function Overview() {
  const recent = useLatestExplained("2");
  const latest = recent.data?.[0];
  return (
    <div className="grid gap-4">
      <div className="grid gap-4 xl:grid-cols-2">
        <StreamCard />
        <Tiles />
      </div>
      <CreditCard />
      <ModelsCard />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <PathsCard limit={8} />
        <TimelineCard
          person={latest?.person_id}
          conversion={latest?.conversion_id}
          isPending={recent.isPending}
        />
      </div>
    </div>
  );
}

function Tiles() {
  const { status } = useLive();
  const report = useReport("overview").data;
  const row = report?.rows[0] ?? {};
  const currency = report?.meta.currency ?? "USD";
  const value = row.net_value ?? row.value;
  const tiles = [
    {
      label: "Revenue",
      figure: value == null ? "–" : money(String(value), currency),
      note: "net of refunds",
    },
    {
      label: "Conversions",
      figure: row.conversions == null ? "–" : count(magnitude(row.conversions)),
      note: "that bring revenue",
    },
    { label: "Persons", figure: status ? count(status.persons) : "–", note: "over all their devices" },
    {
      label: "Touchpoints",
      figure: row.touchpoints == null ? "–" : count(magnitude(row.touchpoints)),
      note: "marketing contacts",
    },
  ];
  return (
    <dl className="grid grid-cols-2 gap-4">
      {tiles.map((tile) => (
        <div key={tile.label} className="card flex flex-col justify-between gap-1 px-4 py-3.5 sm:px-5">
          <dt className="text-[13px] text-quiet">{tile.label}</dt>
          <dd className="text-2xl font-semibold tracking-tight">{tile.figure}</dd>
          <dd className="text-[12.5px] text-quiet">{tile.note}</dd>
        </div>
      ))}
    </dl>
  );
}
