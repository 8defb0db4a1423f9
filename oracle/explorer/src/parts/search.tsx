/** Finds hotspots by name, key, gateway id or wallet, and cells; a list box under a field, as WAI-ARIA's combobox has it. */
import { useEffect, useId, useState } from "preact/hooks";
import { ask } from "../api.ts";
import type { FoundHotspot } from "../api-types.ts";
import { animalName, shortKey } from "../format.ts";
import { useLive } from "../live.ts";
import { isValidCell } from "../map/h3.ts";
import { go } from "../router.ts";

const WAIT_MS = 180;

export function Search() {
  const list = useId();
  const { epochs } = useLive();
  const hasEpoch = (epochs?.length ?? 0) > 0;
  const [text, setText] = useState("");
  const [found, setFound] = useState<
    readonly { readonly href: string; readonly title: string; readonly detail: string }[]
  >([]);
  const [at, setAt] = useState(-1);
  /** What `found` is the answer to. */
  const [answered, setAnswered] = useState<string>();
  useEffect(() => {
    const wanted = text.trim();
    setAt(-1);
    setAnswered(undefined);
    if (wanted.length < 2) return setFound([]);
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      const cell = /^[0-9a-f]{15}$/.test(wanted) && isValidCell(wanted) ? [cellChoice(wanted)] : [];
      const answer = hasEpoch ? await hotspotsNamed(wanted, stop.signal) : { hotspots: [] };
      if (stop.signal.aborted) return;
      setFound([...cell, ...answer.hotspots.map(hotspotChoice)]);
      setAnswered(wanted);
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, hasEpoch]);
  const choose = (index: number) => {
    const choice = found[index];
    if (choice === undefined) return;
    setText("");
    setFound([]);
    go(choice.href);
  };
  const isOpen = found.length > 0 || (answered === text.trim() && text.trim().length >= 2);
  return (
    <div class="search">
      <input
        type="text"
        role="combobox"
        aria-label="Find a hotspot or a cell"
        aria-expanded={isOpen}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `${list}-${at}` : undefined}
        placeholder="Name, key, wallet, cell"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") setText("");
          // What is listed until the answer comes is of what was typed before; the field knows what was typed before this page does.
          else if (event.key === "Enter" && answered === event.currentTarget.value.trim()) choose(Math.max(0, at));
          else if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, at + 1));
          else if (event.key === "ArrowUp") setAt(Math.max(-1, at - 1));
          else return;
          event.preventDefault();
        }}
      />
      <div id={list} role="listbox" aria-label="What was found" hidden={!isOpen}>
        {found.map(({ href, title, detail }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys, as a combobox does.
          <div
            key={href}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(index)}
          >
            {title} <span class="quiet code">{detail}</span>
          </div>
        ))}
        {found.length === 0 && (
          <div class="quiet none">
            {hasEpoch ? "Nothing of that name in the latest epoch." : "Nothing of that name: no epoch is closed yet."}
          </div>
        )}
      </div>
    </div>
  );
}

/** Of the latest closed epoch. */
function hotspotsNamed(wanted: string, stop: AbortSignal): Promise<{ readonly hotspots: readonly FoundHotspot[] }> {
  return ask<{ readonly hotspots: readonly FoundHotspot[] }>(
    `/v1/search?q=${encodeURIComponent(wanted)}`,
    {},
    stop,
  ).catch(() => ({ hotspots: [] }));
}

function hotspotChoice({ key, cell }: FoundHotspot) {
  return { href: `/hotspot/${key}`, title: animalName(key), detail: cell ?? shortKey(key) };
}

function cellChoice(cell: string) {
  return { href: `/cell/${cell}`, title: "Cell", detail: cell };
}
