// Timeline: one person's touches and conversions in order, and who gets the credit for each conversion.

import { useCurrency, usePerson } from "../api/client";
import type { Person, PersonConversion, Touch } from "../api/types";
import { at, magnitude, money, words } from "../format";
import { Card, Empty, Nothing } from "./card";
import { Dot } from "./chip";
import { Explanation } from "./explanation";

interface TimelineCardProps {
  readonly person: string | undefined;
  readonly conversion?: string | undefined;
  /** Whether it is still being found out whom to show. */
  readonly isPending?: boolean;
}

export function TimelineCard({ person, conversion, isPending = false }: TimelineCardProps) {
  const query = usePerson(person);
  const found = query.data;
  const last = found?.conversions.filter((one) => one.is_macro !== false).at(-1) ?? found?.conversions.at(-1);
  const shown = conversion ?? last?.conversion_id;
  return (
    <Card title="One person's timeline" note={found ? who(found) : undefined}>
      {found ? (
        <div className="border-t border-line">
          <Steps person={found} shown={shown} />
          <Explanation conversion={shown} />
        </div>
      ) : person ? (
        <Nothing query={query}>Nobody is known by this identifier.</Nothing>
      ) : isPending ? (
        <Empty>Loading…</Empty>
      ) : (
        <Empty>Nobody has converted yet. The first person who does is shown here, touch by touch.</Empty>
      )}
    </Card>
  );
}

function who(person: Person): string {
  const kinds = person.identifiers.map(
    (one) => (typeof one === "string" ? one : String(one.identifier)).split(":", 1)[0],
  );
  const devices = kinds.filter((kind) => kind === "anonymous").length;
  const isKnown = kinds.some((kind) => kind === "user" || kind === "email");
  return `${isKnown ? "Known customer" : "Not identified"} on ${devices} ${devices === 1 ? "device" : "devices"}`;
}

type Entry = { readonly when: string } & (
  | { readonly kind: "touch"; readonly touch: Touch }
  | { readonly kind: "conversion"; readonly conversion: PersonConversion }
);

function Steps({ person, shown }: { readonly person: Person; readonly shown: string | undefined }) {
  const entries: Entry[] = [
    ...person.touchpoints.map((touch): Entry => ({ kind: "touch", when: touch.occurred_at, touch })),
    ...person.conversions.map(
      (one): Entry => ({ kind: "conversion", when: one.occurred_at, conversion: one }),
    ),
  ].sort((a, b) => Date.parse(a.when) - Date.parse(b.when));
  return (
    <ol className="px-4 pt-4 pb-1 sm:px-5">
      {entries.slice(-14).map((entry, place, all) => (
        <li
          key={entry.kind === "touch" ? entry.touch.touchpoint_id : entry.conversion.conversion_id}
          className="relative grid grid-cols-[14px_minmax(0,1fr)_auto] gap-x-3 pb-4"
        >
          {place < all.length - 1 ? (
            <span aria-hidden="true" className="absolute top-4 bottom-0 left-[6px] w-px bg-line" />
          ) : null}
          {entry.kind === "touch" ? (
            <TouchLine touch={entry.touch} />
          ) : (
            <ConversionLine
              conversion={entry.conversion}
              isShown={entry.conversion.conversion_id === shown}
            />
          )}
          <time
            dateTime={entry.when}
            title={entry.when}
            className="pt-px text-[12.5px] whitespace-nowrap text-quiet"
          >
            {at(entry.when)}
          </time>
        </li>
      ))}
    </ol>
  );
}

function TouchLine({ touch }: { readonly touch: Touch }) {
  const source = touch.source === touch.channel ? null : touch.source;
  const details = [source, touch.campaign, touch.click_id_name].filter(Boolean).join(" · ");
  return (
    <>
      <span className="flex h-5 items-center justify-center">
        <Dot name={touch.channel} />
      </span>
      <span className="min-w-0">
        <span className="font-medium">{words(touch.channel)}</span>
        <span className="block truncate text-[12.5px] text-quiet">
          {details || touch.landing_page || "no tags"}
        </span>
      </span>
    </>
  );
}

function ConversionLine({
  conversion,
  isShown,
}: {
  readonly conversion: PersonConversion;
  readonly isShown: boolean;
}) {
  const currency = useCurrency();
  const isMacro = conversion.is_macro !== false;
  const isRefunded = magnitude(conversion.refunded) < 0;
  return (
    <>
      <span
        aria-hidden="true"
        className={`flex h-5 items-center justify-center text-[13px] ${isMacro ? "text-good" : "text-quiet"}`}
      >
        {isMacro ? "◆" : "◇"}
      </span>
      <span className="min-w-0">
        <span className={isMacro ? "font-medium text-good" : "text-quiet"}>{words(conversion.goal)}</span>
        {isMacro && conversion.net_value ? (
          <span className="ml-2 font-medium">{money(conversion.net_value, currency, 2)}</span>
        ) : null}
        {isRefunded ? <span className="ml-2 text-[12.5px] text-warn">after a refund</span> : null}
        {isShown ? <span className="sr-only"> (explained below)</span> : null}
      </span>
    </>
  );
}
