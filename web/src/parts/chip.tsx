// Chip: a channel (or any other step of a path) with its colour; a path is a row of chips.
import { color } from "../channels";
import { words } from "../format";

export function Dot({ name }: { readonly name: string }) {
  return (
    <span
      aria-hidden="true"
      className="inline-block size-2 shrink-0 rounded-full"
      style={{ background: color(name) }}
    />
  );
}

export function Chip({ name }: { readonly name: string }) {
  return (
    <span className="inline-flex items-center gap-1.5 rounded-full bg-sunken px-2 py-0.5 text-[12.5px] whitespace-nowrap text-ink">
      <Dot name={name} />
      {words(name)}
    </span>
  );
}

export function PathChips({ path }: { readonly path: readonly string[] }) {
  const steps = runs(path);
  return (
    <span className="flex flex-wrap items-center gap-x-1 gap-y-1.5">
      {steps.map((step, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the place is what identifies a step
        <span key={place} className="inline-flex items-center gap-1">
          {place ? (
            <span aria-hidden="true" className="text-quiet">
              ›
            </span>
          ) : null}
          <Chip name={step.name} />
          {step.times > 1 ? <span className="text-[12px] text-quiet">×{step.times}</span> : null}
        </span>
      ))}
    </span>
  );
}

function runs(path: readonly string[]): { name: string; times: number }[] {
  const found: { name: string; times: number }[] = [];
  for (const name of path) {
    const last = found.at(-1);
    if (last?.name === name) last.times += 1;
    else found.push({ name, times: 1 });
  }
  return found;
}
