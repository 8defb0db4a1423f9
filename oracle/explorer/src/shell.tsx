/** What is around every page: where one is, whether the oracle answers, which epoch is shown, and the way to the others. */
import { useEffect, useRef, useState } from "preact/hooks";
import { clock } from "./format.ts";
import { askNow, useLive } from "./live.ts";
import { ConsolePage } from "./pages/console.tsx";
import { GapsPage } from "./pages/gaps.tsx";
import { HotspotPage } from "./pages/hotspot.tsx";
import { LeaderboardPage } from "./pages/leaderboard.tsx";
import { MapPage } from "./pages/map.tsx";
import { NetworkPage } from "./pages/network.tsx";
import { OwnerPage } from "./pages/owner.tsx";
import { ProposalsPage } from "./pages/proposals.tsx";
import { Search } from "./parts/search.tsx";
import { usePlace } from "./router.ts";
import { chooseTheme, useTheme } from "./theme.ts";

const NAVIGATION = [
  ["/", "Map"],
  ["/hotspots", "Hotspots"],
  ["/gaps", "Gaps"],
  ["/network", "Network"],
  ["/proposals", "Proposals"],
  ["/owner", "Owner"],
  ["/console", "Customer"],
] as const;

export function Shell() {
  const { path } = usePlace();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const [isOpen, setOpen] = useState(false);
  // a new page begins at its top, and screen readers hear of it.
  useEffect(() => {
    setOpen(false);
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
    window.scrollTo(0, 0);
  }, [path]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href="/">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M16 2l12 7v14l-12 7-12-7V9z" />
            <circle cx="16" cy="16" r="4" />
          </svg>
          Earshot
        </a>
        <button
          type="button"
          class="menu"
          aria-expanded={isOpen}
          aria-controls="navigation"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
        <nav id="navigation" class={isOpen ? "open" : ""} aria-label="Pages">
          {NAVIGATION.map(([href, title]) => (
            <a key={href} href={href} aria-current={isCurrent(path, href) ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <Search />
        <LiveMark />
        <ThemeButton />
      </header>
      <Outage />
      <main id="main" ref={main} tabIndex={-1} class={path === "/" || path.startsWith("/cell/") ? "wide" : ""}>
        <Page path={path} />
      </main>
    </>
  );
}

function Page({ path }: { readonly path: string }) {
  const [, kind = "", name = ""] = path.split("/");
  switch (kind) {
    case "":
      return <MapPage cell={null} />;
    case "cell":
      return <MapPage cell={name} />;
    case "hotspot":
      return <HotspotPage hotspotKey={name} key={name} />;
    case "hotspots":
      return <LeaderboardPage />;
    case "gaps":
      return <GapsPage />;
    case "network":
      return <NetworkPage />;
    case "proposals":
      return <ProposalsPage />;
    case "owner":
      return <OwnerPage />;
    case "console":
      return <ConsolePage />;
    default:
      return (
        <section class="page">
          <h1>No such page</h1>
          <p>
            <a href="/">Back to the map</a>
          </p>
        </section>
      );
  }
}

function LiveMark() {
  const { epochs, failure } = useLive();
  if (failure !== undefined) return <span class="live off">no answer</span>;
  if (epochs === undefined) return <span class="live">asking …</span>;
  const last = epochs.at(-1);
  return (
    <span class="live on" role="status">
      {last === undefined ? "no epoch closed yet" : `epoch ${last}`}
    </span>
  );
}

/** Says that what is shown may be old, from the first failure on. */
function Outage() {
  const { failure, heardMs } = useLive();
  if (failure === undefined) return null;
  return (
    <div class="outage" role="alert">
      {heardMs === 0
        ? "The oracle has not answered yet."
        : `The oracle has not answered since ${clock(heardMs)}; what you see is from before.`}{" "}
      <button type="button" class="link" onClick={() => void askNow()}>
        Try again
      </button>
    </div>
  );
}

function ThemeButton() {
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button type="button" class="theme" aria-label={`Use the ${other} theme`} onClick={() => chooseTheme(other)}>
      {theme === "dark" ? "☀" : "☾"}
    </button>
  );
}

function isCurrent(path: string, href: string): boolean {
  if (href === "/") return path === "/" || path.startsWith("/cell/");
  if (href === "/hotspots") return path === "/hotspots" || path.startsWith("/hotspot/");
  return path.startsWith(href);
}
