/** Names that lead to their pages. */
import { animalName, shortKey } from "../format.ts";

export function HotspotLink({ hotspotKey }: { readonly hotspotKey: string }) {
  return (
    <a href={`/hotspot/${hotspotKey}`} title={hotspotKey}>
      {animalName(hotspotKey)}
    </a>
  );
}

export function CellLink({ cell }: { readonly cell: string | null }) {
  if (cell === null) return <span class="quiet">not asserted</span>;
  return (
    <a class="code" href={`/cell/${cell}`}>
      {cell}
    </a>
  );
}

/** A key or a wallet in full to copy, in short to read. */
export function Code({ text }: { readonly text: string }) {
  return (
    <span class="code" title={text}>
      {shortKey(text)}
      <button
        type="button"
        class="copy"
        aria-label={`Copy ${text}`}
        onClick={(event) => {
          const button = event.currentTarget;
          void navigator.clipboard?.writeText(text).then(() => {
            button.dataset.done = "yes";
          });
        }}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M5 1h9v11H5zM2 4v11h9" />
        </svg>
      </button>
    </span>
  );
}
