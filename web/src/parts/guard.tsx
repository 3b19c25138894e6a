// Guard: what the volume guard says of a model, and the way to what it advises instead.
import type { Meta } from "../api/types";
import { words } from "../format";

interface GuardProps {
  readonly meta: Meta;
  readonly model: string;
  /** Takes up the model that the guard advises; without it the advice stands alone. */
  readonly onUse?: ((model: string) => void) | undefined;
}

const SAID = {
  trusted: { label: "Enough volume", color: "text-good" },
  with_care: { label: "Read with care", color: "text-warn" },
  not_trusted: { label: "Not to be trusted", color: "text-bad" },
} as const;

export function Guard({ meta, model, onUse }: GuardProps) {
  const verdict = meta.guard?.[model];
  if (!verdict) return null;
  const { label, color } = SAID[verdict.verdict];
  const [volume = "", ...broken] = verdict.why.split("; ");
  const better = verdict.verdict === "trusted" ? undefined : meta.recommended;
  return (
    <div className="border-t border-line px-4 py-2.5 text-[13px] sm:px-5">
      <p>
        <span className={`font-medium ${color}`}>{label}.</span> {words(model)}: {volume}.
        {verdict.verdict === "with_care" ? " Read the intervals." : null}
        {verdict.instead ? (
          <>
            {" "}
            Use <Use model={verdict.instead} onUse={onUse} /> instead, or ask for a longer period or a coarser
            dimension.
          </>
        ) : null}
      </p>
      {broken.length ? (
        <ul
          aria-label={`What the data breaks of what ${words(model)} assumes`}
          className="mt-1 list-disc pl-4 text-quiet"
        >
          {broken.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      ) : null}
      {better && better.model !== model && better.model !== verdict.instead ? (
        <p className="mt-0.5 text-quiet">
          Of the models here, <Use model={better.model} onUse={onUse} /> has the volume it needs: {better.why}
          .{model === "incremental" ? " It knows nothing of what would have come anyway." : null}
        </p>
      ) : null}
    </div>
  );
}

function Use({ model, onUse }: { readonly model: string; readonly onUse: GuardProps["onUse"] }) {
  if (!onUse) return <span className="font-medium text-ink">{words(model)}</span>;
  return (
    <button
      type="button"
      onClick={() => onUse(model)}
      className="font-medium text-accent underline underline-offset-2"
    >
      {words(model)}
    </button>
  );
}
