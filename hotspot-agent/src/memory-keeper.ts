/**
 * Keeps the process small: asks for a collection when resident memory has grown past what a hotspot's small computer should give.
 *
 * JavaScriptCore lets garbage pile up in proportion to the memory of the machine, and a burst of packets makes much of it. What
 * lives is a tenth of that. Not more often than every few seconds, so that collecting never becomes what the agent does.
 */
import type { Clock } from "./clock.ts";
import type { Telemetry } from "./telemetry.ts";

export interface MemoryKeeperOptions {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly residentBytes: () => number;
  readonly collect: () => void;
}

/** Well under the 128 MiB that the agent promises after bursts, and above the 70 to 80 that it has at rest. */
const LIMIT_BYTES = 96 * 1024 ** 2;
const LOOK_MS = 1000;
/** Collecting when nothing can be freed would do it again and again. */
const PAUSE_MS = 4000;

/** Looks every second; the answer ends it. */
export function keepMemorySmall({ clock, telemetry, residentBytes, collect }: MemoryKeeperOptions): () => void {
  const collections = telemetry.counter("agent_memory_collections_total", "Times memory was collected for its size.");
  let cancel = () => {};
  const look = () => {
    const isLarge = residentBytes() > LIMIT_BYTES;
    if (isLarge) {
      collections.add();
      collect();
    }
    cancel = clock.after(isLarge ? PAUSE_MS : LOOK_MS, look);
  };
  cancel = clock.after(LOOK_MS, look);
  return () => cancel();
}
