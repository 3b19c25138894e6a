// App: the frame of every page: navigation at the side (above, on a small screen), the page beside it.
import { useEffect, useRef } from "react";
import { useLive } from "./api/live";
import { count } from "./format";
import { Budget } from "./pages/budget";
import { Intake } from "./pages/intake";
import { Models } from "./pages/models";
import { Overview } from "./pages/overview";
import { Paths } from "./pages/paths";
import { People } from "./pages/people";
import { Segmented } from "./parts/controls";
import { link, useRoute } from "./route";
import { THEMES, useTheme } from "./theme";

const PAGES = [
  { name: "", title: "Overview", Page: Overview },
  { name: "models", title: "Models", Page: Models },
  { name: "budget", title: "Budget", Page: Budget },
  { name: "paths", title: "Paths", Page: Paths },
  { name: "people", title: "People", Page: People },
  { name: "intake", title: "Intake", Page: Intake },
] as const;

export function App() {
  const { path } = useRoute();
  const here = PAGES.find((page) => page.name === (path[0] ?? "")) ?? PAGES[0];
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${here.title} · Headwater`;
    if (isFirst.current) isFirst.current = false;
    else heading.current?.focus();
  }, [here]);

  return (
    <div className="mx-auto lg:grid lg:max-w-[1480px] lg:grid-cols-[216px_minmax(0,1fr)]">
      <button
        type="button"
        onClick={() => heading.current?.focus()}
        className="sr-only z-10 rounded-md bg-card px-3 py-2 focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to the page
      </button>
      <aside className="lg:sticky lg:top-0 lg:flex lg:h-dvh lg:flex-col lg:border-r lg:border-line lg:px-3 lg:py-5">
        <div className="flex items-center justify-between gap-3 px-4 pt-4 lg:px-2 lg:pt-0">
          <Brand />
          <span className="lg:hidden">
            <Pulse />
          </span>
        </div>
        <nav aria-label="Main" className="mt-3 overflow-x-auto px-2 lg:mt-6 lg:px-0">
          <ul className="flex gap-0.5 lg:flex-col">
            {PAGES.map(({ name, title }) => (
              <li key={name}>
                <a
                  href={link(name ? [name] : [])}
                  aria-current={name === here.name ? "page" : undefined}
                  className="block rounded-lg px-1.5 py-1.5 text-[13px] text-quiet hover:bg-sunken sm:px-2.5 sm:text-sm lg:px-3 hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent"
                >
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div className="mt-auto hidden flex-col gap-3 px-2 lg:flex">
          <Pulse />
          <ThemeChoice />
        </div>
      </aside>
      <main id="main" className="min-w-0 px-3 pt-4 pb-10 sm:px-6 lg:pt-6">
        <h1
          ref={heading}
          tabIndex={-1}
          className="mb-4 px-1 text-xl font-semibold tracking-tight outline-none"
        >
          {here.title}
        </h1>
        <here.Page />
        <footer className="mt-6 flex justify-center lg:hidden">
          <ThemeChoice />
        </footer>
      </main>
    </div>
  );
}

function Brand() {
  return (
    <a
      href={link([])}
      className="flex items-center gap-2.5 rounded-md text-[17px] font-semibold tracking-tight"
    >
      <svg viewBox="0 0 32 32" className="size-7" aria-hidden="true">
        <rect width="32" height="32" rx="8" fill="#0f766e" />
        <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round">
          <path d="M8 7c0 7 8 6 8 13v6" />
          <path d="M24 7c0 7-8 6-8 13" />
          <path d="M16 6v7" opacity=".75" />
        </g>
      </svg>
      Headwater
    </a>
  );
}

/** Whether news is coming in, and how much has come. */
function Pulse() {
  const { link: state, status } = useLive();
  const color = { open: "bg-good pulse", connecting: "bg-warn", lost: "bg-bad" }[state];
  const said = { open: "Live", connecting: "Connecting", lost: "Connection lost" }[state];
  return (
    <p className="flex items-center gap-2 text-[13px] text-quiet">
      <span aria-hidden="true" className={`size-2 rounded-full ${color}`} />
      {said}
      {status && state === "open" ? <span>· {count(status.stored)} stored</span> : null}
    </p>
  );
}

function ThemeChoice() {
  const [theme, setTheme] = useTheme();
  const choices = THEMES.map((name) => ({
    value: name,
    label: name === "system" ? "Auto" : name === "light" ? "Light" : "Dark",
  }));
  return (
    <Segmented
      label="Theme"
      choices={choices}
      value={theme}
      onChange={(next) => setTheme(THEMES.find((name) => name === next) ?? "system")}
    />
  );
}
