// Conversions list: who converted last; choosing one shows that person.
import { useCurrency, useRecentConversions } from "../api/client";
import { at, count, magnitude, money, words } from "../format";
import { link } from "../route";
import { Card, Nothing } from "./card";

interface ConversionsListProps {
  readonly path?: string | undefined;
  readonly chosen?: string | undefined;
}

export function ConversionsList({ path, chosen }: ConversionsListProps) {
  const query = useRecentConversions({ path, limit: "25" });
  const currency = useCurrency();
  const rows = query.data ?? [];
  const kept: Record<string, string> = path ? { path } : {};
  return (
    <Card
      title={path ? "Conversions on this path" : "Latest conversions"}
      note="Choose one to see how it came about"
    >
      {rows.length ? (
        <ul className="border-t border-line">
          {rows.map((row) => (
            <li key={row.conversion_id} className="border-b border-line last:border-0">
              <a
                href={link(["people", row.person_id], { ...kept, conversion: row.conversion_id })}
                aria-current={row.conversion_id === chosen ? "true" : undefined}
                className="flex items-baseline justify-between gap-3 px-4 py-2 hover:bg-sunken/50 aria-[current=true]:bg-accent-soft sm:px-5"
              >
                <span className="min-w-0">
                  <span className="font-medium">{words(row.goal)}</span>
                  <span className="block text-[12.5px] text-quiet">
                    {at(row.occurred_at)} · {count(row.step_count)}{" "}
                    {row.step_count === 1 ? "touch" : "touches"}
                    {magnitude(row.refunded) < 0 ? <span className="text-warn"> · refunded</span> : null}
                  </span>
                </span>
                <span className="font-medium">{row.net_value ? money(row.net_value, currency, 2) : "–"}</span>
              </a>
            </li>
          ))}
        </ul>
      ) : (
        <Nothing query={query}>Nobody has converted here yet.</Nothing>
      )}
    </Card>
  );
}
