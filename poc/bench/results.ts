/** What was measured, by where: medians over processes, spread, ratios, and the proof that variants agree. */
import type { Measurement } from "./peers.ts";
import { median } from "./timing.ts";

/** Where a measurement belongs; variants of one place are compared with each other. */
export interface Place {
  readonly preset: string;
  readonly rows: number;
  readonly ids: string;
  readonly stage: string;
}

export interface Figure extends Place {
  readonly variant: string;
  /** Median over processes of the median of a process, CPU ns per item. */
  readonly ns: number;
  /** Least and greatest median of a process. */
  readonly spread: readonly [number, number];
  readonly processes: number;
  readonly peakBytes?: number;
  readonly digest?: string;
}

/** Children's answers, gathered round by round. */
export class Results {
  readonly #byKey = new Map<string, { place: Place; variant: string; medians: number[]; peakBytes: number }>();
  readonly #digests = new Map<string, string>();

  /** Adds what a process measured. Throws when a variant gives another result than it gave before. */
  add(place: Omit<Place, "stage">, measured: readonly Measurement[]): void {
    for (const line of measured) {
      const at = { ...place, stage: line.stage };
      const key = keyOf(at, line.variant);
      const entry = this.#byKey.get(key) ?? { place: at, variant: line.variant, medians: [], peakBytes: 0 };
      entry.medians.push(median(line.cpuNsPerItem));
      entry.peakBytes = Math.max(entry.peakBytes, line.peakBytes ?? 0);
      this.#byKey.set(key, entry);
      if (line.hash === undefined) continue;
      const digest = digestOf(line);
      const before = this.#digests.get(key);
      if (before !== undefined && before !== digest) throw new Error(`${key} gave ${digest}, before that ${before}`);
      this.#digests.set(key, digest);
    }
  }

  /** All figures, in the order in which they were first measured. */
  figures(): Figure[] {
    return [...this.#byKey].map(([key, { place, variant, medians, peakBytes }]) => ({
      ...place,
      variant,
      ns: median(medians),
      spread: [Math.min(...medians), Math.max(...medians)],
      processes: medians.length,
      ...(peakBytes > 0 ? { peakBytes } : {}),
      ...(this.#digests.has(key) ? { digest: this.#digests.get(key)! } : {}),
    }));
  }
}

/** A place whose variants gave the same result, or did not. */
export interface Agreement {
  readonly place: string;
  readonly variants: readonly string[];
  readonly digest: string;
  /** Variants with another digest. */
  readonly dissent: readonly string[];
}

/** Holds all digests of a place against the first: counts by reason, sums, hash of all three columns. */
export function agreements(figures: readonly Figure[]): Agreement[] {
  const byPlace = new Map<string, Figure[]>();
  for (const figure of figures) {
    if (figure.digest === undefined) continue;
    // The whole epoch's verdicts are those of validation: reciprocity fails nobody in the synthetic epoch.
    const stage = figure.stage === "epoch" ? "validate" : figure.stage;
    const place = [figure.preset, figure.rows, figure.ids, stage].join(" ");
    byPlace.set(place, [...(byPlace.get(place) ?? []), figure]);
  }
  return [...byPlace].map(([place, all]) => ({
    place,
    variants: all.map(({ variant, stage }) => (stage === "epoch" ? `${variant} (whole epoch)` : variant)),
    digest: all[0].digest!,
    dissent: all.filter(({ digest }) => digest !== all[0].digest).map(({ variant }) => variant),
  }));
}

function keyOf(place: Place, variant: string): string {
  return [place.preset, place.rows, place.ids, place.stage, variant].join(" ");
}

function digestOf({ counts, sumMeasured, sumLimit, sum, hash }: Measurement): string {
  const byReason = Object.entries(counts ?? {}).sort(([a], [b]) => Number(a) - Number(b));
  return JSON.stringify({ counts: Object.fromEntries(byReason), sumMeasured, sumLimit, sum, hash });
}
