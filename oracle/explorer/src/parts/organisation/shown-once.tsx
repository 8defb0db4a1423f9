/** A secret that is shown this once, to be copied. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { Code } from "../links.tsx";

export function ShownOnce({
  what,
  secret,
  onKept,
}: {
  readonly what: string;
  readonly secret: string;
  readonly onKept: () => void;
}) {
  const note = useRef<HTMLDivElement>(null);
  // It stands where somebody looks, and is read out; at once, so that no key pressed in between goes elsewhere.
  useLayoutEffect(() => note.current?.focus(), [secret]);
  return (
    <div class="note stale" role="status" tabIndex={-1} ref={note}>
      <p>
        <strong>{what}</strong> It is shown this once: keep it now.
      </p>
      <p class="code" style="overflow-wrap: anywhere" data-secret>
        {secret}
      </p>
      <p class="row">
        <Code text={secret} />
        <button type="button" class="second" onClick={onKept}>
          I have kept it
        </button>
      </p>
    </div>
  );
}
