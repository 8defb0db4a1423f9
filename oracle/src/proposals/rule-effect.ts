/**
 * What other rules would have made of a closed epoch: the epoch scored again under them, beside what it came to.
 *
 * Scoring takes as long as closing an epoch, so it runs on a thread of its own and once for each epoch and rule set. Rules that need
 * other reports than the epoch has (another length of the epoch, another way to challenge) have no effect to show.
 */
import type { EpochInput, NetworkParameters } from "@earshot/poc";
import { parameterHash } from "@earshot/poc";
import type { EpochView } from "../api/epoch-view.ts";
import { OldEpochs } from "../api/old-epochs.ts";
import { oracleError } from "../errors.ts";
import { hotspotText } from "../explain/find-hotspot.ts";
import type { EffectAnswer, EffectRequest, EpochSums } from "./effect-message.ts";

/** Hotspots named at either end. */
const NAMED = 10;
/** Each holds an epoch in memory while it waits. */
const MOST_WAITING = 1;

export interface RuleEffect {
  readonly before: EpochSums;
  readonly after: EpochSums;
  readonly hotspots: { readonly more: number; readonly less: number; readonly same: number };
  /** Those that gain and lose most, by key. */
  readonly most: readonly { readonly key: string; readonly beforeAtoms: bigint; readonly afterAtoms: bigint }[];
}

export type RuleEffectOrNone = RuleEffect | { readonly none: string };

export class RuleEffects {
  readonly #known = new Map<string, Promise<RuleEffectOrNone>>();
  readonly #old: OldEpochs;
  #last: Promise<unknown> = Promise.resolve();

  /** `steadyMs`: a clock that only goes forward, ms. */
  constructor(steadyMs: () => number) {
    this.#old = new OldEpochs({ mostWaiting: MOST_WAITING, steadyMs });
  }

  /**
   * The effect on an epoch; one is computed at a time of the latest epochs, and one of the others. Throws ORC_WORKER_FAILED where the engine
   * refuses the rules, and OldEpochsBusy.
   */
  of(view: EpochView, proposed: NetworkParameters, isRecent: boolean): Promise<RuleEffectOrNone> {
    const none = whyNone(view.epoch.input.parameters, proposed);
    if (none !== undefined) return Promise.resolve({ none });
    const name = `${view.number} ${parameterHash(proposed)}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const compute = () => effectOf(view, proposed);
    const made = isRecent ? this.#last.then(compute) : this.#old.read(compute);
    if (isRecent) this.#last = made.catch(() => undefined);
    this.#known.set(name, made);
    // What failed is tried again: a thread may have lacked memory.
    made.catch(() => this.#known.delete(name));
    // Epochs go by; the oldest effects are asked for no more.
    for (const old of this.#known.keys()) {
      if (this.#known.size <= 32) break;
      this.#known.delete(old);
    }
    return made;
  }
}

function whyNone(current: NetworkParameters, proposed: NetworkParameters): string | undefined {
  if (proposed.time.epochMs !== current.time.epochMs) return "it changes the length of the epoch";
  if (JSON.stringify(proposed.challenge) !== JSON.stringify(current.challenge))
    return "it changes how hotspots are challenged";
  if ((proposed.anomaly === undefined) !== (current.anomaly === undefined))
    return "it adds or removes the detectors, whose state the epoch lacks";
  return undefined;
}

async function effectOf(view: EpochView, proposed: NetworkParameters): Promise<RuleEffect> {
  const { input, output, manifest } = view.epoch;
  const after = await scoreAside({ ...input, parameters: proposed });
  const before = output.rewards;
  const sum = (row: number) => before.beacon_atoms[row]! + before.witness_atoms[row]! + before.data_atoms[row]!;
  const rows = Array.from({ length: view.hotspotCount }, (_, row) => row);
  const change = (row: number) => after.atoms[row]! - sum(row);
  const sorted = rows.filter((row) => change(row) !== 0n).sort((a, b) => (change(a) < change(b) ? 1 : -1));
  const named = sorted.length <= 2 * NAMED ? sorted : [...sorted.slice(0, NAMED), ...sorted.slice(-NAMED)];
  const summary = manifest.summary as Readonly<Record<string, number | string>>;
  return {
    before: {
      activeHotspots: Number(summary.activeHotspots),
      beaconsValid: Number(summary.beaconsValid),
      witnessesValid: Number(summary.witnessesValid),
      coverageAtoms: BigInt(summary.coverageAtoms!),
      dataAtoms: BigInt(summary.dataAtoms!),
      treasuryAtoms: BigInt(summary.treasuryAtoms!),
    },
    after: after.sums,
    hotspots: {
      more: sorted.filter((row) => change(row) > 0n).length,
      less: sorted.filter((row) => change(row) < 0n).length,
      same: view.hotspotCount - sorted.length,
    },
    most: named.map((row) => ({
      key: hotspotText(input.hotspots, row),
      beforeAtoms: sum(row),
      afterAtoms: after.atoms[row]!,
    })),
  };
}

async function scoreAside(input: EpochInput): Promise<Extract<EffectAnswer, { readonly kind: "effect" }>> {
  const worker = new Worker(new URL("./effect-worker.ts", import.meta.url));
  try {
    return await new Promise((resolve, reject) => {
      worker.onerror = ({ message }) => reject(oracleError("ORC_WORKER_FAILED", message));
      worker.onmessage = ({ data }: MessageEvent<EffectAnswer>) => {
        if (data.kind === "effect") resolve(data);
        else reject(oracleError("ORC_WORKER_FAILED", data.message));
      };
      worker.postMessage({ input } satisfies EffectRequest);
    });
  } finally {
    worker.terminate();
  }
}
