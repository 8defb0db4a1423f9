/** Addresses of the pages: the browser's own history, links are plain links. */
import { useEffect, useState } from "preact/hooks";

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const listeners = new Set<() => void>();

/** Goes to a page, as a link would. */
export function go(href: string, replace = false): void {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  for (const listener of listeners) listener();
}

/** Lets links inside the site change the page without loading it anew. */
export function startRouter(): void {
  window.addEventListener("popstate", () => {
    for (const listener of listeners) listener();
  });
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a");
    const href = link?.getAttribute("href");
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !href || !isPlain || link.hasAttribute("download") || link.target !== "") return;
    if (!href.startsWith("/") || /^\/(v1|docs|openapi)/.test(href)) return;
    event.preventDefault();
    go(href);
  });
}

export function usePlace(): Place {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    const follow = () => setPlace(placeNow());
    listeners.add(follow);
    return () => void listeners.delete(follow);
  }, []);
  return place;
}

function placeNow(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}
