/** The density arithmetic of a place: which hotspots count, and the steps that end in the scale shares.arrow holds. */
import { buildDensityMap, type DensityMap, explainDensity, hotspotPlaces } from "@earshot/poc";
import type { FolderInput } from "../epoch-folder/folder.ts";
import type { OutputTables } from "../epoch-folder/layout.ts";
import { oracleError } from "../errors.ts";
import type { DensityText, Explanation } from "./explanation.ts";

const BEACON_KIND = 1;
const KEY_BYTES = 33;

interface Density {
  readonly active: ReadonlySet<number>;
  readonly map: DensityMap;
  /** Cells of the hotspots as the rules place them. */
  readonly hi: Uint32Array;
  readonly lo: Uint32Array;
}

/** The density of an epoch, done again from its verdicts when it is first asked for. */
export class DensityExplainer {
  readonly #input: FolderInput;
  readonly #output: OutputTables;
  readonly #weights: Uint16Array | undefined;
  #density: Density | undefined;

  /** `weights`: what the detectors leave of each hotspot's shares, 1e-4. */
  constructor(input: FolderInput, output: OutputTables, weights: Uint16Array | undefined) {
    this.#input = input;
    this.#output = output;
    this.#weights = weights;
  }

  /** The arithmetic at the place of the hotspot of `row`. Throws ORC_BAD_ROW where shares.arrow holds another scale. */
  at(row: number): Explanation["density"] {
    const { parameters } = this.#input;
    const { limits } = parameters.density;
    this.#density ??= this.#again();
    const { active, map, hi, lo } = this.#density;
    const scaleE4 = map.scaleE4(hi[row], lo[row], parameters.density.defaultScaleE4);
    const stored = this.#output.shares.scale_e4[row];
    if (scaleE4 !== stored) {
      throw oracleError(
        "ORC_BAD_ROW",
        `shares.arrow: scale_e4: row ${row}: ${stored}, but the density comes to ${scaleE4}`,
      );
    }
    const steps = explainDensity(map, hi[row], lo[row]).map((step): DensityText => {
      const limit = limits.find(({ resolution }) => resolution === step.resolution);
      return {
        resolution: step.resolution,
        active: step.active,
        unclipped: step.unclipped,
        occupied: step.occupied,
        target: limit?.target ?? 0,
        maximum: limit?.maximum ?? 0,
        neighbours: limit?.neighbours ?? 0,
        limit: step.limit,
        clipped: step.clipped,
      };
    });
    return { active: active.has(row), steps, scaleE4 };
  }

  #again(): Density {
    const { hotspots, parameters } = this.#input;
    const active = activeRows(this.#input, this.#output, this.#weights);
    const { hi, lo, privateCount } = hotspotPlaces(hotspots, parameters);
    const map = buildDensityMap(
      Uint32Array.from(active, (hotspot) => hi[hotspot]),
      Uint32Array.from(active, (hotspot) => lo[hotspot]),
      parameters.density.limits,
      privateCount > 0,
    );
    return { active: new Set(active), map, hi, lo };
  }
}

/** Hotspots that density counts: with a paid proof, or with a recent reciprocal beacon, as the rules have it. */
function activeRows(input: FolderInput, output: OutputTables, weights: Uint16Array | undefined): number[] {
  const { challenges, header, hotspots, parameters } = input;
  const { verdicts, stateOut } = output;
  if (parameters.density.active === "recent-beacon") {
    const sinceMs = BigInt(Math.max(1, (header.epoch + 1) * parameters.time.epochMs - parameters.density.withinMs));
    const recent = new Set<string>();
    stateOut.last_reciprocal_beacon_ms.forEach((lastMs, row) => {
      if (lastMs >= sinceMs) recent.add(keyText(stateOut.key, row));
    });
    return [...hotspots.region.keys()].filter((row) => recent.has(keyText(hotspots.key, row)));
  }
  const active = new Set<number>();
  for (let row = 0; row < verdicts.selected.length; row++) {
    if (verdicts.selected[row] === 0) continue;
    active.add(
      verdicts.kind[row] === BEACON_KIND ? challenges.hotspot[verdicts.challenge[row]] : verdicts.hotspot[row],
    );
  }
  return [...active].filter((row) => weights?.[row] !== 0).sort((a, b) => a - b);
}

function keyText(keys: Uint8Array, row: number): string {
  return Buffer.from(keys.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES)).toString("hex");
}
