// People: the latest conversions (of one path, if one was chosen) and one person's timeline.
import { type FormEvent, useState } from "react";
import { useLatestExplained, useRecentConversions } from "../api/client";
import { PathChips } from "../parts/chip";
import { ConversionsList } from "../parts/conversions-list";
import { TimelineCard } from "../parts/timeline";
import { link, useRoute } from "../route";

export function People() {
  const { path, choices } = useRoute();
  const along = choices.get("path") ?? undefined;
  const settled = useLatestExplained("0");
  const onPath = useRecentConversions({ path: along, limit: "25" });
  const recent = along ? onPath : settled;
  const latest = recent.data?.[0];
  const person = path[1] ?? latest?.person_id;
  const conversion = choices.get("conversion") ?? (path[1] ? undefined : latest?.conversion_id);
  return (
    <div className="grid gap-4">
      <Search />
      {along ? (
        <div className="flex flex-wrap items-center gap-3 px-1">
          <PathChips path={along.split(" > ")} />
          <a href={link(["people"])} className="text-[13px] text-accent underline-offset-2 hover:underline">
            Show every path
          </a>
        </div>
      ) : null}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <TimelineCard person={person} conversion={conversion} isPending={recent.isPending} />
        <ConversionsList path={along} chosen={conversion} />
      </div>
    </div>
  );
}

function Search() {
  const [wanted, setWanted] = useState("");
  const find = (event: FormEvent) => {
    event.preventDefault();
    if (wanted.trim()) window.location.hash = link(["people", wanted.trim()]);
  };
  return (
    <search>
      <form onSubmit={find} className="flex max-w-xl gap-2">
        <label htmlFor="identifier" className="sr-only">
          Find a person by any identifier
        </label>
        <input
          id="identifier"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
          placeholder="Customer id, e-mail address, device id…"
          className="min-w-0 flex-1 rounded-lg border border-line bg-card px-3 py-1.5 placeholder:text-quiet"
        />
        <button type="submit" className="rounded-lg bg-accent px-3.5 py-1.5 font-medium text-card">
          Find
        </button>
      </form>
    </search>
  );
}
