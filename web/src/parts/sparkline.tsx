// Sparkline: events a second over the last minute, as small bars; the newest is at the right.
import { SECONDS } from "../api/live";

const HEIGHT = 44;
const STEP = 4;

export function Sparkline({ beat }: { readonly beat: readonly number[] }) {
  const most = Math.max(4, ...beat);
  const first = SECONDS - beat.length;
  return (
    <svg
      viewBox={`0 0 ${SECONDS * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="h-11 w-full"
      role="img"
      aria-label={`Events stored in each of the last ${SECONDS} seconds; most in one second: ${most}`}
    >
      <rect x="0" y={HEIGHT - 1} width={SECONDS * STEP} height="1" className="fill-line" />
      {beat.map((events, place) => {
        const height = Math.max(events ? 2 : 0, (events / most) * (HEIGHT - 2));
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its second
            key={place}
            x={(first + place) * STEP}
            y={HEIGHT - height}
            width={STEP - 1}
            height={height}
            rx="1"
            className={place === beat.length - 1 ? "fill-accent" : "fill-bar"}
          />
        );
      })}
    </svg>
  );
}
