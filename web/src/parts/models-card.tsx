// Models card: the comparison with its choices: by what, which figure, which period.
import { useFittedReport, useReport } from "../api/client";
import { Card } from "./card";
import { AT_ONCE, FEW, useChosen } from "./choices";
import { ByChooser, FigureChooser, PeriodChooser } from "./choosers";
import { NoCredit, shownModel } from "./credit-card";
import { Foot } from "./csv-link";
import { ModelsTable } from "./models-table";
import { since } from "./period";

interface ModelsCardProps {
  /** Show every model, not only the few that most people compare. */
  readonly isWhole?: boolean;
}

export function ModelsCard({ isWhole = false }: ModelsCardProps) {
  const { by, metric, period, model } = useChosen();
  const options = { by, since: since(period) };
  const query = useFittedReport("compare", options);
  const isWaiting = !query.data || query.isPlaceholderData;
  const early = useReport("compare", { ...options, model: AT_ONCE }, isWaiting).data;
  const report = isWaiting ? (early ?? query.data) : query.data;
  // with intervals the guard knows more than from counts alone; what it says of the model above is said there
  const judged = useFittedReport("attribution", options);
  const notes = (judged.isPlaceholderData ? undefined : judged.data?.meta.notes) ?? report?.meta.notes;
  const above = shownModel(judged.data, model);
  return (
    <Card
      title="Models side by side"
      note="Who gets the credit, by each rule for dividing it"
      actions={
        <>
          <ByChooser value={by} />
          <PeriodChooser value={period} />
          <FigureChooser value={metric} />
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
          <Foot report="compare" options={options}>
            Window {report.meta.window ?? "of the settings"}; touches after the conversion never count.
          </Foot>
        </>
      ) : (
        <NoCredit query={query} />
      )}
    </Card>
  );
}
