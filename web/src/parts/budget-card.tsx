// Budget card: would moving money pay, and could the answer be the other way round.
import { useState } from "react";
import { useFittedReport } from "../api/client";
import type { Report, Row } from "../api/types";
import { credit, magnitude, money, share, timeOfDay, words } from "../format";
import { choose } from "../route";
import { Card, Command, Nothing } from "./card";
import { Dot } from "./chip";
import { useChosen } from "./choices";
import { ByChooser, PeriodChooser } from "./choosers";
import { Select } from "./controls";
import { Foot } from "./csv-link";
import { Guard } from "./guard";
import { Ends, IntervalMark } from "./interval";
import { since } from "./period";
import { Cell, FirstHead, Head, ROOMY, Table } from "./table";

const DIMENSIONS = [
  { value: "channel", label: "Channel" },
  { value: "campaign", label: "Campaign" },
];
const SHARES = [
  { value: "5%", label: "5 %" },
  { value: "10%", label: "10 %" },
  { value: "25%", label: "25 %" },
  { value: "50%", label: "50 %" },
];
const SHOWN = 15;
const VERDICTS: Readonly<Record<string, { readonly label: string; readonly color: string }>> = {
  better: { label: "Worth trying", color: "text-good" },
  worse: { label: "Would lose", color: "text-bad" },
  undecided: { label: "Could go either way", color: "text-warn" },
  unknown: { label: "Not known", color: "text-quiet" },
};

export function BudgetCard() {
  const chosen = useChosen();
  const by = chosen.by === "campaign" ? "campaign" : "channel";
  const options = { by, model: chosen.model ?? undefined, since: since(chosen.period) };
  const query = useFittedReport("budget", options);
  const report = query.data;
  return (
    <Card
      title="Would moving money pay?"
      note="A tenth of the smaller spend, from what returns less to what returns more"
      actions={
        <>
          <ByChooser value={by} dimensions={DIMENSIONS} />
          <PeriodChooser value={chosen.period} />
        </>
      }
    >
      {report?.rows.length ? (
        <>
          <Ask report={report} options={options} />
          <Guard
            meta={report.meta}
            model={report.meta.models?.[0] ?? ""}
            onUse={(better) => choose("model", better)}
          />
          <MovesTable report={report} />
          <p className="border-t border-line px-4 py-2 text-[12.5px] sm:px-5">{report.meta.notes?.[0]}</p>
          <Foot report="budget" options={options}>
            By {words(report.meta.models?.[0] ?? "").toLowerCase()}
            {options.model ? (
              <>
                {" "}
                (
                <button
                  type="button"
                  onClick={() => choose("model", "")}
                  className="text-accent underline underline-offset-2"
                >
                  back to the usual model
                </button>
                )
              </>
            ) : null}
            ; 95 % intervals, as of {timeOfDay(String(report.meta.as_of))}.
          </Foot>
        </>
      ) : (
        <Nothing query={query}>
          There is nothing to move money between: it takes spend on at least two values, and credit for them.
          Bring spend in: <Command>headwater import FILE --as spend</Command>
        </Nothing>
      )}
    </Card>
  );
}

interface AskProps {
  readonly report: Report;
  readonly options: Readonly<Record<string, string | undefined>>;
}

/** One move of the reader's own: from, to, and how much of what the first spends. */
function Ask({ report, options }: AskProps) {
  const names = [...new Set(report.rows.flatMap((row) => [String(row.from), String(row.to)]))].sort();
  const best = report.rows[0];
  const [chosen, setChosen] = useState<{ from?: string; to?: string; part: string }>({ part: "10%" });
  const from = chosen.from ?? String(best?.from);
  const to = chosen.to ?? String(best?.to);
  const query = useFittedReport("budget", { ...options, move: `${from}:${to}:${chosen.part}` }, from !== to);
  const row = query.isPlaceholderData ? undefined : query.data?.rows[0];
  const far = row ? (query.data?.meta.notes ?? []).filter((note) => note.includes("no guide")) : [];
  const values = names.map((name) => ({ value: name, label: words(name) }));
  return (
    <div className="border-t border-line px-4 py-3 sm:px-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Select
          label="Move"
          choices={SHARES}
          value={chosen.part}
          onChange={(part) => setChosen({ ...chosen, part })}
        />
        <Select
          label="of"
          choices={values}
          value={from}
          onChange={(name) => setChosen({ ...chosen, from: name, to })}
        />
        <Select
          label="to"
          choices={values}
          value={to}
          onChange={(name) => setChosen({ ...chosen, from, to: name })}
        />
      </div>
      <div className="mt-2.5 min-h-11 text-[13px]" aria-live="polite">
        {from === to ? (
          <p className="text-quiet">Choose two that differ.</p>
        ) : row ? (
          <Answer report={report} row={row} />
        ) : query.error ? (
          <p className="text-bad">{query.error.message}</p>
        ) : (
          <p className="text-quiet">Loading…</p>
        )}
        {far.map((note) => (
          <p key={note} className="text-warn">
            {note}
          </p>
        ))}
      </div>
    </div>
  );
}

function Answer({ report, row }: { readonly report: Report; readonly row: Row }) {
  const figure = figures(report);
  const currency = report.meta.currency ?? "USD";
  const { label, color } = verdict(row);
  const isKnown = row.gain_low != null && row.gain_high != null;
  return (
    <>
      <p>
        <span className={`font-medium ${color}`}>{label}.</span> {money(String(row.amount), currency)} moved
        would bring <span className="font-medium">{signed(figure, row.gain)}</span>
        {isKnown ? ` (${signed(figure, row.gain_low)} to ${signed(figure, row.gain_high)})` : null}.
      </p>
      {row.loss_chance == null ? null : (
        <p className="text-quiet">
          The chance that it changes sign and loses: {share(magnitude(row.loss_chance))}.
        </p>
      )}
    </>
  );
}

function MovesTable({ report }: { readonly report: Report }) {
  const rows = report.rows.slice(0, SHOWN);
  const figure = figures(report);
  const currency = report.meta.currency ?? "USD";
  const most = Math.max(1e-9, ...rows.map((row) => Math.max(magnitude(row.gain), magnitude(row.gain_high))));
  const least = Math.min(0, ...rows.map((row) => magnitude(row.gain_low)));
  return (
    <Table
      label="Moves of money"
      caption="What each move of money would gain, with intervals"
      heads={
        <>
          <FirstHead>From, to</FirstHead>
          <Head className={ROOMY}>Gain</Head>
          <Head className={`${ROOMY} w-[26%] min-w-32`}>95 % interval</Head>
          {["Chance of a loss", "Verdict", "Amount", "Returns"].map((one) => (
            <Head key={one} className={ROOMY}>
              {one}
            </Head>
          ))}
        </>
      }
    >
      {rows.map((row) => (
        <tr
          key={`${row.from} ${row.to} ${row.model}`}
          className="border-b border-line last:border-0 hover:bg-sunken/50"
        >
          <th scope="row" className="sticky left-0 bg-card py-2 pr-3 pl-4 text-left font-medium sm:pl-5">
            <Value name={String(row.from)} />
            <span aria-hidden="true" className="mx-1 text-quiet">
              ›
            </span>
            <Value name={String(row.to)} />
          </th>
          <Cell className={ROOMY}>{signed(figure, row.gain)}</Cell>
          <Cell className={ROOMY}>
            <Ends low={row.gain_low} high={row.gain_high} figure={(one) => signed(figure, one)} />
            <IntervalMark
              value={magnitude(row.gain)}
              low={row.gain_low == null ? null : magnitude(row.gain_low)}
              high={row.gain_high == null ? null : magnitude(row.gain_high)}
              most={most}
              least={least}
            />
          </Cell>
          <Cell className={ROOMY}>{row.loss_chance == null ? "–" : share(magnitude(row.loss_chance))}</Cell>
          <Cell className={`${ROOMY} font-medium ${verdict(row).color}`}>{verdict(row).label}</Cell>
          <Cell className={ROOMY}>{money(String(row.amount), currency)}</Cell>
          <Cell className={`${ROOMY} text-quiet`}>
            {precisely(row.return_from)} › {precisely(row.return_to)}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

function Value({ name }: { readonly name: string }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <Dot name={name} />
      {words(name)}
    </span>
  );
}

function verdict(row: Row): { readonly label: string; readonly color: string } {
  return VERDICTS[String(row.verdict)] ?? { label: words(String(row.verdict)), color: "text-quiet" };
}

/** Gains are value where a goal has one, else conversions. */
function figures(report: Report): (value: unknown) => string {
  const currency = report.meta.currency ?? "USD";
  return (value) =>
    report.meta.measure === "conversions"
      ? credit(magnitude(value))
      : money(String(magnitude(value)), currency);
}

function signed(figure: (value: unknown) => string, value: unknown): string {
  return magnitude(value) > 0 ? `+${figure(value)}` : figure(value);
}

function precisely(value: unknown): string {
  return magnitude(value).toFixed(2);
}
