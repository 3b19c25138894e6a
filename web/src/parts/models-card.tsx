// Models card: the comparison with its choices: by what, which figure, which period.
import { csvLink, useFittedReport, useReport } from "../api/client";
import { choose, useRoute } from "../route";
import { Card, Command, Nothing } from "./card";
import { AT_ONCE, DIMENSIONS, FEW, METRICS, type Metric } from "./choices";
import { Segmented, Select } from "./controls";
import { shownModel } from "./credit-card";
import { ModelsTable } from "./models-table";
import { PERIODS, since } from "./period";

interface ModelsCardProps {
  /** Show every model, not only the few that most people compare. */
  readonly isWhole?: boolean;
}

export function ModelsCard({ isWhole = false }: ModelsCardProps) {
  const { choices } = useRoute();
  const by = choices.get("by") ?? "channel";
  const metric = (choices.get("metric") ?? "conversions") as Metric;
  const period = choices.get("period") ?? "";
  const options = { by, since: since(period) };
  const query = useFittedReport("compare", options);
  const isWaiting = !query.data || query.isPlaceholderData;
  const early = useReport("compare", { ...options, model: AT_ONCE }, isWaiting).data;
  const report = isWaiting ? (early ?? query.data) : query.data;
  // with intervals the guard knows more than from counts alone; what it says of the model above is said there
  const judged = useFittedReport("attribution", options);
  const notes = (judged.isPlaceholderData ? undefined : judged.data?.meta.notes) ?? report?.meta.notes;
  const above = shownModel(judged.data, choices.get("model"));
  return (
    <Card
      title="Models side by side"
      note="Who gets the credit, by each rule for dividing it"
      actions={
        <>
          <Select label="By" choices={DIMENSIONS} value={by} onChange={(value) => choose("by", value)} />
          <Select
            label="Period"
            choices={PERIODS}
            value={period}
            onChange={(value) => choose("period", value)}
          />
          <Segmented
            label="Figure"
            choices={METRICS}
            value={metric}
            onChange={(value) => choose("metric", value)}
          />
        </>
      }
    >
      {report?.rows.length ? (
        <>
          <ModelsTable
            report={report}
            metric={metric}
            models={isWhole ? undefined : FEW}
            limit={isWhole ? 200 : 12}
          />
          {(notes ?? [])
            .filter((note) => !note.startsWith(`${above}: `))
            .map((note) => (
              <p key={note} className="border-t border-line px-4 py-2 text-[12.5px] sm:px-5">
                {note}
              </p>
            ))}
          <p className="flex flex-wrap justify-between gap-x-4 border-t border-line px-4 py-2 text-[12.5px] text-quiet sm:px-5">
            <span>
              Window {report.meta.window ?? "of the settings"}; touches after the conversion never count.
            </span>
            <a className="text-accent underline-offset-2 hover:underline" href={csvLink("compare", options)}>
              Download CSV
            </a>
          </p>
        </>
      ) : (
        <Nothing query={query}>
          No conversion has a touch before it in this period. Choose a longer one, or import past touches and
          conversions: <Command>headwater import FILE --as touchpoints</Command>
        </Nothing>
      )}
    </Card>
  );
}
