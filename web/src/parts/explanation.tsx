// Explanation: who gets the credit for one conversion, what would have come anyway, and what is behind it.
import { useState } from "react";
import { useExplained } from "../api/client";
import type { Explained, ExplainedTouch } from "../api/types";
import { before, share, words } from "../format";
import { Empty, Nothing } from "./card";
import { Dot } from "./chip";
import { Segmented } from "./controls";
import { Scroll } from "./scroll";

const SHOWN_MODELS = ["incremental", "first", "last", "linear", "position", "markov", "shapley"];
const EDGE = "last:pr-4 sm:last:pr-5";

export function Explanation({ conversion }: { readonly conversion: string | undefined }) {
  const query = useExplained(conversion);
  const found = query.data;
  if (!conversion) return null;
  if (!found) return <Nothing query={query}>This conversion is not explained yet.</Nothing>;
  return (
    <div className="border-t border-line">
      <h3 className="px-4 pt-3 pb-2 text-[13px] font-semibold sm:px-5">
        Who gets the credit for this conversion
      </h3>
      {found.touches.length ? (
        <>
          <CreditTable explained={found} />
          <Behind explained={found} />
        </>
      ) : (
        <Empty>It had no touch before it.</Empty>
      )}
    </div>
  );
}

function CreditTable({ explained }: { readonly explained: Explained }) {
  const known = new Set(explained.touches.flatMap((touch) => Object.keys(touch.credit)));
  const models = SHOWN_MODELS.filter((model) => known.has(model));
  const left = explained.conversion.unattributed ?? {};
  return (
    <Scroll label="Credit per touch">
      <table className="w-full border-collapse text-[12.5px]">
        <caption className="sr-only">Share of the conversion that each touch gets, by model</caption>
        <thead>
          <tr className="border-y border-line bg-sunken text-quiet">
            <th
              scope="col"
              className="sticky left-0 bg-sunken py-1.5 pr-2 pl-4 text-left font-medium sm:pl-5"
            >
              Touch
            </th>
            {models.map((model) => (
              <th
                key={model}
                scope="col"
                className={`px-1.5 py-1.5 text-right font-medium whitespace-nowrap ${EDGE}`}
              >
                {words(model)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {explained.touches.map((touch) => (
            <tr key={touch.touchpoint_id} className="border-b border-line">
              <TouchHead touch={touch} when={explained.conversion.occurred_at} />
              {touch.left_out ? (
                <td colSpan={models.length} className={`px-1.5 py-1.5 text-right text-quiet ${EDGE}`}>
                  left out: {words(touch.left_out).toLowerCase()}
                </td>
              ) : (
                models.map((model) => <Share key={model} part={touch.credit[model]} />)
              )}
            </tr>
          ))}
          <tr>
            <th
              scope="row"
              className="sticky left-0 bg-card py-1.5 pr-2 pl-4 text-left font-normal text-quiet sm:pl-5"
            >
              Would have come anyway
            </th>
            {models.map((model) => (
              <Share key={model} part={left[model]} />
            ))}
          </tr>
        </tbody>
      </table>
    </Scroll>
  );
}

function TouchHead({ touch, when }: { readonly touch: ExplainedTouch; readonly when: string }) {
  return (
    <th
      scope="row"
      className="sticky left-0 bg-card py-1.5 pr-2 pl-4 text-left font-normal whitespace-nowrap sm:pl-5"
    >
      <span className="inline-flex items-center gap-1.5">
        <Dot name={touch.channel} />
        {words(touch.channel)}
      </span>
      <span className="block pl-3.5 text-[12px] text-quiet">{before(touch.occurred_at, when)}</span>
    </th>
  );
}

function Share({ part = 0 }: { readonly part: number | undefined }) {
  return <td className={`px-1.5 py-1.5 text-right ${EDGE} ${part ? "" : "text-quiet"}`}>{share(part)}</td>;
}

/** For a model that learns from data: what each touch's share rests on, and how it would be without it. */
function Behind({ explained }: { readonly explained: Explained }) {
  const known = new Set(explained.touches.flatMap((touch) => Object.keys(touch.behind ?? {})));
  const models = [...new Set([...SHOWN_MODELS, ...known])].filter((one) => known.has(one));
  const [wanted, setWanted] = useState<string>();
  const model = models.find((one) => one === wanted) ?? models[0];
  if (!model) return null;
  const touches = explained.touches.filter((touch) => touch.behind?.[model]);
  const evidence = new Map(touches.map((touch) => [touch.channel, touch.behind?.[model]?.evidence]));
  return (
    <div className="border-t border-line px-4 pt-3 pb-4 sm:px-5">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h4 className="text-[13px] font-semibold">What is behind it</h4>
        <Segmented
          label="Model to look behind"
          choices={models.map((one) => ({ value: one, label: words(one) }))}
          value={model}
          onChange={setWanted}
        />
      </div>
      <ol className="mt-2 grid gap-2.5 text-[12.5px]">
        {touches.map((touch) => (
          <BehindTouch
            key={touch.touchpoint_id}
            touch={touch}
            model={model}
            when={explained.conversion.occurred_at}
          />
        ))}
      </ol>
      <Evidence known={[...evidence].filter((pair): pair is [string, string] => Boolean(pair[1]))} />
    </div>
  );
}

interface BehindTouchProps {
  readonly touch: ExplainedTouch;
  readonly model: string;
  readonly when: string;
}

function BehindTouch({ touch, model, when }: BehindTouchProps) {
  const facts = touch.behind?.[model];
  const note = touch.notes?.[model];
  const without = touch.without?.[model]?.says;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3">
      <span className="inline-flex items-center gap-1.5">
        <Dot name={touch.channel} />
        {words(touch.channel)} <span className="text-quiet">{before(touch.occurred_at, when)}</span>
      </span>
      <span className="font-medium">{share(touch.credit[model] ?? 0)}</span>
      <span className="col-span-2 pl-3.5 text-quiet">
        {note ? <span className="block text-ink">It gets nothing: {note}.</span> : null}
        {facts?.says && !note ? <span className="block">{facts.says}</span> : null}
        {without && !note ? <span className="block">{without}</span> : null}
      </span>
    </li>
  );
}

function Evidence({ known }: { readonly known: readonly (readonly [string, string])[] }) {
  if (!known.length) return null;
  return (
    <details className="mt-3 text-[12.5px] text-quiet">
      <summary className="cursor-pointer">What is known of each channel</summary>
      <dl className="mt-1.5 grid gap-1.5">
        {known.map(([channel, evidence]) => (
          <div key={channel}>
            <dt className="inline font-medium text-ink">{words(channel)}</dt>{" "}
            <dd className="inline">{evidence}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
